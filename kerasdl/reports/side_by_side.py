"""Any runs beside each other: what was set otherwise, their curves, and their differences over seeds.

Runs of the same settings are a group; where all have the same settings, those of the same backend are.
Values are compared within seeds (and, between groups of settings, within backends): a seed gives the
same initial weights and the same order of the data.
"""

from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup

from kerasdl import recipes, text
from kerasdl.claims.statistics import deviation, mean
from kerasdl.recipes import ABSENT
from kerasdl.reports import curves
from kerasdl.reports.comparable import grouped
from kerasdl.reports.figures import Figure
from kerasdl.reports.markup import Prose
from kerasdl.reports.permutation import interval
from kerasdl.reports.sparklines import columns, sparklines
from kerasdl.reports.tables import Table
from kerasdl.reports.templating import render

LEVEL = 0.95
INTERVALS = Prose("""Differences within seeds, of the group less the first one: their mean, and the interval in which
the true mean difference lies with 95 % confidence, by Student's t, each for itself. An interval that
contains 0 shows no difference; it does not show that there is none. Metrics of the test part are for
reporting: whoever chooses by them has no test set left.""")
TITLE = "Runs side by side"


@dataclass(frozen=True)
class SideBySide:
    """What the text and the page of a comparison lay out.

    Attributes:
        settings: `Table` of those that differ, a column a group.
        results: `Table` of metrics, a row a group.
        differences: `Table` of paired differences from the first group.
        figure: `Figure` with the curves of all groups.
        intervals: what the intervals mean.
    """

    settings: Table
    results: Table
    differences: Table
    figure: Figure
    intervals: str = INTERVALS


def gather(members):
    """Compare runs.

    Args:
        members: sequence of `Member`.

    Returns:
        A `SideBySide`.
    """
    groups = grouped(members)
    runs = {label: [member.run for member in group] for label, group in groups.items()}
    part, charts = curves.of_family(runs)
    return SideBySide(
        settings=_settings(groups),
        results=_results(runs),
        differences=_differences(runs),
        figure=Figure("compare", f"{part}; {curves.description(*runs.values())}", charts),
    )


def to_text(page):
    """The comparison for a terminal."""
    parts = [
        "Settings that differ:" if page.settings.rows else "No setting differs.",
        columns(page.settings),
        f"Curves, {page.figure.caption}:",
        *(sparklines(quantity, lines) for quantity, lines in page.figure.charts.items()),
        "Results:",
        columns(page.results),
    ]
    if page.differences.rows:
        parts += ["Paired differences:", columns(page.differences), str(page.intervals)]
    else:
        parts.append("No paired differences: they need two groups that share at least two seeds.")
    return "\n\n".join(filter(None, parts))


def to_html(page):
    """The comparison as one HTML file that needs no other."""

    def asset(name):
        return Markup(
            resources.files("kerasdl.reports").joinpath("assets", name).read_text("utf-8")
        )

    return render("side_by_side.html", title=TITLE, page=page, asset=asset)


def _settings(groups):
    """Settings of which not all groups have the same value."""
    firsts = [group[0] for group in groups.values()]
    paths = {}
    for member in firsts[1:]:
        for one, other in ((member, firsts[0]), (firsts[0], member)):
            paths |= dict.fromkeys(recipes.differences(one.recipe, other.recipe))
    # A part that one recipe has and another has not is shown by its fields.
    paths = [path for path in paths if not any(each.startswith(f"{path}.") for each in paths)]
    rows = [(path, *(_setting(each.recipe, path) for each in firsts)) for path in paths]
    for key in dict.fromkeys(key for each in firsts for key in each.others):
        if len({each.others.get(key) for each in firsts}) > 1:
            rows.append((key, *(each.described.get(key, "the recipe's") for each in firsts)))
    return Table(("setting", *groups), tuple(rows))


def _setting(recipe, path):
    value = recipe.settings()
    for key in path.split("."):
        value = value.get(key, ABSENT) if isinstance(value, dict) else ABSENT
    return f"{value:g}" if isinstance(value, float) else str(value)


def _metrics(run):
    """Final metrics: name with its part -> value, without losses where there is a metric."""
    found = {}
    for part, values in run.result.get("metrics", {}).items():
        names = [name for name in values if name != "loss"] or list(values)
        found |= {f"{part.replace('_', ', ')} {name}": float(values[name]) for name in names}
    return found


def _metric_names(runs):
    """The metrics that any run has."""
    return list(dict.fromkeys(n for group in runs.values() for run in group for n in _metrics(run)))


def _results(runs):
    metrics = _metric_names(runs)
    cells = (
        ("", lambda item: item[0]),
        ("n", lambda item: str(len(item[1]))),
        ("seeds", lambda item: text.distinct(sorted(run.seed for run in item[1]))),
        ("backends", lambda item: text.distinct(run.backend for run in item[1])),
        ("status", lambda item: text.distinct(run.result["status"] for run in item[1])),
        ("epochs", lambda item: text.distinct(len(run.log) for run in item[1])),
        *((name, lambda item, name=name: _spread(item[1], name)) for name in metrics),
    )
    return Table.of(cells, runs.items())


def _spread(runs, name):
    """Mean and deviation over the runs that have a metric, with their number where some lack it."""
    values = _values(runs, name, lambda run: (run.backend, run.seed))
    if not values:
        return "none"
    by_seed = _by_seed(values)
    shown = text.number(mean(by_seed))
    shown += f" ± {text.number(deviation(by_seed))}" if len(by_seed) > 1 else ""
    count = sum(name in _metrics(run) for run in runs)
    return shown if count == len(runs) else f"{shown} (n = {count})"


def _values(runs, name, key):
    """A metric of the runs that have it: `key(run)` -> number."""
    return {key(run): _metrics(run)[name] for run in runs if name in _metrics(run)}


def _by_seed(values):
    """Means over the backends, one a seed, in the order of the seeds.

    Args:
        values: dictionary of `(backend, seed)` to number.
    """
    seeds = {}
    for (_, seed), value in values.items():
        seeds.setdefault(seed, []).append(value)
    return [mean(seeds[seed]) for seed in sorted(seeds)]


def _differences(runs):
    """Of each group from the first, in each metric, over the seeds that both have."""
    (first, reference), *others = runs.items()
    across_backends = {run.backend for run in reference}.isdisjoint(
        run.backend for _, group in others for run in group
    )

    def key(run):
        return ("" if across_backends else run.backend), run.seed

    rows = []
    for label, group in others:
        for name in _metric_names(runs):
            before, after = _values(reference, name, key), _values(group, name, key)
            shared = before.keys() & after.keys()
            values = _by_seed({each: after[each] - before[each] for each in shared})
            if len(values) > 1:
                middle, low, high = interval(values, LEVEL)
                cells = (str(len(values)), f"{middle:+.4f}", f"{low:+.4f} to {high:+.4f}")
                rows.append((f"{label} less {first}", name, *cells))
    return Table(("", "metric", "seeds", "mean difference", "95 % interval"), tuple(rows))
