"""Checks of a number: whether it is what the report says, or within its bounds."""

import math
from dataclasses import dataclass

from kerasdl.claims.decision import Decision, by_count, names_of
from kerasdl.claims.measures import is_accuracy
from kerasdl.claims.statistics import (
    deviation,
    in_deviations,
    is_grouped,
    mean,
    prediction_interval,
)
from kerasdl.claims.words import FAILS, HOLDS, UNDECIDED
from kerasdl.recipes import Recipe

ONE_RUN = 0.03
"""How far one run may be from a report's number, as a part of it: two points at 70 %.

One run tells nothing of the noise between seeds. Five seeds of `cifar10/batchnorm`, three epochs each,
have deviations of 0.7 to 1.4 points (`reports/parity.md`).
"""

ONE_RUN_ERRORS = 0.2
"""How far one run may be from a report's accuracy, as a part of what that lacks to 100 %.

Three percent of 99.13 % would be three times the errors of the report's network. From 87 % on this
allows less than `ONE_RUN` does.
"""

_ROUNDING = 1e-9  # of decimal fractions: 0.72 is within 0.70 ± 0.02


# The classes of this module are compared by identity, not frozen, and print themselves: such
# dataclasses take a fifth of the time to define, and every command that names a recipe defines them.


class _Number:
    """What `Near` and `Within` share: one recipe, whose interval decides."""

    @property
    def recipes(self):
        return (self.recipe,)

    def decide(self, seeds):
        values = [value for (value,) in seeds]
        finite = sum(map(math.isfinite, values))
        if finite < len(values):
            return by_count(0, len(values), UNDECIDED if finite else FAILS)
        if is_grouped(values):
            agreeing = sum(self._agrees_over_seeds(value) for value in values)
            of_none = self._word_of_none(values)
            return by_count(agreeing, len(values), of_none, (min(values), max(values)))
        low, high = prediction_interval(values)
        margin = in_deviations(self._margin(mean(values)), deviation(values))
        return Decision(self._word(low, high), margin, (low, high))


@dataclass(eq=False, repr=False)
class Near(_Number):
    """The value is `value`, as far as the report says.

    A value that is not finite is near none.

    Attributes:
        recipe: of what.
        measure: what is compared.
        value: the report's number.
        read: half of the unit to which the report's number can be read: 0.00005 of a table with two
            decimals of percent, 0.025 of a figure with a grid of five points.
    """

    recipe: Recipe
    measure: object
    value: float
    read: float = 0.005

    def agrees(self, values):
        return abs(values[0] - self.value) <= self.read + self._noise() + _ROUNDING

    def _noise(self):
        noise = ONE_RUN * abs(self.value)
        if "accuracy" in str(self.measure) and 0 <= self.value <= 1:
            noise = min(noise, ONE_RUN_ERRORS * (1 - self.value))
        return noise

    def _agrees_over_seeds(self, value):
        return abs(value - self.value) <= self.read + _ROUNDING

    def _word_of_none(self, values):
        """One more run may lie between two groups; without any noise it lies where all others do."""
        return FAILS if min(values) == max(values) else UNDECIDED

    def _margin(self, middle):
        return min(0.0, self.read - abs(middle - self.value))

    def _word(self, low, high):
        slack = self.read + _ROUNDING
        if not low - slack <= self.value <= high + slack:
            return FAILS
        widest = self.read + self._noise()
        return HOLDS if (high - low) / 2 <= widest + _ROUNDING else UNDECIDED

    def __repr__(self):
        value, read = (_shown(self.measure, number) for number in (self.value, self.read))
        return f"{self.measure} of {names_of(self.recipes)}: {value}, read to ± {read}"


@dataclass(eq=False, repr=False)
class Within(_Number):
    """The value is at least `least` and at most `most`.

    One that is not finite is outside, an infinite one without a bound on its side too.
    """

    recipe: Recipe
    measure: object
    least: float = -math.inf
    most: float = math.inf

    def agrees(self, values):
        return math.isfinite(values[0]) and self._margin(values[0]) >= -_ROUNDING

    def _agrees_over_seeds(self, value):
        return self.agrees([value])

    def _word_of_none(self, values):
        return FAILS

    def _margin(self, middle):
        return min(middle - self.least, self.most - middle)

    def _word(self, low, high):
        if self.least - _ROUNDING <= low and high <= self.most + _ROUNDING:
            return HOLDS
        return FAILS if high < self.least - _ROUNDING or low > self.most + _ROUNDING else UNDECIDED

    def __repr__(self):
        least, most = (_shown(self.measure, bound) for bound in (self.least, self.most))
        bounds = [f"at least {least}"] if self.least > -math.inf else []
        bounds += [f"at most {most}"] if self.most < math.inf else []
        return f"{self.measure} of {names_of(self.recipes)}: {' and '.join(bounds)}"


def _shown(measure, value):
    """A number as a report writes it: accuracies in percent."""
    return f"{100 * value:g} %" if is_accuracy(measure) else f"{value:g}"
