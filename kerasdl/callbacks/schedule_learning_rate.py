"""Set the learning rate by a schedule, from outside the optimizer."""

import keras

from kerasdl.callbacks._learning_rates import number, schedule_of
from kerasdl.errors import UsageError
from kerasdl.schedules import PerEpoch, Schedule


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
            rate; any schedule of `kerasdl.schedules` is one, and has the rates of its
            `PerEpoch` with the same `by`.
        by: "epoch" or "batch".

    Raises:
        UsageError: when training begins with an optimizer that has a schedule of
            its own, because such an optimizer does not let its rate be set.

    Example:
    >>> from kerasdl.callbacks import LogLearningRate
    >>> from kerasdl.schedules import Exponential
    >>> callbacks = [ScheduleLearningRate(Exponential(0.1, factor=0.5)), LogLearningRate()]
    >>> model.fit(x, y, epochs=3, callbacks=callbacks, verbose=0).history["learning_rate"]
    [0.1, 0.05, 0.025]
    """

    def __init__(self, schedule, by="epoch"):
        super().__init__()
        if by not in ("epoch", "batch"):
            raise ValueError(f'Expected by="epoch" or by="batch". Received: by={by!r}')
        if by == "epoch" and isinstance(schedule, Schedule):
            schedule = PerEpoch(schedule, steps_per_epoch=1, by="epoch")
        self.schedule = schedule
        self.by = by
        self._first = 0
        self._steps = 0

    def on_train_begin(self, logs=None):
        schedule = schedule_of(self.model.optimizer)
        if schedule is not None:
            raise UsageError(
                "Expected an optimizer with a number as its learning rate, because the callback "
                "ScheduleLearningRate sets it. Received: an optimizer with a schedule of its own, "
                f"{type(schedule).__name__}."
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
        self.model.optimizer.learning_rate = number(self.schedule(step))
