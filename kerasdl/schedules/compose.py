"""Schedules made of schedules."""

import numbers
from dataclasses import dataclass

import keras

from kerasdl.schedules.base import Schedule, check, refuse, whole


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Warmup(Schedule):
    """A straight line up to a schedule, which then begins.

        rate(t) = start + (schedule(0) - start) * t / duration    for t < duration
                  schedule(t - duration)                          after it

    Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 2.2. PyTorch's
    `SequentialLR([LinearLR(...), ...])`; optax' `linear_schedule` joined to another.

    Args:
        schedule: any schedule of this package.
        duration: length of the warm-up.
        start: learning rate at time 0.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> from kerasdl.schedules import Constant
    >>> [Warmup(Constant(1.0), duration=4)(t) for t in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    """

    schedule: Schedule
    duration: float
    start: float = 0.0

    def __post_init__(self):
        _check_schedule(self, "schedule", self.schedule)
        check(self, duration="positive", start="not negative")

    def rate(self, t, xp):
        goal = self.schedule(0)
        line = self.start + (goal - self.start) * (t / self.duration)
        after = self.schedule.rate(xp.maximum(t - self.duration, 0), xp)
        return xp.where(t < self.duration, line, after)


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Join(Schedule):
    """One schedule after another, each from its own beginning.

        rate(t) = schedules[i](t - boundaries[i - 1])    for boundaries[i - 1] <= t < boundaries[i]

    PyTorch's `SequentialLR`; optax' `join_schedules`.

    Args:
        schedules: schedules of this package, one more than there are boundaries.
        boundaries: increasing times, the first of them positive.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> from kerasdl.schedules import Constant, Polynomial
    >>> [Join([Constant(1.0), Polynomial(1.0, duration=4)], [8])(t) for t in (7, 8, 10)]
    [1.0, 1.0, 0.5]
    """

    schedules: tuple
    boundaries: tuple

    def __post_init__(self):
        for name in ("schedules", "boundaries"):
            if not isinstance(getattr(self, name), list | tuple):
                refuse(self, name, "a list or tuple", getattr(self, name))
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for schedule in self.schedules:
            _check_schedule(self, "schedules", schedule)
        boundaries = self.boundaries
        if len(boundaries) + 1 != len(self.schedules) or not all(
            isinstance(b, numbers.Real) and a < b
            for a, b in zip((0, *boundaries), boundaries, strict=False)
        ):
            words = f"{len(self.schedules) - 1} increasing positive numbers"
            refuse(self, "boundaries", words, boundaries)

    def rate(self, t, xp):
        rate = self.schedules[0].rate(t, xp)
        for boundary, schedule in zip(self.boundaries, self.schedules[1:], strict=True):
            later = schedule.rate(xp.maximum(t - boundary, 0), xp)
            rate = xp.where(t < boundary, rate, later)
        return rate


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class PerEpoch(Schedule):
    """A schedule over epochs as one over optimizer steps.

        rate(step) = schedule(step / steps_per_epoch)           by="batch"
                     schedule(floor(step / steps_per_epoch))    by="epoch"

    Args:
        schedule: a schedule of this package whose times are epochs.
        steps_per_epoch: optimizer steps in one epoch, a whole number.
        by: "batch" changes the rate at every step, "epoch" only between epochs.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> from kerasdl.schedules import Polynomial
    >>> schedule = PerEpoch(Polynomial(1.0, duration=2), steps_per_epoch=100)
    >>> [schedule(step) for step in (0, 50, 100, 200)]
    [1.0, 0.75, 0.5, 0.0]
    """

    schedule: Schedule
    steps_per_epoch: int
    by: str = "batch"

    def __post_init__(self):
        _check_schedule(self, "schedule", self.schedule)
        steps = self.steps_per_epoch
        if not isinstance(steps, numbers.Integral) or isinstance(steps, bool) or steps < 1:
            refuse(self, "steps_per_epoch", "a positive whole number", steps)
        object.__setattr__(self, "steps_per_epoch", int(steps))
        if self.by not in ("batch", "epoch"):
            refuse(self, "by", "'batch' or 'epoch'", self.by)

    def rate(self, t, xp):
        epoch = whole(t, self.steps_per_epoch, xp)
        if self.by == "batch":
            epoch = epoch + (t - epoch * self.steps_per_epoch) / self.steps_per_epoch
        return self.schedule.rate(epoch, xp)


def _check_schedule(outer, name, schedule):
    if not isinstance(schedule, Schedule):
        refuse(outer, name, "a schedule of kerasdl.schedules", schedule)
