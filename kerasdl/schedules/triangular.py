"""Triangular cycles of the learning rate."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._curves import whole_periods
from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Triangular(Schedule):
    """A learning rate that rises and falls in straight lines, again and again.

    With u the time since cycle i = 0, 1, ... began,

        rate(t) = minimum + (learning_rate - minimum) * decay ** i * h(u)
        h(u)    = u / up                     for u < up
                  1 - (u - up) / down         after it

    Smith 2017, "Cyclical Learning Rates for Training Neural Networks": `triangular`,
    and with `decay=0.5` `triangular2`. PyTorch's `CyclicLR`.

    Args:
        learning_rate: the highest rate.
        up: time in which the rate rises.
        down: time in which it falls; the same as `up` if `None`.
        minimum: the rate at the start of every cycle.
        decay: height of a cycle above `minimum`, divided by that of the one before.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [Triangular(1.0, up=2, decay=0.5)(t) for t in range(8)]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.25, 0.5, 0.25]
    """

    learning_rate: float
    up: float
    down: float | None = None
    minimum: float = 0.0
    decay: float = 1.0

    def __post_init__(self):
        self.expect(
            learning_rate="not negative",
            up="positive",
            minimum="not negative",
            decay="positive",
        )
        if self.down is not None:
            self.expect(down="positive")

    def rate(self, t, xp):
        down = self.up if self.down is None else self.down
        cycle = whole_periods(t, self.up + down, xp)
        since = t - cycle * (self.up + down)
        height = xp.where(since < self.up, since / self.up, 1 - (since - self.up) / down)
        swing = (self.learning_rate - self.minimum) * xp.power(self.decay, cycle)
        return self.minimum + swing * height
