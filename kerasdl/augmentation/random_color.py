"""Brightness, contrast, saturation and hue."""

import keras
from keras import ops

from kerasdl.augmentation import _arguments, _draws
from kerasdl.augmentation._layer import RandomImageLayer
from kerasdl.random import units

LUMA = (0.299, 0.587, 0.114)  # ITU-R 601, as Pillow's mode "L"


@keras.saving.register_keras_serializable("kerasdl")
class RandomColor(RandomImageLayer):
    """Changes brightness, contrast, saturation and hue, in this order, in floating point.

    The first three are Pillow's `ImageEnhance.Brightness`, `Contrast` and
    `Color`: by a factor `f`, `d + f (x - d)` with `d` black, the mean luminance
    of the image, or the pixel's own luminance, each clipped to the range. Hue is
    turned in HSV. Ranges are those of torchvision's `ColorJitter`, whose order is
    random. Keras' `RandomColorJitter` measures contrast per channel and adds
    brightness instead of multiplying it.

    Args:
        brightness, contrast, saturation: `0.2` draws factors from 0.8 to 1.2,
            `(0.5, 1.5)` as it says; 0 leaves it out.
        hue: fraction of the colour circle, at most 0.5; `0.1` draws from -0.1 to
            0.1; 0 leaves it out.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw, uniform and float32 `(batch,)`: `brightness`, `contrast`, `saturation`,
    `hue`, as far as they are not left out.

    Raises:
        ValueError: a negative factor, a hue beyond half a turn; at the call, hue
            of images that have neither 1 nor 3 channels. The luminance of images
            that have not 3 is the mean of their channels.

    Example:
    >>> import numpy as np
    >>> layer = RandomColor(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1, seed=0)
    >>> tuple(layer(np.zeros((2, 32, 32, 3), "uint8"), training=True).shape)
    (2, 32, 32, 3)
    """

    def __init__(self, brightness=0, contrast=0, saturation=0, hue=0, **kwargs):
        super().__init__(**kwargs)
        self.brightness = _factors("brightness", brightness)
        self.contrast = _factors("contrast", contrast)
        self.saturation = _factors("saturation", saturation)
        self.hue = _arguments.number_range("hue", hue, -0.5, 0.5)
        neutral = {"brightness": 1, "contrast": 1, "saturation": 1, "hue": 0}
        self.active = tuple(key for key, x in neutral.items() if getattr(self, key) != (x, x))

    def draw_batch(self, shape, stream):
        """One number for each image and active part."""
        unit = stream.uniform((shape[0], max(len(self.active), 1)))
        return {
            key: units.between(unit[:, i], *getattr(self, key)) for i, key in enumerate(self.active)
        }

    def apply_batch(self, images, draw):
        """Every part that the draw names."""
        x = ops.cast(images, "float32")
        if "brightness" in draw:
            x = _blend(x, 0.0, draw["brightness"])
        if "contrast" in draw:
            mean = ops.mean(luminance(x), axis=(1, 2, 3), keepdims=True)
            x = _blend(x, mean, draw["contrast"])
        if "saturation" in draw:
            x = _blend(x, luminance(x), draw["saturation"])
        if "hue" in draw:
            x = turn_hue(x, _draws.per_image(draw["hue"]))
        return x

    def get_config(self):
        """The arguments of `__init__`."""
        names = ("brightness", "contrast", "saturation", "hue")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def luminance(images):
    """`(..., channels)` to `(..., 1)`: ITU-R 601 of three channels, the mean of others."""
    if images.shape[-1] != 3:
        return ops.mean(images, axis=-1, keepdims=True)
    red, green, blue = LUMA
    return red * images[..., :1] + green * images[..., 1:2] + blue * images[..., 2:]


def turn_hue(images, turns):
    """Colours moved round the HSV hexagon; value and saturation stay.

    Args:
        images: float32 `(batch, height, width, channels)`.
        turns: broadcasts against them; 1 is the whole circle.
    """
    if images.shape[-1] == 1:
        return images
    if images.shape[-1] != 3:
        raise ValueError(f"Expected 1 or 3 channels to turn hue. Received: shape={images.shape}")
    red, green, blue = images[..., :1], images[..., 1:2], images[..., 2:]
    value = ops.maximum(ops.maximum(red, green), blue)
    chroma = value - ops.minimum(ops.minimum(red, green), blue)
    scale = 1 / ops.maximum(chroma, 1e-12)
    # Which is largest is not asked by `value == red`: a compiler that computes `red` twice may round
    # it twice. At a tie both cases here give the same hue.
    sixths = ops.where(
        ops.logical_and(red >= green, red >= blue),
        (green - blue) * scale,
        ops.where(green >= blue, 2 + (blue - red) * scale, 4 + (red - green) * scale),
    )
    sixths = sixths + 6 * turns

    def channel(start):
        k = start + sixths
        k = k - 6 * ops.floor(k / 6)
        return value - chroma * ops.clip(ops.minimum(k, 4 - k), 0, 1)

    return ops.concatenate([channel(start) for start in (5.0, 3.0, 1.0)], axis=-1)


def _blend(images, base_level, factor):
    out = base_level + _draws.per_image(factor) * (images - base_level)
    return ops.clip(out, 0, 255)


def _factors(name, value):
    if isinstance(value, tuple | list):
        return _arguments.number_range(name, value, 0, float("inf"))
    low, high = _arguments.number_range(name, value)
    return (max(0.0, 1 + low), 1 + high)
