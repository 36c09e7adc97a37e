"""How several seeds decide a check: what every check returns."""

import math
from typing import NamedTuple


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


def names_of(recipes, between=", "):
    """The names of recipes as code spans of Markdown, for what a check says of itself.

    Example:
    >>> from kerasdl import studies
    >>> names_of([studies.get("dropout/model1"), studies.get("dropout/model2")], " < ")
    '`dropout/model1` < `dropout/model2`'
    """
    return between.join(f"`{recipe.name}`" for recipe in recipes)
