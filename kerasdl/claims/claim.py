"""Claims of a report, what stands in it that none is made of, and the verdict of finished runs."""

from dataclasses import dataclass

from kerasdl.claims.decision import Decision
from kerasdl.claims.measures import is_accuracy, is_time, measured
from kerasdl.claims.statistics import deviation, mean
from kerasdl.claims.verdict import Verdict
from kerasdl.claims.words import (
    ASSUMPTION_USED,
    CONTRADICTS,
    HOLDS,
    NOT_RUN,
    ONE_AGREES,
    ONE_DISAGREES,
    RATE_ASSUMED,
    SATURATED,
    SHARED_TIME,
    UNDECIDED,
)
from kerasdl.errors import UsageError


@dataclass(eq=False)
class Claim:
    """A sentence of a report, and what decides it.

    Attributes:
        says: the report's sentence, in a few words of our own.
        place: where the report says it: section, question, table or figure.
        check: one of `kerasdl.claims.checks`.
        chosen: names of recipe fields, as `("data",)`, that the report leaves open and that were
            chosen because they give this claim's number: it is then never counted as holding.

    Example:
    >>> from kerasdl import studies
    >>> from kerasdl.claims import Claim, Last, Within
    >>> recipe = studies.get("regularization/baseline")
    >>> claim = Claim("it learns", "figure 2", Within(recipe, Last("accuracy"), least=0.9))
    >>> str(claim.check)
    'accuracy at the end of `regularization/baseline`: at least 90 %'
    >>> claim.judge([]).word
    'not run'
    """

    says: str
    place: str
    check: object
    chosen: tuple[str, ...] = ()

    @property
    def assumptions(self):
        """Names of the settings that the recipes of the check have by assumption, each once."""
        return tuple(
            dict.fromkeys(name for recipe in self.check.recipes for name in recipe.assumptions)
        )

    def judge(self, runs):
        """The verdict of `runs` on this claim.

        Only runs of the same backend and seed are compared; then those of a seed on several
        backends are averaged, and seeds are what tests count. Times are not tested: other work on the
        machine, of which runs keep no record, is no noise between seeds.

        Args:
            runs: sequence of `kerasdl.runs.finished.FinishedRun`.

        Returns:
            A `Verdict`.

        Raises:
            UsageError: a run that ended well lacks what the claim measures.
        """
        if not self.check.recipes:
            return Verdict(CONTRADICTS)
        by_recipe = {
            recipe.name: {(run.backend, run.seed): run for run in runs if run.recipe == recipe.name}
            for recipe in self.check.recipes
        }
        shared = sorted(set.intersection(*map(set, by_recipe.values())))
        if not shared:
            missing = tuple(name for name, its_runs in by_recipe.items() if not its_runs)
            missing = missing or tuple(by_recipe)
            return Verdict(NOT_RUN, missing=missing, assumptions=self.assumptions)
        seeds = self._means_of_seeds(by_recipe, shared)
        columns = list(zip(*seeds, strict=True))
        decision = self._decided(seeds)
        word = ASSUMPTION_USED if self.chosen else decision.word
        return Verdict(
            word,
            seeds=len(seeds),
            runs=len(shared),
            means=tuple(map(mean, columns)),
            deviations=tuple(map(deviation, columns)),
            margin=decision.margin,
            interval=decision.interval,
            agreeing=decision.agreeing,
            backends=tuple(dict.fromkeys(backend for backend, _ in shared)),
            assumptions=self.assumptions,
            notes=() if self.chosen else tuple(self._notes(word, seeds)),
        )

    def _means_of_seeds(self, by_recipe, shared):
        """A row a seed, a column a recipe: the mean of the measure over the backends."""
        by_seed = {}
        for key in shared:
            values = [_number(self.check.measure, its_runs[key]) for its_runs in by_recipe.values()]
            by_seed.setdefault(key[1], []).append(values)
        return [
            [mean(backends) for backends in zip(*rows, strict=True)]
            for _, rows in sorted(by_seed.items())
        ]

    def _decided(self, seeds):
        if len(seeds) > 1 and not is_time(self.check.measure):
            return self.check.decide(seeds)
        word = {True: ONE_AGREES, False: ONE_DISAGREES, None: UNDECIDED}
        means = [mean(column) for column in zip(*seeds, strict=True)]
        return Decision(word[self.check.agrees(means)])

    def _notes(self, word, seeds):
        perfect = all(value == 1 for row in seeds for value in row)
        if word in (HOLDS, ONE_AGREES) and perfect and is_accuracy(self.check.measure):
            yield SATURATED
        if {"optimizer", "optimizer.learning_rate"} & set(self.assumptions):
            yield RATE_ASSUMED
        if is_time(self.check.measure):
            yield SHARED_TIME


@dataclass(eq=False)
class Omission:
    """A number, a table or a figure of a report of which no claim is made, and why.

    Attributes:
        says: what stands there, in a few words of our own.
        place: where: section, question, table or figure.
        because: why no claim is made of it.
    """

    says: str
    place: str
    because: str


def _number(measure, run):
    """The measure of a run, as `measured` has it; an error where the run's files lack it."""
    try:
        return measured(measure, run)
    except (KeyError, IndexError, ValueError) as error:
        raise UsageError(
            f"A claim needs the {measure} of the run {run.recipe} on {run.backend}, seed "
            f"{run.seed}; its files have no {error}: train it again with --overwrite."
        ) from error
