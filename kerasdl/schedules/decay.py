"""Schedules that only go down, or stay."""

from dataclasses import dataclass

import keras

from kerasdl.schedules.base import Schedule, check, cosine, refuse, whole


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate throughout: `rate(t) = learning_rate`.

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
        check(self, learning_rate="not negative")

    def rate(self, t, xp):
        return xp.zeros_like(t) + self.learning_rate


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Step(Schedule):
    """Multiplied by a factor at regular times.

        rate(t) = learning_rate * factor ** floor(t / every)

    PyTorch's `StepLR`; optax' `exponential_decay` with `staircase=True`.

    Args:
        learning_rate: the rate at the start.
        every: time between two changes.
        factor: of one change.

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
        check(self, learning_rate="not negative", every="positive", factor="positive")

    def rate(self, t, xp):
        return self.learning_rate * xp.power(self.factor, whole(t, self.every, xp))


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class MultiStep(Schedule):
    """Multiplied by a factor at given times.

        rate(t) = learning_rate * factor ** (number of milestones m with m <= t)

    PyTorch's `MultiStepLR`; optax' `piecewise_constant_schedule`.

    Args:
        learning_rate: the rate at the start.
        milestones: increasing times, the first of them positive.
        factor: of one change.

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
        check(self, learning_rate="not negative", factor="positive")
        try:
            milestones = tuple(float(m) for m in self.milestones)
        except (TypeError, ValueError):
            milestones = ()
        if not milestones or any(
            not a < b for a, b in zip((0, *milestones), milestones, strict=False)
        ):
            refuse(self, "milestones", "increasing positive numbers", self.milestones)
        object.__setattr__(self, "milestones", milestones)

    def rate(self, t, xp):
        passed = sum(xp.where(t >= milestone, 1.0, 0.0) for milestone in self.milestones)
        return self.learning_rate * xp.power(self.factor, passed)


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Exponential(Schedule):
    """Multiplied by a factor continuously.

        rate(t) = learning_rate * factor ** (t / every)

    PyTorch's `ExponentialLR`; optax' `exponential_decay`.

    Args:
        learning_rate: the rate at the start.
        factor: what remains after `every`.
        every: the time in which the rate is multiplied by `factor`.

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
        check(self, learning_rate="not negative", factor="positive", every="positive")

    def rate(self, t, xp):
        return self.learning_rate * xp.power(self.factor, t / self.every)


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Polynomial(Schedule):
    """Down along a power of the remaining time; a straight line by default.

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
        check(
            self,
            learning_rate="not negative",
            duration="positive",
            end="not negative",
            power="positive",
        )

    def rate(self, t, xp):
        remaining = 1 - xp.minimum(t, self.duration) / self.duration
        # An inexact quotient may leave less than nothing, which has no power.
        remaining = xp.maximum(remaining, 0)
        return self.end + (self.learning_rate - self.end) * xp.power(remaining, self.power)


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class CosineAnnealing(Schedule):
    """Down along half a cosine (Loshchilov and Hutter 2017, "SGDR", equation 5).

        rate(t) = minimum + (learning_rate - minimum) * (1 + cos(pi * min(t, duration) / duration)) / 2

    PyTorch's `CosineAnnealingLR`, which would rise again after `duration`; optax'
    `cosine_decay_schedule`, which stays at the minimum as this one does.

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
        check(self, learning_rate="not negative", duration="positive", minimum="not negative")

    def rate(self, t, xp):
        progress = xp.minimum(t, self.duration) / self.duration
        return self.learning_rate + (self.minimum - self.learning_rate) * cosine(progress, xp)
