"""What is not yet run of a report, and what it would cost: the list of its page."""

from dataclasses import dataclass

from kerasdl import studies
from kerasdl.recipes import Recipe
from kerasdl.reports.markup import Prose
from kerasdl.reports.tables import Table
from kerasdl.reports.training_time import duration, hours

LONG = 1 / 6  # hours: what takes longer is run with fewer seeds
SEEDS, SEEDS_OF_LONG = 10, 3


@dataclass(frozen=True)
class Missing:
    """Seeds that an experiment lacks.

    Attributes:
        recipe: the experiment.
        seeds: how many it has.
        twin: an earlier experiment with the same settings, whose runs are its own too, or `""`.
    """

    recipe: Recipe
    seeds: int
    twin: str

    @property
    def lacking(self):
        """How many it should have beside those."""
        wanted = SEEDS if hours(self.recipe.cost) <= LONG else SEEDS_OF_LONG
        return max(0, wanted - self.seeds)

    @property
    def hours(self):
        """How long those take; none where they are runs of a twin."""
        return 0.0 if self.twin else self.lacking * hours(self.recipe.cost)


def of(recipes, seeds):
    """The `Missing` of the recipes that lack seeds.

    Args:
        recipes: sequence of `Recipe`.
        seeds: name of a recipe -> how many it has.
    """
    order = {name: position for position, name in enumerate(studies.names())}
    found = []
    for recipe in recipes:
        earlier = [twin for twin in studies.twins(recipe.name) if order[twin] < order[recipe.name]]
        found.append(Missing(recipe, seeds.get(recipe.name, 0), next(iter(earlier), "")))
    return [each for each in found if each.lacking]


def in_words(missing):
    """What the runs that are missing cost, in words; `""` where none is.

    Args:
        missing: sequence of `Missing`.
    """
    if not missing:
        return ""
    words = f"one run of each: about {duration(once(missing))}; " if once(missing) else ""
    return f"{words}all seeds that lack: about {duration(sum(each.hours for each in missing))}"


def once(missing):
    """Hours of one run of each experiment that has none; runs of a twin are counted with the twin.

    Args:
        missing: sequence of `Missing`.
    """
    return sum(hours(each.recipe.cost) for each in missing if not each.seeds and not each.twin)


def table(missing):
    """The `Table` of a sequence of `Missing`."""
    return Table.of(COLUMNS, missing)


def _cost(each):
    return Prose(f"runs of `{each.twin}`") if each.twin else duration(each.hours)


COLUMNS = (
    ("experiment", lambda each: each.recipe.name.partition("/")[2]),
    ("a run", lambda each: each.recipe.cost),
    ("seeds", lambda each: str(each.seeds)),
    ("lacking", lambda each: str(each.lacking)),
    ("cost", _cost),
)
