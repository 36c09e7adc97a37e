"""Random Erasing."""

import functools

import keras
import numpy as np
from keras import ops

from kerasdl.augmentation import _arguments
from kerasdl.augmentation._erase import Erase
from kerasdl.random import units


@keras.saving.register_keras_serializable("kerasdl")
class RandomErasing(Erase):
    """Erases one rectangle of random place, area and shape from some of the images.

    Zhong et al., "Random Erasing Data Augmentation" (2017),
    https://arxiv.org/abs/1708.04896, algorithm 1, with torchvision's ranges. A
    rectangle that would not fit is cut to the image, where the paper draws again.
    Keras' `RandomErasing(factor=1.0)` erases only about half of the images.

    Args:
        probability: of an image being erased, 0 to 1.
        area: range of the erased fraction of the image, within 0 to 1.
        aspect: range of height divided by width, drawn uniformly in its logarithm.
        value: a level, 0 to 255, one for each channel, or `"random"` for a level
            drawn for every pixel and channel, which the paper found best.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw: `box`, int32 `(batch, 4)`: top, left, height, width, of height 0 where
    nothing is erased; with `value="random"` also `noise`, float32, the images' shape.

    Raises:
        ValueError: a probability, a range or a level that is none; at the call, levels that
            are not as many as the images' channels.

    Example:
    >>> import numpy as np
    >>> layer = RandomErasing(probability=1.0, area=(1.0, 1.0), aspect=(1.0, 1.0), value=7)
    >>> int(np.asarray(layer(np.zeros((1, 8, 8, 3), "uint8"), training=True)).min())
    7
    """

    def __init__(self, probability=0.5, area=(0.02, 0.33), aspect=(0.3, 3.3), value=0, **kwargs):
        if isinstance(value, str) and value != "random":
            raise ValueError(
                f"Expected `value` to be levels or 'random'. Received: value={value!r}"
            )
        super().__init__(value=value, **kwargs)
        self.probability = _arguments.probability("probability", probability)
        self.area = _arguments.number_range("area", area, 0, 1)
        self.aspect = _arguments.number_range("aspect", aspect, 1e-6, 1e6)

    def draw_batch(self, shape, stream):
        """A coin, an area, a shape and a place for each image."""
        batch, height, width, _ = shape
        unit = stream.uniform((batch, 5))
        sides, stretch = _tables(self.area, self.aspect, height * width)
        side = units.quantile(unit[:, 1], sides)
        tall = side * units.quantile(unit[:, 2], stretch)
        wide = side * units.quantile(unit[:, 2], 1 / stretch)
        tall = ops.clip(ops.cast(ops.round(tall), "int32"), 1, height)
        wide = ops.clip(ops.cast(ops.round(wide), "int32"), 1, width)
        top = units.whole(unit[:, 3], height - tall + 1)
        left = units.whole(unit[:, 4], width - wide + 1)
        tall = tall * ops.cast(unit[:, 0] < self.probability, "int32")
        draw = {"box": ops.stack([top, left, tall, wide], axis=1)}
        if isinstance(self.value, str):
            draw["noise"] = 255 * stream.uniform(shape)
        return draw

    def get_config(self):
        """The arguments of `__init__`."""
        config = {"probability": self.probability, "area": self.area, "aspect": self.aspect}
        return {**super().get_config(), **config}


@functools.cache
def _tables(area, aspect, pixels):
    """Square roots of the erased area and of height / width, as tables for `units.quantile`."""
    steps = np.linspace(0, 1, units.INTERVALS + 1)
    low, high = np.multiply(area, pixels)
    sides = np.sqrt(low + (high - low) * steps)
    low, high = np.log(aspect)
    return sides, np.exp((low + (high - low) * steps) / 2)
