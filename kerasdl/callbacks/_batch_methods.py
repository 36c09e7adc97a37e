"""Whether a callback is called at each batch, and needs it."""

import keras

NAMES = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


def has_batch_methods(callback, names=NAMES, beside=keras.callbacks.Callback):
    """Whether a callback has methods of its own that are called at each batch.

    Args:
        callback: a Keras callback.
        names: of the methods that count.
        beside: the class whose methods are not its own.

    Example:
    >>> has_batch_methods(keras.callbacks.History())
    False
    >>> has_batch_methods(keras.callbacks.LambdaCallback(on_train_batch_end=print))
    True
    """
    return any(
        getattr(getattr(callback, name), "__func__", None) is not getattr(beside, name)
        for name in names
    )


def needs_batch_end(callback):
    """Whether the end of a batch of the running epoch has to be told to a callback.

    A callback with a method for it may say that it needs none, by an attribute `needs_batch_end`.
    """
    methods = ("on_train_batch_end", "on_batch_end")
    return has_batch_methods(callback, methods) and getattr(callback, "needs_batch_end", True)


def needs_each_update(callback):
    """Whether a callback has to be called before or after each update, not after several.

    One with methods for batches may say that it need not be, by an attribute `needs_each_update`.
    """
    return has_batch_methods(callback) and getattr(callback, "needs_each_update", True)
