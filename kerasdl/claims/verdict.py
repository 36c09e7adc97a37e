"""Claims of reports, and their verdicts over finished runs."""

import math
from dataclasses import dataclass

from kerasdl.errors import UsageError

HOLDS, FAILS, NOT_RUN, INCONCLUSIVE = VERDICTS = (
    "holds",
    "does not hold",
    "not run",
    "inconclusive",
)


@dataclass(eq=False)
class Verdict:
    """How a claim was decided.

    Attributes:
        word: one of `VERDICTS`.
        n: how many times it was checked: pairs of a backend and a seed for which every recipe
            of the check was run.
        means: mean of the measure, one a recipe of the check.
        deviations: standard deviation over the seeds of the mean over the backends, one a
            recipe; nan for one seed. A seed begins alike on every backend, so that runs of one
            seed are no independent samples.
        seeds: how many seeds.
        backends: their names.
        missing: names of the recipes that have to be run before the claim can be checked.
    """

    word: str
    n: int = 0
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()
    seeds: int = 0
    backends: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(eq=False)
class Claim:
    """A sentence of a report, and what decides it.

    Attributes:
        says: the report's sentence, in a few words of our own.
        place: where the report says it: section, question, table or figure.
        check: one of `kerasdl.claims.checks`.

    Example:
    >>> from kerasdl import studies
    >>> from kerasdl.claims import Claim, Last, Within
    >>> recipe = studies.get("regularization/baseline")
    >>> claim = Claim("it learns", "figure 2", Within(recipe, Last("accuracy"), least=0.9))
    >>> str(claim.check)
    'accuracy at the end of `regularization/baseline`: at least 0.9'
    >>> claim.judge([]).word
    'not run'
    """

    says: str
    place: str
    check: object

    def judge(self, runs):
        """The verdict of `runs` on this claim.

        Only runs of the same backend and seed are compared. The claim holds, or does not, if
        all comparisons agree on it; it is inconclusive if they disagree, or if two values are
        equal of which one should be higher.

        Args:
            runs: sequence of `kerasdl.runs.finished.FinishedRun`.

        Returns:
            A `Verdict`.

        Raises:
            UsageError: a run that ended well lacks what the claim measures.
        """
        by_recipe = {
            recipe.name: {(run.backend, run.seed): run for run in runs if run.recipe == recipe.name}
            for recipe in self.check.recipes
        }
        shared = sorted(set.intersection(*map(set, by_recipe.values())))
        if not shared:
            missing = tuple(name for name, its_runs in by_recipe.items() if not its_runs)
            return Verdict(NOT_RUN, missing=missing or tuple(by_recipe))
        # Rows: backend and seed. Columns: recipes.
        samples = [
            [_number(self.check.measure, its_runs[key]) for its_runs in by_recipe.values()]
            for key in shared
        ]
        decisions = {self.check.holds(values) for values in samples}
        word = {(True,): HOLDS, (False,): FAILS}.get(tuple(decisions), INCONCLUSIVE)
        by_seed = {}
        for (_, seed), values in zip(shared, samples, strict=True):
            by_seed.setdefault(seed, []).append(values)
        means_of_seeds = [
            [mean(column) for column in zip(*rows, strict=True)]
            for _, rows in sorted(by_seed.items())
        ]
        columns = list(zip(*means_of_seeds, strict=True))
        return Verdict(
            word,
            n=len(samples),
            means=tuple(map(mean, columns)),
            deviations=tuple(map(deviation, columns)),
            seeds=len(by_seed),
            backends=tuple(dict.fromkeys(backend for backend, _ in shared)),
        )


def mean(values):
    """Mean of a sequence of numbers; nan where one is not finite.

    Example:
    >>> mean([1.0, 2.0])
    1.5
    """
    return math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan


def deviation(values):
    """Standard deviation of a sample; nan for fewer than two values, or where one is not finite.

    Example:
    >>> deviation([1.0, 2.0, 3.0])
    1.0
    """
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return math.nan
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def _number(measure, run):
    """The measure of a run; nan where a run that diverged has left none."""
    try:
        return measure(run)
    except (KeyError, IndexError, ValueError) as error:
        if run.result["status"] == "diverged":
            return math.nan
        raise UsageError(
            f"A claim needs the {measure} of the run {run.recipe} on {run.backend}, seed "
            f"{run.seed}; its files have no {error}: train it again with --overwrite."
        ) from error
