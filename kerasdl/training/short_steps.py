"""Several updates in a call on TensorFlow, where one takes hardly longer than the call does."""

import math

import keras

from kerasdl.inspection import describe

UPDATES = 20
"""At most so many in a call."""

CALL = 10_000_000_000
"""Multiply-accumulates of a call: half a second on two cores, in which no signal is answered."""

_BATCH_METHODS = (
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_batch_begin",
    "on_batch_end",
)


def updates_in_a_call(network, batch_size, counts, listeners):
    """How many updates Keras is to make in a call of TensorFlow's: its `steps_per_execution`.

    The updates are the same, and so are their bits; callbacks are called before and after so many of
    them. PyTorch has no such calls, and JAX gains nothing by them. `kerasdl bench training --workload
    digits` has what they bring.

    Args:
        network: functional.
        batch_size: examples a batch.
        counts: numbers of updates, or `None`, at whose multiples a callback has to be called.
        listeners: callbacks that are called at each update if they have a method for that.

    Returns:
        A divisor of all counts: up to `UPDATES` where a step is short, and else 1.

    Example:
    >>> from kerasdl.models import MLP
    >>> updates = updates_in_a_call(MLP((2,), classes=2), 10, counts=[100, None], listeners=[])
    >>> updates == (20 if keras.backend.backend() == "tensorflow" else 1)
    True
    """
    if keras.backend.backend() != "tensorflow" or any(map(hears_of_batches, listeners)):
        return 1
    most = CALL // max(1, batch_size * describe(network).total("macs"))
    common = math.gcd(*filter(None, counts))  # 0 without any
    return max(n for n in range(1, UPDATES + 1) if common % n == 0 and n <= max(1, most))


def hears_of_batches(callback, methods=_BATCH_METHODS):
    """Whether a Keras callback has a method of its own that is called at each batch.

    Args:
        callback: a `keras.callbacks.Callback`.
        methods: names of the methods that count.
    """
    return any(
        getattr(getattr(callback, name), "__func__", None)
        is not getattr(keras.callbacks.Callback, name)
        for name in methods
    )
