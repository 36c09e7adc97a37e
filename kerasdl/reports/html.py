"""Pages for a browser: self-contained but for the charting library beside them in `assets`.

Charts are uPlot's (MIT), from the numbers in the page.
"""

import html
import json
import math
import re

from kerasdl.reports import curves, markdown

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1b1b;--dim:#595959;--paper:#fff;--line:#d6d6d6;--soft:#f4f4f4}
@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--dim:#a8a8a8;--paper:#16181a;--line:#3a3d40;
--soft:#212427}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;
max-width:70rem;padding:1rem}
h1{font-size:1.6rem;line-height:1.25}h3{margin:2rem 0 .3rem}
a{color:inherit}code{font-size:.88em}
.wide{overflow-x:auto}.wide table{border-collapse:collapse;font-size:.88rem;width:100%}
.wide th,.wide td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
.wide th{position:sticky;top:0;background:var(--paper)}
.verdict{white-space:nowrap;font-weight:600}
.verdict::before{display:inline-block;width:1.3em}
.holds::before{content:"\\2713"}.does-not-hold::before{content:"\\2717"}
.not-run::before{content:"\\2013"}.inconclusive::before{content:"?"}
.does-not-hold{color:#b3400a}.holds{color:#00684a}.not-run,.dim{color:var(--dim)}
@media(prefers-color-scheme:dark){.does-not-hold{color:#ff9a5c}.holds{color:#5fd3a8}}
.charts{display:flex;flex-wrap:wrap;gap:1rem}.charts>div{flex:1 1 20rem;min-width:0}
details{background:var(--soft);padding:.4rem .8rem;border-radius:.4rem}
.u-legend{font-size:.8rem}
@media(max-width:40rem){.wide th{display:none}.wide tr{display:block;padding:.5rem 0;
border-bottom:1px solid var(--line)}.wide td{display:block;border:0;padding:0}.wide td:empty{
display:none}
.wide td:first-child{font-weight:600}.wide td[data-head]::before{content:attr(data-head)": ";color:var(--dim)}}
"""

_SCRIPT = """
const dark=matchMedia("(prefers-color-scheme: dark)").matches;
const ink=dark?"#e8e8e8":"#1b1b1b",line=dark?"#3a3d40":"#d6d6d6";
function draw(box){
const chart=JSON.parse(box.querySelector("script").textContent);
const axis={stroke:ink,grid:{stroke:line,width:1},ticks:{stroke:line}};
const series=[{label:"epoch"}],data=[chart.epochs],bands=[];
for(const part of chart.parts){
series.push({label:part.name+" "+part.mark,stroke:part.colour,width:2,dash:part.dash,
value:(u,v)=>v==null?"":v.toPrecision(4)});
data.push(part.mean);
if(part.low){const at=series.length;
for(const edge of [part.high,part.low]){series.push({label:"",stroke:"transparent",points:{show:false}});
data.push(edge);}
bands.push({series:[at,at+1],fill:part.colour+"33"});}}
const size=()=>({width:Math.max(260,box.clientWidth),height:240});
const plot=new uPlot({...size(),scales:{x:{time:false}},axes:[{...axis,label:"epoch"},
{...axis,label:chart.quantity}],series,bands},data,box);
plot.root.querySelectorAll(".u-series").forEach((row,i)=>{
if(i&&!series[i].label)row.style.display="none";});
addEventListener("resize",()=>plot.setSize(size()));}
const seen=new IntersectionObserver(entries=>entries.forEach(entry=>{
if(entry.isIntersecting){seen.unobserve(entry.target);draw(entry.target);}}),{rootMargin:"400px"});
document.querySelectorAll(".chart").forEach(box=>seen.observe(box));
"""
_DASHES = {"-": [], "--": [8, 4], "-.": [10, 4, 2, 4], ":": [2, 4]}
_MARKS = {"-": "\u2014", "--": "- -", "-.": "-\u00b7-", ":": "\u00b7\u00b7\u00b7"}  # in grey


def page(report):
    """The page of one report."""
    parts = [
        f"<h1>{html.escape(report.title)}</h1>",
        f'<p>{markdown.counted(report.count(), len(report.judged))} <a href="index.html">All '
        "reports</a>.</p>",
        "<h2>Claims</h2>",
        f'<p class="dim">{_inline(markdown.HOW)}</p>',
        _table(*report.claim_table(), verdict=1),
        "<h2>Results</h2>",
        '<p class="dim">Of the weights that each recipe keeps; training time without evaluation, '
        "(hours:)minutes:seconds, the mean over seeds. The machine did other work beside these "
        "runs: times are no benchmark.</p>",
        _table(*report.result_table()) if report.curves() else "<p>Nothing was run yet.</p>",
    ]
    if report.failures:
        rows = [tuple(map(str, failure)) for failure in report.failures]
        parts += [
            "<h2>Failed runs</h2>",
            _table(markdown.FAILED, rows, plain=True),
        ]
    if report.left_out:
        parts += ["<h2>Left out</h2>", f'<p class="dim">{markdown.LEFT_OUT}</p>']
        parts.append(_table(("run", "why"), report.left_out, plain=True))
    if families := report.families():
        parts += ["<h2>Side by side</h2>", f'<p class="dim">{markdown.SIDE_BY_SIDE}</p>']
        for family in families:
            name = html.escape(report.short(family.name))
            parts += [f"<h3>{name}</h3>", _charts(family.caption, family.charts)]
    parts += ["<h2>Experiments</h2>"]
    for recipe in report.recipes:
        runs, short = report.runs[recipe.name], report.short(recipe.name)
        parts += [
            f'<h3 id="{html.escape(short)}">{html.escape(short)}</h3>',
            f"<p>{html.escape(recipe.source)}. Reported: "
            f"{html.escape(recipe.expected or 'nothing')}.</p>",
        ]
        if twins := report.twins(recipe):
            parts.append(f"<p>{_inline(twins)}</p>")
        if runs:
            parts.append(_charts(curves.described(runs), curves.of_recipe(runs)))
        else:
            parts.append(
                f"<p><strong>{report.why_no_run(recipe)}</strong> (about {html.escape(recipe.cost)} on two cores).</p>"
            )
        rows = _table(("setting", "value", "assumption"), report.settings(recipe))
        parts.append(f"<details><summary>Settings and assumptions</summary>{rows}</details>")
    return _document(report.title, "\n".join(parts), charts=bool(report.curves()))


def index(reports):
    """The page of all reports."""
    words = next(iter(reports.values())).count()
    head = ("report", "claims", *words, "experiments run")
    rows = [
        (
            f'<a href="{name}.html">{html.escape(report.title)}</a>',
            str(len(report.judged)),
            *(str(n) for n in report.count().values()),
            f"{len(report.curves())} of {len(report.recipes)}",
        )
        for name, report in reports.items()
    ]
    body = "\n".join(
        [
            "<h1>Five reports, reproduced</h1>",
            "<p>What they claim, what we measured, and what holds.</p>",
            _table(head, rows, raw=True),
            f'<p class="dim">{_inline(markdown.HOW)}</p>',
        ]
    )
    return _document("Five reports, reproduced", body, charts=False)


def title_element(title):
    """By which a page of ours is known."""
    return f"<title>{html.escape(title)}</title>"


def _document(title, body, charts):
    library = (
        '<link rel="stylesheet" href="assets/uPlot.min.css">\n'
        '<script src="assets/uPlot.iife.min.js"></script>\n'
        if charts
        else ""
    )
    script = f"<script>{_SCRIPT}</script>\n" if charts else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"{title_element(title)}\n{library}<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n{script}</body>\n</html>\n"
    )


def _charts(caption, charts):
    boxes = []
    for quantity, drawn in charts.items():
        last = max(len(curve.mean) for curve in drawn)
        data = {
            "quantity": quantity,
            "epochs": list(range(1, last + 1)),
            "parts": [_part(curve, last) for curve in drawn],
        }
        text = json.dumps(data, separators=(",", ":"), allow_nan=False)
        boxes.append(f'<div class="chart"><script type="application/json">{text}</script></div>')
    return f'<p class="dim">{html.escape(caption)}</p><div class="charts">{"".join(boxes)}</div>'


def _part(curve, last):
    """A curve as the chart wants it, `last` values long."""

    def values(given):
        return _short(given) + [None] * (last - len(curve.mean))

    part = {
        "name": curve.label,
        "colour": curve.colour,
        "dash": _DASHES[curve.dash],
        "mark": _MARKS[curve.dash],
        "mean": values(curve.mean),
    }
    if curve.deviation is not None:
        pairs = list(zip(curve.mean, curve.deviation, strict=True))
        part["low"] = values(m - d for m, d in pairs)
        part["high"] = values(m + d for m, d in pairs)
    return part


def _short(values):
    return [float(f"{value:.5g}") if math.isfinite(value) else None for value in values]


def _table(head, rows, verdict=None, raw=False, plain=False):
    lines = ["<tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in head) + "</tr>"]
    for row in rows:
        cells = []
        for i, cell in enumerate(row):
            kind = f' class="verdict {cell.replace(" ", "-")}"' if i == verdict else ""
            label = f' data-head="{html.escape(head[i])}"' if i and i != verdict and cell else ""
            shown = cell if raw else html.escape(cell) if plain else _inline(cell)
            cells.append(f"<td{kind}{label}>{shown}</td>")
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def _inline(text):
    """`text` escaped, with the code spans and the emphasis of Markdown."""
    text = html.escape(text).replace(" %", "\u00a0%").replace(" ± ", "\u00a0±\u00a0")
    text = re.sub(r"`([^`]*)`", r"<code>\1</code>", text)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)
