"""Checks of arguments that several layers share; they raise `ValueError`, as Keras' layers do."""

import math
import numbers


def is_number(value):
    """Whether `value` is a finite real number, of Python or NumPy, and no truth value."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value):
    """Whether `value` is an integer, of Python or NumPy, and no truth value."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def number(name, value, low=-math.inf, high=math.inf):
    """`value` as a float, if it is a finite number from `low` to `high`.

    Raises:
        ValueError: it is not.
    """
    if not is_number(value) or not low <= value <= high:
        limits = f"of at least {low}" if high == math.inf else f"within [{low}, {high}]"
        limits = "" if low == -math.inf else f" {limits}"
        raise ValueError(f"Expected `{name}` to be a number{limits}. Received: {name}={value!r}")
    return float(value)


def number_range(name, value, low=None, high=None):
    """A range `(a, b)` as two floats; a single number `a`, 0 or more, means `(-a, a)`.

    Raises:
        ValueError: not one or two numbers, not in order, or outside `low` to `high`.
    """
    single = is_number(value) and value >= 0
    pair = (-float(value), float(value)) if single else value
    valid = (
        isinstance(pair, tuple | list)
        and len(pair) == 2
        and all(map(is_number, pair))
        and pair[0] <= pair[1]
        and (low is None or low <= pair[0])
        and (high is None or pair[1] <= high)
    )
    if not valid:
        limits = "" if low is None and high is None else f" within [{low}, {high}]"
        raise ValueError(
            f"Expected `{name}` to be one number, 0 or more, or two in ascending order{limits}. "
            f"Received: {name}={value!r}"
        )
    return (float(pair[0]), float(pair[1]))


def probability(name, value):
    """`value`, if it is a probability.

    Raises:
        ValueError: outside 0 to 1.
    """
    return number(name, value, 0, 1)


def whole_number(name, value, least, most=math.inf):
    """`value` as an int, if it is a whole number from `least` to `most`.

    Raises:
        ValueError: it is not.
    """
    if not is_whole(value) or not least <= value <= most:
        limits = f"{least} or more" if most == math.inf else f"from {least} to {most}"
        raise ValueError(
            f"Expected `{name}` to be an integer, {limits}. Received: {name}={value!r}"
        )
    return int(value)


def level(name, value):
    """`value`, if it is a level: a number from 0 to 255.

    Raises:
        ValueError: it is not.
    """
    number(name, value, 0, 255)
    return value.item() if hasattr(value, "item") else value


def levels(name, value):
    """`value`, if it is a level or a level for each channel, these as a tuple.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, tuple | list) and value:
        return tuple(level(name, each) for each in value)
    return level(name, value)


def value_range(value):
    """The values `(low, high)` that images go from and to, as they came.

    Raises:
        ValueError: not two numbers in ascending order.
    """
    if (
        not isinstance(value, tuple | list)
        or len(value) != 2
        or not all(map(is_number, value))
        or not value[0] < value[1]
    ):
        raise ValueError(
            "Expected `value_range` to be two numbers in ascending order, as (0, 255) or (0, 1). "
            f"Received: value_range={value!r}"
        )
    return tuple(value)
