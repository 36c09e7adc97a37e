"""Gaussian noise."""

import keras
from keras import ops

from kerasdl.augmentation import _arguments
from kerasdl.augmentation._layer import RandomImageLayer


@keras.saving.register_keras_serializable("kerasdl")
class RandomGaussianNoise(RandomImageLayer):
    """Adds normally distributed noise to every level, independently.

    `keras.layers.GaussianNoise` does the same to floating-point tensors; this one
    also takes uint8, stays within the range, and separates the draw.

    Args:
        stddev: in levels of 255, 0 or more: 0.05 of the range is 12.75.
        clip: keep floating-point results within the range, as uint8 ones always are.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw: `noise`, float32 levels, the images' shape.

    Raises:
        ValueError: a `stddev` that is no number or negative.

    Example:
    >>> import numpy as np
    >>> layer = RandomGaussianNoise(stddev=12.75, seed=0)
    >>> noisy = np.asarray(layer(np.full((1, 32, 32, 3), 128.0), training=True))
    >>> bool(8 < noisy.std() < 18)
    True
    """

    def __init__(self, stddev=12.75, clip=True, **kwargs):
        super().__init__(**kwargs)
        self.stddev, self.clip = _arguments.number("stddev", stddev, 0), clip

    def draw_batch(self, shape, stream):
        """A number for every level."""
        return {"noise": self.stddev * stream.normal(shape)}

    def apply_batch(self, images, draw):
        """The sum, clipped where asked for."""
        out = ops.cast(images, "float32") + draw["noise"]
        return ops.clip(out, 0, 255) if self.clip else out

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "stddev": self.stddev, "clip": self.clip}
