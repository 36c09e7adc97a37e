"""Setting the learning rate from outside the optimizer, and logging it."""

import keras
import numpy as np

from kerasdl.errors import UsageError


class ScheduleLearningRate(keras.callbacks.Callback):
    """Sets the optimizer's learning rate by a schedule, through a callback.

    A schedule inside the optimizer (`keras.optimizers.SGD(schedule)`) is the
    usual way and costs nothing. Through a callback the rate remains a variable,
    which other callbacks and the user may change.

    `by="epoch"` sets the rate when an epoch begins, which is cheap. `by="batch"`
    sets it before every step: on JAX that forces the whole training state to be
    moved into the model's variables and out again each step; prefer a schedule
    inside the optimizer there.

    Args:
        schedule: function of the epoch (from 0), or of the training step (from
            0, over all epochs) with `by="batch"`, that returns the learning
            rate; any schedule of `kerasdl.schedules` is one.
        by: "epoch" or "batch".

    Raises:
        UsageError: when training begins with an optimizer that has a schedule of
            its own, because such an optimizer does not let its rate be set.

    Example:
    >>> from kerasdl.schedules import Exponential
    >>> callbacks = [ScheduleLearningRate(Exponential(0.1, factor=0.5)), LogLearningRate()]
    >>> model.fit(x, y, epochs=3, callbacks=callbacks, verbose=0).history["learning_rate"]
    [0.1, 0.05, 0.025]
    """

    def __init__(self, schedule, by="epoch"):
        super().__init__()
        if by not in ("epoch", "batch"):
            raise ValueError(f'Expected by="epoch" or by="batch". Received: by={by!r}')
        self.schedule = schedule
        self.by = by
        self._first = 0
        self._steps = 0

    def on_train_begin(self, logs=None):
        optimizer = _innermost(self.model.optimizer)
        if _schedule_of(optimizer) is not None:
            raise UsageError(
                "Expected an optimizer with a number as its learning rate, because the callback "
                "ScheduleLearningRate sets it. Received: an optimizer with a schedule of its own, "
                f"{type(_schedule_of(optimizer)).__name__}."
            )
        self._steps = 0

    def on_epoch_begin(self, epoch, logs=None):
        if self.by == "epoch":
            self._set(epoch)
            return
        steps = (self.params or {}).get("steps")
        self._first = epoch * steps if steps else self._steps

    def on_train_batch_begin(self, batch, logs=None):
        if self.by == "batch":
            self._set(self._first + batch)
            self._steps = self._first + batch + 1

    def _set(self, step):
        rate = self.schedule(step)
        self.model.optimizer.learning_rate = _number(rate)


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
        if "learning_rate" in logs and _schedule_of(self.model.optimizer) is None:
            logs["learning_rate"] = _shortest(logs["learning_rate"])
        else:
            logs["learning_rate"] = last_learning_rate(self.model.optimizer)


def last_learning_rate(optimizer):
    """The learning rate of the last update that `optimizer` has made.

    Where it has made none yet, the rate of its first. With gradient accumulation
    an update is made on every n-th step only, and a schedule is read at that step;
    a loss-scale optimizer counts only the steps whose gradients were finite.
    """
    optimizer = _innermost(optimizer)
    schedule = _schedule_of(optimizer)
    if schedule is None:
        return _shortest(_number(optimizer.learning_rate))
    # `_iterations` counts every step; the public `iterations` divides by the
    # accumulation, while Keras gives the schedule the undivided number.
    steps = int(_number(optimizer._iterations))
    every = optimizer.gradient_accumulation_steps or 1
    last = max(steps // every * every - 1, 0)
    return _shortest(_number(schedule(last)))


def _innermost(optimizer):
    while hasattr(optimizer, "inner_optimizer"):  # LossScaleOptimizer
        optimizer = optimizer.inner_optimizer
    return optimizer


def _schedule_of(optimizer):
    # No public name gives the schedule itself: `optimizer.learning_rate` is its value.
    rate = _innermost(optimizer)._learning_rate
    return rate if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) else None


def _number(value):
    return float(keras.ops.convert_to_numpy(value))


def _shortest(rate):
    # The optimizer computes in float32: 0.1 there is 0.10000000149 in Python.
    return float(str(np.float32(rate)))
