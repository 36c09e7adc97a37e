"""Checks of arguments that several layers share; they raise `ValueError`, as Keras' layers do."""


def number_range(name, value, low=None, high=None):
    """A range `(a, b)` as two floats; a single number `a` means `(-a, a)`.

    Raises:
        ValueError: not one or two numbers, not in order, or outside `low` to `high`.
    """
    try:
        first, second = (-abs(value), abs(value)) if not hasattr(value, "__len__") else value
        valid = first <= second
    except (TypeError, ValueError):
        valid = False
    if not valid or (low is not None and first < low) or (high is not None and second > high):
        limits = "" if low is None and high is None else f" within [{low}, {high}]"
        raise ValueError(
            f"Expected `{name}` to be one number or two in ascending order{limits}. "
            f"Received: {name}={value!r}"
        )
    return (float(first), float(second))


def probability(name, value):
    """`value`, if it is a probability.

    Raises:
        ValueError: outside 0 to 1.
    """
    if not 0 <= value <= 1:
        raise ValueError(f"Expected `{name}` within [0, 1]. Received: {name}={value!r}")
    return value


def whole_number(name, value, least):
    """`value`, if it is an integer of at least `least`.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(
            f"Expected `{name}` to be an integer, {least} or more. Received: {name}={value!r}"
        )
    return value
