"""The claim table: what a report says, how it was decided, and on what that rests."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from kerasdl.backend import BACKENDS
from kerasdl.claims import At, Claim, Highest, Last, Metric, Verdict
from kerasdl.reports.markup import Joined, Link, Prose, family_anchor, linked
from kerasdl.reports.quotations import quotation
from kerasdl.reports.tables import Table
from kerasdl.text import distinct, number

_SHOWN = 3  # experiments of a claim, by name


class Judged(NamedTuple):
    """A claim of a report, and the verdict over the runs.

    Attributes:
        report: name of the report.
        position: of the claim in the report, counted from 1.
        claim: the `Claim`.
        verdict: its `Verdict`.
        folders: name of a recipe that was run -> folder of its runs, beside the page.
        family: name of the figure that has all experiments of the claim side by side, or `""`.
    """

    report: str
    position: int
    claim: Claim
    verdict: Verdict
    folders: Mapping = MappingProxyType({})
    family: str = ""

    @property
    def anchor(self):
        """Anchor of the claim's row on the HTML page of its report."""
        return f"claim-{self.position}"


def claim_table(judged):
    """The table of `judged`, a sequence of `Judged`, in its order."""
    table = Table.of(COLUMNS, judged)
    return Table(table.headings, table.rows, anchors=tuple(row.anchor for row in judged))


def _seeds(row):
    """How many, and on which backends they were run."""
    verdict = row.verdict
    if not verdict.seeds:
        return ""
    return f"{verdict.seeds} on {', '.join(BACKENDS[backend] for backend in verdict.backends)}"


def _measured(row):
    """Means and deviations, one for each experiment of the check; else what has to be run."""
    verdict = row.verdict
    if verdict.missing:
        names = ", ".join(f"`{name}`" for name in verdict.missing[:_SHOWN])
        more = len(verdict.missing) - _SHOWN
        return _with_links(row, f"needs {names}" + (f" and {more} more" if more > 0 else ""))
    means = ", ".join(
        number(mean) + (f" ± {number(deviation)}" if verdict.seeds > 1 else "")
        for mean, deviation in zip(verdict.means, verdict.deviations, strict=True)
    )
    if verdict.interval is None:
        return means
    low, high = map(number, _possible(row.claim.check.measure, verdict.interval))
    return f"{means}; one more run: {low} to {high}"


def _possible(measure, interval):
    """An interval without what cannot be: no accuracy is above 1, which a normal distribution may be."""
    if not is_accuracy(measure):
        return interval
    return tuple(max(0.0, min(1.0, end)) for end in interval)


def is_accuracy(measure):
    """Whether a measure is an accuracy of some epoch, not how much one grew or two differ."""
    return isinstance(measure, (At, Highest, Last, Metric)) and "accuracy" in str(measure)


def _margin(row):
    return margin_in_words(row.verdict.margin)


def margin_in_words(margin):
    """A margin with its sign and its unit; nothing where there is none.

    Example:
    >>> margin_in_words(2.345), margin_in_words(float("-inf")), margin_in_words(float("nan"))
    ('+2.3 sd', 'below 0, no noise', '')
    """
    if math.isnan(margin):
        return ""
    if math.isinf(margin):
        return f"{'above' if margin > 0 else 'below'} 0, no noise"
    return f"{margin:+.1f} sd"


def _rests_on(row):
    """Settings that are assumed, by the last part of their names; first those this claim chose."""
    chosen = row.claim.chosen
    others = [name for name in row.verdict.assumptions if not _is_part(name, chosen)]
    groups = [f"*chosen by this claim*: {_short(chosen)}"] if chosen else []
    return Prose("; ".join([*groups, *([_short(others)] if others else [])]))


def _is_part(name, chosen):
    """Whether an assumption is one of the chosen fields, or part of one."""
    return any(name == field or name.startswith(f"{field}.") for field in chosen)


def _short(names):
    return distinct(name.rpartition(".")[2] for name in names)


def _with_links(row, text):
    """`text` with the experiments of the report called by their own names, linked to their curves."""
    targets = {
        name: f"#{name}"
        for name in (recipe.name.partition("/")[2] for recipe in row.claim.check.recipes)
    }
    return linked(text.replace(f"{row.report}/", ""), targets)


def _curves_and_runs(row):
    """Links to the curves of each experiment of the check that was run, and to its runs."""
    ran = [recipe.name for recipe in row.claim.check.recipes if recipe.name in row.folders]
    groups = [[Link("side by side", f"#{family_anchor(row.family)}")]] if row.family else []
    for name in ran[:_SHOWN]:
        own = name.partition("/")[2]
        groups.append([f"{own}: ", Link("curve", f"#{own}"), ", ", Link("runs", row.folders[name])])
    parts = [part for group in groups for part in ("; ", *group)][1:]
    more = len(ran) - _SHOWN
    return Joined([*parts, *([f"; {more} more"] if more > 0 else [])])


COLUMNS = (
    ("claim", lambda row: Prose(row.claim.says)),
    ("verdict", lambda row: row.verdict.word),
    ("seeds", _seeds),
    ("measured", _measured),
    ("margin", _margin),
    ("what is checked", lambda row: _with_links(row, str(row.claim.check))),
    ("curves and runs", _curves_and_runs),
    ("rests on", _rests_on),
    ("where", lambda row: Prose(row.claim.place)),
    ("in the report's words", lambda row: quotation(row.report, row.claim.says)),
)
