"""What a finite real number is, of Python or of NumPy."""

import math
import numbers


def is_finite(value):
    """Whether `value` is a finite real number that a float can hold, and no truth value.

    Example:
    >>> [is_finite(value) for value in (1, 0.5, True, "1", float("nan"), 10**400)]
    [True, True, False, False, False, False]
    """
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    try:
        return is_real and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False
