"""A layer's random numbers, keyed by seed, layer, epoch and step."""

import hashlib
import numbers
import random

import keras
from keras import ops

from kerasdl.random.stream import Stream


class Generator(keras.random.SeedGenerator):
    """Gives a layer one stream of random numbers for every step.

    The numbers of a step follow from the seed, the name, the epoch and the step alone: not
    from what was drawn before, nor from the backend. The state, `[epoch, step]`, is what Keras
    keeps for a `keras.random.SeedGenerator`: a variable of the layer that moves on inside
    compiled training steps, is among `model.variables`, and is no weight.

    Args:
        seed: an integer; `None` for one from Python's generator, which
            `keras.utils.set_random_seed` sets.
        name: of the layer. Generators of one seed and different names are independent.

    Raises:
        ValueError: `seed` is neither an integer nor `None`.

    Example:
    >>> generator = Generator(seed=0, name="dropout")
    >>> first, second = generator.next_step(), generator.next_step()
    >>> again = generator.at(epoch=0, step=1)
    >>> bool(keras.ops.all(again.uniform((4,)) == second.uniform((4,))))
    True
    """

    def __init__(self, seed=None, name="generator"):
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, numbers.Integral)):
            raise ValueError(f"Expected `seed` to be an integer or None. Received: seed={seed!r}")
        super().__init__(seed=0, name=name)  # Keras' state is `[seed, number of calls]`
        self.seed = random.randrange(2**31) if seed is None else int(seed)

    def next_step(self):
        """The stream of this step; the next call gives the next step's."""
        # One cast of both: of each by itself, XLA repeats for every element (8 times slower).
        epoch, step = ops.unstack(ops.cast(self.next(), "int32"))
        return self.at(epoch, step)

    def at(self, epoch, step):
        """The stream of any step, each a whole number or an integer scalar tensor."""
        digest = hashlib.sha256(f"{self.seed}/{self.name}".encode()).digest()
        key = [int.from_bytes(digest[i : i + 4], "little") for i in (0, 4)]
        return Stream(key, epoch, step)

    def begin_epoch(self, epoch):
        """Go to the first step of `epoch`, counted from 0."""
        self.state.assign([epoch, 0])

    def get_config(self):
        """The arguments of `__init__`."""
        return {"seed": self.seed, "name": self.name}


def generators(model):
    """The generators of a model's layers: their attributes `generator`.

    Example:
    >>> generators(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    []
    """
    found = [getattr(layer, "generator", None) for layer in model._flatten_layers()]
    return [each for each in found if isinstance(each, Generator)]
