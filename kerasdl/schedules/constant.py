"""The same learning rate throughout."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate throughout.

        rate(t) = learning_rate

    Args:
        learning_rate: the rate.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> Constant(0.1)(1000)
    0.1
    """

    learning_rate: float

    def __post_init__(self):
        self.expect(learning_rate="not negative")

    def rate(self, t, xp):
        return xp.zeros_like(t) + self.learning_rate
