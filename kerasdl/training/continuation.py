"""`fit` from the middle of an epoch on."""

import contextlib

import keras

from kerasdl import backend
from kerasdl.callbacks._batch_methods import needs_batch_end


def fit_from(network, batches, position, *, epochs, callbacks):
    """Train what is left of an epoch, and the epochs after it, as if it were one `fit`.

    Args:
        network: compiled.
        batches: the `Batches` of an epoch.
        position: number of epochs that are done, and of updates in the epoch after them.
        epochs: number of epochs of the whole training.
        callbacks: list of callbacks.
    """
    epoch, step = position
    seen = OneTraining(callbacks, network, epochs=epochs, steps=len(batches))
    options = {"epochs": epochs, "callbacks": seen, "verbose": 0}
    options["shuffle"] = False  # the batches have their order
    if step:
        network.test_on_batch(*batches[0])  # TensorFlow makes the metrics' variables at a batch
        seen.first, seen.is_last = step, False
        rest = backend.feed(RestOfEpoch(batches, step))
        with _not_finalized(network.optimizer):
            network.fit(rest, initial_epoch=epoch, **options | {"epochs": epoch + 1})
        seen.first, seen.is_last = 0, True
        epoch += 1
        if network.stop_training:
            epoch = epochs  # no epoch is left: the next call only ends the training
    network.fit(backend.feed(batches), initial_epoch=epoch, **options)


@contextlib.contextmanager
def _not_finalized(optimizer):
    """Within it the end of `fit` leaves the weights, in place of which averages may be kept."""
    optimizer.finalize_variable_values = lambda variables: None
    try:
        yield
    finally:
        del optimizer.finalize_variable_values


class RestOfEpoch(keras.utils.PyDataset):
    """The batches of an epoch from the one numbered `first`, from 0, on.

    Example:
    >>> import numpy as np
    >>> from kerasdl.training.batches import Batches
    >>> rest = RestOfEpoch(Batches(np.arange(5), np.arange(5), batch_size=2), first=1)
    >>> len(rest), rest[1]
    (2, (array([4]), array([4])))
    """

    def __init__(self, batches, first):
        super().__init__()
        self.batches, self.first = batches, first

    def __len__(self):
        """Number of batches that are left."""
        return len(self.batches) - self.first

    def __getitem__(self, i):
        """The `i`-th of them."""
        return self.batches[self.first + i]

    @property
    def batch_size(self):
        """Examples a batch."""
        return self.batches.batch_size

    def shuffled_arrays(self):
        """As of all batches."""
        return self.batches.shuffled_arrays()

    def rows(self):
        """The numbers of the examples that are left of the running epoch, in its order."""
        return self.batches.rows()[self.first * self.batch_size :]


class OneTraining(keras.callbacks.CallbackList):
    """Callbacks for which several calls of `fit` are one training.

    Training begins with the first call and ends with the last, and batches are counted from
    the start of their epoch.

    Args:
        callbacks: list of callbacks.
        model: compiled.
        epochs: number of epochs of the whole training.
        steps: number of batches in a whole epoch.

    Attributes:
        first: number in its epoch of the batch that `fit` calls 0.
        is_last: whether the call of `fit` is the last one.

    Example:
    >>> OneTraining([], model=None, epochs=3, steps=10).params
    {'epochs': 3, 'steps': 10}
    """

    def __init__(self, callbacks, model, epochs, steps):
        # `fit` returns the history.
        super().__init__(callbacks, add_history=True, model=model, epochs=epochs, steps=steps)
        self.first, self.is_last = 0, True
        self._has_begun, self._batch_end_matters = False, True
        self._together = 1 if model is None else model.steps_per_execution

    def on_train_begin(self, logs=None):
        """Before the first batch."""
        if not self._has_begun:
            super().on_train_begin(logs)
        self._has_begun = True
        self._keep_together()

    def on_train_end(self, logs=None):
        """After the last batch."""
        if self.is_last:
            super().on_train_end(logs)

    def on_train_batch_begin(self, batch, logs=None):
        """Before a batch."""
        super().on_train_batch_begin(self.first + batch, logs)

    def on_epoch_begin(self, epoch, logs=None):
        """Before the first batch of an epoch."""
        super().on_epoch_begin(epoch, logs)
        self._keep_together()
        self._batch_end_matters = any(map(needs_batch_end, self.callbacks))

    def on_train_batch_end(self, batch, logs=None):
        """After a batch: nothing, where no callback needs it in this epoch.

        Keras fetches the logs for it, in a thread on PyTorch and JAX, and a small network waits.
        """
        if self._batch_end_matters:
            # Of several updates in a call Keras gives the last, also where the epoch has ended before.
            super().on_train_batch_end(min(self.first + batch, self.params["steps"] - 1), logs)

    def _keep_together(self):
        """As many updates in a call as `fit` began with, if a callback has compiled the model."""
        if self._together > 1:
            self.model.steps_per_execution = self._together
