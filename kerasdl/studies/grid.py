"""A grid of settings that a report leaves open, and the report's numbers that they should give.

Free of any backend; `kerasdl.grids` trains them, and `kerasdl.runs.grid_scores` compares them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from kerasdl import recipes
from kerasdl.claims.statistics import deviation, mean, prediction_interval
from kerasdl.recipes import Recipe

MATCHES = "matches"
DIFFERS = "differs"
DISAGREE = "seeds disagree"
NOT_RUN = "not run"

BELOW, ABOVE = "below", "above"

_ROUNDING = 1e-9  # of decimal fractions: 1.0 is within 0.998 ± 0.002


@dataclass(eq=False)
class Target:
    """A number of the report, or a bound that it gives.

    Attributes:
        claim: the report's sentence, as its claim says it.
        recipe: the experiment that should give it.
        measure: what of a run is compared (`kerasdl.claims.measures`).
        value: the report's number.
        within: how far the mean over seeds may be from it, and how much seeds may differ: the noise
            of the number of examples that it is measured on. 0 for a bound.
        open: the fields of the recipe that a setting decides.
        readings: field to a mapping of what a setting calls its value to the value: where the same
            reading is another value in each experiment.
        side: `BELOW` or `ABOVE` where `value` is a bound, else `""`.
        label: what the page calls it, where several targets are of one claim.
    """

    claim: str
    recipe: Recipe
    measure: object
    value: float
    within: float
    open: tuple[str, ...]
    readings: Mapping = field(default_factory=dict)
    side: str = ""
    label: str = ""

    @property
    def name(self):
        """What the page calls it."""
        return self.label or self.claim

    def compare(self, values):
        """`MATCHES`, `DIFFERS`, `DISAGREE` or `NOT_RUN`: how the values of some seeds compare.

        A bound is matched where every seed respects it, and differs where none does. A number is
        matched where the mean is within the tolerance and the standard deviation over seeds is no
        larger. Where that is larger, the number is met by accident, if at all: seeds disagree where
        it is in the range in which one more of them would fall, else it differs.

        Example:
        >>> from kerasdl.claims import Last
        >>> from kerasdl import studies
        >>> recipe = studies.get("exercises/circles_linear")
        >>> target = Target("59.4 %", recipe, Last("val_accuracy"), 0.594, 0.02, ())
        >>> target.compare([0.6, 0.6]), target.compare([0.5, 0.7]), target.compare([0.7, 0.7])
        ('matches', 'seeds disagree', 'differs')
        """
        if not values:
            return NOT_RUN
        if not all(map(math.isfinite, values)):
            return DIFFERS
        if self.side:
            sign = 1 if self.side == ABOVE else -1
            respecting = sum(sign * (value - self.value) > 0 for value in values)
            return {len(values): MATCHES, 0: DIFFERS}.get(respecting, DISAGREE)
        within = self.within + _ROUNDING
        if len(values) == 1 or deviation(values) <= within:
            return MATCHES if abs(mean(values) - self.value) <= within else DIFFERS
        low, high = prediction_interval(values)
        return DISAGREE if low - within <= self.value <= high + within else DIFFERS


@dataclass(eq=False)
class Setting:
    """One reading of what the report leaves open.

    Attributes:
        name: short, for a row of the table.
        description: a sentence.
        assumptions: dotted field of a recipe to its value, or to what the targets call it.
        chosen: whether it was chosen because it gives as many numbers as any; the recipes then
            follow it.
        because: what speaks for it beside the numbers, where others give as many; in words that
            go on after "because".
    """

    name: str
    description: str
    assumptions: Mapping
    chosen: bool = False
    because: str = ""

    def recipe_for(self, target):
        """The target's recipe with those of the assumptions that it leaves open.

        Example:
        >>> from kerasdl.claims import Last
        >>> from kerasdl import studies
        >>> recipe = studies.get("exercises/circles_linear")
        >>> target = Target("59.4 %", recipe, Last("val_accuracy"), 0.594, 0.02, ("batch_size",))
        >>> Setting("large", "", {"batch_size": 99, "epochs": 1}).recipe_for(target).batch_size
        99
        """
        changes = {
            name: target.readings[name][value] if name in target.readings else value
            for name, value in self.assumptions.items()
            if name in target.open
        }
        return recipes.override(target.recipe, changes)


@dataclass(eq=False)
class Grid:
    """Settings, and the numbers by which they are compared.

    Attributes:
        name: of the group of claims, as `"circles"`.
        targets: the report's numbers.
        settings: the readings.
        seeds: how many seeds each is trained with.
    """

    name: str
    targets: tuple[Target, ...]
    settings: tuple[Setting, ...]
    seeds: int = 3
