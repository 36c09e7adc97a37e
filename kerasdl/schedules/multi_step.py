"""A learning rate that is multiplied by a factor at given times."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class MultiStep(Schedule):
    """A learning rate multiplied by a factor at given times.

        rate(t) = learning_rate * factor ** (number of milestones m with m <= t)

    PyTorch's `MultiStepLR`; optax' `piecewise_constant_schedule`.

    Args:
        learning_rate: the rate at the start.
        milestones: when the rate changes: increasing times, the first of them positive.
        factor: what the rate is multiplied by at each of them.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [MultiStep(1.0, milestones=(10, 15), factor=0.5)(t) for t in (0, 10, 20)]
    [1.0, 0.5, 0.25]
    """

    learning_rate: float
    milestones: tuple
    factor: float = 0.1

    def __post_init__(self):
        self.expect(learning_rate="not negative", factor="positive")
        milestones = self.increasing_times("milestones")
        if not milestones:
            raise self.bad_argument("milestones", "increasing positive numbers")
        object.__setattr__(self, "milestones", milestones)

    def rate(self, t, xp):
        passed = sum(xp.where(t >= milestone, 1.0, 0.0) for milestone in self.milestones)
        return self.learning_rate * xp.power(self.factor, passed)
