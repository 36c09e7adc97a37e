"""Mini-batches in an order that is the same on every backend.

Keras shuffles with the backend's own means, so one seed gives three orders. Here
NumPy draws a permutation for each epoch, keyed by seed and epoch: epoch 7 has
its order whether or not epochs 1 to 6 were run in this process.
"""

import keras
import numpy as np

from kerasdl import random_state
from kerasdl.random import generators


class Batches(keras.utils.PyDataset):
    """`(x, y)` in mini-batches, for `fit`, `evaluate` and `predict`.

    Args:
        x: array of examples, first axis the example.
        y: array of targets, or a dictionary of arrays, one an output.
        batch_size: examples a batch; the last batch may be smaller.
        seed: of the order; `None` keeps the order of the arrays.

    Example:
    >>> import numpy as np
    >>> batches = Batches(np.arange(5), np.arange(5), batch_size=2)
    >>> len(batches), batches[2]
    (3, (array([4]), array([4])))
    """

    def __init__(self, x, y, batch_size, seed=None):
        super().__init__()
        self.x, self.y, self.batch_size, self.seed = x, y, batch_size, seed
        self.order = None
        self.begin_epoch(0)

    def __len__(self):
        """Number of batches in an epoch."""
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, i):
        """The `i`-th batch of the epoch."""
        chosen = slice(i * self.batch_size, (i + 1) * self.batch_size)
        if self.order is not None:
            chosen = self.order[chosen]
        return keras.tree.map_structure(lambda array: array[chosen], (self.x, self.y))

    def begin_epoch(self, epoch):
        """Take the order of `epoch`, counted from 0."""
        if self.seed is not None:
            self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.x))


class EpochOrder(keras.callbacks.Callback):
    """Gives `batches` the order, and random layers the numbers, of the epoch that begins."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        """Take both before the first batch is asked for."""
        self.batches.begin_epoch(epoch)
        for generator in generators(self.model):
            generator.begin_epoch(epoch)
        random_state.reseed(self.batches.seed, epoch)  # for random layers that are not ours
