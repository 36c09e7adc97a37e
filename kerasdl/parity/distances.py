"""How far two runs are apart, and whether that is rounding. Needs no backend."""

from dataclasses import dataclass

import numpy as np

QUANTITIES = ("outputs", "loss", "gradients", "statistics", "optimizer", "weights")
FLOOR = 1e-5  # a relative distance that is never called a departure
MARGIN = 10  # how many times the yardstick's distance is allowed


def between(one, other):
    """Distances of all arrays of one step.

    Args:
        one: `<quantity>/<name>` -> array of the reference.
        other: the same of another run.

    Returns:
        `<quantity>/<name>` -> `[distance, size]`: the largest absolute difference, and the largest
        absolute entry of the reference. A distance is infinite where only one is finite.

    Example:
    >>> between({"weights/a": np.array([1.0, -4.0])}, {"weights/a": np.array([1.5, -4.0])})
    {'weights/a': [0.5, 4.0]}
    """
    return {name: _distance(one[name], other[name]) for name in one}


def _distance(one, other):
    one, other = one.astype("float64"), other.astype("float64")
    if one.size == 0:
        return [0.0, 0.0]
    with np.errstate(invalid="ignore"):
        difference = np.abs(one - other)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    difference = np.where(same, 0, np.where(np.isnan(difference), np.inf, difference))
    return [float(difference.max()), float(np.abs(one).max())]


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


@dataclass(frozen=True)
class Departure:
    """Where a run is first further from the reference than rounding explains.

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


def first_departure(steps, yardstick, lockstep=False):
    """The first array, in the order of computation, that is too far from the reference.

    An array is too far if its distance exceeds both `FLOOR` and `MARGIN` times the largest
    distance of the perturbed runs at that step. The size by which a distance is divided is the
    largest entry of its quantity in the layer, so that a bias that is nearly 0 is seen in
    proportion to its kernel.

    Args:
        steps: distances of a run to the reference, one a step.
        yardstick: the same of each perturbed run.
        lockstep: whether each step started anew from the reference's state. Nothing accumulates
            there, and every step of every perturbed run is a sample of the same: the largest
            distance of all of them counts, not that of the step.

    Returns:
        A `Departure`, or `None`.
    """
    for i, step in enumerate(steps):
        sizes = _sizes(step)
        at = range(len(steps)) if lockstep else [i]
        for name, (distance, _) in step.items():
            size = sizes[_layer(name)]
            rounding = max(_ratio(run[j][name][0], size) for run in yardstick for j in at)
            allowed, found = max(FLOOR, MARGIN * rounding), _ratio(distance, size)
            if found > allowed:
                quantity, _, rest = name.partition("/")
                return Departure(i + 1, quantity, rest, found, allowed)
    return None


def _sizes(step):
    sizes = {}
    for name, (_, size) in step.items():
        layer = _layer(name)
        sizes[layer] = max(size, sizes.get(layer, 0.0))
    return sizes


def _layer(name):
    """`weights/conv1` of `weights/conv1/kernel`; an optimizer's variables stand for themselves."""
    quantity, _, rest = name.partition("/")
    if quantity == "optimizer" or "/" not in rest:
        return name
    return f"{quantity}/{rest.rpartition('/')[0]}"
