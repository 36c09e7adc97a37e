"""The base class of all layers: a random draw for each image, then its application."""

import keras
from keras import ops

from kerasdl.augmentation import _seeds


class RandomImageLayer(keras.layers.Layer):
    """A layer that draws once for every image, then applies the draw.

    Subclasses write `draw_batch(shape, seed)`, the only place that is random,
    and `apply_batch(images, draw)`, which is a pure function: one fixed draw
    gives the same images on every backend. Both methods are called with batches only.
    A subclass is decorated by `@keras.saving.register_keras_serializable("kerasdl")`, and
    one with arguments of its own adds them in `get_config`, so that models with it can be
    saved. `_draws` and `_arguments` hold what the layers of this package share.

    Images are `(batch, height, width, channels)` or `(height, width, channels)`,
    of values from 0 to 255, uint8 or floating point; what comes out has the
    shape and the dtype of what went in (uint8 is rounded and clipped), so that
    a layer can stand anywhere in a pipeline. Height, width and channels must be
    known; the number of images need not be. Without `training=True` the layer
    is the identity.

    In `tf.data`, map without `num_parallel_calls`: parallel calls now and then
    read the same state of the generator. Or zip with `tf.data.Dataset.counter()`
    and give every call a seed of its own: `layer.apply(x, layer.draw(x, seed=i))`.
    Inside a `DataLoader` every worker draws for itself.

    Args:
        seed: integer, or `None` for a seed from Python's generator, which
            `keras.utils.set_random_seed` sets. Layers of different classes draw
            different numbers from equal seeds.
        **kwargs: `name` and `dtype`, as for any Keras layer.

    Raises:
        ValueError: `seed` is neither an integer nor `None`; images of another
            rank, or of unknown height, width or channels;
            `keras.config.image_data_format()` is `"channels_first"`.

    Example:
    >>> class RandomDarken(RandomImageLayer):
    ...     def draw_batch(self, shape, seed):
    ...         return {"factor": keras.random.uniform((shape[0], 1, 1, 1), seed=seed)}
    ...
    ...     def apply_batch(self, images, draw):
    ...         return keras.ops.cast(images, "float32") * draw["factor"]
    >>> layer = RandomDarken(seed=0)
    >>> images = np.full((2, 4, 4, 3), 200, "uint8")
    >>> out = layer.apply(images, {"factor": [[[[0.5]]], [[[1.0]]]]})
    >>> keras.ops.convert_to_numpy(out)[:, 0, 0, 0].tolist()
    [100, 200]
    """

    def __init__(self, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
            raise ValueError(f"Expected `seed` to be an integer or None. Received: seed={seed!r}")
        self.seed = seed
        own = None if seed is None else _seeds.spread(type(self).__name__, seed)
        self.generator = keras.random.SeedGenerator(own)
        self._worker = None  # seed of the DataLoader's worker that the generator has taken over

    def draw(self, images, seed=None):
        """Draw what happens to each image.

        Args:
            images: images, or only their shape.
            seed: integer, integer tensor or `keras.random.SeedGenerator`; the layer's
                own generator, which moves on at every call, where it is `None`.

        Returns:
            A dictionary of tensors whose first axis is the batch.
        """
        shape = tuple(images) if isinstance(images, tuple | list) else ops.shape(images)
        if seed is None:
            seed = self._generator()
        elif not isinstance(seed, keras.random.SeedGenerator):
            seed = _seeds.SeedsOf(seed, type(self).__name__, self.generator.state.dtype)
        return self.draw_batch(self._batch_shape(shape), seed)

    def apply(self, images, draw):
        """`images` after a draw; nothing random, and the same on every backend.

        Args:
            images: a batch, or one image.
            draw: what `draw` gives, or arrays like it.
        """
        images = ops.convert_to_tensor(images)
        shape = ops.shape(images)
        batch = images if len(shape) == 4 else ops.reshape(images, self._batch_shape(shape))
        out = self.apply_batch(batch, {key: ops.convert_to_tensor(x) for key, x in draw.items()})
        out = _as_dtype(out, keras.backend.standardize_dtype(images.dtype))
        return out if len(shape) == 4 else ops.reshape(out, shape)

    def draw_batch(self, shape, seed):
        """The draw for a shape `(batch, height, width, channels)`; for subclasses to write."""
        raise NotImplementedError

    def apply_batch(self, images, draw):
        """A batch after a draw, in any floating-point dtype; for subclasses to write."""
        raise NotImplementedError

    def call(self, images, training=False):
        """The augmented images in training, else `images` as they are."""
        return self.apply(images, self.draw(images)) if training else images

    def compute_output_spec(self, images, training=False):
        """The shape and the dtype of the input."""
        self._batch_shape(images.shape)
        return keras.KerasTensor(images.shape, dtype=images.dtype)

    def compute_output_shape(self, input_shape):
        """The shape of the input."""
        return input_shape

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "seed": self.seed}

    def _generator(self):
        """The layer's own generator, moved to numbers of its own in a `DataLoader`'s worker."""
        worker = _seeds.worker_seed()
        if worker is not None and worker != self._worker:
            now = int(self.generator.state[0])
            state = [_seeds.spread(type(self).__name__, self.seed, now, worker), 0]
            self.generator.state.assign(ops.convert_to_tensor(state, self.generator.state.dtype))
            self._worker = worker
        return self.generator

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
