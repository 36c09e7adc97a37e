"""Continue a run that was killed, from the end of one of its epochs, bit for bit."""

import math
import pathlib
import time

import keras
import numpy as np

from kerasdl.errors import UsageError
from kerasdl.files import written_whole

SHARE = 0.01  # of the time that saving may take


class BestEpoch(keras.callbacks.Callback):
    """Remembers the weights of the epoch whose `monitor` was best.

    Keras' `EarlyStopping(restore_best_weights=True)` does the same, but its
    memory cannot be saved in a checkpoint. Only validation may choose:
    `monitor` has to be a `val_*` quantity.

    Args:
        monitor: quantity in the logs, such as `"val_accuracy"`; losses and
            errors are best when small, everything else when large.

    Attributes:
        epoch: the best epoch so far, from 1, or `None`.
        value: what `monitor` was then.
        weights: list of arrays, `model.get_weights()` of that epoch.

    Raises:
        ValueError: `monitor` is no `val_*` quantity.

    Example:
    >>> BestEpoch("val_loss").epoch is None
    True
    """

    def __init__(self, monitor):
        super().__init__()
        if not monitor.startswith("val_"):
            raise ValueError(f"Expected a `val_*` quantity. Received: monitor={monitor!r}")
        self.monitor = monitor
        self.sign = -1 if monitor.endswith(("loss", "error")) else 1
        self.epoch, self.value, self.weights = None, -self.sign * math.inf, None

    def on_epoch_end(self, epoch, logs=None):
        """Compare; an earlier epoch wins a tie."""
        value = logs[self.monitor]
        if self.sign * value > self.sign * self.value:
            self.epoch, self.value = epoch + 1, value
            self.weights = self.model.get_weights()


class Checkpoint(keras.callbacks.Callback):
    """Saves, at the end of epochs, all that the next epoch depends on.

    That is: weights, moving statistics, the state of every seed generator
    (dropout, augmentation), and the optimizer's variables. The order of the
    images depends on seed and epoch alone. Saving takes about `SHARE` of the
    time at most: an epoch that ends too soon after the last save is left out,
    and trained again after a kill.

    Args:
        path: the `.npz` file, replaced at each save.
        best: a `BestEpoch` to save along, or `None`.

    Example:
    >>> checkpoint = Checkpoint("checkpoint.npz")
    >>> # model.fit(..., initial_epoch=checkpoint.restore(model), callbacks=[checkpoint])
    """

    def __init__(self, path, best=None):
        super().__init__()
        self.path, self.best = pathlib.Path(path), best
        self._saved_at, self._cost = time.perf_counter(), 0.0

    def on_epoch_end(self, epoch, logs=None):
        """Save, unless it was done a moment ago, or the loss is no number any more."""
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            return  # a resumed run has to diverge in its turn, and be stopped for it
        started = time.perf_counter()
        if (started - self._saved_at) * SHARE < self._cost:
            return
        arrays = {"epoch": np.array(epoch + 1)}
        arrays |= {f"state/{i}": _array(v) for i, v in enumerate(_state(self.model))}
        if self.best is not None and self.best.weights is not None:
            arrays["best_epoch"] = np.array([self.best.epoch, self.best.value])
            arrays |= {f"best/{i}": w for i, w in enumerate(self.best.weights)}
        with written_whole(self.path, alone=True) as temporary, open(temporary, "wb") as file:
            np.savez(file, **arrays)
        self._saved_at = time.perf_counter()
        self._cost = self._saved_at - started

    def restore(self, model):
        """Put a compiled `model` where the file left it; returns the number of epochs done.

        Returns 0, and changes nothing, where there is no file.

        Raises:
            UsageError: the file is of another network.
        """
        try:
            saved = np.load(self.path, allow_pickle=False)
        except FileNotFoundError:
            return 0
        with saved:
            model.optimizer.build(model.trainable_variables)
            state = {f"state/{i}": variable for i, variable in enumerate(_state(model))}
            shapes = {name: saved[name].shape for name in saved if name.startswith("state/")}
            if shapes != {name: tuple(variable.shape) for name, variable in state.items()}:
                raise UsageError(
                    f"{self.path} was saved while another network was trained: --overwrite starts "
                    "anew, --out writes elsewhere."
                )
            for name, variable in state.items():
                variable.assign(saved[name])
            if self.best is not None and "best_epoch" in saved:
                epoch, self.best.value = saved["best_epoch"].tolist()
                self.best.epoch = int(epoch)
                self.best.weights = [saved[f"best/{i}"] for i in range(len(model.weights))]
            return int(saved["epoch"])


def _state(model):
    """Weights, seed generators and optimizer; metrics begin anew with every epoch."""
    metrics = {id(variable) for variable in model.metrics_variables}
    own = [variable for variable in model.variables if id(variable) not in metrics]
    return own + model.optimizer.variables


def _array(variable):
    return keras.ops.convert_to_numpy(variable.value)
