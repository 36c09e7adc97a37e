"""Writing the pages: the same runs give the same bytes, because nothing here asks for the time."""

import shutil
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from kerasdl import studies
from kerasdl.errors import UsageError
from kerasdl.files import make_folder, written_whole
from kerasdl.reports import (
    agreement,
    content,
    figures,
    notes,
    overview,
    picture,
    sensitivity,
    speed,
    speed_run,
)
from kerasdl.reports.markup import PageLink, to_html, to_markdown
from kerasdl.reports.templating import render
from kerasdl.runs import finished
from kerasdl.studies import parity as parity_plan

FIGURES, ASSETS = "figures", "assets"
INDEX = ("README.md", "index.html")
PARITY, SENSITIVITY, BENCHMARKS = "parity", "sensitivity", "benchmarks"
MORE = {
    SENSITIVITY: "Whether another reading of a report explains more of its numbers",
    PARITY: "Whether the backends agree",
    BENCHMARKS: "How fast all of this is, beside plain Keras and loops written by hand",
}
"""Name of a page that is no report's -> what it answers."""
FORMS = ("md", "html")


@dataclass(frozen=True)
class Page:
    """A page beside the first one, in both of its forms.

    Attributes:
        name: of its files, without their endings.
        title: what links to it show.
        template: name of its templates, or `""` for `name`.
        values: what they lay out.
    """

    name: str
    title: str
    template: str = ""
    values: dict = field(default_factory=dict)

    @property
    def link(self):
        """A `PageLink` to it."""
        return PageLink(self.title, self.name)


def write(runs_root, out, bench=None, parity=None, sensitivity_root=None):
    """Write all pages into the folder `out`.

    Args:
        runs_root: root of the run directories.
        out: where the pages go.
        bench: folder of what `kerasdl bench --json` wrote; without it, or where it
            holds nothing, there is no page of them.
        parity: folder of what `kerasdl parity --json` wrote, likewise.
        sensitivity_root: folder of the tables of variants; their page is there in any case.

    Returns:
        The `Report` of each report, by name.

    Raises:
        UsageError: a run or a measurement cannot be read, `out` holds pages of
            another origin, or it cannot be written.
    """
    out = Path(out)
    for name, titles in _titles().items():
        _expect_ours(out / name, titles)
    found = finished.read(runs_root)
    reports = [content.gather(study, found) for study in _studies()]
    rates = speed.read_results(bench) if bench else []
    distances = agreement.read_folder(parity) if parity else []
    pages = [Page(report.name, report.name, "report", {"report": report}) for report in reports]
    variants = sensitivity.gather(sensitivity.read_folder(sensitivity_root))
    pages.append(Page(SENSITIVITY, sensitivity.TITLE, values={"page": variants}))
    if distances:
        runs = finished.read_changed(runs_root, parity_plan.OVER_SEEDS)
        by_precision = {
            precision: finished.read_changed(runs_root, recipe)
            for precision, recipe in parity_plan.OVER_PRECISIONS.items()
        }
        page = agreement.gather(distances, runs, by_precision)
        pages.append(Page(PARITY, agreement.TITLE, values={"page": page}))
    if rates:
        rows = speed.gather(rates, found.finished, speed_run.read_script(bench))
        pages.append(Page(BENCHMARKS, speed.TITLE, values={"speed": rows}))
    texts = _page_texts(pages)
    for drawn in (*reports, *(page.values["page"] for page in pages if page.name == PARITY)):
        texts |= _figure_texts(drawn.figures)
    texts |= _index_texts(reports, others=pages[len(reports) :])
    for folder in (out, out / FIGURES, out / ASSETS):
        make_folder(folder)
    _clear(out)
    for name, text in texts.items():
        with written_whole(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    _copy_assets(out / ASSETS)
    return {report.name: report for report in reports}


def _page_texts(pages):
    """Text of each of `pages`, which lead to the ones before and after, by the name of its file."""
    links = [page.link for page in pages]
    texts = {}
    for page, before, after in zip(pages, [None, *links], [*links[1:], None], strict=False):
        around = {"before": before, "after": after}
        for form in FORMS:
            name = f"{page.template or page.name}.{form}"
            texts[f"{page.name}.{form}"] = render(name, title=page.title, **around, **page.values)
    return texts


def _index_texts(reports, others):
    """Text of the index pages, by the name of its file; `others` are those beside the reports'."""
    page = overview.gather(reports)
    index = {
        "page": page,
        "first": PageLink(reports[0].name, reports[0].name) if reports else "",
        "picture": f"{FIGURES}/{picture.FILE}" if page.picture else "",
        "others": [(MORE[other.name], other.link) for other in others],
    }
    texts = {name: render(f"index.{name.rpartition('.')[2]}", **index) for name in INDEX}
    return texts | ({index["picture"]: page.picture} if page.picture else {})


def _figure_texts(drawn):
    return {f"{FIGURES}/{figure.file}": figure.svg() for figure in drawn}


def _studies():
    """The reports: what has no title claims nothing, and has no page."""
    return [study for study in studies.STUDIES.values() if study.title]


def _titles():
    """Titles that a page may have, by the name of its file."""
    pages = {
        PARITY: agreement.TITLE,
        SENSITIVITY: sensitivity.TITLE,
        BENCHMARKS: speed.TITLE,
    }
    pages |= {study.name: study.title for study in _studies()}
    titles = {f"{name}.{form}": (title,) for name, title in pages.items() for form in FORMS}
    index = (notes.TITLE, *notes.EARLIER_TITLES)
    return titles | dict.fromkeys(INDEX, index)


def _expect_ours(path, titles):
    """Refuse to overwrite what is not a page with one of these titles."""
    if not path.exists():
        return
    text = path.read_text("utf-8", "replace") if path.is_file() else ""
    if path.suffix == ".md":
        ours = any(text.startswith(f"# {to_markdown(title)}\n") for title in titles)
    else:
        ours = any(f"<title>{to_html(title)}</title>" in text for title in titles)
    if not ours:
        raise UsageError(
            f"{path} was not written by `kerasdl report`, which would overwrite it: name "
            "another folder with --out."
        )


def _clear(out):
    """Delete what an earlier call may have written and this one may leave out."""
    for name in (BENCHMARKS, PARITY):
        for form in FORMS:
            (out / f"{name}.{form}").unlink(missing_ok=True)
    (out / FIGURES / picture.FILE).unlink(missing_ok=True)
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
