"""Rotation, translation, scale and shear in one resampling."""

import math

import keras
from keras import ops

from kerasdl.augmentation import _arguments, _range, _resample
from kerasdl.augmentation._layer import RandomImageLayer
from kerasdl.random import units


@keras.saving.register_keras_serializable("kerasdl")
class RandomAffine(RandomImageLayer):
    """Rotates, shifts, scales and shears each image about its centre, resampling once.

    A point at `p = (x, y)` from the centre, `y` downwards, goes to
    `scale * R S p + translation`, with `R` the rotation and
    `S = [[1, 0], [-tan(sy), 1]] [[1, -tan(sx)], [0, 1]]` the shear, as in torchvision's
    `RandomAffine`, first in `x` and then in `y`. Rotation is counter-clockwise, as in
    `PIL.Image.rotate`, where torchvision's is clockwise; the resampling is Pillow's.
    Keras' `RandomRotation`, `RandomTranslation` and their kin do one of these
    each, turn JIT off for the whole model, and on PyTorch loop over the images.

    Args:
        rotation: degrees; `15` draws from -15 to 15, `(0, 90)` as it says.
        translation: fraction of the width and height, 0 to 1; `0.1` moves by up
            to 10 % either way, `(0.1, 0.2)` by up to 10 % in `x` and 20 % in `y`.
        scale: `0.2` draws factors from 0.8 to 1.2, `(0.5, 2)` as it says.
        shear: degrees, in `x` and in `y`; `10` draws from -10 to 10 for each.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: `"constant"`, `"nearest"`, `"reflect"` or `"wrap"`.
        fill_value: the level, 0 to 255, outside the image where `fill_mode` is
            `"constant"`.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw, uniform and float32: `rotation` in degrees `(batch,)`; `translation` as
    fractions `(batch, 2)`, to the right and down; `scale` `(batch,)`; `shear` in
    degrees `(batch, 2)`, in `x` and in `y`.

    Raises:
        ValueError: a range that is none, a translation outside 0 to 1, a scale
            that reaches 0, a shear that reaches 90 degrees, a level outside 0 to 255, an
            unknown interpolation or fill mode.

    Example:
    >>> import numpy as np
    >>> layer = RandomAffine(rotation=15, translation=0.1, scale=0.1, shear=5, seed=0)
    >>> tuple(layer(np.zeros((2, 32, 32, 3), "uint8"), training=True).shape)
    (2, 32, 32, 3)
    """

    on_levels = False

    def __init__(
        self,
        rotation=15,
        translation=0,
        scale=0,
        shear=0,
        interpolation="bilinear",
        fill_mode="constant",
        fill_value=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        _resample.expect_modes(interpolation, fill_mode)
        self.rotation = _arguments.number_range("rotation", rotation)
        self.shear = _arguments.number_range("shear", shear, -89, 89)
        if isinstance(scale, tuple | list):
            self.scale = _arguments.number_range("scale", scale)
        else:
            low, high = _arguments.number_range("scale", scale)
            self.scale = (1 + low, 1 + high)
        if self.scale[0] <= 0:
            raise ValueError(f"Expected `scale` to stay above 0. Received: scale={scale!r}")
        if _arguments.is_number(translation):
            translation = (translation, translation)
        pair = isinstance(translation, tuple | list) and len(translation) == 2
        if not pair or not all(_arguments.is_number(t) and 0 <= t <= 1 for t in translation):
            raise ValueError(
                "Expected `translation` to be one number or two within [0, 1]. "
                f"Received: translation={translation!r}"
            )
        self.translation = tuple(map(float, translation))
        self.interpolation, self.fill_mode = interpolation, fill_mode
        self.fill_value = _arguments.level("fill_value", fill_value)

    def draw_batch(self, shape, stream):
        """Six numbers for each image."""
        unit = stream.uniform((shape[0], 6))
        across, down = self.translation
        shift = (
            units.between(unit[:, 1], -across, across),
            units.between(unit[:, 2], -down, down),
        )
        return {
            "rotation": units.between(unit[:, 0], *self.rotation),
            "translation": ops.stack(shift, axis=1),
            "scale": units.between(unit[:, 3], *self.scale),
            "shear": units.between(unit[:, 4:], *self.shear),
        }

    def apply_batch(self, images, draw):
        """One resampling at the inverse transform of each image."""
        _, height, width, _ = images.shape
        matrix = _inverse(draw, height, width)
        fill_value = float(_range.from_levels(self.fill_value, self.value_range))
        return _resample.affine(images, matrix, self.interpolation, self.fill_mode, fill_value)

    def get_config(self):
        """The arguments of `__init__`."""
        names = ("rotation", "translation", "scale", "shear")
        names += ("interpolation", "fill_mode", "fill_value")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _inverse(draw, height, width):
    """From output to input, `(batch, 2, 3)`: `p -> S^-1 R^-1 (p - translation) / scale`."""
    radians = math.pi / 180
    cos, sin = ops.cos(draw["rotation"] * radians), ops.sin(draw["rotation"] * radians)
    shear = ops.tan(draw["shear"] * radians)
    sx, sy = shear[:, 0], shear[:, 1]
    corner = 1 + sx * sy
    a, b = (corner * cos + sx * sin) / draw["scale"], (sx * cos - corner * sin) / draw["scale"]
    c, d = (sy * cos + sin) / draw["scale"], (cos - sy * sin) / draw["scale"]
    right, down = draw["translation"][:, 0] * width, draw["translation"][:, 1] * height
    rows = (a, b, -(a * right + b * down), c, d, -(c * right + d * down))
    return ops.reshape(ops.stack(rows, axis=1), (-1, 2, 3))
