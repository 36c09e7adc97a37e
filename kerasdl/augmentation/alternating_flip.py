"""Mirror images in every other epoch."""

import keras
import numpy as np
from keras import ops

from kerasdl.augmentation import _draws, _range
from kerasdl.augmentation._layer import RandomImageLayer

PRIME = 1021  # greater than 255, and small enough for sums of int32


@keras.saving.register_keras_serializable("kerasdl")
class AlternatingFlip(RandomImageLayer):
    """Mirrors an image left to right or not, by chance, and the other way in the next epoch.

    Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (https://arxiv.org/abs/2404.00498),
    section 3.6: two epochs in a row show both sides of every image, where independent coins show
    half of the images the same side twice.

    An image is known by its pixels: a hash of them, keyed by the seed, is its coin. So nothing has
    to be remembered of it, in whatever batch it comes and on whatever backend, in a resumed run
    too. Therefore this layer stands before all layers that change pixels. The epoch is that of the
    layer's generator, which `kerasdl.training` sets as it begins an epoch; in a training loop of
    your own, call `layer.generator.begin_epoch(epoch)`.

    The hash is h = (sum of weight_k pixel_k) mod 1021, with weights drawn by the seed for each
    column and channel and then for each row, and the coin h < 511: two different images have
    independent coins, up to 1/1021.

    Args:
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw: `flip`, bool `(batch,)`. A shape alone has no pixels: its coins are independent.

    Example:
    >>> layer = AlternatingFlip(seed=0)
    >>> images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), "uint8")
    >>> even = keras.ops.convert_to_numpy(layer.draw(images)["flip"])
    >>> layer.generator.begin_epoch(1)
    >>> odd = keras.ops.convert_to_numpy(layer.draw(images)["flip"])
    >>> bool((even != odd).all())
    True
    """

    on_levels = False

    def draw(self, images, step=None):
        """Which images are mirrored in this epoch; with a given `step`, in the first."""
        if isinstance(images, tuple | list):
            return super().draw(images, step)
        images = ops.convert_to_tensor(images)
        batch = ops.reshape(images, self._batch_shape(ops.shape(images)))
        coin = self._hashes(_whole_levels(batch, self.value_range)) < (PRIME + 1) // 2
        if step is not None:
            return {"flip": coin}
        epoch, _ = ops.unstack(ops.cast(self.generator.next(), "int32"))
        return {"flip": ops.not_equal(coin, ops.equal(epoch % 2, 1))}

    def draw_batch(self, shape, stream):
        """A coin for each image, whatever it is."""
        return {"flip": stream.uniform((shape[0],)) < 0.5}

    def apply_batch(self, images, draw):
        """The image or its mirror image."""
        return ops.where(_draws.per_image(draw["flip"]), ops.flip(images, axis=2), images)

    def _hashes(self, levels):
        """int32 `(batch,)` from 0 to 1020, of int32 levels `(batch, height, width, channels)`."""
        _, height, width, channels = levels.shape
        rng = np.random.default_rng(self.generator.seed)
        by_row, by_place = (
            ops.convert_to_tensor(rng.integers(PRIME, size=size, dtype="int64"), "int32")
            for size in (height, width * channels)
        )
        rows = ops.reshape(levels, (-1, height, width * channels))
        # The products are at most 255 * 1020, so that 8,000 of them have a sum in int32.
        of_rows = ops.sum(rows * by_place, axis=2) % PRIME
        return ops.cast(ops.sum(of_rows * by_row, axis=1) % PRIME, "int32")


def _whole_levels(images, value_range):
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(images.dtype)):
        return ops.cast(images, "int32")
    levels = _range.to_levels(ops.cast(images, "float32"), value_range)
    return ops.cast(ops.round(levels), "int32")
