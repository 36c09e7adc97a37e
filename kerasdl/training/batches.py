"""Mini-batches in an order that is the same on every backend.

Keras shuffles with the backend's own means, so one seed gives three orders. Here
NumPy draws a permutation for each epoch, keyed by seed and epoch: epoch 7 has
its order whether or not epochs 1 to 6 were run in this process.
"""

import contextlib

import keras

from kerasdl import augmentation, backend, discovery, random_state
from kerasdl.datasets import BatchStream, StreamedImages, epoch_order
from kerasdl.random import generators


class Batches(keras.utils.PyDataset):
    """`(x, y)`, or `(x, y, weights)`, in mini-batches, for `fit`, `evaluate` and `predict`.

    Args:
        x: array of examples, first axis the example; or `kerasdl.datasets.StreamedImages`, which
            with a `seed` are decoded ahead of time, until `close`.
        y: array of targets, or a dictionary of arrays, one an output.
        batch_size: examples a batch; the last batch may be smaller.
        seed: of the order; `None` keeps the order of the arrays.
        mixing: `Mixing` of the examples of a batch, or `None`.
        weights: factor of each example in the loss, `(n,)`; a batch is then `(x, y, weights)`.

    Example:
    >>> import numpy as np
    >>> batches = Batches(np.arange(5), np.arange(5), batch_size=2)
    >>> len(batches), batches[2]
    (3, (array([4]), array([4])))
    """

    def __init__(self, x, y, batch_size, seed=None, mixing=None, weights=None):
        super().__init__()
        self.x, self.y, self.batch_size, self.seed = x, y, batch_size, seed
        self.mixing, self.weights = mixing, weights
        self.order = None
        self._stream = None
        if seed is not None and isinstance(x, StreamedImages):
            on_cpu = not backend.accelerators()
            self._stream = BatchStream(x, batch_size, seed, low_priority=on_cpu)
        self.begin_epoch(0)

    def __len__(self):
        """Number of batches in an epoch."""
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, i):
        """The `i`-th batch of the epoch."""
        chosen = slice(i * self.batch_size, (i + 1) * self.batch_size)
        if self.order is not None:
            chosen = self.order[chosen]
        x = self.x[chosen] if self._stream is None else self._stream.batch(self.epoch, i, chosen)
        batch = x, keras.tree.map_structure(lambda array: array[chosen], self.y)
        if self.mixing is not None:
            batch = self.mixing(*batch, self.epoch, i)
        return batch if self.weights is None else (*batch, self.weights[chosen])

    def shuffled_arrays(self):
        """The arrays, a tuple like a batch, of which batches are rows; `None` where they are not.

        That is where they are mixed or decoded; or where the order is that of the arrays.
        """
        if self.order is None or self.mixing is not None or isinstance(self.x, StreamedImages):
            return None
        return (self.x, self.y) if self.weights is None else (self.x, self.y, self.weights)

    def rows(self):
        """The numbers of all examples of the running epoch in its order."""
        return self.order

    def begin_epoch(self, epoch):
        """Take the order of `epoch`, counted from 0."""
        self.epoch = epoch
        if self.seed is not None:
            self.order = epoch_order(len(self.x), self.seed, epoch)

    def close(self):
        """End the processes that decode, if there are any; batches may still be asked for."""
        if self._stream is not None:
            self._stream.close()


class Mixing:
    """MixUp or CutMix of the batches of a training.

    What is drawn follows from the seed, the epoch and the position of the batch in it: it is the
    same on every backend, in whatever order batches are asked for, and in a run that is resumed.

    Args:
        mix: `kerasdl.recipes.Mix`.
        seed: of the draws.

    Example:
    >>> import numpy as np
    >>> from kerasdl.recipes import Mix
    >>> mixing = Mixing(Mix("mix_up"), seed=0)
    >>> x, y = mixing(np.zeros((4, 8, 8, 3), "uint8"), np.eye(4, dtype="float32"), 0, 0)
    >>> x.dtype, y.shape
    (dtype('float32'), (4, 4))
    """

    def __init__(self, mix, seed):
        kind = getattr(augmentation, discovery.class_name(mix.name))
        self._layer = kind(mix.alpha, seed=seed)

    def __call__(self, images, labels, epoch, position):
        """Images `(batch, height, width, channels)` and labels `(batch, classes)`, both mixed."""
        layer = self._layer
        draw = layer.draw_batch(images.shape, layer.generator.at(epoch, position))
        # Of float32: levels are not rounded, as they would be to be uint8 again.
        mixed = layer.apply((images.astype("float32"), labels), draw)
        return tuple(map(keras.ops.convert_to_numpy, mixed))


class EpochOrder(keras.callbacks.Callback):
    """Gives `batches` the order, and random layers the numbers, of the epoch that begins."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        """Take both before the first batch is asked for."""
        self.batches.begin_epoch(epoch)
        for generator in generators(self.model):
            generator.begin_epoch(epoch)
        random_state.reseed(self.batches.seed, epoch)  # for random layers that are not ours


def predictions_of(model, split, batch_size=500):
    """What a model gives for a part of the data, in memory or in files.

    Args:
        model: a `keras.Model`.
        split: a `kerasdl.datasets.Split`.
        batch_size: examples a batch.

    Returns:
        An array, or a dictionary of arrays by output.
    """
    if split.is_streamed:
        return model.predict(backend.feed(Batches(split.x, split.y, batch_size)), verbose=0)
    return model.predict(split.x, batch_size=batch_size, verbose=0)


@contextlib.contextmanager
def naming_pictures(dataset):
    """Within it, a picture that cannot be read is the error that is raised.

    TensorFlow raises one of its own, with a traceback in its message.

    Args:
        dataset: a `kerasdl.datasets.Dataset`.
    """
    try:
        yield
    except Exception as error:
        for split in (dataset.train, dataset.validation, dataset.test):
            failure = split.x.failure if split is not None and split.is_streamed else None
            if failure is not None and failure is not error:
                raise failure from None
        raise
