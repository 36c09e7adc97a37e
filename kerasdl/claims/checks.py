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
outside: then a run like ours would give it in fewer than one case of twenty. An interval that reaches
farther to each side than one run alone may be off (`ONE_RUN`) holds nearly any number, and decides
nothing. Within holds where the whole interval respects the bounds, so that nearly every run does, and
does not hold where none of it does; between them it is undecided.

Values that are no normal distribution's, because most of them are equal or they fall into two groups
(`kerasdl.claims.statistics.is_grouped`), have no such interval: six seeds or more that all respect a
bound, or are all what the report says, decide, as does none of them of a bound.

**An order** (`Increasing`, `Top`, `Alike`) is decided by a test over seeds, paired: the recipes of a
seed begin alike. A chain of several pairs holds if each of its pairs passes at the level, which
needs no correction: all of them must. It does not hold if one pair passes the opposite test, and
since one of several is enough there, the smallest p-value is multiplied by their number (the first
step of Holm's procedure).

A value is not finite where training diverged. In an order, and near a number, such a run does not
have what the report says of it. Whether training diverges is counted: on all of six seeds or more,
or on none of them; what diverges on some seeds only is undecided.
"""

from dataclasses import dataclass

from kerasdl.claims.decision import Decision, by_count, names_of
from kerasdl.claims.measures import HasDiverged
from kerasdl.claims.number_checks import ONE_RUN, ONE_RUN_ERRORS, Near, Within
from kerasdl.claims.order_checks import Alike, Increasing, Top
from kerasdl.claims.words import FAILS, UNDECIDED
from kerasdl.recipes import Recipe

__all__ = [
    "ONE_RUN",
    "ONE_RUN_ERRORS",
    "Alike",
    "Contradiction",
    "Decision",
    "Diverges",
    "Increasing",
    "Near",
    "Top",
    "Within",
]


@dataclass(eq=False, repr=False)
class Diverges:
    """Training fails, on every seed: it stops because the loss is not finite.

    A seed that diverges on some backends only counts for neither side.
    """

    recipe: Recipe
    measure = HasDiverged()

    @property
    def recipes(self):
        return (self.recipe,)

    def agrees(self, values):
        return {1: True, 0: False}.get(values[0])  # between them: on some backends only

    def decide(self, seeds):
        shares = [value for (value,) in seeds]
        agreeing = sum(share == 1 for share in shares)
        return by_count(agreeing, len(seeds), UNDECIDED if any(shares) else FAILS)

    def __repr__(self):
        return f"the loss of {names_of(self.recipes)} is not finite"


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
