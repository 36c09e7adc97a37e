"""TrivialAugmentWide."""

import keras

from kerasdl.augmentation import _operations
from kerasdl.augmentation._policy import Policy
from kerasdl.random import units


@keras.saving.register_keras_serializable("kerasdl")
class TrivialAugmentWide(Policy):
    """Applies one operation of random strength to each image; nothing to tune.

    Müller and Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data
    Augmentation" (2021), https://arxiv.org/abs/2103.10158, the "wide" space of
    table 1, in 31 bins as in torchvision's `TrivialAugmentWide`, nearest-neighbour
    sampling included. Images are rounded to the 256 levels first, whatever their
    `value_range`, and an image with a NaN comes out as NaN.

    Args:
        fill_value: the level, 0 to 255, outside of moved images.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw, int32 `(batch, 1)`: `operation`, an index of
    `kerasdl.augmentation.OPERATIONS`; `bin`, 0 to 30;
    `sign`, 1 or -1, which operations without a direction ignore.

    Raises:
        ValueError: `fill_value` out of range; at the call, images that have neither 1 nor 3 channels.

    Example:
    >>> import numpy as np
    >>> layer = TrivialAugmentWide(seed=0)
    >>> tuple(layer(np.zeros((2, 32, 32, 3), "uint8"), training=True).shape)
    (2, 32, 32, 3)
    """

    def __init__(self, fill_value=0, **kwargs):
        super().__init__(1, fill_value, **kwargs)

    def bins(self, unit):
        """Any bin, all equally likely."""
        return units.whole(unit, _operations.BINS)

    def magnitudes(self, height, width):
        """Those of torchvision: translations are in pixels, whatever the image's size."""
        return _operations.magnitudes(
            shear=0.99, across=32, down=32, degrees=135, factor=0.99, bits=6
        )
