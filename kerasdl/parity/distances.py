"""How far two runs are apart, and whether that is rounding. Needs no backend."""

import math
from dataclasses import dataclass

import numpy as np

from kerasdl.errors import UsageError

QUANTITIES = ("outputs", "loss", "gradients", "statistics", "optimizer", "weights")
MARGIN = 10  # how many times the yardstick's distance is allowed
# A relative distance that is never called a departure. In float32 a sum of thousands of terms, in
# another order, is off by up to a hundred roundings of 6e-8. In float64 the floor lies between its
# rounding, 1e-16, amplified a hundred thousandfold, and one rounding to float32: whatever is
# computed in float32 there is a departure. In bfloat16 and float16 one rounding is 4e-3 and 5e-4,
# and the yardstick allows more than the floor.
FLOOR = 1e-5
FLOOR_IN_FLOAT64 = 1e-10


def floor(precision):
    """The relative distance that is never called a departure, in a precision.

    Args:
        precision: `"float64"`, or one of `kerasdl.recipes.rules.PRECISIONS`.

    Example:
    >>> floor("float64"), floor("bfloat16")
    (1e-10, 1e-05)
    """
    return FLOOR_IN_FLOAT64 if precision == "float64" else FLOOR


def between(one, other):
    """Distances of all arrays of one step.

    Args:
        one: `<quantity>/<name>` -> array of the reference.
        other: the same of another run.

    Returns:
        `<quantity>/<name>` -> `[distance, size]`: the largest absolute difference, and the largest
        absolute entry of the reference that is finite. Entries that are not finite have no distance
        where they are the same in both, nan too, and an infinite one where they are not.

    Raises:
        UsageError: an array is of one run only, or has another shape there.

    Example:
    >>> between({"weights/a": np.array([1.0, -4.0])}, {"weights/a": np.array([1.5, -4.0])})
    {'weights/a': [0.5, 4.0]}
    """
    if alone := sorted(one.keys() ^ other.keys()):
        raise UsageError(
            "Expected two runs of one recipe to compute the same arrays; received from one of them "
            f"only: {', '.join(alone)}."
        )
    for name in one:
        if one[name].shape != other[name].shape:
            raise UsageError(
                f"Expected {name} to have one shape in two runs of a recipe; received "
                f"{one[name].shape} and {other[name].shape}."
            )
    return {name: _distance(one[name], other[name]) for name in one}


def _distance(one, other):
    one, other = one.astype("float64"), other.astype("float64")
    if one.size == 0:
        return [0.0, 0.0]
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(one - other)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    difference = np.where(same, 0, np.where(np.isnan(difference), np.inf, difference))
    size = np.max(np.abs(one), initial=0, where=np.isfinite(one))
    return [float(difference.max()), float(size)]


def is_finite(step):
    """Whether every entry of every array of a step is finite.

    Args:
        step: `<quantity>/<name>` -> array.

    Example:
    >>> is_finite({"loss/loss": np.array(1.0), "weights/a": np.array([2.0, np.inf])})
    False
    """
    return all(np.isfinite(array).all() for array in step.values())


def present(step):
    """The quantities that a network has, in the order of `QUANTITIES`.

    Args:
        step: what `between` gave.

    Example:
    >>> present({"weights/a": [0.5, 4.0], "loss/loss": [0.0, 1.0]})
    ('loss', 'weights')
    """
    found = {name.partition("/")[0] for name in step}
    return tuple(quantity for quantity in QUANTITIES if quantity in found)


def relative(step, quantity):
    """Distance of a quantity as a whole: the largest difference, over the largest entry.

    Outputs, whose sizes differ from layer to layer, are taken layer by layer: the largest of
    these ratios.

    Args:
        step: what `between` gave.
        quantity: one of `QUANTITIES`.

    Returns:
        A float; nan where the network has no such quantity.
    """
    found = [pair for name, pair in step.items() if name.startswith(f"{quantity}/")]
    if not found:
        return float("nan")
    if quantity == "outputs":
        return max(_ratio(*pair) for pair in found)
    return _ratio(max(pair[0] for pair in found), max(pair[1] for pair in found))


def _ratio(distance, size):
    if distance == 0:
        return 0.0
    return distance / size if size else float("inf")


def largest_finite(distances):
    """The largest of those distances that are finite; 0 where none is.

    Example:
    >>> largest_finite([1e-7, float("inf"), 2e-7])
    2e-07
    """
    return max(filter(math.isfinite, distances), default=0.0)


@dataclass(frozen=True)
class Departure:
    """Where a run is further from the reference than rounding explains, at one step.

    Attributes:
        step: from 1.
        quantity: one of `QUANTITIES`.
        name: of the layer, or of the variable.
        distance: relative to the largest entry.
        allowed: relative distance up to which it would be called rounding.
    """

    step: int
    quantity: str
    name: str
    distance: float
    allowed: float

    def __str__(self):
        return (
            f"step {self.step}, {self.quantity} of {self.name}: {self.distance:.1e}, where "
            f"rounding explains {self.allowed:.1e}"
        )


@dataclass(frozen=True)
class Envelope:
    """How far an array may be from another backend's, and still differ by rounding alone.

    Attributes:
        yardstick: distances of each perturbed run to the reference, one a step.
        floor: relative distance that is always allowed: see `floor`.
        lockstep: whether each step started anew from the reference's state. Nothing accumulates
            there, and every step of every perturbed run is a sample of the same: the largest
            distance of all of them counts, not that of the step.
    """

    yardstick: list
    floor: float
    lockstep: bool = False

    def departures(self, steps):
        """The steps at which a pair of backends is too far apart; of each, the first array that is.

        An array is too far if its distance exceeds both the floor and `MARGIN` times the largest
        distance of the perturbed runs at that step. What is finite in one run only is no rounding:
        an infinite distance is too far, and one of a perturbed run does not count. The size by which
        a distance is divided is the largest finite entry of its quantity in the layer, so that a bias
        that is nearly 0 is seen in proportion to its kernel, and the momentum of a bias to that of
        the kernel.

        Args:
            steps: distances of two runs, one a step.

        Returns:
            List of `Departure`, one for each such step; the first array is in the order of
            computation.
        """
        layers, departures = _layers(steps[0]), []
        for number, (step, rounding) in enumerate(
            zip(steps, self._rounding(), strict=True), start=1
        ):
            sizes = {}
            for name, (_, size) in step.items():
                sizes[layers[name]] = max(size, sizes.get(layers[name], 0.0))
            for name, (distance, _) in step.items():
                size = sizes[layers[name]]
                allowed = max(self.floor, MARGIN * _ratio(rounding[name], size))
                found = _ratio(distance, size)
                if found > allowed:
                    quantity, _, rest = name.partition("/")
                    departures.append(Departure(number, quantity, rest, found, allowed))
                    break
        return departures

    def _rounding(self):
        """For each step: name of an array -> the largest distance that counts as rounding."""
        of_steps = [
            {name: largest_finite(run[name][0] for run in runs) for name in runs[0]}
            for runs in zip(*self.yardstick, strict=True)
        ]
        if not self.lockstep:
            return of_steps
        largest = {name: max(step[name] for step in of_steps) for name in of_steps[0]}
        return [largest] * len(of_steps)


def _layers(names):
    """Name of an array -> its quantity and layer: `weights/conv1` of `weights/conv1/kernel`.

    What an optimizer keeps for a weight is named after it, `optimizer/conv1_bias_momentum`, and is
    of its layer too: `optimizer/conv1/momentum`.
    """
    weights = {}
    for name in names:
        quantity, _, rest = name.partition("/")
        if quantity == "weights":
            weights[rest.replace("/", "_")] = rest.rpartition("/")[0]
    return {name: _layer(name, weights) for name in names}


def _layer(name, weights):
    quantity, _, rest = name.partition("/")
    if quantity == "optimizer":
        of = max(
            (weight for weight in weights if rest.startswith(f"{weight}_")), key=len, default=""
        )
        return f"optimizer/{weights[of]}/{rest.removeprefix(of + '_')}" if of else name
    return f"{quantity}/{rest.rpartition('/')[0]}" if "/" in rest else name
