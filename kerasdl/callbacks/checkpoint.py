"""Save a run, and continue it after a kill as if nothing had happened."""

import math
import pathlib
import time

import keras
import numpy as np

from kerasdl.errors import UsageError
from kerasdl.files import written_whole

SHARE = 0.01  # of the training time that saving may take


class Checkpoint(keras.callbacks.Callback):
    """Saves, at the end of epochs, all that the next epoch depends on.

    That is: weights, moving statistics, the state of every seed generator
    (dropout, augmentation), and the optimizer's variables. The order of the
    examples depends on seed and epoch alone. A run that is continued from the file
    is, bit for bit, the run that was not killed. Saving takes at most about `SHARE`
    of the time: after an epoch that ends too soon after the last save nothing is
    saved, and it is trained again after a kill.

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
        """Save, unless the last save was a moment ago or the loss is no number any more."""
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            return  # a run that is resumed has to diverge again, to be stopped for it
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
        """Bring a compiled `model` to the state in the file.

        Returns:
            The number of epochs that were done; 0, with the model unchanged, where there
            is no file.

        Raises:
            UsageError: the file was saved with another network.
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
