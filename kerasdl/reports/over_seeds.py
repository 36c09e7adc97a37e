"""Test accuracy on each backend over seeds, and whether the backend explains anything of it."""

import itertools
from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.claims.statistics import deviation, mean
from kerasdl.reports.markup import Prose
from kerasdl.reports.permutation import interval, permutation_test
from kerasdl.reports.tables import Table, environment_columns
from kerasdl.text import number

LEVEL = 0.05  # of the test; the intervals contain the mean in 1 - LEVEL of all cases
INTERVAL = f"{1 - LEVEL:.0%} interval".replace("%", " %")


@dataclass(frozen=True)
class OverSeeds:
    """A part of the page of parity.

    Attributes:
        subject: what was trained how often, in words.
        accuracies: `Table` of test accuracies, a row a backend.
        finding: what the test says, or why there is none, in words.
        differences: `Table` of differences, a row a pair of backends; without rows where there
            are too few seeds.
    """

    subject: Prose
    accuracies: Table
    finding: Prose
    differences: Table


def over_seeds(recipe, runs, least):
    """The test accuracies of a recipe, compared within seeds.

    Args:
        recipe: `Recipe`.
        runs: its runs: sequence of `kerasdl.runs.finished.FinishedRun`.
        least: how many seeds the test needs.

    Returns:
        An `OverSeeds`. Only seeds that were run on every backend count.
    """
    by_key = {(run.backend, run.seed): run for run in runs}
    seen = sorted({seed for _, seed in by_key})
    seeds = [seed for seed in seen if all((name, seed) in by_key for name in BACKENDS)]
    complete = {name: [by_key[name, seed] for seed in seeds] for name in BACKENDS}
    accuracies = {name: [accuracy(run) for run in group] for name, group in complete.items()}
    enough = len(seeds) >= least
    return OverSeeds(
        subject=_subject(recipe, seeds, sorted({*seen} - {*seeds})),
        accuracies=Table.of(COLUMNS, filter(None, complete.values())),
        finding=_finding(accuracies) if enough else _too_few(len(seeds), least),
        differences=Table.of(
            DIFFERENCES,
            [
                (pair, [a - b for a, b in zip(*map(accuracies.get, pair), strict=True)])
                for pair in itertools.combinations(BACKENDS, 2)
                if enough
            ],
        ),
    )


def accuracy(run):
    """Test accuracy of a run, which its result file has in the digits of a float32."""
    return round(float(run.result["metrics"]["test"]["accuracy"]), 6)


def _subject(recipe, seeds, left_out):
    sentences = [
        f"`{recipe.name}`, {recipe.epochs} epochs, n = {counted(len(seeds), 'seed')} on each of "
        f"{', '.join(BACKENDS.values())}."
    ]
    if left_out:
        named = ", ".join(map(str, left_out))
        sentences.append(f"Not on every backend, and left out: seed {named}.")
    return Prose(" ".join(sentences))


def _too_few(count, least):
    return Prose(
        f"{counted(count, 'seed')}; at least {least} are needed to say whether the backend "
        "explains anything of the accuracy."
    )


def _finding(accuracies):
    found = permutation_test(list(zip(*accuracies.values(), strict=True)))
    arrangements = f"all {found.arrangements:,}" if found.exact else f"{found.arrangements:,}"
    shown = "a" if found.p_value < LEVEL else "no"
    return Prose(
        "Whether the backend explains anything: the sum of squares between backends, among "
        f"{arrangements} ways to exchange the accuracies of each seed among the backends (a "
        f"permutation test within seeds): *p = {found.p_value:.2g}*. At the level of {LEVEL:g}, "
        f"{shown} difference between backends is shown."
    )


def counted(count, noun):
    """`3 seeds`, `1 seed`."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def spread(runs):
    """Mean and standard deviation of the test accuracies of some runs, in words."""
    values = [accuracy(run) for run in runs]
    shown = number(mean(values))
    return f"{shown} ± {number(deviation(values))}" if len(values) > 1 else shown


def _pair(row):
    one, other = row[0]
    return f"{BACKENDS[one]} less {BACKENDS[other]}"


def interval_in_words(differences):
    """Where the mean of all such differences lies, with 95 % confidence."""
    _, low, high = interval(differences, 1 - LEVEL)
    return f"{low:+.4f} to {high:+.4f}"


COLUMNS = (
    ("backend", lambda runs: BACKENDS[runs[0].backend]),
    ("n", lambda runs: str(len(runs))),
    ("test accuracy, mean ± sd", spread),
    ("seeds", lambda runs: ", ".join(str(run.seed) for run in runs)),
    *environment_columns(lambda runs: [run.result for run in runs]),
)
DIFFERENCES = (
    ("test accuracy", _pair),
    ("n", lambda row: str(len(row[1]))),
    ("mean difference", lambda row: f"{mean(row[1]):+.4f}"),
    (INTERVAL, lambda row: interval_in_words(row[1])),
)
