"""The claim table: what a report says, how it was decided, and on what that rests."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from kerasdl.backend import BACKENDS
from kerasdl.claims import Claim, Verdict
from kerasdl.claims.measures import is_accuracy
from kerasdl.claims.statistics import share_interval
from kerasdl.reports.markup import Joined, Link, Prose, family_anchor, linked
from kerasdl.reports.quotations import quotation
from kerasdl.reports.tables import Table
from kerasdl.text import distinct, number

_SHOWN = 3  # experiments of a claim, by name
_WORDS = {
    "kernel_initializer": "initial weights",
    "bias_initializer": "initial weights",
    "arguments": "its other settings",
    "use_bias": "biases",
}
"""Name of a field of a recipe -> what the pages call it, where the name says too little."""


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
    measure, names = row.claim.check.measure, [recipe.name for recipe in row.claim.check.recipes]
    texts = [
        _value(measure, mean, deviation if verdict.seeds > 1 else None)
        for mean, deviation in zip(verdict.means, verdict.deviations, strict=True)
    ]
    if not texts:
        return ""
    if len(texts) > 1:
        named = zip(names, texts, strict=True)
        return _with_links(row, "; ".join(f"`{name}` {text}" for name, text in named))
    if verdict.interval is None or verdict.interval[0] == verdict.interval[1]:
        return texts[0]
    low, high = _possible(measure, verdict.interval)
    what = "one more run" if verdict.agreeing is None else "seeds"
    low, high = (number(100 * end if is_accuracy(measure) else end) for end in (low, high))
    return f"{texts[0]}; {what}: {low} to {high}{' %' * is_accuracy(measure)}"


def _value(measure, mean, deviation):
    """A mean with its deviation, as reports write it: accuracies in percent."""
    scale, unit = (100, " %") if is_accuracy(measure) else (1, "")
    spread = "" if deviation is None else f" ± {number(scale * deviation)}"
    return f"{number(scale * mean)}{spread}{unit}"


def _possible(measure, interval):
    """An interval without what cannot be: no accuracy is above 1, which a normal distribution may be."""
    if not is_accuracy(measure):
        return interval
    return tuple(max(0.0, min(1.0, end)) for end in interval)


def _verdict(row):
    """The word, and what qualifies it behind a semicolon."""
    return "; ".join([row.verdict.word, *row.verdict.notes])


def _margin(row):
    verdict = row.verdict
    if verdict.agreeing is None:
        return margin_in_words(verdict.margin)
    low, high = share_interval(verdict.agreeing, verdict.seeds)
    counted = f"{verdict.agreeing} of {verdict.seeds} seeds"
    return f"{counted}: {100 * low:.0f} to {100 * high:.0f} % of all runs"


def margin_in_words(margin):
    """A margin with its sign and its unit; nothing where there is none.

    Example:
    >>> margin_in_words(2.345), margin_in_words(float("-inf")), margin_in_words(float("nan"))
    ('+2.3 sd', 'missed on every seed alike', '')
    """
    if math.isnan(margin):
        return ""
    if math.isinf(margin):
        return f"{'met' if margin > 0 else 'missed'} on every seed alike"
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
    fields = (name.rpartition(".")[2] for name in names)
    return distinct(_WORDS.get(field, field.replace("_", " ")) for field in fields)


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
    ("verdict", _verdict),
    ("seeds", _seeds),
    ("measured", _measured),
    ("margin", _margin),
    ("what is checked", lambda row: _with_links(row, str(row.claim.check))),
    ("curves and runs", _curves_and_runs),
    ("rests on", _rests_on),
    ("where", lambda row: Prose(row.claim.place)),
    ("in the report's words", lambda row: quotation(row.report, row.claim.says)),
)
