"""Uniform numbers of [0, 1), 24 bits each, turned into others, with the same rounding everywhere."""

import functools

import numpy as np
from keras import ops

from kerasdl.random import kernels

INTERVALS = 4096


def between(unit, low, high):
    """Numbers of [low, high).

    The minimum changes no value. It keeps compilers from making one operation of the product
    and the sum, which rounds once where two operations round twice.

    Args:
        unit: float32 numbers of [0, 1).
        low: a number, or tensor that broadcasts against `unit`.
        high: likewise, not below `low`.

    Example:
    >>> float(between(keras.ops.convert_to_tensor(0.25), -1, 1))
    -0.5
    """
    return low + ops.minimum((high - low) * unit, high - low)


def whole(unit, count):
    """Whole numbers from 0 to `count - 1`, int32, whose probabilities are equal to 2^-24.

    Args:
        unit: float32 numbers of [0, 1).
        count: a whole number up to 2^24, or an int32 tensor that broadcasts against `unit`.

    Example:
    >>> int(whole(keras.ops.convert_to_tensor(0.7), 3))
    2
    """
    return ops.minimum(ops.cast(unit * ops.cast(count, "float32"), "int32"), count - 1)


def quantile(unit, table):
    """Numbers of another law, by the inverse of its distribution function.

    Args:
        unit: float32 numbers of [0, 1).
        table: array `(INTERVALS + 1,)`, quantiles in equal steps from the least to the greatest;
            in between they are interpolated linearly.

    Example:
    >>> table = np.linspace(0, 1, INTERVALS + 1) ** 2
    >>> float(quantile(keras.ops.convert_to_tensor(0.5), table))
    0.25
    """
    table = ops.convert_to_tensor(np.asarray(table, "float32"))
    place = INTERVALS * unit
    below = ops.cast(place, "int32")
    low, high = (kernels.look_up(table, below + i) for i in (0, 1))
    return between(place - ops.cast(below, "float32"), low, high)


@functools.cache
def beta_quantiles(alpha):
    """The table of Beta(alpha, alpha), for `quantile`.

    Example:
    >>> [round(float(beta_quantiles(0.5)[i]), 3) for i in (0, 1024, 2048, 4096)]
    [0.0, 0.146, 0.5, 1.0]
    """
    from scipy import special  # only what mixes images waits for it

    return special.betaincinv(alpha, alpha, np.linspace(0, 1, INTERVALS + 1))
