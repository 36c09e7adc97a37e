"""Checks of arguments that the groups of an optimizer share; they raise `ValueError`, as Keras' do."""

import numbers

from kerasdl.real_numbers import is_finite


def expect(kind, **arguments):
    """Refuse values that are not of a kind.

    Args:
        kind: one of `KINDS`, which is what the arguments should be, in words.
        **arguments: name -> value.

    Raises:
        ValueError: which argument, what it should be, and what it is.

    Example:
    >>> expect("True or False", nesterov="yes")
    Traceback (most recent call last):
    ValueError: Expected `nesterov` to be True or False. Received: nesterov='yes'
    """
    for name, value in arguments.items():
        if not KINDS[kind](value):
            raise ValueError(f"Expected `{name}` to be {kind}. Received: {name}={value!r:.200}")


def _is_whole(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _are_axes(value):
    return isinstance(value, (tuple, list)) and all(map(_is_whole, value))


def _is_not_negative(value):
    return is_finite(value) and value >= 0


KINDS = {
    "True or False": lambda value: isinstance(value, bool),
    "a number from 0 to 1": lambda value: is_finite(value) and 0 <= value <= 1,
    "a number from 0 to below 1": lambda value: is_finite(value) and 0 <= value < 1,
    "a number, 0 or more": _is_not_negative,
    "a number, 0 or more, or None": lambda value: value is None or _is_not_negative(value),
    "a number, 0 or more, or a schedule": lambda value: callable(value) or _is_not_negative(value),
    "a whole number, 1 or more": lambda value: _is_whole(value) and value >= 1,
    "a tuple of axes": _are_axes,
    "a tuple of axes, or None": lambda value: value is None or _are_axes(value),
    "'rms', 'spectral' or None": lambda value: value in ("rms", "spectral", None),
    "float32, float64, bfloat16, float16 or None": lambda value: (
        value in ("float32", "float64", "bfloat16", "float16", None)
    ),
}
"""What an argument may be, in words -> function of its value: whether it is that."""
