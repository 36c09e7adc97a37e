"""Random crops of enlarged images."""

import keras
from keras import ops

from kerasdl.augmentation import _arguments, _resample
from kerasdl.augmentation._layer import RandomImageLayer


@keras.saving.register_keras_serializable("kerasdl")
class RandomEnlargeCrop(RandomImageLayer):
    """Enlarges images, then cuts out a window of the original size at random.

    What torchvision's `Resize((40, 40))` and `RandomCrop(32)` do to images of 32x32, with a margin
    of 4: a window has four fifths of each side, as much enlarged, and no border that was
    not in the image. `RandomPadCrop` keeps the scale and shows a border.

    Each image has its own window, of `(2 * margin + 1) ** 2` equally likely ones. Images are
    enlarged bilinearly, pixel centres half a pixel inside.

    Args:
        margin: pixels by which every side of the enlarged image lies further out, 0 or more.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw: `offset`, int32 `(batch, 2)`, rows and columns from 0 to `2 * margin`.

    Raises:
        ValueError: a negative or fractional `margin`.

    Example:
    >>> import numpy as np
    >>> layer = RandomEnlargeCrop(margin=4, seed=0)
    >>> tuple(layer(np.zeros((2, 32, 32, 3), "uint8"), training=True).shape)
    (2, 32, 32, 3)
    """

    on_levels = False

    def __init__(self, margin=4, **kwargs):
        super().__init__(**kwargs)
        self.margin = _arguments.whole_number("margin", margin, 0)

    def draw_batch(self, shape, stream):
        """Two offsets for each image."""
        return {"offset": stream.integers((shape[0], 2), 2 * self.margin + 1)}

    def apply_batch(self, images, draw):
        """A window of each enlarged image."""
        _, height, width, _ = images.shape
        size = (height + 2 * self.margin, width + 2 * self.margin)
        images = ops.image.resize(
            ops.cast(images, "float32"), size, interpolation="bilinear", data_format="channels_last"
        )
        return _resample.windows(images, draw["offset"], height, width)

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "margin": self.margin}
