"""Random numbers of one layer in one step: integers, uniforms, normals, masks.

Whole numbers and uniforms are equal to the bit on TensorFlow, PyTorch and JAX. Normals, which
need a logarithm, a sine and a cosine of the backend's own, are equal to 1.5e-6 of a deviation.
"""

import math

from keras import ops

from kerasdl.random import kernels, units


class Stream:
    """Draws that depend on key, epoch, step and their place among these draws only.

    The n-th draw, from 0, takes Threefry's words of the key `(key[0] + n, key[1] + epoch)` at
    the counters `(0, step)`, `(1, step)`, ... A `Generator` gives out streams.

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
        self._epoch, self._step = kernels.scalars(epoch, step)
        self._draws = 0

    def words(self, count):
        """32 random bits each: int32 `(count,)`, the first words of all blocks, then the second."""
        words = kernels.blocks(self._next_key(), self._step, (count + 1) // 2)
        return ops.concatenate(words)[:count]

    def uniform(self, shape):
        """Float32 numbers of [0, 1): the multiples of 2^-24, all equally likely."""
        values = kernels.uniforms(self._next_key(), self._step, math.prod(shape))
        return ops.reshape(values, shape)

    def integers(self, shape, count):
        """Whole numbers from 0 to `count - 1`, int32; see `units.whole`."""
        return units.whole(self.uniform(shape), count)

    def normal(self, shape):
        """Normal numbers of mean 0 and deviation 1, float32, none beyond 5.8.

        Box and Muller, "A note on the generation of random normal deviates" (1958): two
        uniforms `u` of [0, 1) and `v` of [-1/2, 1/2) give `sqrt(-2 ln(1 - u))` times the
        cosine and the sine of `2 pi v`.
        """
        count = math.prod(shape)
        both = kernels.normals(self._next_key(), self._step, (count + 1) // 2)
        return ops.reshape(both[:count], shape)

    def keep(self, shape, rate):
        """Which elements dropout keeps, bool, and the probability of being kept.

        An element takes 8 random bits where `rate` is a multiple of 2^-8, else 16: then the
        rate is rounded to a multiple of 2^-16. What is divided by the probability that is
        returned keeps its expectation exactly.

        Args:
            shape: of the mask.
            rate: the probability of being dropped, 0 or more, below 1.
        """
        bits = 8 if float(256 * rate).is_integer() else 16
        dropped = min(round(rate * 2**bits), 2**bits - 1)
        count, a_word = math.prod(shape), 32 // bits
        values = kernels.parts(self.words((count + a_word - 1) // a_word), bits)[:count]
        return ops.reshape(values, shape) >= dropped - 2 ** (bits - 1), 1 - dropped / 2**bits

    def permutation(self, count):
        """The numbers from 0 to `count - 1` in random order, int32.

        They are sorted by random words; where two are equal, once in 2^32, their order stays.
        """
        return ops.cast(ops.argsort(self.words(count)), "int32")

    def _next_key(self):
        """The key of the next draw."""
        low, high = kernels.signed(self._key[0] + self._draws), kernels.signed(self._key[1])
        self._draws += 1
        if not isinstance(self._epoch, int):
            low, high = (ops.convert_to_tensor(word, "int32") for word in (low, high))
        return low, kernels.add(high, self._epoch)
