"""Decay of the learning rate along half a cosine."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._curves import half_cosine
from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class CosineAnnealing(Schedule):
    """A learning rate that falls along half a cosine.

        rate(t) = minimum + (learning_rate - minimum) * (1 + cos(pi * min(t, duration) / duration)) / 2

    Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm
    Restarts", equation 5. PyTorch's `CosineAnnealingLR`, which would rise again
    after `duration`; optax' `cosine_decay_schedule`, which stays at the minimum as
    this one does.

    Args:
        learning_rate: the rate at the start.
        duration: time until `minimum` is reached.
        minimum: the rate at the end.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [CosineAnnealing(1.0, duration=10)(t) for t in (0, 5, 10, 11)]
    [1.0, 0.5, 0.0, 0.0]
    """

    learning_rate: float
    duration: float
    minimum: float = 0.0

    def __post_init__(self):
        self.expect(learning_rate="not negative", duration="positive", minimum="not negative")

    def rate(self, t, xp):
        progress = xp.minimum(t, self.duration) / self.duration
        return self.learning_rate + (self.minimum - self.learning_rate) * half_cosine(progress, xp)
