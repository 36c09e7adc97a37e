"""A learning rate that is multiplied by a factor at regular times."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._curves import whole_periods
from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Step(Schedule):
    """A learning rate multiplied by a factor at regular times.

        rate(t) = learning_rate * factor ** floor(t / every)

    PyTorch's `StepLR`; optax' `exponential_decay` with `staircase=True`.

    Args:
        learning_rate: the rate at the start.
        every: time between two changes.
        factor: what the rate is multiplied by at each change.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [Step(1.0, every=10, factor=0.5)(t) for t in (0, 9, 10, 25)]
    [1.0, 1.0, 0.5, 0.25]
    """

    learning_rate: float
    every: float
    factor: float = 0.1

    def __post_init__(self):
        self.expect(learning_rate="not negative", every="positive", factor="positive")

    def rate(self, t, xp):
        return self.learning_rate * xp.power(self.factor, whole_periods(t, self.every, xp))
