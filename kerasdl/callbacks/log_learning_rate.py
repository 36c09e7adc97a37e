"""Log the learning rate of every epoch."""

import keras

from kerasdl.callbacks._learning_rates import last_learning_rate, schedule_of, shortest


class LogLearningRate(keras.callbacks.Callback):
    """Puts `learning_rate` into the logs of every epoch, whichever way it was set.

    It is the rate of the epoch's last update: a constant, what a callback set, or
    the schedule inside the optimizer at the step of that update. (Keras' own
    `optimizer.learning_rate` is the rate of the *next* update.)

    Put it before `ReduceLROnPlateau`; after it, it keeps the rate which that has
    logged before reducing it.

    Example:
    >>> model.optimizer.learning_rate = 0.2
    >>> history = model.fit(x, y, epochs=2, callbacks=[LogLearningRate()], verbose=0)
    >>> history.history["learning_rate"]
    [0.2, 0.2]
    """

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        if "learning_rate" in logs and schedule_of(self.model.optimizer) is None:
            logs["learning_rate"] = shortest(logs["learning_rate"])
        else:
            logs["learning_rate"] = last_learning_rate(self.model.optimizer)
