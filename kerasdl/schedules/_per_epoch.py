"""From schedules over epochs to schedules over optimizer steps."""

import numbers
from dataclasses import dataclass

import keras

from kerasdl.schedules._composition import expect_schedule
from kerasdl.schedules._curves import whole_periods
from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class PerEpoch(Schedule):
    """A schedule over epochs as one over optimizer steps.

        rate(step) = schedule(step / steps_per_epoch)           by="batch"
                     schedule(floor(step / steps_per_epoch))    by="epoch"

    With `by="epoch"` an epoch of a warm-up from 0 has a rate of its own: see `Warmup`.

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
        expect_schedule(self, "schedule", self.schedule)
        steps = self.steps_per_epoch
        if not isinstance(steps, numbers.Integral) or isinstance(steps, bool) or steps < 1:
            raise self.bad_argument("steps_per_epoch", "a positive whole number")
        object.__setattr__(self, "steps_per_epoch", int(steps))
        if self.by not in ("batch", "epoch"):
            raise self.bad_argument("by", "'batch' or 'epoch'")

    def rate(self, t, xp):
        epoch = whole_periods(t, self.steps_per_epoch, xp)
        if self.by == "epoch":
            return self.schedule.rate_of_epoch(epoch, xp)
        step = t - epoch * self.steps_per_epoch
        return self.schedule.rate(epoch + step / self.steps_per_epoch, xp)
