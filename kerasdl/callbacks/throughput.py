"""Measure the time and the speed of the training part of an epoch."""

import time

import keras


class Throughput(keras.callbacks.Callback):
    """Puts `seconds` and `images_per_second` into the logs of every epoch.

    Only training is timed, not Keras' own validation, `Evaluate`, or what other
    callbacks do at the end of an epoch. The first epoch contains tracing and
    compilation. Nothing is done for a batch, so timing costs nothing.

    This callback stands first in the list: those before it would count as training.

    Args:
        images: number of training images (examples) in one epoch.

    Example:
    >>> history = model.fit(x, y, callbacks=[Throughput(len(x))], verbose=0)
    >>> [rate > 0 for rate in history.history["images_per_second"]]
    [True]
    """

    def __init__(self, images):
        super().__init__()
        if images < 1:
            raise ValueError(f"Expected a positive number of images. Received: images={images}")
        self.images = images
        self._started = None
        self._ended = None

    def get_state(self):
        """What `Checkpoint` saves: seconds that the running epoch has taken."""
        return {"seconds": 0.0 if self._started is None else time.perf_counter() - self._started}

    def set_state(self, state):
        """Nothing is kept from one epoch to the next."""

    def set_state_within_epoch(self, state):
        """Count the seconds before a kill too."""
        self._started -= state["seconds"]

    def on_epoch_begin(self, epoch, logs=None):
        self._ended = None
        self._started = time.perf_counter()

    def on_test_begin(self, logs=None):
        # Keras' own validation, inside the epoch.
        if self._started is not None and self._ended is None:
            # The last steps may still be queued on the device: wait for them.
            keras.ops.convert_to_numpy(self.model.optimizer.iterations)
            self._ended = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        # Keras has read the epoch's metrics by now, so the device has finished.
        seconds = (self._ended or time.perf_counter()) - self._started
        self._started = None
        if logs is not None:
            logs["seconds"] = round(seconds, 4)
            logs["images_per_second"] = round(self.images / max(seconds, 1e-9), 1)
