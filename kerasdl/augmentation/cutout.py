"""Cutout."""

import keras

from kerasdl.augmentation import _arguments, _boxes
from kerasdl.augmentation._erase import Erase


@keras.saving.register_keras_serializable("kerasdl")
class Cutout(Erase):
    """Erases a square about a random pixel of every image, cut at the edges.

    DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks
    with Cutout" (2017), https://arxiv.org/abs/1708.04552, section 3.2: 16 pixels
    for CIFAR-10, 8 for CIFAR-100. They paint with 0 after normalization, which is
    the training images' mean before it: give that as `value` to do the same.

    Args:
        size: pixels, the side of the square, 1 or more.
        value: a level, 0 to 255, or one for each channel.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw: `box`, int32 `(batch, 4)`: top, left, height, width within the image.

    Raises:
        ValueError: a `size` that is no positive integer, a level outside 0 to 255; at the
            call, levels that are not as many as the images' channels.

    Example:
    >>> import numpy as np
    >>> layer = Cutout(size=64, value=7)
    >>> int(np.asarray(layer(np.zeros((1, 8, 8, 3), "uint8"), training=True)).min())
    7
    """

    def __init__(self, size=16, value=0, **kwargs):
        if isinstance(value, str):
            raise ValueError(f"Expected `value` to be levels. Received: value={value!r}")
        super().__init__(value=value, **kwargs)
        self.size = _arguments.whole_number("size", size, 1)

    def draw_batch(self, shape, stream):
        """A place for each image."""
        return {
            "box": _boxes.around(stream.uniform((shape[0], 2)), self.size, self.size, *shape[1:3])
        }

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "size": self.size}
