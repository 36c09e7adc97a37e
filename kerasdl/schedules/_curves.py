"""Curves that several schedules follow."""

import math


def whole_periods(t, period, xp):
    """How many whole periods fit into the time `t`: exact where both are whole numbers.

    A compiler may turn the division by a constant into a product with its
    rounded inverse, which can miss a boundary; products of whole numbers are exact.
    """
    count = xp.floor(t / period)
    count = xp.where((count + 1) * period <= t, count + 1, count)
    return xp.where(count * period > t, count - 1, count)


def half_cosine(x, xp):
    """From 0 to 1 along half a cosine, for `x` from 0 to 1."""
    return (1 - xp.cos(math.pi * x)) / 2
