"""Keep the weights of the best epoch."""

import math

import keras


class BestEpoch(keras.callbacks.Callback):
    """Remembers the weights of the epoch whose `monitor` was best.

    Keras' `EarlyStopping(restore_best_weights=True)` does the same, but what it
    remembers cannot be saved in a checkpoint. Only validation may choose: `monitor`
    has to be a `val_*` quantity.

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

    def get_state(self):
        """What `Checkpoint` saves."""
        if self.weights is None:
            return {"epoch": None}
        weights = {f"weights/{i}": weight for i, weight in enumerate(self.weights)}
        return {"epoch": self.epoch, "value": float(self.value), **weights}

    def set_state(self, state):
        """Go on from what was saved."""
        if state["epoch"] is None:
            return
        self.epoch, self.value = state["epoch"], state["value"]
        count = sum(name.startswith("weights/") for name in state)
        self.weights = [state[f"weights/{i}"] for i in range(count)]

    def on_epoch_end(self, epoch, logs=None):
        """Keep the weights of this epoch if it is better; of equal epochs the first is kept."""
        value = logs[self.monitor]
        if self.sign * value > self.sign * self.value:
            self.epoch, self.value = epoch + 1, value
            self.weights = self.model.get_weights()
