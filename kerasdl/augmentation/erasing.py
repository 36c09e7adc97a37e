"""Rectangles painted over: Random Erasing and Cutout."""

import keras
import numpy as np
from keras import ops

from kerasdl.augmentation import base, boxes


class _Erase(base.RandomImageLayer):
    """Paints a box of each image with `value`, or with the draw's `noise`."""

    def __init__(self, value=0, **kwargs):
        super().__init__(**kwargs)
        self.value = value

    def apply_batch(self, images, draw):
        """`value` inside the box, the image outside."""
        inside = boxes.mask(draw["box"], *images.shape[1:3])
        value = draw.get("noise", self._level())
        return ops.cast(images, "float32") * (1 - inside) + value * inside

    def _level(self):
        return ops.convert_to_tensor(0 if isinstance(self.value, str) else self.value, "float32")

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "value": self.value}


@keras.saving.register_keras_serializable("kerasdl")
class RandomErasing(_Erase):
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
        if not 0 <= probability <= 1:
            raise ValueError(
                f"Expected `probability` within [0, 1]. Received: probability={probability!r}"
            )
        self.probability = probability
        self.area = base.pair("area", area, 0, 1)
        self.aspect = base.pair("aspect", aspect, 1e-6, 1e6)
        if isinstance(value, str) and value != "random":
            raise ValueError(
                f"Expected `value` to be levels or 'random'. Received: value={value!r}"
            )

    def draw_batch(self, shape, seed):
        """A coin, an area, a shape and a place for each image."""
        batch, height, width, _ = shape
        unit = base.uniform((batch, 5), seed)
        pixels = base.between(unit[:, 1], *self.area) * (height * width)
        ratio = ops.exp(base.between(unit[:, 2], *np.log(self.aspect)))
        tall = ops.clip(ops.cast(ops.round(ops.sqrt(pixels * ratio)), "int32"), 1, height)
        wide = ops.clip(ops.cast(ops.round(ops.sqrt(pixels / ratio)), "int32"), 1, width)
        top = base.choice(unit[:, 3], height - tall + 1)
        left = base.choice(unit[:, 4], width - wide + 1)
        tall = tall * ops.cast(unit[:, 0] < self.probability, "int32")
        draw = {"box": ops.stack([top, left, tall, wide], axis=1)}
        if isinstance(self.value, str):
            draw["noise"] = 255 * base.uniform(shape, seed)
        return draw

    def get_config(self):
        """The arguments of `__init__`."""
        config = {"probability": self.probability, "area": self.area, "aspect": self.aspect}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("kerasdl")
class Cutout(_Erase):
    """Erases a square about a random pixel of every image, cut at the edges.

    DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks
    with Cutout" (2017), https://arxiv.org/abs/1708.04552, section 3.2: 16 pixels
    for CIFAR-10, 8 for CIFAR-100. They paint with 0 after normalization, which is
    the training images' mean before it: give that as `value` to do the same.

    Args:
        size: pixels, the side of the square, 1 or more.
        value: a level, 0 to 255, or one for each channel.
        seed, **kwargs: see `RandomImageLayer`.

    Draw: `box`, int32 `(batch, 4)`: top, left, height, width within the image.

    Raises:
        ValueError: a `size` that is no positive integer.

    Example:
    >>> import numpy as np
    >>> layer = Cutout(size=64, value=7)
    >>> int(np.asarray(layer(np.zeros((1, 8, 8, 3), "uint8"), training=True)).min())
    7
    """

    def __init__(self, size=16, value=0, **kwargs):
        super().__init__(value=value, **kwargs)
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(
                f"Expected `size` to be an integer, 1 or more. Received: size={size!r}"
            )
        self.size = size

    def draw_batch(self, shape, seed):
        """A place for each image."""
        unit = base.uniform((shape[0], 2), seed)
        return {"box": boxes.around(unit, self.size, self.size, *shape[1:3])}

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "size": self.size}
