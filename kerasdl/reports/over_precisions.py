"""Test accuracy in bfloat16 beside float32, on the same backend and of the same seed."""

from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.claims.statistics import mean
from kerasdl.reports.markup import Prose
from kerasdl.reports.over_seeds import INTERVAL, accuracy, counted, interval_in_words, spread
from kerasdl.reports.tables import Table, environment_columns

FULL, HALF = "float32", "bfloat16"


@dataclass(frozen=True)
class OverPrecisions:
    """A part of the page of parity.

    Attributes:
        subject: what was trained how often, in words.
        accuracies: `Table` of test accuracies, a row a backend that has runs in both.
    """

    subject: Prose
    accuracies: Table


def over_precisions(recipe, runs):
    """The test accuracies of a recipe in both precisions, compared within backends and seeds.

    Args:
        recipe: `Recipe`, in float32.
        runs: precision -> its runs: sequence of `kerasdl.runs.finished.FinishedRun`.

    Returns:
        An `OverPrecisions`. Only seeds that a backend trained in both count; others are named.
    """
    full, half = (
        {(run.backend, run.seed): run for run in runs.get(name, ())} for name in (FULL, HALF)
    )
    rows, left_out = [], []
    for backend in BACKENDS:
        seeds = [seed for name, seed in sorted(full) if name == backend and (name, seed) in half]
        alone = {seed for name, seed in {*full} ^ {*half} if name == backend}
        if alone:
            named = ", ".join(map(str, sorted(alone)))
            left_out.append(
                f" Left out on {BACKENDS[backend]}, with none that finished in the other: seed {named}."
            )
        if seeds:
            rows.append([[each[backend, seed] for seed in seeds] for each in (full, half)])
    trained = ", ".join(
        f"{counted(len(row[0]), 'seed')} on {BACKENDS[row[0][0].backend]}" for row in rows
    )
    return OverPrecisions(
        subject=Prose(
            f"`{recipe.name}`, {recipe.epochs} epochs: {trained or 'not run'}.{''.join(left_out)}"
        ),
        accuracies=Table.of(COLUMNS, rows),
    )


def _differences(row):
    """Accuracy in bfloat16 less that in float32, of each seed."""
    return [accuracy(half) - accuracy(full) for full, half in zip(*row, strict=True)]


def _interval(row):
    return interval_in_words(_differences(row)) if len(row[0]) > 1 else ""


COLUMNS = (
    ("backend", lambda row: BACKENDS[row[0][0].backend]),
    ("n", lambda row: str(len(row[0]))),
    (f"test accuracy, {FULL}", lambda row: spread(row[0])),
    (HALF, lambda row: spread(row[1])),
    ("mean difference", lambda row: f"{mean(_differences(row)):+.4f}"),
    (INTERVAL, _interval),
    ("seeds", lambda row: ", ".join(str(run.seed) for run in row[0])),
    *environment_columns(lambda row: [run.result for runs in row for run in runs]),
)
