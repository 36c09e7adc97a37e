"""The rows of the first page: of each report whether it can be believed, and on what that rests."""

import collections
from dataclasses import dataclass
from typing import NamedTuple

from kerasdl.claims.words import (
    ASSUMPTION_USED,
    CONTRADICTS,
    FAILS,
    HOLDS,
    NOT_RUN,
    ONE_AGREES,
    ONE_DISAGREES,
    UNDECIDED,
)
from kerasdl.reports.citations import CITATIONS
from kerasdl.reports.disagreements import DISAGREEMENTS
from kerasdl.reports.markup import Joined, PageLink
from kerasdl.reports.standing import reason, standing
from kerasdl.reports.training_time import duration

_SHOWN = 2  # claims of a report that do not hold, by their words
_BAR = (HOLDS, ONE_AGREES, UNDECIDED, ONE_DISAGREES, FAILS, ASSUMPTION_USED, CONTRADICTS, NOT_RUN)


class Missing(NamedTuple):
    """What of a report was not run.

    Attributes:
        claims: how many of how many, in words.
        experiments: likewise.
        time: that one run of each experiment would take.
    """

    claims: str
    experiments: str
    time: str

    def __str__(self):
        """In one sentence without a full stop."""
        return f"{self.claims}, {self.experiments}: {self.time} for one run of each experiment"


@dataclass(frozen=True)
class Row:
    """A report on the first page.

    Attributes:
        report: `PageLink` to its page.
        subject: what it is on.
        citation: family names and year, or `""`.
        standing: how far it can be believed, a word of `kerasdl.reports.standing`.
        reason: why, in words.
        bar: tuple of `(word of a verdict, first claim, number of claims)`: all claims in a row.
        claims: how many there are.
        failures: what did not hold: `Joined`.
        certainty: how many claims were judged by how many seeds.
        cost: how long its own runs trained.
        missing: what was not run: `Missing`, or `None` where everything was.
    """

    report: PageLink
    subject: str
    citation: str
    standing: str
    reason: str
    bar: tuple
    claims: int
    failures: Joined
    certainty: str
    cost: str
    missing: Missing | None


def _certainty(report):
    """How many claims were judged by how many seeds."""
    counts = collections.Counter(row.verdict.seeds for row in report.judged if row.verdict.seeds)
    return ", ".join(
        f"{n} claim{'s' * (n > 1)} on {seeds} seed{'s' * (seeds > 1)}"
        for seeds, n in sorted(counts.items(), reverse=True)
    )


def _cost(report):
    return duration(report.hours) if report.hours else ""


def _missing(report):
    missing = [section for section in report.sections if not section.figure]
    if not missing:
        return None
    return Missing(
        f"{report.verdicts[NOT_RUN]} of {len(report.judged)} claims",
        f"{len(missing)} of {len(report.sections)} experiments",
        duration(report.missing_once),
    )


def _failures(report):
    """The claims that the runs contradict, the most instructive first, linked to their rows."""
    for word, before in ((FAILS, ""), (ONE_DISAGREES, "in the only run: ")):
        rows = [row for row in report.judged if row.verdict.word == word]
        if rows:
            first = {disagreement.says: i for i, disagreement in enumerate(DISAGREEMENTS)}
            rows.sort(key=lambda row: first.get(row.claim.says, len(first)))
            links = []
            for row in rows[:_SHOWN]:
                link = PageLink(f"“{row.claim.says}”", report.name, "claims", row.anchor)
                links += ["; " if links else before, link]
            more = len(rows) - _SHOWN
            return Joined([*links, *([f"; and {more} more"] if more > 0 else [])])
    return Joined(["nothing so far"] if report.hours else [])


def row_of(report):
    """The `Row` of a `kerasdl.reports.content.Report`."""
    start, bar = 0, []
    for word in _BAR:
        if report.verdicts[word]:
            bar.append((word, start, report.verdicts[word]))
            start += report.verdicts[word]
    return Row(
        report=PageLink(report.name, report.name),
        subject=report.title.partition(": ")[2],
        citation=CITATIONS[report.name].short if report.name in CITATIONS else "",
        standing=standing(report.verdicts),
        reason=reason(report.verdicts),
        bar=tuple(bar),
        claims=len(report.judged),
        failures=_failures(report),
        certainty=_certainty(report),
        cost=_cost(report),
        missing=_missing(report),
    )


COLUMNS = (
    ("report", lambda row: row.report),
    ("can it be believed?", lambda row: f"{row.standing}: {row.reason}"),
    ("claims that did not hold", lambda row: row.failures),
    ("how sure", lambda row: row.certainty),
    ("trained so far", lambda row: row.cost),
    ("not run", lambda row: str(row.missing or "nothing")),
)
