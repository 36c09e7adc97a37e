"""How far a recipe's runs are apart on several backends: what `kerasdl parity` wrote, drawn."""

import statistics
from dataclasses import dataclass

from kerasdl import recipes, studies
from kerasdl.backend import BACKENDS
from kerasdl.recipes import Recipe
from kerasdl.recipes.rules import PRECISIONS
from kerasdl.reports.curves import Curve
from kerasdl.reports.figures import Figure
from kerasdl.reports.pair_verdicts import (
    departures_of_whole_quantities,
    judges_arrays,
    largest_finite,
    pair_verdicts,
)

# What a smaller distance is drawn at: a logarithmic axis has no place for 0.
SMALLEST = {"float64": 1e-18} | dict.fromkeys(PRECISIONS, 1e-10)
_GREY = "#8A8A8A"


def pair_in_words(pair):
    """Two backends as people write them.

    Example:
    >>> pair_in_words("tensorflow-jax")
    'TensorFlow and JAX'
    """
    return " and ".join(BACKENDS[name] for name in pair.split("-"))


def first_not_finite(steps):
    """On which backends what was computed is not finite, and from which step, in words.

    Args:
        steps: backend -> the first such step.

    Example:
    >>> first_not_finite({"torch": 7, "jax": 8})
    'PyTorch, first at step 7; JAX, first at step 8'
    """
    return "; ".join(f"{BACKENDS[name]}, first at step {step}" for name, step in steps.items())


@dataclass(frozen=True)
class BackendDistances:
    """Distances between the runs of a recipe on several backends.

    Attributes:
        name: of their file, without its ending.
        recipe: `Recipe`, as it was compared.
        written: what `kerasdl.parity.comparison.Comparison.to_dict` gave.
    """

    name: str
    recipe: Recipe
    written: dict

    @classmethod
    def parse(cls, name, written):
        """The distances in a file.

        Args:
            name: of the file, without its ending.
            written: what is in it.
        """
        entries = {"name": written["recipe"], "seed": written["seed"], **written["settings"]}
        return cls(name, recipes.from_dict(entries), written)

    @property
    def precision(self):
        """`"float64"`, or one of `kerasdl.recipes.rules.PRECISIONS`."""
        return self.written["precision"]

    @property
    def kind(self):
        """Precision, whether in lockstep, and in float64 which optimizer, in words."""
        if self.lockstep:
            return f"{self.precision}, in lockstep"
        if self.precision == "float64":
            return f"float64, {self.recipe.optimizer.name}"
        return self.precision

    @property
    def steps(self):
        """Number of updates."""
        return self.written["steps"]

    @property
    def lockstep(self):
        """Whether every step started from the reference's state."""
        return self.written.get("lockstep", False)

    @property
    def reference(self):
        """The backend that the others, and the yardstick, are compared with."""
        return self.written["reference"]

    @property
    def not_finite(self):
        """Backend -> the first step in which what its run computed is not finite, if there is one."""
        return self.written.get("not_finite", {})

    @property
    def backends(self):
        """Names of the backends, the reference first."""
        first = f"{self.reference}-"
        pairs = self.written["pairs"]
        return (self.reference, *(p.removeprefix(first) for p in pairs if p.startswith(first)))

    @property
    def departures(self):
        """List of `PairVerdict`, of the pairs of backends that depart."""
        return [verdict for verdict in pair_verdicts(self.written) if verdict.first]

    @property
    def steps_of_whole_departures(self):
        """The steps at which a quantity of some pair departs as a whole, all layers together."""
        found = (
            departures_of_whole_quantities(self.written, pair) for pair in self.written["pairs"]
        )
        return sorted({departure["step"] for each in found for departure in each})

    @property
    def judges_arrays(self):
        """Whether every pair was judged by each array: older files have less."""
        return judges_arrays(self.written)

    @property
    def changes(self):
        """Settings that differ from those of the registered recipe, if there is one of that name."""
        if self.recipe.name not in studies.names():
            return {}
        return recipes.differences(self.recipe, studies.get(self.recipe.name))

    def largest(self, quantity, steps):
        """Largest relative distance of a quantity between any two backends in the first steps, or all."""
        curves = (curves[quantity][:steps] for curves in self.written["pairs"].values())
        return max(float(value) for curve in curves for value in curve)

    def yardstick(self, quantity, steps):
        """Largest relative distance of a quantity that one rounding makes, in the first steps, or all."""
        return max(
            float(value) for run in self.written["yardstick"] for value in run[quantity][:steps]
        )

    def medians(self, quantity):
        """Median relative distance of a quantity over all steps: of backends, of one rounding."""
        kinds = (self.written["pairs"].values(), self.written["yardstick"])
        return tuple(
            statistics.median(float(value) for curves in kind for value in curves[quantity])
            for kind in kinds
        )

    def is_of(self, planned):
        """Whether this is the comparison that a `kerasdl.studies.parity.Planned` asks for."""
        return (
            (self.recipe.name, self.recipe.seed) == (planned.recipe.name, planned.recipe.seed)
            and (self.precision, self.lockstep) == (planned.precision, planned.lockstep)
            and self.steps == planned.steps
            and set(self.backends) == set(BACKENDS)
            and not recipes.differences(self.recipe, planned.recipe)
        )

    def figure(self):
        """A chart for each quantity: every pair of backends beside the yardstick, over the steps."""
        runs = len(self.written["yardstick"])
        return Figure(
            f"parity/{self.name}",
            f"{self.kind}, n = {runs} perturbed runs on {BACKENDS[self.reference]}",
            {quantity: self._curves(quantity) for quantity in self.written["yardstick"][0]},
            along="step",
            logarithmic=True,
        )

    def _curves(self, quantity):
        smallest, allowed = SMALLEST[self.precision], self.written["allowed"]

        def drawn(curve):
            return [max(float(value), smallest) for value in curve]

        runs = [drawn(run[quantity]) for run in self.written["yardstick"]]
        low, high = (list(map(pick, zip(*runs, strict=True))) for pick in (min, max))
        rounding = [largest_finite(at) for at in zip(*runs, strict=True)]
        farthest = [max(rounding)] * len(high) if self.lockstep else rounding
        limit = [max(allowed["floor"], allowed["margin"] * value) for value in farthest]
        pairs = [
            Curve.numbered(
                number,
                pair_in_words(pair),
                drawn(curves[quantity]),
            )
            for number, (pair, curves) in enumerate(self.written["pairs"].items())
        ]
        return [
            Curve("one rounding", _GREY, "-", high, (low, high)),
            Curve("allowed", _GREY, ":", limit),
            *pairs,
        ]
