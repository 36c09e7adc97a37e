"""One HTML page of one run: curves, settings, metrics, and what was seen inside its model."""

import base64
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup

from kerasdl import recipes, text
from kerasdl.recipes.handicaps import training_handicaps
from kerasdl.reports import curves
from kerasdl.reports.figures import Figure
from kerasdl.reports.markup import Prose
from kerasdl.reports.setting_table import setting_table
from kerasdl.reports.tables import Table
from kerasdl.reports.templating import render

CLASS_HEADINGS = ("class", "examples", "accuracy", "most often taken for")


@dataclass(frozen=True, eq=False)
class RunPage:
    """What the page of a run lays out.

    Attributes:
        title: name of the recipe, backend and seed.
        summary: status, data, length, in a sentence.
        notes: sentences that a reader of the curves should know.
        figure: `Figure` of the curves.
        metrics: `Table` of the final metrics, a row a part of the data.
        settings: `Table` of the recipe.
        changes: `Table` of what differs from the registered recipe.
        environment: `Table` of hardware, versions and date.
        seen: sentence on which examples the model was looked at with, or on why it was not.
        looks: tuple of `Look`.
    """

    title: str
    summary: str
    notes: tuple
    figure: Figure
    metrics: Table
    settings: Table
    changes: Table
    environment: Table
    seen: str
    looks: tuple = ()


@dataclass(frozen=True, eq=False)
class Look:
    """One output of a model, as the page shows it.

    Attributes:
        name: of the output, or `""`.
        numbers: `Table` of accuracy and the like.
        per_class: `Table`, a row a class, or without rows.
        pictures: tuple of `kerasdl.inspection.inside.Picture`.
        left_out: sentences on what does not apply.
    """

    name: str
    numbers: Table
    per_class: Table
    pictures: tuple
    left_out: tuple


def gather(member, outputs=(), seen=""):
    """What the page of a run says.

    Args:
        member: `kerasdl.reports.comparable.Member`.
        outputs: of `kerasdl.inspection.look_inside`; none where there is no model to look into.
        seen: sentence on which examples these are of, or on why there are none.

    Returns:
        A `RunPage`.
    """
    run, recipe, result = member.run, member.recipe, member.run.result
    charts = curves.of_experiment([run])
    parts = ", ".join(f"{n:,} {part}" for part, n in result.get("images", {}).items())
    length = f"{len(run.log)} epoch{'' if len(run.log) == 1 else 's'}"
    words = [result["status"], f"{length} on {result.get('dataset', recipe.data.name)}"]
    words += [f"{result['parameters']:,} parameters"] if "parameters" in result else []
    words += [f"{text.clock(result['seconds'])} of training"] if "seconds" in result else []
    environment = {"examples": parts} | _environment(result)
    changes = (result.get("identity") or {}).get("changes") or {}
    return RunPage(
        title=f"{recipe.name}, {run.backend}, seed {run.seed}",
        summary=", ".join(words).capitalize() + ".",
        notes=_notes(recipe, run),
        figure=Figure(recipe.name, f"By epoch, {run.backend}, seed {run.seed}.", charts),
        metrics=_metrics(result),
        settings=setting_table(recipe),
        changes=_entries(("setting", "value"), dict(recipes.flattened(changes))),
        environment=_entries(("", ""), {k: v for k, v in environment.items() if v}),
        seen=seen,
        looks=tuple(map(_look, outputs)),
    )


def to_html(page):
    """The page as one HTML file that needs no other, online or off."""

    def asset(name):
        return Markup(
            resources.files("kerasdl.reports").joinpath("assets", name).read_text("utf-8")
        )

    return render("run_page.html", page=page, asset=asset, data_uri=_data_uri, drawn=_drawn)


def _notes(recipe, run):
    found = []
    if "notice" in run.result:
        found.append(str(run.result["notice"]))
    held_out = [
        part for part, prefix in curves.PREFIXES.items() if prefix and f"{prefix}loss" in run.log
    ]
    if not held_out:
        found.append("There is no validation part: the curves are of training alone.")
        return tuple(found)
    parts = " and ".join(held_out)
    measured = " and ".join(training_handicaps(recipe))
    if measured:
        found.append(
            f"{parts.capitalize()} may look better than training without any mistake: training is "
            f"measured {measured}, and while the weights still change during an epoch; {parts} on "
            "examples as they are, by the weights at the end of it."
        )
    else:
        found.append(
            "Training is measured while the weights still change during an epoch, "
            f"{parts} by those at the end of it."
        )
    return tuple(found)


def _metrics(result):
    metrics = result.get("metrics", {})
    names = tuple(dict.fromkeys(name for values in metrics.values() for name in values))
    rows = []
    for part, values in metrics.items():
        cells = (text.number(float(values[name])) if name in values else "" for name in names)
        rows.append((part.replace("_", ", "), *cells))
    return Table(("part", *names), tuple(rows))


def _environment(result):
    rate = result.get("images_per_second")
    versions = result.get("versions", {})
    return {
        "speed": f"{rate:,.0f} images per second" if rate else "",
        "hardware": result.get("hardware", ""),
        "versions": ", ".join(f"{package} {version}" for package, version in versions.items()),
        "date": result.get("date", ""),
        "weights of epoch": result.get("selected_epoch", ""),
    }


def _entries(headings, entries):
    return Table(headings, tuple((key, str(value)) for key, value in entries.items()))


def _look(output):
    numbers = {name: f"{value:.4f}" for name, value in output.numbers.items()}
    return Look(
        output.name,
        _entries(("", ""), numbers),
        Table(CLASS_HEADINGS, output.per_class),
        output.pictures,
        tuple(map(Prose, output.left_out)),
    )


def _data_uri(png):
    return Markup(f"data:image/png;base64,{base64.b64encode(png).decode()}")


def _drawn(picture):
    """A Matplotlib figure as the address of an SVG; `None` of a gallery."""
    from kerasdl.inspection.drawing import to_svg
    from kerasdl.inspection.gallery import Gallery

    if isinstance(picture.content, Gallery):
        return None
    svg = base64.b64encode(to_svg(picture.content).encode()).decode()
    return Markup(f"data:image/svg+xml;base64,{svg}")
