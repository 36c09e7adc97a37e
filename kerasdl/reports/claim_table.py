"""The claim table: what a report says, whether it holds, and what was measured."""

from typing import NamedTuple

from kerasdl.backend import BACKENDS
from kerasdl.claims import Claim, Verdict
from kerasdl.reports.markup import Prose
from kerasdl.reports.tables import Table
from kerasdl.text import number


class Judged(NamedTuple):
    """A claim of a report, and the verdict over the runs."""

    report: str
    claim: Claim
    verdict: Verdict


def claim_table(judged):
    """The table of `judged`, a sequence of `Judged`, in its order."""
    return Table.of(COLUMNS, judged)


def _comparisons(row):
    n, seeds = row.verdict.runs, row.verdict.seeds
    if n > seeds:
        return f"{n} ({seeds} {'seeds' if seeds > 1 else 'seed'})"
    return str(n or "")


def _measured(row):
    """Means and deviations, one for each experiment of the check; else what has to be run."""
    verdict = row.verdict
    if verdict.missing:
        names = ", ".join(f"`{name}`" for name in verdict.missing[:3])
        more = len(verdict.missing) - 3
        return _shortened(row, f"needs {names}" + (f" and {more} more" if more > 0 else ""))
    return ", ".join(
        number(mean) + (f" ± {number(deviation)}" if verdict.seeds > 1 else "")
        for mean, deviation in zip(verdict.means, verdict.deviations, strict=True)
    )


def _shortened(row, text):
    """`text` with the experiments of the report called by their own names."""
    return Prose(text.replace(f"{row.report}/", ""))


COLUMNS = (
    ("claim", lambda row: Prose(row.claim.says)),
    ("verdict", lambda row: row.verdict.word),
    ("n", _comparisons),
    ("mean ± sd", _measured),
    ("on", lambda row: ", ".join(BACKENDS[backend] for backend in row.verdict.backends)),
    ("what is checked", lambda row: _shortened(row, str(row.claim.check))),
    ("where", lambda row: Prose(row.claim.place)),
)
