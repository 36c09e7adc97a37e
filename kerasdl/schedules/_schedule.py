"""The base class of all schedules."""

import dataclasses
import numbers

from kerasdl import backend, real_numbers

backend.load()  # one clear sentence where there is none, and Keras with no other one

import keras  # noqa: E402
import numpy as np  # noqa: E402

from kerasdl.errors import UsageError  # noqa: E402


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate as a pure function of time.

    A subclass is a frozen dataclass: its fields are its arguments and its config. It
    defines `rate(t, xp)`, checks its arguments in `__post_init__`, and is registered
    with `keras.saving.register_keras_serializable("kerasdl")`.

    Example:
    >>> @dataclasses.dataclass(frozen=True)
    ... class InverseTime(Schedule):
    ...     learning_rate: float
    ...
    ...     def __post_init__(self):
    ...         self.expect(learning_rate="not negative")
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
        is_double = keras.config.floatx() == "float64"
        return self.rate(keras.ops.cast(step, "float64" if is_double else "float32"), keras.ops)

    def rate(self, t, xp):
        """The learning rate at times `t`.

        Args:
            t: array of times, float64 of NumPy or float32 of the backend; float64 of it too,
                where Keras computes in that.
            xp: the module to compute with: `numpy` or `keras.ops`.
        """
        raise NotImplementedError

    def rate_of_epoch(self, t, xp):
        """The learning rate of whole epochs that begin at times `t`, which are epochs.

        It is the rate when the epoch begins, unless a schedule says otherwise.
        """
        return self.rate(t, xp)

    @classmethod
    def arguments(cls):
        """Dictionary of argument to whether it is required."""
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

    def expect(self, **ranges):
        """Refuse arguments that are out of range.

        Args:
            **ranges: argument -> "positive", "not negative" or "a fraction".

        Raises:
            UsageError: which argument, what it should be, and what it is.
        """
        for name, kind in ranges.items():
            expected, inside = _RANGES[kind]
            value = getattr(self, name)
            if not (real_numbers.is_finite(value) and inside(value)):
                raise self.bad_argument(name, expected)

    def increasing_times(self, name):
        """The argument `name` as a tuple of floats; `None` if it is no increasing positive times."""
        value = getattr(self, name)
        if isinstance(value, str) or not np.iterable(value):
            return None
        times = tuple(value)
        if not all(map(real_numbers.is_finite, times)):
            return None
        increasing = all(a < b for a, b in zip((0, *times), times, strict=False))
        return tuple(map(float, times)) if increasing else None

    def bad_argument(self, name, expected):
        """The `UsageError` that says what the argument `name` should be, and what it is."""
        return UsageError(
            f"Expected {name} of the schedule {type(self).__name__} to be {expected}. "
            f"Received: {name}={getattr(self, name)!r}"
        )


_RANGES = {
    "positive": ("a positive number", lambda value: value > 0),
    "not negative": ("a number, 0 or more", lambda value: value >= 0),
    "a fraction": ("a number between 0 and 1", lambda value: 0 < value < 1),
}
