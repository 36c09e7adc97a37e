"""What all schedules share."""

import dataclasses
import math
import numbers

import keras
import numpy as np

from kerasdl.errors import UsageError


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate as a pure function of time.

    Subclasses are frozen dataclasses: their fields are the arguments and the
    config. They define `rate(t, xp)`, where `t` is an array of times and `xp`
    either NumPy or `keras.ops`.

    Example:
    >>> @dataclasses.dataclass(frozen=True)
    ... class InverseTime(Schedule):
    ...     learning_rate: float
    ...
    ...     def rate(self, t, xp):
    ...         return self.learning_rate / (1 + t)
    >>> InverseTime(0.1)(4)
    0.02
    """

    def __call__(self, step):
        """The learning rate at `step`: a float for a number, an array for an array."""
        if isinstance(step, numbers.Number | np.ndarray):
            rate = self.rate(np.asarray(step, "float64"), np)
            return float(rate) if np.ndim(rate) == 0 else rate
        return self.rate(keras.ops.cast(step, "float32"), keras.ops)

    def rate(self, t, xp):
        """The learning rate at times `t`."""
        raise NotImplementedError

    @classmethod
    def arguments(cls):
        """Dict of argument to whether it is required."""
        return {f.name: f.default is dataclasses.MISSING for f in dataclasses.fields(cls)}

    def get_config(self):
        """The arguments; schedules among them in Keras' serialized form."""
        return {
            f.name: keras.saving.serialize_keras_object(getattr(self, f.name))
            for f in dataclasses.fields(self)
        }

    @classmethod
    def from_config(cls, config):
        """The schedule that `get_config` describes."""
        return cls(**{n: keras.saving.deserialize_keras_object(v) for n, v in config.items()})


def check(schedule, **arguments):
    """Raise `UsageError` unless every argument is in the range that is named.

    Args:
        schedule: the schedule whose attributes are checked.
        arguments: name to "positive", "not negative" or "a fraction".
    """
    ranges = {
        "positive": ("a positive number", lambda v: v > 0),
        "not negative": ("a number, 0 or more", lambda v: v >= 0),
        "a fraction": ("a number between 0 and 1", lambda v: 0 < v < 1),
    }
    for name, kind in arguments.items():
        words, inside = ranges[kind]
        value = getattr(schedule, name)
        number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and inside(value)):
            refuse(schedule, name, words, value)


def refuse(schedule, name, words, value):
    """Raise the `UsageError` for one argument."""
    raise UsageError(
        f"Expected {name} of the schedule {type(schedule).__name__} to be {words}. "
        f"Received: {name}={value!r}"
    )


def whole(t, length, xp):
    """How many whole `length`s fit into `t`: exact where both are whole numbers.

    A compiler may turn the division by a constant into a product with its
    rounded inverse, which can miss a boundary; products of whole numbers are exact.
    """
    count = xp.floor(t / length)
    count = xp.where((count + 1) * length <= t, count + 1, count)
    return xp.where(count * length > t, count - 1, count)


def cosine(x, xp):
    """From 0 to 1 along half a cosine, for `x` from 0 to 1."""
    return (1 - xp.cos(math.pi * x)) / 2
