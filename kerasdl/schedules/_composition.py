"""Schedules made of schedules."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Warmup(Schedule):
    """A straight line up to a schedule, which then begins.

        rate(t) = start + (schedule(0) - start) * t / duration    for t < duration
                  schedule(t - duration)                          after it

    Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 2.2. PyTorch's
    `SequentialLR([LinearLR(...), ...])`; optax' `linear_schedule` joined to another.

    Held for whole epochs (`PerEpoch(..., by="epoch")`), a line that starts at 0 would
    train nothing in the first epoch. Epoch e = 0, 1, ... then has the rate

        schedule(0) * (e + 1) / (duration + 1)                    for e < duration

    which is PyTorch's `LinearLR(start_factor=1 / (duration + 1), total_iters=duration)`;
    a `start_factor` of 0 is an error there.

    Args:
        schedule: any schedule of this package.
        duration: length of the warm-up.
        start: learning rate at time 0.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> from kerasdl.schedules import Constant, PerEpoch
    >>> warm = Warmup(Constant(1.0), duration=4)
    >>> [warm(t) for t in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    >>> [PerEpoch(warm, steps_per_epoch=100, by="epoch")(step) for step in (0, 99, 100, 400)]
    [0.2, 0.2, 0.4, 1.0]
    """

    schedule: Schedule
    duration: float
    start: float = 0.0

    def __post_init__(self):
        expect_schedule(self, "schedule", self.schedule)
        self.expect(duration="positive", start="not negative")

    def rate(self, t, xp):
        goal = self.schedule(0)
        line = self.start + (goal - self.start) * (t / self.duration)
        after = self.schedule.rate(xp.maximum(t - self.duration, 0), xp)
        return xp.where(t < self.duration, line, after)

    def rate_of_epoch(self, t, xp):
        if self.start == 0:
            line = self.schedule(0) * ((t + 1) / (self.duration + 1))
        else:
            line = self.rate(t, xp)
        after = self.schedule.rate_of_epoch(xp.maximum(t - self.duration, 0), xp)
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
                raise self.bad_argument(name, "a list or tuple")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for schedule in self.schedules:
            expect_schedule(self, "schedules", schedule)
        boundaries = self.increasing_times("boundaries")
        if boundaries is None or len(boundaries) + 1 != len(self.schedules):
            expected = f"{len(self.schedules) - 1} increasing positive numbers"
            raise self.bad_argument("boundaries", expected)

    def rate(self, t, xp):
        return self._joined([schedule.rate for schedule in self.schedules], t, xp)

    def rate_of_epoch(self, t, xp):
        return self._joined([schedule.rate_of_epoch for schedule in self.schedules], t, xp)

    def _joined(self, rates, t, xp):
        rate = rates[0](t, xp)
        for boundary, later in zip(self.boundaries, rates[1:], strict=True):
            rate = xp.where(t < boundary, rate, later(xp.maximum(t - boundary, 0), xp))
        return rate


def expect_schedule(outer, name, schedule):
    """Refuse a part of the schedule `outer` that is no schedule.

    Raises:
        UsageError: `schedule` is none of this package.
    """
    if not isinstance(schedule, Schedule):
        raise outer.bad_argument(name, "a schedule of kerasdl.schedules")
