"""RandAugment."""

import keras
from keras import ops

from kerasdl.augmentation import _arguments, _operations
from kerasdl.augmentation._policy import Policy


@keras.saving.register_keras_serializable("kerasdl")
class RandAugment(Policy):
    """Applies `num_ops` operations of one strength to each image, drawn with replacement.

    Cubuk et al., "RandAugment: Practical automated data augmentation with a reduced
    search space" (2019), https://arxiv.org/abs/1909.13719, with the 14 operations
    and the ranges of torchvision's `RandAugment`, nearest-neighbour sampling
    included. Images are rounded to the 256 levels first, whatever their `value_range`, and
    an image with a NaN comes out as NaN. Keras' own draws one operation for the whole batch, with strengths
    of its own.

    Args:
        num_ops: how many operations, 1 or more.
        magnitude: 0 to 30 of 31 bins; the paper uses 5 to 15 on CIFAR.
        fill_value: the level, 0 to 255, outside of moved images.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw, int32 `(batch, num_ops)`: `operation`, an index of
    `kerasdl.augmentation.OPERATIONS`; `bin`,
    always `magnitude`; `sign`, 1 or -1, which operations without a direction ignore.

    Raises:
        ValueError: `num_ops`, `magnitude` or `fill_value` out of range; at the call, images that
            have neither 1 nor 3 channels.

    Example:
    >>> import numpy as np
    >>> layer = RandAugment(num_ops=2, magnitude=9, seed=0)
    >>> tuple(layer(np.zeros((2, 32, 32, 3), "uint8"), training=True).shape)
    (2, 32, 32, 3)
    """

    def __init__(self, num_ops=2, magnitude=9, fill_value=0, **kwargs):
        super().__init__(num_ops, fill_value, **kwargs)
        self.magnitude = _arguments.whole_number("magnitude", magnitude, 0, _operations.BINS - 1)

    def bins(self, unit):
        """Always `magnitude`."""
        return ops.full_like(unit, self.magnitude, dtype="int32")

    def magnitudes(self, height, width):
        """Those of torchvision's `RandAugment`."""
        return _operations.magnitudes(
            shear=0.3,
            across=150 / 331 * width,
            down=150 / 331 * height,
            degrees=30,
            factor=0.9,
            bits=4,
        )

    def get_config(self):
        """The arguments of `__init__`."""
        config = {"num_ops": self.num_ops, "magnitude": self.magnitude}
        return {**super().get_config(), **config}
