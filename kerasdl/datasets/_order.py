"""The order of the examples in an epoch."""

import numpy as np


def epoch_order(count, seed, epoch):
    """A permutation that follows from the seed and the epoch, and from nothing else.

    Epoch 7 has its order whether or not epochs 0 to 6 were trained in this process.

    Args:
        count: number of examples.
        seed: of the order.
        epoch: counted from 0.

    Returns:
        int64 array of `count` positions.

    Example:
    >>> epoch_order(5, seed=0, epoch=3)
    array([...])
    """
    return np.random.default_rng([seed, epoch]).permutation(count)
