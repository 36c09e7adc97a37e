"""What the numbers of runs should be for a claim to hold, and how several seeds decide it.

A check is a dataclass with the `recipes` whose runs decide and a `measure`
(`kerasdl.claims.measures`). `str` says what is checked, as the pages print it. It has two
functions of the measured values, which stand in the order of its recipes:

    agrees(values)  of one seed: `True`, `False`, or `None` where two are equal and one should be
                    higher
    decide(seeds)   of two seeds or more, a row of values each: a `Decision`

**A number** (`Near`, `Within`) is decided by the interval in which one more run would fall with
95 % probability: what a report quotes is one run of its own. Near holds where the report's number,
give or take the precision with which it can be read, is inside, and does not hold where it is
outside: then a run like ours would give it in fewer than one case of twenty. Within holds where the
whole interval respects the bounds, so that nearly every run does, and does not hold where none of it
does; between them it is undecided.

**An order** (`Increasing`, `Top`, `Alike`) is decided by a test over seeds, paired: the recipes of a
seed begin alike. A chain of several pairs holds if each of its pairs passes at the level, which
needs no correction: all of them must. It does not hold if one pair passes the opposite test, and
since one of several is enough there, the smallest p-value is multiplied by their number (the first
step of Holm's procedure).

A value is not finite where training diverged. In an order, and near a number, such a run does not
have what the report says of it. What happens on every seed needs no test; what diverges on some
seeds only is undecided.
"""

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

from kerasdl.claims.measures import HasDiverged
from kerasdl.claims.statistics import (
    LEVEL,
    deviation,
    in_deviations,
    mean,
    p_above_zero,
    prediction_interval,
)
from kerasdl.claims.words import FAILS, HOLDS, UNDECIDED
from kerasdl.recipes import Recipe

ONE_RUN = 0.03
"""How far one run may be from a report's number, as a part of it: two points at 70 %.

One run tells nothing of the noise between seeds. Test accuracies on CIFAR-10 differ by about half a
point from seed to seed, and two runs by a little more.
"""

WIDEST = 0.1
"""The widest interval to each side, as a part of the report's number, by which it may hold.

With two seeds, or where some of them fail to learn, an interval holds nearly any number; then that
the report's is inside says nothing, and the claim is undecided.
"""

_ROUNDING = 1e-9  # of decimal fractions: 0.72 is within 0.70 ± 0.02


class Decision(NamedTuple):
    """How several seeds decide a check.

    Attributes:
        word: `HOLDS`, `FAILS` or `UNDECIDED`, of `kerasdl.claims.words`.
        margin: by how much the means meet the claim, in standard deviations over seeds; below 0
            where they contradict it.
        interval: both ends of where one more run would fall, or `None` for an order.
    """

    word: str
    margin: float = math.nan
    interval: tuple | None = None


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
            return Decision(UNDECIDED if finite else FAILS)
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
        return abs(values[0] - self.value) <= self.read + ONE_RUN * abs(self.value) + _ROUNDING

    def _margin(self, middle):
        return min(0.0, self.read - abs(middle - self.value))

    def _word(self, low, high):
        slack = self.read + _ROUNDING
        if not low - slack <= self.value <= high + slack:
            return FAILS
        widest = max(self.read, WIDEST * abs(self.value))
        return HOLDS if (high - low) / 2 <= widest + _ROUNDING else UNDECIDED

    def __repr__(self):
        return f"{self.measure} of {_names(self.recipes)}: {self.value:g}, read to ± {self.read:g}"


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

    def _margin(self, middle):
        return min(middle - self.least, self.most - middle)

    def _word(self, low, high):
        if self.least - _ROUNDING <= low and high <= self.most + _ROUNDING:
            return HOLDS
        return FAILS if high < self.least - _ROUNDING or low > self.most + _ROUNDING else UNDECIDED

    def __repr__(self):
        bounds = [f"at least {self.least:g}"] if self.least > -math.inf else []
        bounds += [f"at most {self.most:g}"] if self.most < math.inf else []
        return f"{self.measure} of {_names(self.recipes)}: {' and '.join(bounds)}"


class _Order:
    """What `Increasing` and `Top` share: pairs of which one should be higher.

    `_differences(values)` gives, of one seed, what should be above 0 in each pair: infinite where a
    run that diverged decides it.
    """

    def agrees(self, values):
        differences = self._differences(values)
        if min(differences) == 0:
            return None
        return all(difference > 0 for difference in differences)

    def decide(self, seeds):
        pairs = list(zip(*map(self._differences, seeds), strict=True))
        if any(set(pair) == {-math.inf} for pair in pairs):
            return Decision(FAILS, -math.inf)
        pairs = [pair for pair in pairs if set(pair) != {math.inf}]
        opposite = [[-difference for difference in pair] for pair in pairs]
        return Decision(_word(pairs, opposite), min(map(_margin, pairs), default=math.inf))


@dataclass(eq=False, repr=False)
class Increasing(_Order):
    """Each recipe has a higher value than the one before it, by more than `by`.

    A value that is not finite has no place in the order, and the check does not hold. With
    `or_fails`, the last recipe may instead have diverged: then the order of the others decides.
    """

    recipes: tuple[Recipe, ...]
    measure: object
    by: float = 0.0
    or_fails: bool = False

    def _differences(self, values):
        differences = [
            b - a - self.by if math.isfinite(a) and math.isfinite(b) else -math.inf
            for a, b in itertools.pairwise(values)
        ]
        if self.or_fails and not math.isfinite(values[-1]):
            differences[-1] = math.inf if math.isfinite(values[-2]) else -math.inf
        return differences

    def __repr__(self):
        by = f", by {self.by:g}" if self.by else ""
        order = _names(self.recipes, " < ")
        return f"{self.measure}: {order}{by}" + (", or not finite" if self.or_fails else "")


@dataclass(eq=False, repr=False)
class Top(_Order):
    """The recipe has the highest value of several, or, with `lowest=True`, the lowest.

    Competitors whose values are not finite are left out: a network that was not trained is
    better than none. If the recipe's own value is not finite, the check does not hold.

    Attributes:
        recipe: the one that should be first.
        among: its competitors; it may itself stand among them.
        measure: what is compared.
        lowest: whether the lowest value is first, as that of a loss.
    """

    recipe: Recipe
    among: tuple[Recipe, ...]
    measure: object
    lowest: bool = False

    @property
    def recipes(self):
        others = (other for other in self.among if other.name != self.recipe.name)
        return (self.recipe, *others)

    def _differences(self, values):
        first, *others = values
        if not math.isfinite(first):
            return [-math.inf] * len(others)
        sign = -1 if self.lowest else 1
        return [sign * (first - o) if math.isfinite(o) else math.inf for o in others]

    def __repr__(self):
        first, *others = self.recipes
        kind = "lowest" if self.lowest else "highest"
        return f"{self.measure}: {_names([first])} {kind}, beside {_names(others)}"


@dataclass(eq=False, repr=False)
class Alike:
    """All recipes have about the same value: from lowest to highest it is at most `within`.

    Over seeds it holds where every mean difference is shown to be below `within` (two one-sided
    tests of each pair), and does not hold where one is shown to be above it. A value that is not
    finite is like no other.
    """

    recipes: tuple[Recipe, ...]
    measure: object
    within: float

    def agrees(self, values):
        finite = all(map(math.isfinite, values))
        return finite and max(values) - min(values) <= self.within + _ROUNDING

    def decide(self, seeds):
        columns = list(zip(*seeds, strict=True))
        if any(not any(map(math.isfinite, column)) for column in columns):
            return Decision(FAILS, -math.inf)
        # Both signs of the difference of each pair: each should be below `within`.
        differences = [
            [sign * (a - b) for a, b in zip(one, other, strict=True)]
            for one, other in itertools.combinations(columns, 2)
            for sign in (1, -1)
        ]
        below = [[self.within - d for d in pair] for pair in differences]
        above = [[d - self.within for d in pair] for pair in differences]
        return Decision(_word(below, above), min(map(_margin, below)))

    def __repr__(self):
        return f"{self.measure}: {_names(self.recipes)} differ by at most {self.within:g}"


@dataclass(eq=False, repr=False)
class Diverges:
    """Training fails, on every seed: it stops because the loss is not finite."""

    recipe: Recipe
    measure = HasDiverged()

    @property
    def recipes(self):
        return (self.recipe,)

    def agrees(self, values):
        return {1: True, 0: False}.get(values[0])  # between them: on some backends only

    def decide(self, seeds):
        word = {(1,): HOLDS, (0,): FAILS}.get(tuple({value for (value,) in seeds}), UNDECIDED)
        return Decision(word)

    def __repr__(self):
        return f"the loss of {_names(self.recipes)} is not finite"


@dataclass(eq=False, repr=False)
class Contradiction:
    """The report contradicts itself, so that no run can decide.

    Attributes:
        because: what it says elsewhere, in a few words.
    """

    because: str
    recipes = ()
    measure = None

    def __repr__(self):
        return self.because


def _word(favour, against):
    """The verdict of an order's pairs, from the differences that should be above 0 and those not."""
    if any(p_above_zero(pair) * len(against) <= LEVEL / 2 for pair in against):
        return FAILS
    return HOLDS if all(p_above_zero(pair) <= LEVEL / 2 for pair in favour) else UNDECIDED


def _margin(differences):
    return in_deviations(mean(differences), deviation(differences))


def _names(recipes, between=", "):
    return between.join(f"`{recipe.name}`" for recipe in recipes)
