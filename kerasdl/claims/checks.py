"""What the numbers of runs should be for a claim to hold.

A check is a dataclass with the `recipes` whose runs decide, a `measure`
(`kerasdl.claims.measures`), and `holds(values)`: given the measure of one run of each recipe, in
their order and all of the same backend and seed, it returns `True`, `False`, or `None` where two
are equal and one should be higher. `str` says what is checked, as the pages print it.

A value is not finite where training diverged. Each check says what it makes of that; in general
such a run does not have what the report says of it, and the check does not hold.
"""

import itertools
import math
from dataclasses import dataclass

from kerasdl.claims.measures import HasDiverged
from kerasdl.recipes import Recipe

_ROUNDING = 1e-9  # of decimal fractions: 0.72 is within 0.70 ± 0.02


# The classes of this module are compared by identity, not frozen, and print themselves: such
# dataclasses take a fifth of the time to define, and every command that names a recipe defines them.


@dataclass(eq=False, repr=False)
class Near:
    """The value is `value`, give or take `tolerance`.

    A value that is not finite is near none.
    """

    recipe: Recipe
    measure: object
    value: float
    tolerance: float

    @property
    def recipes(self):
        return (self.recipe,)

    def holds(self, values):
        return abs(values[0] - self.value) <= self.tolerance + _ROUNDING

    def __repr__(self):
        return f"{self.measure} of {_names(self.recipes)}: {self.value:g} ± {self.tolerance:g}"


@dataclass(eq=False, repr=False)
class Within:
    """The value is at least `least` and at most `most`.

    One that is not finite is outside, an infinite one without a bound on its side too.
    """

    recipe: Recipe
    measure: object
    least: float = -math.inf
    most: float = math.inf

    @property
    def recipes(self):
        return (self.recipe,)

    def holds(self, values):
        return math.isfinite(values[0]) and self.least <= values[0] <= self.most

    def __repr__(self):
        bounds = [f"at least {self.least:g}"] if self.least > -math.inf else []
        bounds += [f"at most {self.most:g}"] if self.most < math.inf else []
        return f"{self.measure} of {_names(self.recipes)}: {' and '.join(bounds)}"


@dataclass(eq=False, repr=False)
class Increasing:
    """Each recipe has a higher value than the one before it, by more than `by`.

    A value that is not finite has no place in the order, and the check does not hold. With
    `or_fails`, the last recipe may instead have diverged: then the order of the others decides.
    """

    recipes: tuple[Recipe, ...]
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

    def __repr__(self):
        by = f", by {self.by:g}" if self.by else ""
        order = _names(self.recipes, " < ")
        return f"{self.measure}: {order}{by}" + (", or not finite" if self.or_fails else "")


@dataclass(eq=False, repr=False)
class Top:
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

    def holds(self, values):
        first, *others = values
        if not math.isfinite(first):
            return False
        others = [value for value in others if math.isfinite(value)]
        best = min(others, default=math.inf) if self.lowest else max(others, default=-math.inf)
        if first == best:
            return None
        return first < best if self.lowest else first > best

    def __repr__(self):
        first, *others = self.recipes
        kind = "lowest" if self.lowest else "highest"
        return f"{self.measure}: {_names([first])} {kind}, beside {_names(others)}"


@dataclass(eq=False, repr=False)
class Alike:
    """All recipes have about the same value: from lowest to highest it is at most `within`.

    A value that is not finite is like no other.
    """

    recipes: tuple[Recipe, ...]
    measure: object
    within: float

    def holds(self, values):
        return all(map(math.isfinite, values)) and max(values) - min(values) <= self.within

    def __repr__(self):
        return f"{self.measure}: {_names(self.recipes)} differ by at most {self.within:g}"


@dataclass(eq=False, repr=False)
class Diverges:
    """Training fails: it stops because the loss is not finite."""

    recipe: Recipe
    measure = HasDiverged()

    @property
    def recipes(self):
        return (self.recipe,)

    def holds(self, values):
        return values[0] == 1

    def __repr__(self):
        return f"the loss of {_names(self.recipes)} is not finite"


def _names(recipes, between=", "):
    return between.join(f"`{recipe.name}`" for recipe in recipes)
