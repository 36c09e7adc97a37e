"""Exponential decay of the learning rate."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Exponential(Schedule):
    """A learning rate multiplied by a factor continuously.

        rate(t) = learning_rate * factor ** (t / every)

    PyTorch's `ExponentialLR`; optax' `exponential_decay`.

    Args:
        learning_rate: the rate at the start.
        factor: what the rate is multiplied by in the time `every`.
        every: that time.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [Exponential(1.0, factor=0.25)(t) for t in (0, 0.5, 1)]
    [1.0, 0.5, 0.25]
    """

    learning_rate: float
    factor: float
    every: float = 1

    def __post_init__(self):
        self.expect(learning_rate="not negative", factor="positive", every="positive")

    def rate(self, t, xp):
        return self.learning_rate * xp.power(self.factor, t / self.every)
