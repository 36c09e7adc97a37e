"""The first page: what was claimed and found, how sure, at what cost, and what was not run."""

import collections
from dataclasses import dataclass

from kerasdl.claims.statistics import LEVEL
from kerasdl.claims.words import (
    ASSUMPTION_USED,
    CONTRADICTS,
    FAILS,
    HOLDS,
    NOT_RUN,
    ONE_AGREES,
    ONE_DISAGREES,
    RATE_ASSUMED,
    SATURATED,
    TESTED,
    UNDECIDED,
    VERDICTS,
)
from kerasdl.reports import picture
from kerasdl.reports.disagreements import DISAGREEMENTS, WORDS
from kerasdl.reports.markup import PageLink, Prose
from kerasdl.reports.report_rows import COLUMNS, row_of
from kerasdl.reports.standing import BELIEVABLE, OPEN, PARTLY, REFUTED
from kerasdl.reports.tables import Table

ANSWERS = {
    BELIEVABLE: "Believable as a whole",
    PARTLY: "In part",
    REFUTED: "Refuted",
    OPEN: "Still open",
}

# One, and several.
PHRASES = {
    HOLDS: ("holds", "hold"),
    FAILS: ("does not hold", "do not hold"),
    UNDECIDED: ("is undecided", "are undecided"),
    ONE_AGREES: ("agrees with the one run that there is", "agree with the one run that there is"),
    ONE_DISAGREES: ("disagrees with it", "disagree with it"),
    NOT_RUN: ("was not run", "were not run"),
    ASSUMPTION_USED: (
        "was used to choose an assumption and does not count",
        "were used to choose an assumption and do not count",
    ),
    CONTRADICTS: ("contradicts the report itself", "contradict the report itself"),
}


_QUALIFIED = {
    SATURATED: "of them because every seed reaches 100 %",
    RATE_ASSUMED: "of them at a learning rate that is assumed",
}


@dataclass(frozen=True)
class Lesson:
    """A disagreement as the first page has it.

    Attributes:
        claim: `PageLink` to the claim.
        quote: the report's sentence.
        teaches: what is to be learned from it.
    """

    claim: PageLink
    quote: str
    teaches: Prose


@dataclass(frozen=True)
class Overview:
    """The first page.

    Attributes:
        answer: which reports can be believed, in words.
        counted: what became of all claims, in words.
        rows: tuple of `kerasdl.reports.report_rows.Row`, one a report.
        totals: `Table`: how many claims of each report have which verdict.
        found: how many claims of all reports have which verdict, in words.
        tested: which reports were tested over seeds, and which not, in words.
        chance: how many verdicts chance may have decided, in words.
        table: `Table` of the rows.
        picture: text of the SVG file, or `""` where no accuracy was measured.
        drawn: how many accuracies the picture shows.
        lessons: tuple of `Lesson`.
    """

    answer: str
    counted: str
    rows: tuple
    totals: Table
    found: str
    tested: str
    chance: str
    table: Table
    picture: str
    drawn: int
    lessons: tuple


def gather(reports):
    """The `Overview` of `reports`, a sequence of `kerasdl.reports.content.Report`."""
    groups = {report.name: picture.comparisons(report.judged) for report in reports}
    drawn = sum(map(len, groups.values()))
    verdicts = {word: sum(report.verdicts[word] for report in reports) for word in VERDICTS}
    rows = tuple(map(row_of, reports))
    return Overview(
        answer=answer(rows),
        counted=counted(verdicts),
        rows=rows,
        totals=totals(reports),
        found=in_words(verdicts, [row for report in reports for row in report.judged]),
        tested=tested_in_words(reports),
        chance=chance(verdicts),
        table=Table.of(COLUMNS, rows),
        picture=picture.svg(groups) if drawn else "",
        drawn=drawn,
        lessons=tuple(_lessons(reports)),
    )


def in_words(verdicts, judged=()):
    """How many claims have which verdict, without the words that none has, and what qualifies them.

    Args:
        verdicts: word -> how many.
        judged: sequence of `Judged`, whose notes are counted.

    Example:
    >>> in_words({"holds": 1, "does not hold": 2, "undecided": 0})
    '3 claims: 1 holds, 2 do not hold.'
    """
    total = sum(verdicts.values())
    counted = [
        f"{n} {PHRASES[word][n > 1]}{qualified(word, judged)}" for word, n in verdicts.items() if n
    ]
    return f"{total} claim{'s' * (total != 1)}{': ' if counted else ''}{', '.join(counted)}."


def tested_in_words(reports):
    """Which reports have claims that were tested over seeds, and which none; `""` without reports."""
    groups = {"some claims of": [], "none of": []}
    for report in reports:
        tested = any(report.verdicts[word] for word in TESTED)
        groups["some claims of" if tested else "none of"].append(report.name)
    parts = [f"{words} {', '.join(names)}" for words, names in groups.items() if names]
    return f"Tested so far: {'; '.join(parts)}." if parts else ""


def chance(verdicts):
    """How many claims chance may decide, in words; `""` where nothing was tested.

    The level of a test bounds how often it decides where there is nothing to decide, not how often
    it leaves undecided what is true.

    Example:
    >>> chance({"holds": 30, "does not hold": 10, "undecided": 5})
    'Of 45 tested claims, chance alone would decide 2.2 at most.'
    """
    tested = sum(verdicts[word] for word in TESTED)
    if not tested:
        return ""
    return (
        f"Of {tested} tested claim{'s' * (tested > 1)}, chance alone would decide "
        f"{LEVEL * tested:.1f} at most."
    )


def qualified(word, judged):
    """How many of the claims with a verdict say little, and why, in brackets; `""` where none does."""
    counts = collections.Counter(
        note for row in judged if row.verdict.word == word for note in row.verdict.notes
    )
    found = [f"{counts[note]} {words}" for note, words in _QUALIFIED.items() if counts[note]]
    return f" ({', '.join(found)})" if found and word in (HOLDS, FAILS) else ""


def answer(rows):
    """Which reports can be believed, in words; the empty groups are left out, but for the first.

    Example:
    >>> from types import SimpleNamespace
    >>> answer([SimpleNamespace(report=SimpleNamespace(title="a"), standing="partly")])
    'Believable as a whole: none. In part: a.'
    """
    groups = {word: [row.report.title for row in rows if row.standing == word] for word in ANSWERS}
    return " ".join(
        f"{ANSWERS[word]}: {', '.join(names) or 'none'}."
        for word, names in groups.items()
        if names or word == BELIEVABLE
    )


def counted(verdicts):
    """What became of all claims, in two sentences, whose numbers add up.

    Example:
    >>> counted({"holds": 1, "does not hold": 2, "undecided": 0, "not run": 7})
    'Of 10 claims 3 were tested over several seeds: 1 holds, 2 do not, 0 are undecided. 7 were not run.'
    """
    holding, failing, undecided, missing = (
        verdicts[word] for word in (HOLDS, FAILS, UNDECIDED, NOT_RUN)
    )
    single = sum(verdicts.get(word, 0) for word in (ONE_AGREES, ONE_DISAGREES))
    total = sum(verdicts.values())
    tested = holding + failing + undecided
    others = total - tested - missing - single
    rest = [
        f"{single} rest{'s' * (single == 1)} on one run, a hint" if single else "",
        f"{missing} w{'as' if missing == 1 else 'ere'} not run" if missing else "",
        f"{others} do{'es' * (others == 1)} not count" if others else "",
    ]
    rest = ", ".join(filter(None, rest))
    return (
        f"Of {total} claims {tested} w{'as' if tested == 1 else 'ere'} tested over several seeds: "
        f"{holding} hold{'s' * (holding == 1)}, {failing} do{'es' * (failing == 1)} not, "
        f"{undecided} {'is' if undecided == 1 else 'are'} undecided."
    ) + (f" {rest[0].upper()}{rest[1:]}." if rest else "")


def totals(reports):
    """A `Table`: how many claims of each report have which verdict, and how many of all."""
    counts = [(report.name, len(report.judged), report.verdicts) for report in reports]
    everything = {word: sum(verdicts[word] for *_, verdicts in counts) for word in VERDICTS}
    counts.append(("all", sum(everything.values()), everything))
    return Table(
        ("report", "claims", *VERDICTS),
        tuple(
            (name, str(total), *(str(verdicts[word] or "") for word in VERDICTS))
            for name, total, verdicts in counts
        ),
        numeric=True,
    )


def _lessons(reports):
    """Those disagreements that the runs still support."""
    rows = {(row.report, row.claim.says): row for report in reports for row in report.judged}
    for disagreement in DISAGREEMENTS:
        row = rows.get((disagreement.report, disagreement.says))
        if row is not None and row.verdict.word in WORDS:
            title = f"{disagreement.report}, {row.claim.place}"
            link = PageLink(title, disagreement.report, "claims", row.anchor)
            yield Lesson(link, disagreement.quote, disagreement.teaches)
