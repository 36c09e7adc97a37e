"""Measures, as those of `measures.py`, that look at several epochs of a curve at once."""

import math
from dataclasses import dataclass

# The classes of this module are compared by identity, not frozen, and print themselves, as those of
# `measures.py`.


@dataclass(eq=False, repr=False)
class MedianOfLast:
    """Median of a column over its last epochs.

    A loss that goes up and down by a tenth from one epoch to the next is compared by it.
    """

    column: str
    epochs: int

    def __call__(self, run):
        return float(run.log[self.column].iloc[-self.epochs :].median(skipna=False))

    def __repr__(self):
        return f"median {self.column} of the last {self.epochs} epochs"


@dataclass(eq=False, repr=False)
class RelativeRise:
    """How far above its lowest value a column ends, as a part of that lowest value.

    0 where the lowest value is reached only at the epoch `before` or later: such a curve was
    still falling when the report says that it rose.
    """

    column: str
    before: int

    def __call__(self, run):
        values = run.log[self.column]
        if values.isna().any():
            return math.nan
        if run.log["epoch"][values.idxmin()] >= self.before:
            return 0.0
        return float((values.iloc[-1] - values.min()) / abs(values.min()))

    def __repr__(self):
        return f"part by which {self.column} ends above its minimum before epoch {self.before}"


@dataclass(eq=False, repr=False)
class Oscillation:
    """Mean absolute second difference of a column: how much its change turns from epoch to epoch.

    A curve that rises or falls steadily has none, however steep it is. nan for fewer than three
    epochs.
    """

    column: str

    def __call__(self, run):
        changes = run.log[self.column].diff()[1:]
        return float(changes.diff()[1:].abs().mean(skipna=False))

    def __repr__(self):
        return f"mean second difference of {self.column}"


@dataclass(eq=False, repr=False)
class MeanOver:
    """Mean of a column over some epochs, the first and the last of them counted from 1.

    nan where training ended before the last of them.
    """

    column: str
    first: int
    last: int

    def __call__(self, run):
        values = run.log.loc[run.log["epoch"].between(self.first, self.last), self.column]
        if len(values) < self.last - self.first + 1:
            return math.nan
        return float(values.mean(skipna=False))

    def __repr__(self):
        return f"mean {self.column} of epochs {self.first} to {self.last}"


@dataclass(eq=False, repr=False)
class Departure:
    """The largest distance of a column from a curve that the report prints, of its epochs.

    nan where training ended before the curve does.
    """

    column: str
    printed: tuple[float, ...]

    def __call__(self, run):
        values = run.log[self.column].iloc[: len(self.printed)]
        if len(values) < len(self.printed):
            return math.nan
        return float((values - list(self.printed)).abs().max(skipna=False))

    def __repr__(self):
        return f"largest distance of {self.column} from the printed curve"


@dataclass(eq=False, repr=False)
class HighestWithin:
    """The highest value of a column of `steps.csv`, whose rows are means over some steps."""

    column: str

    def __call__(self, run):
        if run.steps is None:
            raise KeyError("steps.csv")
        return float(run.steps[self.column].max(skipna=False))

    def __repr__(self):
        return f"highest {self.column} that is logged within epochs"
