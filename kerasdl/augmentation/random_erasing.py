"""Random Erasing."""

import keras
import numpy as np
from keras import ops

from kerasdl.augmentation import _arguments, _draws
from kerasdl.augmentation._erase import Erase


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
        seed, **kwargs: see `RandomImageLayer`.

    Draw: `box`, int32 `(batch, 4)`: top, left, height, width, of height 0 where
    nothing is erased; with `value="random"` also `noise`, float32, the images' shape.

    Raises:
        ValueError: a probability or a range that is none.

    Example:
    >>> import numpy as np
    >>> layer = RandomErasing(probability=1.0, area=(1.0, 1.0), aspect=(1.0, 1.0), value=7)
    >>> int(np.asarray(layer(np.zeros((1, 8, 8, 3), "uint8"), training=True)).min())
    7
    """

    def __init__(self, probability=0.5, area=(0.02, 0.33), aspect=(0.3, 3.3), value=0, **kwargs):
        super().__init__(value=value, **kwargs)
        self.probability = _arguments.probability("probability", probability)
        self.area = _arguments.number_range("area", area, 0, 1)
        self.aspect = _arguments.number_range("aspect", aspect, 1e-6, 1e6)
        if isinstance(value, str) and value != "random":
            raise ValueError(
                f"Expected `value` to be levels or 'random'. Received: value={value!r}"
            )

    def draw_batch(self, shape, seed):
        """A coin, an area, a shape and a place for each image."""
        batch, height, width, _ = shape
        unit = _draws.uniform((batch, 5), seed)
        pixels = _draws.between(unit[:, 1], *self.area) * (height * width)
        ratio = ops.exp(_draws.between(unit[:, 2], *np.log(self.aspect)))
        tall = ops.clip(ops.cast(ops.round(ops.sqrt(pixels * ratio)), "int32"), 1, height)
        wide = ops.clip(ops.cast(ops.round(ops.sqrt(pixels / ratio)), "int32"), 1, width)
        top = _draws.choice(unit[:, 3], height - tall + 1)
        left = _draws.choice(unit[:, 4], width - wide + 1)
        tall = tall * ops.cast(unit[:, 0] < self.probability, "int32")
        draw = {"box": ops.stack([top, left, tall, wide], axis=1)}
        if isinstance(self.value, str):
            draw["noise"] = 255 * _draws.uniform(shape, seed)
        return draw

    def get_config(self):
        """The arguments of `__init__`."""
        config = {"probability": self.probability, "area": self.area, "aspect": self.aspect}
        return {**super().get_config(), **config}
