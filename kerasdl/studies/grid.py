"""A grid of settings that a report leaves open, and the report's numbers that they should give.

Free of any backend; `kerasdl.grids` trains them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kerasdl import recipes
from kerasdl.recipes import Recipe


@dataclass(eq=False)
class Target:
    """A number of the report.

    Attributes:
        claim: the report's sentence, as its claim says it.
        recipe: the experiment that should give it.
        measure: what of a run is compared (`kerasdl.claims.measures`).
        value: the report's number.
        within: how far the mean over seeds may be from it: the noise of a run and the number of
            examples it is measured on.
        open: the fields of the recipe that a setting decides.
        readings: field to a mapping of what a setting calls its value to the value: where the same
            reading is another value in each experiment.
    """

    claim: str
    recipe: Recipe
    measure: object
    value: float
    within: float
    open: tuple[str, ...]
    readings: Mapping = field(default_factory=dict)


@dataclass(eq=False)
class Setting:
    """One reading of what the report leaves open.

    Attributes:
        name: short, for a row of the table.
        description: a sentence.
        assumptions: dotted field of a recipe to its value, or to what the targets call it.
        chosen: whether it was chosen because it gives most numbers; the recipes then follow it.
    """

    name: str
    description: str
    assumptions: Mapping
    chosen: bool = False

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
