"""How several seeds decide a check: what every check returns."""

import math
from typing import NamedTuple

from kerasdl.claims.statistics import counts_decide
from kerasdl.claims.words import HOLDS, UNDECIDED


class Decision(NamedTuple):
    """How several seeds decide a check.

    Attributes:
        word: `HOLDS`, `FAILS` or `UNDECIDED`, of `kerasdl.claims.words`.
        margin: by how much the means meet the claim, in standard deviations over seeds; below 0
            where they contradict it.
        interval: both ends of where one more run would fall, or `None` for an order; of values that
            are no normal distribution's, the lowest and the highest.
        agreeing: how many seeds are as claimed, where those are counted, else `None`.
    """

    word: str
    margin: float = math.nan
    interval: tuple | None = None
    agreeing: int | None = None


def by_count(agreeing, seeds, of_none, interval=None):
    """The `Decision` of seeds that are counted: all of them agree, or none, or it is undecided.

    Args:
        agreeing: how many of them are as claimed.
        seeds: how many there are; fewer than six decide nothing (`counts_decide`).
        of_none: the word where none is.
        interval: the attribute.
    """
    word = {seeds: HOLDS, 0: of_none}.get(agreeing, UNDECIDED)
    word = word if counts_decide(seeds) else UNDECIDED
    return Decision(word, math.nan, interval, agreeing)


def names_of(recipes, between=", "):
    """The names of recipes as code spans of Markdown, for what a check says of itself.

    Example:
    >>> from kerasdl import studies
    >>> names_of([studies.get("dropout/model1"), studies.get("dropout/model2")], " < ")
    '`dropout/model1` < `dropout/model2`'
    """
    return between.join(f"`{recipe.name}`" for recipe in recipes)
