"""Random numbers of one layer in one step: integers, uniforms, normals, masks.

Whole numbers and uniforms are equal to the bit on TensorFlow, PyTorch and JAX; normals,
which need a logarithm and a cosine of the backend's own, to 1e-6.
"""

import functools
import math

import numpy as np
from keras import ops

from kerasdl.random import kernels

QUANTILES = 4096


class Stream:
    """Draws that depend on key, epoch, step and their place in this list of draws only.

    The n-th draw's words are Threefry's of the key `(key[0] + n, key[1] + epoch)` at the
    counters `(0, step)`, `(1, step)`, ... A `Generator` gives out streams.

    Args:
        key: two whole numbers of 32 bits.
        epoch: a whole number or an integer scalar tensor.
        step: likewise.

    Example:
    >>> stream = Stream((0, 0), epoch=0, step=0)
    >>> [round(float(x), 4) for x in stream.uniform((3,))]
    [0.4185, 0.3147, 0.6005]
    """

    def __init__(self, key, epoch, step):
        self._key = key
        self._epoch, self._step = ops.cast(epoch, "int32"), ops.cast(step, "int32")
        self._draws = 0

    def words(self, count):
        """32 random bits each: int32 `(count,)`, the first words of all blocks, then the second."""
        return ops.concatenate(self._blocks((count + 1) // 2))[:count]

    def uniform(self, shape, low=0.0, high=1.0):
        """Numbers from `low` to `high`, float32: one of 2^24, equally likely and equally far apart."""
        unit = _unit(ops.reshape(self.words(math.prod(shape)), shape))
        return unit if (low, high) == (0, 1) else between(unit, low, high)

    def integers(self, shape, count):
        """Whole numbers from 0 to `count - 1`, int32; `count` is at most 2^24, and may be a tensor.

        Their probabilities differ from each other by no more than 2^-24.
        """
        scaled = self.uniform(shape) * ops.cast(count, "float32")
        return ops.minimum(ops.cast(scaled, "int32"), count - 1)

    def normal(self, shape, stddev=1.0):
        """Normal numbers of mean 0, float32, no further than 5.8 deviations from it.

        Box and Muller, "A note on the generation of random normal deviates" (1958): two
        uniforms `u` of [0, 1) and `v` of [-1/2, 1/2) give `sqrt(-2 ln(1 - u))` times the
        cosine and the sine of `2 pi v`.
        """
        count = math.prod(shape)
        first, second = self._blocks((count + 1) // 2)
        radius = stddev * ops.sqrt(-2 * ops.log(1 - _unit(first)))
        angle = 2 * math.pi * _centred_unit(second)
        both = ops.concatenate([radius * ops.cos(angle), radius * ops.sin(angle)])
        return ops.reshape(both[:count], shape)

    def keep(self, shape, rate):
        """What dropout of `rate` keeps, bool, and the probability of being kept.

        Eight random bits an element where `rate` is a multiple of 2^-8, else sixteen:
        then the rate is rounded to a multiple of 2^-16. An expectation that is divided
        by the probability returned is exact.
        """
        bits = 8 if float(256 * rate).is_integer() else 16
        dropped = min(round(rate * 2**bits), 2**bits - 1)
        count = math.prod(shape)
        parts = 32 // bits
        values = ops.view(self.words((count + parts - 1) // parts), f"int{bits}")
        values = ops.reshape(ops.reshape(values, (-1,))[:count], shape)
        return values >= dropped - 2 ** (bits - 1), 1 - dropped / 2**bits

    def permutation(self, count):
        """The numbers from 0 to `count - 1` in random order, int32.

        Two of the words that are sorted are equal once in 2^32; the earlier comes first.
        """
        return ops.cast(ops.argsort(self.words(count)), "int32")

    def beta(self, shape, alpha):
        """Numbers of Beta(alpha, alpha), float32: its law's quantiles, linear between 4,097 of them."""
        if alpha == 1:
            return self.uniform(shape)
        table = ops.convert_to_tensor(_beta_quantiles(float(alpha)))
        place = QUANTILES * self.uniform(shape)
        below = ops.cast(place, "int32")
        low, high = (ops.take(table, below + i, axis=0) for i in (0, 1))
        return between(place - ops.cast(below, "float32"), low, high)

    def _blocks(self, count):
        """The two words of each block of the next draw."""
        low = ops.convert_to_tensor(_signed(self._key[0] + self._draws), "int32")
        high = ops.convert_to_tensor(_signed(self._key[1]), "int32") + self._epoch
        self._draws += 1
        return kernels.blocks((low, high), self._step, count)


def between(unit, low, high):
    """Numbers of [0, 1] stretched to [low, high], with the same rounding everywhere.

    The minimum changes no value. It keeps compilers from making one operation of the
    product and the sum, which rounds once where two operations round twice.
    """
    return low + ops.minimum((high - low) * unit, high - low)


def _unit(words):
    """The upper 24 bits as a fraction: all of them are exact in float32."""
    return ops.cast(ops.right_shift(words, 8) & 0xFFFFFF, "float32") * 2.0**-24


def _centred_unit(words):
    """The same, less 1 in the upper half: from -1/2 to 1/2."""
    return ops.cast(ops.right_shift(words, 8), "float32") * 2.0**-24


def _signed(word):
    """The whole number of int32 with the 32 lowest bits of `word`."""
    return (word + 2**31) % 2**32 - 2**31


@functools.cache
def _beta_quantiles(alpha):
    from scipy import special  # only these need it

    probabilities = np.linspace(0, 1, QUANTILES + 1)
    return special.betaincinv(alpha, alpha, probabilities).astype("float32")
