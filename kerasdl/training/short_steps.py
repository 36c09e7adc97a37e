"""Several updates in a call on TensorFlow, where one takes hardly longer than the call does."""

import math

import keras

from kerasdl.callbacks._batch_methods import needs_each_update
from kerasdl.inspection import describe

UPDATES = 20
"""At most so many in a call."""

MACS = 10_000_000_000
"""Multiply-accumulates of a call, about: no signal is answered within it."""


def updates_in_a_call(network, batch_size, counts, callbacks):
    """How many updates Keras is to make in a call of TensorFlow's: its `steps_per_execution`.

    The updates are the same, and so are their bits; callbacks are called before and after so many of
    them. PyTorch has no such calls, and JAX gains nothing by them. `kerasdl bench training --workload
    digits` has what they bring.

    Args:
        network: functional, of kerasdl's builders.
        batch_size: examples a batch.
        counts: numbers of updates, or `None`, at whose multiples callbacks have to be called.
        callbacks: those of the user: with one that needs each update there is one in a call.

    Returns:
        A divisor of all counts: up to `UPDATES` where a step is short, and else 1.

    Example:
    >>> from kerasdl.models import MLP
    >>> updates = updates_in_a_call(MLP((2,), classes=2), 10, counts=[100, None], callbacks=[])
    >>> updates == (20 if keras.backend.backend() == "tensorflow" else 1)
    True
    """
    if keras.backend.backend() != "tensorflow" or any(map(needs_each_update, callbacks)):
        return 1
    most = MACS // max(1, batch_size * describe(network).total("macs"))
    common = math.gcd(*filter(None, counts))  # 0 without any
    return max(n for n in range(1, UPDATES + 1) if common % n == 0 and n <= max(1, most))


def make_one_update_in_a_call(network):
    """Undo that, for who goes on with the network."""
    if network.steps_per_execution > 1:
        network.steps_per_execution = 1
        network.make_train_function(force=True)
        network.make_test_function(force=True)
        network.make_predict_function(force=True)
