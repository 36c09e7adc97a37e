"""Writing the pages: the same runs give the same bytes, because nothing here asks for the time."""

import shutil
from importlib import resources
from pathlib import Path

from kerasdl import studies
from kerasdl.errors import UsageError
from kerasdl.files import make_folder, written_whole
from kerasdl.reports import content, figures, notes, speed
from kerasdl.reports.markup import to_html, to_markdown
from kerasdl.reports.templating import render
from kerasdl.runs.finished import read

FIGURES, ASSETS, BENCHMARKS = "figures", "assets", "benchmarks.md"


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
    for name, title in _titles().items():
        _expect_ours(out / name, title)
    found, measured = read(runs_root), speed.read_results(bench) if bench else []
    reports = [content.gather(study, found) for study in _studies()]
    texts = _rendered(reports, measured)
    for folder in (out, out / FIGURES, out / ASSETS):
        make_folder(folder)
    _clear(out)
    for name, text in texts.items():
        with written_whole(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    _copy_assets(out / ASSETS)
    return {report.name: report for report in reports}


def _rendered(reports, measured):
    """Text of every figure and page, by the name of its file."""
    texts = {}
    for report in reports:
        for figure in report.figures:
            texts[f"{FIGURES}/{figure.file}"] = figure.svg()
        for suffix in ("md", "html"):
            texts[f"{report.name}.{suffix}"] = render(f"report.{suffix}", report=report)
    if measured:
        page = speed.gather(measured)
        texts[BENCHMARKS] = render("benchmarks.md", title=speed.TITLE, speed=page)
    index = {
        "table": content.index_table(reports),
        "benchmarks": BENCHMARKS if measured else "",
    }
    texts["README.md"] = render("index.md", **index)
    texts["index.html"] = render("index.html", **index)
    return texts


def _studies():
    """The reports: what has no title claims nothing, and has no page."""
    return [study for study in studies.STUDIES.values() if study.title]


def _titles():
    """Title of every page, by the name of its file."""
    titles = {"README.md": notes.TITLE, "index.html": notes.TITLE, BENCHMARKS: speed.TITLE}
    for study in _studies():
        titles |= {f"{study.name}.md": study.title, f"{study.name}.html": study.title}
    return titles


def _expect_ours(path, title):
    """Refuse to overwrite what is not a page with this title."""
    if not path.exists():
        return
    text = path.read_text("utf-8", "replace") if path.is_file() else ""
    if path.suffix == ".md":
        ours = text.startswith(f"# {to_markdown(title)}\n")
    else:
        ours = f"<title>{to_html(title)}</title>" in text
    if not ours:
        raise UsageError(
            f"{path} was not written by `kerasdl report`, which would overwrite it: name "
            "another folder with --out."
        )


def _clear(out):
    """Delete what an earlier call may have written and this one may leave out."""
    (out / BENCHMARKS).unlink(missing_ok=True)
    for study in _studies():
        families = (f"{study.name}/{family.name}" for family in study.families)
        for name in (*families, *(recipe.name for recipe in study.recipes)):
            (out / FIGURES / figures.file_name(name)).unlink(missing_ok=True)


def _copy_assets(folder):
    """Style sheet, script and charting library, to which the pages link."""
    assets = resources.files("kerasdl.reports").joinpath("assets")
    for asset in sorted(assets.iterdir(), key=lambda asset: asset.name):
        with resources.as_file(asset) as path, written_whole(folder / asset.name) as temporary:
            shutil.copyfile(path, temporary)
