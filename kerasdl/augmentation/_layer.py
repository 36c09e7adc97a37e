"""The base class of all layers: a random draw for each image, then its application."""

import keras
import numpy as np
from keras import ops

from kerasdl.augmentation import _arguments, _foreign, _range, _workers
from kerasdl.random import Generator


class RandomImageLayer(keras.layers.Layer):
    """A layer that draws once for every image, then applies the draw.

    Subclasses write `draw_batch(shape, stream)`, the only place that is random,
    and `apply_batch(images, draw)`, which is a pure function: one fixed draw
    gives the same images on every backend. Both methods are called with batches only.
    `stream` is a `kerasdl.random.Stream`, whose numbers are the same on every backend;
    `kerasdl.random.units` turns its uniform numbers into others.
    A subclass is decorated by `@keras.saving.register_keras_serializable("kerasdl")`, and
    one with arguments of its own adds them in `get_config`, so that models with it can be
    saved. `_draws` and `_arguments` hold what the layers of this package share.

    Images are `(batch, height, width, channels)` or `(height, width, channels)`,
    uint8 or floating point; what comes out has the shape and the dtype of what went
    in (uint8 is rounded and clipped), whatever the `dtype` policy, so that a layer can
    stand anywhere in a pipeline. Height, width and channels must be known; the number
    of images need not be. Without `training=True` the layer is the identity.

    Values go from 0 to 255, or as `value_range` says: black and white. All levels in
    arguments and draws are on the scale from 0 to 255 whatever the range is, so that
    one pipeline does the same to images of any. `apply_batch` is given levels too, unless
    the class says `on_levels = False`, because it does not compute with them.

    In `tf.data`, on TensorFlow only, map without `num_parallel_calls`: parallel calls now and then
    read the same state of the generator. Or number the calls yourself. The counter has
    to go on from epoch to epoch, so repeat the data before it, and tell `fit` how many
    steps an epoch has:

        numbered = tf.data.Dataset.zip(data.repeat(), tf.data.Dataset.counter())
        numbered.map(lambda x, i: layer.apply(x, layer.draw(x, step=i)), num_parallel_calls=4)

    Inside a `DataLoader` every worker draws for itself, unless the calls are numbered.

    Args:
        seed: integer, or `None` for a seed from Python's generator, which
            `keras.utils.set_random_seed` sets. Layers of different classes draw
            different numbers from equal seeds.
        value_range: `(low, high)`, the values of black and white in the images.
        **kwargs: `name` and `dtype`, as for any Keras layer.

    Raises:
        ValueError: `seed` is neither an integer nor `None`; `value_range` is no range;
            at the call, images of another rank, or of unknown height, width or channels;
            integers where `value_range` is not (0, 255); a tensor of `tf.data` on PyTorch and
            JAX; a NumPy array with values that
            cannot be of `value_range`; `keras.config.image_data_format()` is
            `"channels_first"`.

    Example:
    >>> class RandomDarken(RandomImageLayer):
    ...     def draw_batch(self, shape, stream):
    ...         return {"factor": stream.uniform((shape[0], 1, 1, 1))}
    ...
    ...     def apply_batch(self, images, draw):
    ...         return keras.ops.cast(images, "float32") * draw["factor"]
    >>> layer = RandomDarken(seed=0)
    >>> images = np.full((2, 4, 4, 3), 200, "uint8")
    >>> out = layer.apply(images, {"factor": [[[[0.5]]], [[[1.0]]]]})
    >>> keras.ops.convert_to_numpy(out)[:, 0, 0, 0].tolist()
    [100, 200]
    """

    on_levels = True  # whether `apply_batch` is given levels, whatever `value_range` is
    checks_values = True  # whether arrays are refused whose values cannot be of `value_range`

    def __init__(self, *, seed=None, value_range=_range.LEVELS, **kwargs):
        # Without `autocast`, which would change the dtype of what goes in.
        super().__init__(autocast=False, **kwargs)
        self.seed = int(seed) if _arguments.is_whole(seed) else seed
        self.value_range = _arguments.value_range(value_range)
        self.generator = Generator(seed, type(self).__name__)
        self._worker = None  # seed of the DataLoader's worker that the generator draws for

    def draw(self, images, step=None):
        """Draw what happens to each image.

        Args:
            images: images, or only their shape.
            step: which step's draw, an integer or an integer tensor. Where it is `None`,
                the next one's: the generator counts the calls of an epoch.

        Returns:
            A dictionary of tensors whose first axis is the batch.
        """
        shape = tuple(images) if isinstance(images, tuple | list) else ops.shape(images)
        stream = self._next_step() if step is None else self.generator.at(0, step)
        return self.draw_batch(self._batch_shape(shape), stream)

    def apply(self, images, draw):
        """`images` after a draw; nothing random, and the same on every backend.

        Args:
            images: a batch, or one image.
            draw: what `draw` gives, or arrays like it.
        """
        _foreign.expect_no_graph_of_tensorflow(images, type(self).__name__)
        self._expect_values(images)
        images = ops.convert_to_tensor(images)
        dtype = self._expect_dtype(images.dtype)
        shape = ops.shape(images)
        batch = images if len(shape) == 4 else ops.reshape(images, self._batch_shape(shape))
        draw = {key: ops.convert_to_tensor(x) for key, x in draw.items()}
        if self.on_levels:
            levels = self.apply_batch(_range.to_levels(batch, self.value_range), draw)
            out = _range.from_levels(levels, self.value_range)
        else:
            out = self.apply_batch(batch, draw)
        out = _as_dtype(out, dtype)
        return out if len(shape) == 4 else ops.reshape(out, shape)

    def draw_batch(self, shape, stream):
        """The draw for a shape `(batch, height, width, channels)`; for subclasses to write."""
        raise NotImplementedError

    def apply_batch(self, images, draw):
        """A batch after a draw, in any floating-point dtype; for subclasses to write."""
        raise NotImplementedError

    def __call__(self, images, *args, **kwargs):
        _foreign.expect_no_graph_of_tensorflow(images, type(self).__name__)
        self._expect_values(images)
        return super().__call__(images, *args, **kwargs)

    def call(self, images, training=False):
        """The augmented images in training, else `images` as they are."""
        return self.apply(images, self.draw(images)) if training else images

    def compute_output_spec(self, images, training=False):
        """The shape and the dtype of the input."""
        self._batch_shape(images.shape)
        self._expect_dtype(images.dtype)
        return keras.KerasTensor(images.shape, dtype=images.dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the input."""
        return input_shape

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "seed": self.seed, "value_range": self.value_range}

    def _expect_values(self, images):
        """Refuse a NumPy array with other values; to read a tensor's could wait for a device."""
        if self.checks_values and isinstance(images, np.ndarray) and images.dtype.kind in "buif":
            _range.expect_values(images, self.value_range, type(self).__name__)

    def _expect_dtype(self, dtype):
        """The name of the dtype, if images of it can have values of the range."""
        dtype = keras.backend.standardize_dtype(dtype)
        if self.value_range != _range.LEVELS and not keras.backend.is_float_dtype(dtype):
            raise ValueError(
                f"{type(self).__name__} expects floating-point images where `value_range` is not "
                f"(0, 255). Received: {dtype} images and value_range={self.value_range}"
            )
        return dtype

    def _next_step(self):
        """The stream of the next step, in a `DataLoader`'s worker of one of its own."""
        worker = _workers.worker_seed()
        if worker is not None and worker != self._worker:
            self.generator.name = f"{type(self).__name__}/{worker}"
            self.generator.begin_epoch(0)
            self._worker = worker
        return self.generator.next_step()

    def _batch_shape(self, shape):
        """`shape` with an axis of images, after checking that it is of images."""
        shape = tuple(shape)
        if keras.config.image_data_format() != "channels_last":
            raise ValueError(
                f"{type(self).__name__} expects images with the channels last. "
                f"Received: keras.config.image_data_format()={keras.config.image_data_format()!r}"
            )
        if len(shape) not in (3, 4) or not all(isinstance(size, int) for size in shape[-3:]):
            raise ValueError(
                f"{type(self).__name__} expects images of shape (batch, height, width, channels) "
                "or (height, width, channels), all known but the batch. "
                f"Received: shape={shape}"
            )
        return shape if len(shape) == 4 else (1, *shape)


def _as_dtype(images, dtype):
    if keras.backend.standardize_dtype(images.dtype) == dtype:
        return images
    if "int" in dtype:
        images = ops.clip(ops.round(images), 0, 255)
    return ops.cast(images, dtype)
