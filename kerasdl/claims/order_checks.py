"""Checks of an order: which of several recipes has more, or whether they are alike."""

import itertools
import math
from dataclasses import dataclass

from kerasdl.claims.decision import Decision, by_count, names_of
from kerasdl.claims.statistics import LEVEL, deviation, in_deviations, mean, p_above_zero
from kerasdl.claims.words import FAILS, HOLDS, UNDECIDED
from kerasdl.recipes import Recipe

_ROUNDING = 1e-9  # of decimal fractions: 0.72 is within 0.70 ± 0.02


# The classes of this module are compared by identity, not frozen, and print themselves: such
# dataclasses take a fifth of the time to define, and every command that names a recipe defines them.


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
        opposite = [[-difference for difference in pair] for pair in pairs]
        return Decision(_word(pairs, opposite), min(map(_margin, pairs)))


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
        order = names_of(self.recipes, " < ")
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
        return f"{self.measure}: {names_of([first])} {kind}, beside {names_of(others)}"


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
            return by_count(0, len(seeds), FAILS)
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
        return f"{self.measure}: {names_of(self.recipes)} differ by at most {self.within:g}"


def _word(favour, against):
    """The verdict of an order's pairs, from the differences that should be above 0 and those not."""
    if any(p_above_zero(pair) * len(against) <= LEVEL / 2 for pair in against):
        return FAILS
    return HOLDS if all(p_above_zero(pair) <= LEVEL / 2 for pair in favour) else UNDECIDED


def _margin(differences):
    if len(set(differences)) == 1 and math.isinf(differences[0]):
        return differences[0]
    return in_deviations(mean(differences), deviation(differences))
