"""Seeds far from each other: of layers, of calls, and of a `DataLoader`'s worker processes."""

import sys
import zlib

import keras
from keras import ops


def spread(*parts):
    """A seed, from 0 to 2**31 - 1, that follows from `parts` and is far from those of others.

    On PyTorch Keras draws call `k` of seed `s` from `s + k`: the second batch of
    seed 1 would be the first of seed 2.

    Args:
        *parts: integers and strings.
    """
    return zlib.crc32(repr(parts).encode()) & 0x7FFFFFFF


def worker_seed():
    """The seed of this worker process and epoch; `None` outside a `DataLoader`'s worker.

    Every worker starts as a copy of the parent, at every epoch: left alone, all of them
    would draw the same numbers, and the same again in the next epoch. PyTorch gives each
    worker and epoch a seed of its own, which is used here. PyTorch is looked at where it
    has been imported, and never imported here.
    """
    data = sys.modules.get("torch.utils.data")
    info = data.get_worker_info() if data is not None else None
    return None if info is None else info.seed


class SeedsOf(keras.random.SeedGenerator):
    """The seeds that follow from one given number, without a variable to move on.

    Args:
        seed: an integer or an integer tensor.
        name: of the class of the layer that draws.
        dtype: of seeds on this backend.
    """

    def __init__(self, seed, name, dtype):
        self._seed, self._dtype = seed, dtype
        self._next = zlib.crc32(name.encode()) & 0xFFFFFF

    def next(self, ordered=True):
        """Another seed for every call within a draw."""
        self._next += 1
        if isinstance(self._seed, int):
            return ops.convert_to_tensor([spread(self._seed, self._next), self._next], self._dtype)
        seed = ops.cast(self._seed, self._dtype)
        return ops.stack([seed, ops.full_like(seed, self._next)])
