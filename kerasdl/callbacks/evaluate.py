"""Evaluate the model after every epoch, each part of the data under its own name."""

import keras
import numpy as np

from kerasdl import random_state


class Evaluate(keras.callbacks.Callback):
    """Evaluates the model on named parts of the data at the end of every epoch.

    Adds `val_loss`, `val_accuracy`, `test_loss` and so on to the logs, where the
    callbacks after it in the list see them: Keras' `EarlyStopping` and
    `ReduceLROnPlateau`, and `CSVLog`. Test curves are never called validation.

    `Model.evaluate` compiles its step once (once more for a shorter last batch)
    and keeps it, so later epochs are not traced again. The training metrics and the
    random state of the process, which every pass over data changes on PyTorch, are put
    back afterwards: training cannot tell that an evaluation took place.

    Args:
        parts: dictionary of name to data: a `keras.utils.PyDataset`, a dataset of the
            backend, or a tuple `(x, y)` or `(x, y, weights)`.
        batch_size: examples in a batch, for data in tuples.

    Example:
    >>> evaluate = Evaluate({"val": (x[:4], y[:4]), "test": (x[4:8], y[4:8])}, batch_size=512)
    >>> history = model.fit(x[8:], y[8:], epochs=2, callbacks=[evaluate], verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss', 'test_accuracy', 'test_loss', 'val_accuracy', 'val_loss']
    """

    def __init__(self, parts, batch_size=None):
        super().__init__()
        self.parts = dict(parts)
        self.batch_size = batch_size

    def on_epoch_end(self, epoch, logs=None):
        # Copies: JAX gives the memory of these variables to the next step.
        training = [
            (v, np.copy(keras.ops.convert_to_numpy(v))) for v in self.model.metrics_variables
        ]
        with random_state.preserved():
            for name, data in self.parts.items():
                for key, value in self._evaluate(data).items():
                    if logs is not None:
                        logs[f"{name}_{key}"] = value
        for variable, value in training:
            variable.assign(value)

    def _evaluate(self, data):
        if isinstance(data, tuple):
            x, y, weights = (*data, None)[:3]
            arguments = {"x": x, "y": y, "sample_weight": weights, "batch_size": self.batch_size}
        else:
            arguments = {"x": data}
        return self.model.evaluate(**arguments, verbose=0, return_dict=True)
