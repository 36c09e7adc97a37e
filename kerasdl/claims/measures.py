"""One number of one run, from its logs or its result.

A measure is a dataclass that is called with a finished run
(`kerasdl.runs.finished.FinishedRun`) and returns a float; `str` says what it measures, as the
pages print it. A value of a whole curve, such as its highest, is nan where one epoch of the curve
is. Of training that diverged there is no measure but `HasDiverged`: see `measured`.
"""

import math
from dataclasses import dataclass

# The classes of this module are compared by identity, not frozen, and print themselves: such
# dataclasses take a fifth of the time to define, and every command that names a recipe defines them.


def measured(measure, run):
    """A measure of a run; nan where training diverged, whose accuracies are not what was trained for.

    Two accuracies of a tenth, for instance, are alike, but no evidence that training and test are.
    """
    if run.result["status"] == "diverged" and not isinstance(measure, HasDiverged):
        return math.nan
    return measure(run)


def is_accuracy(measure):
    """Whether a measure is an accuracy of some epoch, not how much one grew or two differ."""
    return isinstance(measure, (At, Highest, Last, Metric)) and "accuracy" in str(measure)


def is_time(measure):
    """Whether a measure is how long training took, which other work on the machine lengthens."""
    return isinstance(getattr(measure, "measure", measure), (Seconds, SecondsUntil))


@dataclass(eq=False, repr=False)
class Last:
    """A column of the log at the last epoch."""

    column: str

    def __call__(self, run):
        return float(run.log[self.column].iloc[-1])

    def __repr__(self):
        return f"{self.column} at the end"


@dataclass(eq=False, repr=False)
class At:
    """A column of the log at an epoch, counted from 1; nan where training ended before it."""

    column: str
    epoch: int

    def __call__(self, run):
        found = run.log.loc[run.log["epoch"] == self.epoch, self.column]
        return float(found.iloc[0]) if len(found) else math.nan

    def __repr__(self):
        return f"{self.column} after epoch {self.epoch}"


@dataclass(eq=False, repr=False)
class Highest:
    """The highest value of a column over all epochs: what a report quotes as its best.

    With `before`, over the epochs before that one.
    """

    column: str
    before: int | None = None

    def __call__(self, run):
        values = run.log[self.column]
        if self.before is not None:
            values = values[run.log["epoch"] < self.before]
        return float(values.max(skipna=False))

    def __repr__(self):
        when = "" if self.before is None else f" before epoch {self.before}"
        return f"highest {self.column}{when}"


@dataclass(eq=False, repr=False)
class Lowest:
    """The lowest value of a column over all epochs."""

    column: str

    def __call__(self, run):
        return float(run.log[self.column].min(skipna=False))

    def __repr__(self):
        return f"lowest {self.column}"


@dataclass(eq=False, repr=False)
class BestEpoch:
    """The epoch, counted from 1, of the highest value of a column: the first of equals."""

    column: str

    def __call__(self, run):
        values = run.log[self.column]
        if values.isna().any():
            return math.nan
        return float(run.log["epoch"][values.idxmax()])

    def __repr__(self):
        return f"epoch of the highest {self.column}"


@dataclass(eq=False, repr=False)
class Growth:
    """How much a column grows from an epoch, counted from 1, to the last."""

    column: str
    epoch: int

    def __call__(self, run):
        return Last(self.column)(run) - At(self.column, self.epoch)(run)

    def __repr__(self):
        return f"growth of {self.column} after epoch {self.epoch}"


@dataclass(eq=False, repr=False)
class RiseAboveLowest:
    """How far above its lowest value a column ends.

    With `medians_of`, of the medians of so many epochs in a row, which one jump does not move; nan
    where training ended before them.
    """

    column: str
    medians_of: int = 1

    def __call__(self, run):
        values = run.log[self.column]
        if values.isna().any():
            return math.nan
        if self.medians_of > 1:
            values = values.rolling(self.medians_of).median()
        return float(values.iloc[-1] - values.min())

    def __repr__(self):
        medians = "" if self.medians_of == 1 else f", in medians of {self.medians_of} epochs"
        return f"how far {self.column} ends above its lowest{medians}"


@dataclass(eq=False, repr=False)
class Gap:
    """Training accuracy less the accuracy on another part (`"test"`, `"val"`), at the last epoch."""

    part: str = "test"

    def __call__(self, run):
        return Last("accuracy")(run) - Last(f"{self.part}_accuracy")(run)

    def __repr__(self):
        return f"training accuracy above {self.part} accuracy at the end"


@dataclass(eq=False, repr=False)
class Metric:
    """A metric of the saved weights on a part of the data, `"test"` or `"validation"`."""

    part: str
    name: str

    def __call__(self, run):
        return float(run.result["metrics"][self.part][self.name])

    def __repr__(self):
        return f"{self.part} {self.name}"


@dataclass(eq=False, repr=False)
class Seconds:
    """Seconds of training, without evaluation."""

    def __call__(self, run):
        return float(run.result["seconds"])

    def __repr__(self):
        return "seconds of training"


@dataclass(eq=False, repr=False)
class SecondsUntil:
    """Seconds of training to the end of the first epoch at which a column is at least `level`.

    Infinite where no epoch is. The first epoch counts the compilation by JAX, which may be most of it.
    """

    column: str
    level: float

    def __call__(self, run):
        reached = run.log[self.column] >= self.level
        if not reached.any():
            return math.inf
        return float(run.log["seconds"][: reached.argmax() + 1].sum())

    def __repr__(self):
        return f"seconds of training until {self.column} is {self.level:g}"


@dataclass(eq=False, repr=False)
class HasDiverged:
    """1 where training stopped because its loss was not finite, else 0."""

    def __call__(self, run):
        return float(run.result["status"] == "diverged")

    def __repr__(self):
        return "whether training diverged"


@dataclass(eq=False, repr=False)
class Difference:
    """One measure less another, of the same run."""

    one: object
    other: object

    def __call__(self, run):
        return self.one(run) - self.other(run)

    def __repr__(self):
        return f"{self.one} less {self.other}"


@dataclass(eq=False, repr=False)
class Doublings:
    """Binary logarithm of a measure: 1 more is twice as much. nan where that is not above 0."""

    measure: object

    def __call__(self, run):
        value = self.measure(run)
        return math.log2(value) if value > 0 else math.nan

    def __repr__(self):
        return f"binary logarithm of the {self.measure}"
