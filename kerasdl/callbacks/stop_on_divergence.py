"""Stop a run whose loss is no longer a number."""

import math

import keras


class StopOnDivergence(keras.callbacks.Callback):
    """Stops training at the end of an epoch whose loss is NaN or infinite.

    The epoch is still evaluated and logged, so that the log shows how the run ended.
    (`keras.callbacks.TerminateOnNaN` reads the loss of every batch, which JAX has to
    wait for; the mean over an epoch is NaN as soon as that of one batch is.)

    Attributes:
        diverged: whether the last `fit` was stopped for this reason.
        epoch: the epoch, from 1, in which the loss stopped being finite; else
            `None`.

    Example:
    >>> guard = StopOnDivergence()
    >>> history = model.fit(x * np.inf, y, epochs=50, callbacks=[guard], verbose=0)
    >>> guard.diverged, guard.epoch
    (True, 1)
    """

    def __init__(self):
        super().__init__()
        self.diverged = False
        self.epoch = None

    def on_train_begin(self, logs=None):
        self.diverged = False
        self.epoch = None

    def on_epoch_end(self, epoch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            self.diverged = True
            self.epoch = epoch + 1
            self.model.stop_training = True
