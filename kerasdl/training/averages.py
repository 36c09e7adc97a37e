"""Moving averages of the weights, which are evaluated and saved in place of the weights themselves.

The optimizer of Keras keeps them (`use_ema`): after each update, `average = m average + (1 - m)
weight`, beginning with the weights after the first one; the weights of the last update are replaced
when `fit` ends. Statistics of batch normalization, which are moving averages already, are not
averaged again.
"""

import keras
import numpy as np


def optimizer_with_averages(model):
    """The optimizer of a compiled model if it averages the weights, else `None`."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    return optimizer if optimizer.use_ema else None


class ShowAverages(keras.callbacks.Callback):
    """Puts the averages in place of the weights when an epoch ends, for the callbacks after it.

    `hide` is the callback that puts the weights back; it has to stand in the same list, before
    any that saves the training.

    Example:
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    >>> model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    >>> show = ShowAverages()
    >>> history = model.fit(np.ones((2, 1)), np.ones((2, 1)), callbacks=[show, show.hide], verbose=0)
    """

    def __init__(self):
        super().__init__()
        self.hide = _HideAverages(self)
        self._weights = None

    def on_epoch_end(self, epoch, logs=None):
        optimizer = optimizer_with_averages(self.model)
        if optimizer is None:
            return
        variables = self.model.trainable_variables
        self._weights = _copies(variables)
        # The method is called without its instance's own attribute, which may silence it.
        type(optimizer).finalize_variable_values(optimizer, variables)
        # On JAX weights and averages are one array now, whose memory an evaluation takes.
        _assign(variables, _copies(variables))

    def put_back(self):
        """Give the model the weights that training goes on with."""
        if self._weights is not None:
            _assign(self.model.trainable_variables, self._weights)
        self._weights = None


class _HideAverages(keras.callbacks.Callback):
    """Puts back the weights in whose place a `ShowAverages` has put averages."""

    def __init__(self, shown):
        super().__init__()
        self._shown = shown

    def on_epoch_end(self, epoch, logs=None):
        self._shown.put_back()


def _copies(variables):
    """Arrays of their own: JAX gives the memory of a variable to the next step."""
    return [np.copy(keras.ops.convert_to_numpy(variable)) for variable in variables]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
