"""From run files to pages: what each report claims, what was measured, what holds.

Free of any backend. The same runs give the same bytes: nothing here asks for the
time, and figures carry no identifiers of their own making.

    report.py    what a page says, gathered from claims, recipes and runs
    curves.py    what is drawn: means and deviations over runs
    figures.py   curves as SVG, for Markdown
    markdown.py  a page for a code host
    html.py      the same with curves to be inspected; assets/ is its charting library
"""

import shutil
from importlib import resources
from pathlib import Path

from kerasdl import studies
from kerasdl.benchmarks import page as benchmarks
from kerasdl.errors import UsageError
from kerasdl.files import make_folder, written_whole
from kerasdl.reports import curves, figures, html, markdown
from kerasdl.reports.report import Report
from kerasdl.runs.finished import read

ASSETS = ("uPlot.iife.min.js", "uPlot.min.css", "uPlot-LICENSE.txt")
FIGURES, BENCHMARKS = "figures", "benchmarks.md"
TITLES = {name: study.title for name, study in studies.STUDIES.items() if study.title}


def write(runs_root, out, bench=None):
    """Write all pages into the folder `out`.

    Args:
        runs_root: root of the run directories.
        out: where the pages go.
        bench: folder of what `kerasdl bench --json` wrote; without it, or where it
            holds nothing, there is no page of them.

    Returns:
        The `Report` of each report, by name.

    Raises:
        UsageError: a run or a measurement cannot be read, `out` holds pages of
            another origin, or it cannot be written.
    """
    out = Path(out)
    _expect_ours(out)
    found, measured = read(runs_root), benchmarks.read(bench) if bench else []
    reports = {name: Report.gather(name, found) for name in TITLES}
    for folder in (out, out / FIGURES, out / "assets"):
        make_folder(folder)
    for name, report in reports.items():
        for figure in report.figures():  # of what has no run any more
            (out / FIGURES / figures.file_name(figure)).unlink(missing_ok=True)
        for family in report.families():
            _draw(out, family.name, family.caption, family.charts)
        for recipe, runs in report.curves():
            _draw(out, recipe.name, curves.described(runs), curves.of_recipe(runs))
        _write(out / f"{name}.md", markdown.page(report))
        _write(out / f"{name}.html", html.page(report))
    (out / BENCHMARKS).unlink(missing_ok=True)
    if measured:
        _write(out / BENCHMARKS, benchmarks.page(measured))
    _write(out / "README.md", markdown.index(reports, BENCHMARKS if measured else ""))
    _write(out / "index.html", html.index(reports))
    for name in ASSETS:
        asset = resources.files("kerasdl.reports").joinpath("assets", name)
        with resources.as_file(asset) as path, written_whole(out / "assets" / name) as temporary:
            shutil.copyfile(path, temporary)
    return reports


def _expect_ours(out):
    """What is overwritten has the title that it will have again."""
    begins = {"README.md": markdown.TITLE, BENCHMARKS: benchmarks.TITLE}
    begins |= {f"{name}.md": f"# {title}" for name, title in TITLES.items()}
    holds = {"index.html": html.title_element(markdown.TITLE.removeprefix("# "))}
    holds |= {f"{name}.html": html.title_element(title) for name, title in TITLES.items()}
    for name in (*begins, *holds):
        path = out / name
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        ours = holds[name] in text if name in holds else text.startswith(begins[name] + "\n")
        if path.exists() and not ours:
            raise UsageError(
                f"{path} was not written by `kerasdl report`, which would overwrite it: name "
                "another folder with --out."
            )


def _draw(out, name, caption, charts):
    path = out / FIGURES / figures.file_name(name)
    _write(path, figures.svg(f"{name}, {caption}", charts))


def _write(path, text):
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
