"""What the page of parity says: which pairs of backends stay within rounding, and which depart."""

from dataclasses import dataclass
from types import MappingProxyType

from kerasdl.backend import BACKENDS
from kerasdl.recipes import ABSENT
from kerasdl.reports import measured
from kerasdl.reports.backend_distances import BackendDistances, first_not_finite, pair_in_words
from kerasdl.reports.figures import Figure
from kerasdl.reports.markup import Prose
from kerasdl.reports.over_precisions import FULL, OverPrecisions, over_precisions
from kerasdl.reports.over_seeds import OverSeeds, over_seeds
from kerasdl.reports.parity_summary import LOSSES, in_words, shown_distance
from kerasdl.reports.tables import Table, environment_columns
from kerasdl.studies import parity

TITLE = "One recipe on three backends, step by step"
WITHIN, DEPARTS, NOT_RUN = "within", "departs", "not run"
NOT_COUNTED = "steps not counted"


@dataclass(frozen=True)
class Row:
    """A comparison: what was planned, what was measured, or both.

    Attributes:
        planned: a `kerasdl.studies.parity.Planned`, or `None`.
        distances: a `BackendDistances`, or `None` where it was not made.
    """

    planned: parity.Planned | None
    distances: BackendDistances | None

    @property
    def compared(self):
        """What has the row's recipe, steps and precision: the distances, or else the plan."""
        return self.distances or self.planned

    @property
    def verdict(self):
        """Whether every pair of backends stays within the envelope, in a word."""
        if self.distances is None:
            return NOT_RUN
        word = DEPARTS if self.distances.departures else WITHIN
        return word if self.distances.judges_arrays else f"{word} †"


@dataclass(frozen=True)
class Section:
    """A comparison that was made.

    Attributes:
        heading: recipe and precision.
        purpose: what it stands for, or `""`.
        conditions: what was computed on what, and when, in words.
        figure: its distances.
    """

    heading: str
    purpose: Prose
    conditions: str
    figure: Figure


@dataclass(frozen=True)
class Agreement:
    """The page of parity.

    Attributes:
        summary: see `kerasdl.reports.parity_summary`.
        comparisons: `Table` of those that train on, each backend from its own state.
        in_lockstep: `Table` of those whose every step starts from the same state.
        over_seeds: `OverSeeds`.
        over_precisions: `OverPrecisions`.
        has_older: whether a comparison was made when not every pair was judged by its arrays.
        sections: tuple of `Section`, one for each comparison that was made.
    """

    summary: str
    comparisons: Table
    in_lockstep: Table
    over_seeds: OverSeeds
    over_precisions: OverPrecisions
    has_older: bool
    sections: tuple

    @property
    def figures(self):
        """Every `Figure` of the page."""
        return [section.figure for section in self.sections]


def read_folder(folder):
    """All comparisons in `folder`, as `kerasdl parity --json` wrote them.

    Returns:
        List of `BackendDistances`, in the order of their files' names.

    Raises:
        UsageError: a file is not what that command writes.
    """
    return measured.read_folder(folder, _parse, "kerasdl parity --json")


def read_file(path):
    """The comparison in one such file: see `read_folder`."""
    return measured.read_file(path, _parse, "kerasdl parity --json")


def _parse(name, written):
    """The distances in a file; an error of some kind where they lack what the page shows."""
    found = BackendDistances.parse(name, written)
    gather([found])
    found.figure().data()
    return found


def gather(found, runs=(), runs_by_precision=MappingProxyType({})):
    """The page, from what was measured.

    Args:
        found: sequence of `BackendDistances`; those that nobody planned come last.
        runs: the runs of `kerasdl.studies.parity.OVER_SEEDS`: a sequence of
            `kerasdl.runs.finished.FinishedRun`.
        runs_by_precision: precision -> the runs of `kerasdl.studies.parity.OVER_PRECISIONS`.
    """
    rows = _rows(found)
    return Agreement(
        summary=in_words(rows),
        comparisons=Table.of(COLUMNS, [row for row in rows if not row.compared.lockstep]),
        in_lockstep=Table.of(LOCKSTEP_COLUMNS, [row for row in rows if row.compared.lockstep]),
        over_seeds=over_seeds(parity.OVER_SEEDS, runs, parity.LEAST_SEEDS),
        over_precisions=over_precisions(parity.OVER_PRECISIONS[FULL], runs_by_precision),
        has_older=any(row.distances and not row.distances.judges_arrays for row in rows),
        sections=tuple(_section(row) for row in rows if row.distances),
    )


def _rows(found):
    left, rows = list(found), []
    for planned in parity.PLAN:
        distances = next((each for each in left if each.is_of(planned)), None)
        if distances:
            left.remove(distances)
        rows.append(Row(planned, distances))
    return [*rows, *(Row(None, distances) for distances in left)]


def _section(row):
    written, recipe = row.distances.written, row.compared.recipe
    changes = ", ".join(
        f"no {name}" if value == ABSENT else f"{name} {value}"
        for name, value in row.distances.changes.items()
    )
    not_finite = row.distances.not_finite
    environment = [cell(written) for _, cell in ENVIRONMENT_COLUMNS]
    conditions = [
        f"{row.compared.steps} steps of {recipe.batch_size} examples of {recipe.data.name}",
        f"seed {recipe.seed}",
        ", ".join(BACKENDS[name] for name in row.distances.backends),
        *([f"changed from the recipe: {changes}"] if changes else []),
        *([f"not finite: {first_not_finite(not_finite)}"] if not_finite else []),
        *environment,
    ]
    return Section(
        heading=f"{recipe.name}, {row.distances.kind}",
        purpose=Prose(row.planned.purpose if row.planned else ""),
        conditions="; ".join(conditions) + ".",
        figure=row.distances.figure(),
    )


def _optimizer(row):
    optimizer = row.compared.recipe.optimizer
    settings = [
        f"{len(value)} {name}" if isinstance(value, tuple | list) else f"{name} {value}"
        for name, value in optimizer.arguments.items()
    ]
    return ", ".join([f"{optimizer.name} {optimizer.learning_rate:g}", *settings])


def _first_gradients(row):
    return shown_distance(row.distances.largest("gradients", 1)) if row.distances else ""


def _first_gradients_of_one_rounding(row):
    return shown_distance(row.distances.yardstick("gradients", 1)) if row.distances else ""


def _first_losses(row):
    if row.distances is None or row.compared.precision != "float64":
        return ""
    shown = shown_distance(row.distances.largest("loss", LOSSES))
    return shown if row.compared.steps >= LOSSES else f"{shown} ({row.compared.steps} steps)"


def _departures(row):
    """At how many steps each pair departs, and where first; nothing of those that stay within."""
    found = row.distances.departures if row.distances else []
    return "; ".join(_departure(verdict, row.compared.steps) for verdict in found)


def _departure(verdict, steps):
    first = verdict.first
    count = NOT_COUNTED if verdict.steps is None else f"{verdict.steps} of {steps} steps"
    return (
        f"{pair_in_words(verdict.pair)}: {count}, first {first['step']}, {first['quantity']} of "
        f"{first['name']}, {float(first['distance']):.2e} where {float(first['allowed']):.2e} is "
        "allowed"
    )


def _of_gradients(statistic):
    """A cell of two numbers: of the backends, and of one rounding."""

    def cell(row):
        return " / ".join(map(shown_distance, statistic(row.distances))) if row.distances else ""

    return cell


def _medians(found):
    return found.medians("gradients")


def _maxima(found):
    return found.largest("gradients", found.steps), found.yardstick("gradients", found.steps)


ENVIRONMENT_COLUMNS = environment_columns(lambda written: [written])
COLUMNS = (
    ("recipe", lambda row: row.compared.recipe.name),
    ("builder", lambda row: row.compared.recipe.model.builder),
    ("precision", lambda row: row.compared.precision),
    ("optimizer", _optimizer),
    ("steps", lambda row: str(row.compared.steps)),
    ("gradients, step 1", _first_gradients),
    ("one rounding", _first_gradients_of_one_rounding),
    (f"losses, first {LOSSES}", _first_losses),
    ("verdict", lambda row: row.verdict),
    ("departures", _departures),
)
LOCKSTEP_COLUMNS = (
    ("recipe", lambda row: row.compared.recipe.name),
    ("steps", lambda row: str(row.compared.steps)),
    ("gradients, median: backends / one rounding", _of_gradients(_medians)),
    ("gradients, largest: backends / one rounding", _of_gradients(_maxima)),
    ("verdict", lambda row: row.verdict),
    ("departures", _departures),
)
