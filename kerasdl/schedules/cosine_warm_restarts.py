"""Cosine annealing in cycles."""

from dataclasses import dataclass

import keras
import numpy as np

from kerasdl.schedules._curves import half_cosine, whole_periods
from kerasdl.schedules._schedule import Schedule

LONGEST = 2.0**31  # steps; no training has more


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class CosineWarmRestarts(Schedule):
    """Cosine annealing that starts again at the end of every cycle.

    Cycle i = 0, 1, ... lasts T_i = period * multiplier ** i; with u the time since
    it began,

        rate(t) = minimum + (learning_rate - minimum) * (1 + cos(pi * u / T_i)) / 2

    Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm
    Restarts", equation 5. PyTorch's `CosineAnnealingWarmRestarts`.

    Args:
        learning_rate: the rate at the start of every cycle.
        period: length of the first cycle.
        multiplier: length of a cycle divided by that of the one before, a whole number.
        minimum: the rate that a cycle approaches at its end.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [CosineWarmRestarts(1.0, period=2)(t) for t in (0, 1, 2, 3)]
    [1.0, 0.5, 1.0, 0.5]
    """

    learning_rate: float
    period: float
    multiplier: int = 1
    minimum: float = 0.0

    def __post_init__(self):
        self.expect(
            learning_rate="not negative",
            period="positive",
            multiplier="positive",
            minimum="not negative",
        )
        if self.multiplier != int(self.multiplier):
            raise self.bad_argument("multiplier", "a positive whole number")

    def rate(self, t, xp):
        if self.multiplier == 1:
            start, length = whole_periods(t, self.period, xp) * self.period, self.period
        else:
            # The last restart at or before t is looked up: a logarithm would be rounded.
            starts, lengths = self._cycles("float64" if xp is np else "float32")
            begun = xp.greater_equal(xp.expand_dims(t, -1), starts)
            start = xp.max(xp.where(begun, starts, 0.0), axis=-1)
            length = xp.max(xp.where(begun, lengths, 0.0), axis=-1)
        swing = half_cosine((t - start) / length, xp)
        return self.learning_rate + (self.minimum - self.learning_rate) * swing

    def _cycles(self, dtype):
        starts, lengths = [0.0], [float(self.period)]
        while starts[-1] < LONGEST:
            starts.append(starts[-1] + lengths[-1])
            lengths.append(lengths[-1] * self.multiplier)
        return np.array(starts, dtype), np.array(lengths, dtype)
