"""Writing the pages: the same runs give the same bytes, because nothing here asks for the time."""

import shutil
from importlib import resources
from pathlib import Path

from kerasdl import studies
from kerasdl.errors import UsageError
from kerasdl.files import make_folder, written_whole
from kerasdl.reports import agreement, content, figures, notes, speed
from kerasdl.reports.markup import PageLink, to_html, to_markdown
from kerasdl.reports.templating import render
from kerasdl.runs import finished
from kerasdl.studies import parity as parity_plan

FIGURES, ASSETS = "figures", "assets"
INDEX, BENCHMARKS, PARITY = ("README.md", "index.html"), "benchmarks.md", "parity"


def write(runs_root, out, bench=None, parity=None):
    """Write all pages into the folder `out`.

    Args:
        runs_root: root of the run directories.
        out: where the pages go.
        bench: folder of what `kerasdl bench --json` wrote; without it, or where it
            holds nothing, there is no page of them.
        parity: folder of what `kerasdl parity --json` wrote, likewise.

    Returns:
        The `Report` of each report, by name.

    Raises:
        UsageError: a run or a measurement cannot be read, `out` holds pages of
            another origin, or it cannot be written.
    """
    out = Path(out)
    for name, title in _titles().items():
        _expect_ours(out / name, title)
    found = finished.read(runs_root)
    reports = [content.gather(study, found) for study in _studies()]
    texts = _report_texts(reports)
    rates = speed.read_results(bench) if bench else []
    if rates:
        texts[BENCHMARKS] = render("benchmarks.md", title=speed.TITLE, speed=speed.gather(rates))
    distances = agreement.read_folder(parity) if parity else []
    if distances:
        runs = finished.read_changed(runs_root, parity_plan.OVER_SEEDS)
        texts |= _parity_texts(agreement.gather(distances, runs))
    texts |= _index_texts(reports, others=texts)
    for folder in (out, out / FIGURES, out / ASSETS):
        make_folder(folder)
    _clear(out)
    for name, text in texts.items():
        with written_whole(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    _copy_assets(out / ASSETS)
    return {report.name: report for report in reports}


def _report_texts(reports):
    """Text of the figures and pages of the reports, by the name of its file."""
    texts = {}
    for report in reports:
        texts |= _figure_texts(report.figures)
        for suffix in ("md", "html"):
            texts[f"{report.name}.{suffix}"] = render(f"report.{suffix}", report=report)
    return texts


def _parity_texts(page):
    """Text of the figures and pages of parity, by the name of its file."""
    texts = _figure_texts(page.figures)
    for suffix in ("md", "html"):
        texts[f"{PARITY}.{suffix}"] = render(f"parity.{suffix}", title=agreement.TITLE, page=page)
    return texts


def _index_texts(reports, others):
    """Text of the index pages, by the name of its file; `others` has what they may link to."""
    index = {
        "table": content.index_table(reports),
        "benchmarks": BENCHMARKS if BENCHMARKS in others else "",
        "parity": PageLink(agreement.TITLE, PARITY) if f"{PARITY}.md" in others else "",
    }
    return {name: render(f"index.{name.rpartition('.')[2]}", **index) for name in INDEX}


def _figure_texts(drawn):
    return {f"{FIGURES}/{figure.file}": figure.svg() for figure in drawn}


def _studies():
    """The reports: what has no title claims nothing, and has no page."""
    return [study for study in studies.STUDIES.values() if study.title]


def _titles():
    """Title of every page, by the name of its file."""
    titles = {**dict.fromkeys(INDEX, notes.TITLE), BENCHMARKS: speed.TITLE}
    titles |= {f"{PARITY}.{suffix}": agreement.TITLE for suffix in ("md", "html")}
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
    for name in (BENCHMARKS, f"{PARITY}.md", f"{PARITY}.html"):
        (out / name).unlink(missing_ok=True)
    for drawn in (out / FIGURES).glob(f"{PARITY}-*.svg"):
        drawn.unlink()
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
