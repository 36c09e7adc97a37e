"""Decay of the learning rate along a power of the time that is left."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Polynomial(Schedule):
    """A learning rate that falls with a power of the time that is left, by default linearly.

        rate(t) = end + (learning_rate - end) * (1 - min(t, duration) / duration) ** power

    PyTorch's `PolynomialLR` (where `end` is 0); optax' `polynomial_schedule`.

    Args:
        learning_rate: the rate at the start.
        duration: time until `end` is reached; the rate stays there.
        end: the rate at the end.
        power: 1 is linear.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [Polynomial(1.0, duration=4)(t) for t in (0, 1, 4, 5)]
    [1.0, 0.75, 0.0, 0.0]
    """

    learning_rate: float
    duration: float
    end: float = 0.0
    power: float = 1.0

    def __post_init__(self):
        self.expect(
            learning_rate="not negative",
            duration="positive",
            end="not negative",
            power="positive",
        )

    def rate(self, t, xp):
        remaining = 1 - xp.minimum(t, self.duration) / self.duration
        # Rounding may leave a little less than 0, which has no fractional power.
        remaining = xp.maximum(remaining, 0)
        return self.end + (self.learning_rate - self.end) * xp.power(remaining, self.power)
