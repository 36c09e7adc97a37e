"""Claims, what they measure in a run, and how runs decide them."""

import itertools
import math
import statistics
from dataclasses import dataclass

from kerasdl.errors import UsageError

HOLDS, FAILS, NOT_RUN, INCONCLUSIVE = VERDICTS = (
    "holds",
    "does not hold",
    "not run",
    "inconclusive",
)
_ROUNDING = 1e-9  # 0.72 is within 0.70 ± 0.02


# Measures: one number of one run, from its log or its result.


@dataclass(frozen=True)
class Last:
    """The column of the log at the last epoch."""

    column: str

    def __call__(self, run):
        return float(run.log[self.column].iloc[-1])

    def __str__(self):
        return f"{self.column} at the end"


@dataclass(frozen=True)
class At:
    """The column of the log at an epoch, counted from 1."""

    column: str
    epoch: int

    def __call__(self, run):
        found = run.log.loc[run.log["epoch"] == self.epoch, self.column]
        return float(found.iloc[0]) if len(found) else math.nan

    def __str__(self):
        return f"{self.column} after epoch {self.epoch}"


@dataclass(frozen=True)
class Highest:
    """The highest value of a column, whichever the epoch: what a report quotes as its best.

    With `before`, the highest of the epochs before that one.
    """

    column: str
    before: int | None = None

    def __call__(self, run):
        values = run.log[self.column]
        if self.before is not None:
            values = values[run.log["epoch"] < self.before]
        return float(values.max(skipna=False))

    def __str__(self):
        when = "" if self.before is None else f" before epoch {self.before}"
        return f"highest {self.column}{when}"


@dataclass(frozen=True)
class Lowest:
    """The lowest value of a column."""

    column: str

    def __call__(self, run):
        return float(run.log[self.column].min(skipna=False))

    def __str__(self):
        return f"lowest {self.column}"


@dataclass(frozen=True)
class BestEpoch:
    """The epoch of the highest value of a column, the first of equals."""

    column: str

    def __call__(self, run):
        values = run.log[self.column]
        if values.isna().any():
            return math.nan
        return float(run.log["epoch"][values.idxmax()])

    def __str__(self):
        return f"epoch of the highest {self.column}"


@dataclass(frozen=True)
class Growth:
    """How much a column grows from an epoch to the end."""

    column: str
    epoch: int

    def __call__(self, run):
        return Last(self.column)(run) - At(self.column, self.epoch)(run)

    def __str__(self):
        return f"growth of {self.column} after epoch {self.epoch}"


@dataclass(frozen=True)
class Rise:
    """By which part of its lowest value a column ends above it, if that is before an epoch."""

    column: str
    before: int

    def __call__(self, run):
        values = run.log[self.column]
        if values.isna().any():
            return math.nan
        if run.log["epoch"][values.idxmin()] >= self.before:
            return 0.0
        return float((values.iloc[-1] - values.min()) / abs(values.min()))

    def __str__(self):
        return f"part by which {self.column} ends above its minimum before epoch {self.before}"


@dataclass(frozen=True)
class RiseAbove:
    """How far above its lowest value a column ends."""

    column: str

    def __call__(self, run):
        return Last(self.column)(run) - Lowest(self.column)(run)

    def __str__(self):
        return f"how far {self.column} ends above its lowest"


@dataclass(frozen=True)
class Roughness:
    """The mean change of a column from an epoch to the next, whichever its direction."""

    column: str

    def __call__(self, run):
        return float(run.log[self.column].diff()[1:].abs().mean(skipna=False))

    def __str__(self):
        return f"mean change of {self.column} an epoch"


@dataclass(frozen=True)
class Gap:
    """Training accuracy above that of another part, at the last epoch."""

    part: str = "test"

    def __call__(self, run):
        return Last("accuracy")(run) - Last(f"{self.part}_accuracy")(run)

    def __str__(self):
        return f"training accuracy above {self.part} accuracy at the end"


@dataclass(frozen=True)
class Measured:
    """What the weights that were kept give on a part of the data."""

    part: str
    metric: str

    def __call__(self, run):
        return float(run.result["metrics"][self.part][self.metric])

    def __str__(self):
        return f"{self.part} {self.metric}"


@dataclass(frozen=True)
class Seconds:
    """Of training, evaluation left out."""

    def __call__(self, run):
        return float(run.result["seconds"])

    def __str__(self):
        return "seconds of training"


@dataclass(frozen=True)
class Difference:
    """One measure less another, of the same run."""

    one: object
    other: object

    def __call__(self, run):
        return self.one(run) - self.other(run)

    def __str__(self):
        return f"{self.one} less {self.other}"


# Checks: whether runs of some recipes, alike in backend and seed, are as the report says;
# `None` where they are equal and one should be higher.


@dataclass(frozen=True)
class Near:
    """A number with a tolerance."""

    recipe: str
    measure: object
    value: float
    tolerance: float

    @property
    def recipes(self):
        return (self.recipe,)

    def holds(self, values):
        return abs(values[0] - self.value) <= self.tolerance + _ROUNDING

    def __str__(self):
        return f"{self.measure} of `{self.recipe}`: {self.value:g} ± {self.tolerance:g}"


@dataclass(frozen=True)
class Within:
    """A number above `least` or below `most`."""

    recipe: str
    measure: object
    least: float = -math.inf
    most: float = math.inf

    @property
    def recipes(self):
        return (self.recipe,)

    def holds(self, values):
        return self.least <= values[0] <= self.most

    def __str__(self):
        bounds = [f"at least {self.least:g}"] if self.least > -math.inf else []
        bounds += [f"at most {self.most:g}"] if self.most < math.inf else []
        return f"{self.measure} of `{self.recipe}`: {' and '.join(bounds)}"


@dataclass(frozen=True)
class Increasing:
    """Each recipe has a higher value than the one before it, by more than `by`.

    `or_fails`: the last may also have none, having diverged.
    """

    recipes: tuple
    measure: object
    by: float = 0.0
    or_fails: bool = False

    def holds(self, values):
        *others, last = values
        if self.or_fails and not math.isfinite(last):
            values = others
        if not all(map(math.isfinite, values)):
            return False
        steps = [b - a for a, b in itertools.pairwise(values)]
        if not self.by and min(steps, default=1) == 0:
            return None
        return all(step > self.by for step in steps)

    def __str__(self):
        order = " < ".join(f"`{name}`" for name in self.recipes)
        by = f", by {self.by:g}" if self.by else ""
        return f"{self.measure}: {order}{by}" + (", or not finite" if self.or_fails else "")


@dataclass(frozen=True)
class Top:
    """The first recipe has the highest value of all (`lowest=True`: the lowest)."""

    recipes: tuple
    measure: object
    lowest: bool = False

    def holds(self, values):
        first, *others = values
        best = min(others) if self.lowest else max(others)
        if first == best:
            return None
        return first < best if self.lowest else first > best

    def __str__(self):
        first, *others = self.recipes
        kind = "lowest" if self.lowest else "highest"
        return f"{self.measure}: `{first}` {kind}, beside {', '.join(f'`{n}`' for n in others)}"


@dataclass(frozen=True)
class Alike:
    """All recipes have about the same value: their range is at most `within`."""

    recipes: tuple
    measure: object
    within: float

    def holds(self, values):
        return max(values) - min(values) <= self.within

    def __str__(self):
        names = ", ".join(f"`{name}`" for name in self.recipes)
        return f"{self.measure}: {names} differ by at most {self.within:g}"


@dataclass(frozen=True)
class Diverges:
    """Training fails: the loss is not finite."""

    recipe: str

    @property
    def recipes(self):
        return (self.recipe,)

    @staticmethod
    def measure(run):
        return float(run.result["status"] == "diverged")

    def holds(self, values):
        return values[0] == 1

    def __str__(self):
        return f"the loss of `{self.recipe}` is not finite"


@dataclass(frozen=True)
class Verdict:
    """How a claim was decided.

    Attributes:
        word: one of `VERDICTS`.
        n: how many times it was checked: backends and seeds for which every recipe ran.
        means: mean of the measure, one a recipe of the check.
        deviations: standard deviation over the seeds, likewise, of the mean over the
            backends; nan for one seed. One seed begins alike on every backend.
        seeds: how many seeds.
        backends: on which.
        missing: the recipes without a run that all needed ones share.
    """

    word: str
    n: int = 0
    means: tuple = ()
    deviations: tuple = ()
    seeds: int = 0
    backends: tuple = ()
    missing: tuple = ()


@dataclass(frozen=True)
class Claim:
    """A sentence of a report, and what decides it.

    Attributes:
        says: the report's sentence, in a few words of our own.
        place: question, table or figure.
        check: one of the checks of this module.
    """

    says: str
    place: str
    check: object

    def judge(self, found):
        """The verdict over `found`, a sequence of `kerasdl.runs.finished.FinishedRun`.

        Runs are compared with runs of the same backend and seed. All agree: the claim
        holds, or it does not; they disagree, or are equal where one should be higher:
        inconclusive.
        """
        by_recipe = {
            name: {(run.backend, run.seed): run for run in found if run.recipe == name}
            for name in self.check.recipes
        }
        shared = sorted(set.intersection(*map(set, by_recipe.values())))
        if not shared:
            missing = tuple(name for name, runs in by_recipe.items() if not runs)
            return Verdict(NOT_RUN, missing=missing or tuple(by_recipe))
        samples = [
            [_number(self.check.measure, by_recipe[name][key]) for name in self.check.recipes]
            for key in shared
        ]
        decided = {self._decide(values) for values in samples}
        word = {(True,): HOLDS, (False,): FAILS}.get(tuple(decided), INCONCLUSIVE)
        seeds = sorted({seed for _, seed in shared})
        columns = [
            [mean([v for v, (_, at) in zip(column, shared, strict=True) if at == seed])
             for seed in seeds]
            for column in zip(*samples, strict=True)
        ]  # fmt: skip
        return Verdict(
            word,
            len(samples),
            tuple(map(mean, columns)),
            tuple(map(deviation, columns)),
            len(seeds),
            tuple(dict.fromkeys(backend for backend, _ in shared)),
        )

    def _decide(self, values):
        """A number that is not finite decides against, unless the check says otherwise."""
        if all(map(math.isfinite, values)) or getattr(self.check, "or_fails", False):
            return self.check.holds(values)
        return False


def mean(values):
    """Their mean; nan where one is not finite."""
    return statistics.fmean(values) if all(map(math.isfinite, values)) else math.nan


def deviation(values):
    """Their standard deviation, of a sample; nan for one value, or where one is not finite."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return math.nan
    return statistics.stdev(values)


def _number(measure, run):
    """The measure; nan where a run that diverged has none."""
    try:
        return measure(run)
    except (KeyError, IndexError, ValueError) as error:
        if run.result["status"] == "diverged":
            return math.nan
        raise UsageError(
            f"The run {run.recipe} on {run.backend}, seed {run.seed}, should tell its "
            f"{measure}; it has no {error}."
        ) from error
