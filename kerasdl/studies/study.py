"""What stands together of one report: its experiments, which are compared, and what it claims."""

from collections.abc import Mapping
from dataclasses import dataclass

from kerasdl.claims import Claim, Omission
from kerasdl.recipes import Recipe


@dataclass(eq=False)
class Family:
    """Experiments of a report that are drawn side by side.

    Attributes:
        name: without the report's name before it, as in `"circles_optimizer"`.
        recipes: label in the legend -> `Recipe`.

    Example:
    >>> from kerasdl import studies
    >>> first, second = (studies.get(f"dropout/model{number}") for number in (1, 2))
    >>> Family("dropout_rate", {0.0: first, 0.5: second}).members
    {'0.0': 'dropout/model1', '0.5': 'dropout/model2'}
    """

    name: str
    recipes: Mapping

    @classmethod
    def ladder(cls, *recipes):
        """Experiments that follow one another, each with one change more.

        Their labels are their own names, without the report's.

        Example:
        >>> from kerasdl import studies
        >>> Family.ladder(studies.get("dropout/model1"), studies.get("dropout/model2")).members
        {'model1': 'dropout/model1', 'model2': 'dropout/model2'}
        """
        return cls("ladder", {recipe.name.partition("/")[2]: recipe for recipe in recipes})

    @property
    def members(self):
        """Label in the legend, as text -> name of the recipe."""
        return {str(label): recipe.name for label, recipe in self.recipes.items()}


@dataclass(eq=False)
class Study:
    """A report, or experiments of our own.

    Attributes:
        name: what stands before the slash in the names of its recipes.
        title: heading of its page; `""` for experiments of our own, which have no page.
        recipes: its experiments, in the order of the report.
        families: which of them are drawn side by side.
        claims: what the report says of them.
        omissions: numbers, tables and figures of the report of which no claim is made.
    """

    name: str
    title: str
    recipes: tuple[Recipe, ...]
    families: tuple[Family, ...] = ()
    claims: tuple[Claim, ...] = ()
    omissions: tuple[Omission, ...] = ()


def without(assumptions, *stated):
    """What is left of assumptions where the report states some of the fields.

    Example:
    >>> without({"optimizer": "SGD, 0.1", "epochs": "10"}, "epochs")
    {'optimizer': 'SGD, 0.1'}
    """
    return {field: words for field, words in assumptions.items() if field not in stated}
