"""Pages for a code host."""

import re

from kerasdl.reports import curves, figures

HOW = """Runs are compared with runs of the same backend and seed. *holds*: in all of them;
*does not hold*: in none; *inconclusive*: they disagree, or are equal where one should be higher;
*not run*: a run is missing. n is how many comparisons there are. What is measured has its mean, and
its standard deviation over the seeds (a seed begins alike on every backend), one for each experiment
of the check. No tolerance was chosen by which verdict it gives. Claims about time rest on times of a
machine that did other work as well."""

FAILED = ("experiment", "backend", "seed", "error")
LEFT_OUT = "Runs that decide no claim."
TITLE = "# Five reports, reproduced"
SIDE_BY_SIDE = "On the part of the data that all of them log and none was trained on."


def page(report):
    """The page of one report."""
    parts = [
        f"# {report.title}",
        f"{counted(report.count(), len(report.judged))} The same with curves to inspect: "
        f"[{report.name}.html]({report.name}.html). All reports: [README.md](README.md).",
        "## Claims",
        HOW,
        table(*report.claim_table()),
        "## Results",
        "Of the weights that each recipe keeps; training time without evaluation, "
        "(hours:)minutes:seconds, the mean over seeds. The machine did other work beside these "
        "runs: times are no benchmark.",
        table(*report.result_table()) if report.curves() else "Nothing was run yet.",
    ]
    if report.failures:
        parts += [
            "## Failed runs",
            table(FAILED, ([_plain(str(cell)) for cell in row] for row in report.failures)),
        ]
    if report.left_out:
        parts += ["## Left out", LEFT_OUT, table(("run", "why"), report.left_out)]
    if families := report.families():
        parts += ["## Side by side", SIDE_BY_SIDE]
        parts += [_figure(family.name, family.caption) for family in families]
    parts += ["## Experiments"]
    for recipe in report.recipes:
        runs = report.runs[recipe.name]
        parts += [
            f"### {report.short(recipe.name)}",
            f"{recipe.source}. Reported: {recipe.expected or 'nothing'}.",
            *filter(None, [report.twins(recipe)]),
        ]
        if runs:
            parts.append(_figure(recipe.name, curves.described(runs)))
        else:
            parts.append(f"**{report.why_no_run(recipe)}** (about {recipe.cost} on two cores).")
        rows = table(("setting", "value", "assumption"), report.settings(recipe))
        parts.append(f"<details><summary>Settings and assumptions</summary>\n\n{rows}\n</details>")
    return "\n\n".join(parts) + "\n"


def index(reports, benchmarks=""):
    """The page of all reports; `benchmarks` is the file with what was timed, if any."""
    rows = [
        (
            f"[{report.title}]({name}.md)",
            str(len(report.judged)),
            *(str(n) for n in report.count().values()),
            f"{len(report.curves())} of {len(report.recipes)}",
        )
        for name, report in reports.items()
    ]
    head = ("report", "claims", *next(iter(reports.values())).count(), "experiments run")
    parts = [
        TITLE,
        "What they claim, what we measured, and what holds. Made by `kerasdl report` from the "
        "runs in [runs](runs); with curves to inspect: [index.html](index.html).",
        table(head, rows),
        HOW,
    ]
    if benchmarks:
        parts.append(f"Speed beside Keras' own: [{benchmarks}]({benchmarks}).")
    return "\n\n".join(parts) + "\n"


def counted(count, total):
    """Verdicts in words."""
    return f"{total} claims: " + ", ".join(f"{n} {word}" for word, n in count.items()) + "."


def table(head, rows):
    """A Markdown table."""
    lines = [_row(head), _row("---" for _ in head), *map(_row, rows)]
    return "\n".join(lines)


def _figure(name, caption):
    return f"![{name}: {caption}](figures/{figures.file_name(name)})"


def _row(cells):
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _plain(text):
    """`text` as it is, whatever Markdown or HTML it looks like."""
    return re.sub(r"([\\`*_\[\]<>&#~])", r"\\\1", text)
