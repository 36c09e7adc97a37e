"""What stands together of one report: its experiments, which are compared, and what it claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kerasdl.claims import Claim
from kerasdl.recipes import Recipe


@dataclass(frozen=True)
class Family:
    """Experiments of a report that are drawn side by side.

    Attributes:
        name: without the report's name before it, as in `"circles_optimizer"`; `"ladder"` for
            experiments that follow one another, each with one thing more.
        members: label in the legend -> name of the recipe, `"<report>/<experiment>"`.
    """

    name: str
    members: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """A report, or experiments of our own.

    Attributes:
        name: before the slash in the names of its recipes.
        title: heading of its page; `""` where there is none, because nothing is claimed.
        recipes: its experiments, in the order of the report.
        families: which of them are drawn side by side.
        claims: what the report says of them.
    """

    name: str
    title: str
    recipes: tuple[Recipe, ...]
    families: tuple[Family, ...] = ()
    claims: tuple[Claim, ...] = ()
