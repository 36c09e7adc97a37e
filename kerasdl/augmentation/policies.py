"""RandAugment and TrivialAugmentWide: random operations from a fixed table."""

import keras
import numpy as np
from keras import ops

from kerasdl.augmentation import base, levels

OPERATIONS = (
    "Identity",
    "ShearX",
    "ShearY",
    "TranslateX",
    "TranslateY",
    "Rotate",
    "Brightness",
    "Color",
    "Contrast",
    "Sharpness",
    "Posterize",
    "Solarize",
    "AutoContrast",
    "Equalize",
)
BINS = 31


class _Policy(base.RandomImageLayer):
    """Applies, one after the other, the operations that each image drew.

    Every image passes through the same few steps with numbers of its own, which
    are neutral where its operation is another: an affine matrix, a blend with a
    degenerate image, a table of 256 levels. Levels are whole numbers in between,
    as in Pillow, whose results these are (see `levels`).
    """

    def __init__(self, num_ops=1, fill_value=0, **kwargs):
        super().__init__(**kwargs)
        if isinstance(num_ops, bool) or not isinstance(num_ops, int) or num_ops < 1:
            raise ValueError(
                f"Expected `num_ops` to be an integer, 1 or more. Received: num_ops={num_ops!r}"
            )
        self.num_ops, self.fill_value = num_ops, fill_value

    def magnitudes(self, height, width):
        """Name to the magnitudes of the `BINS` bins and whether their sign is drawn."""
        raise NotImplementedError

    def draw_batch(self, shape, seed):
        """An operation, a bin and a sign for each image and turn."""
        unit = base.uniform((shape[0], self.num_ops, 3), seed)
        return {
            "operation": base.choice(unit[..., 0], len(OPERATIONS)),
            "bin": self.bins(unit[..., 1]),
            "sign": 1 - 2 * base.choice(unit[..., 2], 2),
        }

    def bins(self, unit):
        """Which magnitude is used: int32, the shape of `unit`, from 0 to `BINS - 1`."""
        raise NotImplementedError

    def apply_batch(self, images, draw):
        """All turns in their order."""
        _, height, width, channels = images.shape
        if channels not in (1, 3):
            raise ValueError(
                f"{type(self).__name__} expects images of 1 or 3 channels. "
                f"Received: shape={images.shape}"
            )
        tables = self._tables(height, width)
        planes = levels.to_planes(images)
        for turn in range(self.num_ops):
            operation, sign = draw["operation"][:, turn], draw["sign"][:, turn]
            row = (operation * BINS + draw["bin"][:, turn]) * 2 + (1 - sign) // 2
            chosen = {key: ops.take(table, row, axis=0) for key, table in tables.items()}
            planes = self._turn(planes, operation, chosen, height, width)
        return levels.from_planes(planes, height, width)

    def _turn(self, planes, operation, chosen, height, width):
        """One operation for each image: moved, then blended, then looked up in a table.

        A step that no image drew is left out. That saves its time, and more with
        XLA: what a branch returns is held in memory, while the result of a step
        would be computed anew for every pixel of the next one that reads it, which
        makes RandAugment many times slower.
        """

        def is_(name):
            return _column(ops.cast(operation == OPERATIONS.index(name), "float32"))

        def unless_undrawn(names, step, images):
            drawn = [ops.any(operation == OPERATIONS.index(name)) for name in names]
            return ops.cond(ops.any(ops.stack(drawn)), lambda: step(images), lambda: images)

        def move(x):
            return levels.move(x, chosen["matrix"], height, width, self.fill_value)

        def blend(x):
            grey = levels.luminance(x)
            towards = (
                is_("Color") * grey
                + is_("Contrast") * levels.mean_level(grey)
                + is_("Sharpness") * levels.smooth(x, height, width)
            )
            return levels.blend(x, towards, _column(chosen["factor"]))

        def look_up(x):
            low, high = ops.min(x, axis=-1, keepdims=True), ops.max(x, axis=-1, keepdims=True)
            spread = is_("AutoContrast") * ops.cast(high > low, "float32")
            table = ops.arange(256, dtype="float32")[None, None]
            table = levels.posterize(table, _column(chosen["step"]))
            table = levels.solarize(table, _column(chosen["threshold"]))
            table = levels.stretch(table, spread * low, 255 + spread * (high - 255))
            table = unless_undrawn(
                ("Equalize",),
                lambda t: t + is_("Equalize") * (levels.equalizing_table(x) - t),
                table,
            )
            return levels.look_up(table, ops.cast(x, "int32"))

        planes = unless_undrawn(tuple(_MATRICES), move, planes)
        planes = unless_undrawn(("Brightness", "Color", "Contrast", "Sharpness"), blend, planes)
        names = ("Posterize", "Solarize", "AutoContrast", "Equalize")
        return unless_undrawn(names, look_up, planes)

    def _tables(self, height, width):
        """Numbers for every operation, bin and sign: `(operations * bins * 2, ...)`."""
        shape = (len(OPERATIONS), BINS, 2)
        tables = {
            "matrix": np.zeros((*shape, 6), "int32"),
            "factor": np.ones(shape, "float32"),
            "step": np.ones(shape, "float32"),
            "threshold": np.full(shape, 256, "float32"),
        }
        tables["matrix"][:] = _fixed_point((1, 0, 0, 0, 1, 0))
        for name, (magnitudes, signed) in self.magnitudes(height, width).items():
            at = OPERATIONS.index(name)
            for bin_, magnitude in enumerate(magnitudes):
                for negative in (0, 1):
                    value = -magnitude if signed and negative else magnitude
                    cell = (at, bin_, negative)
                    if name in _MATRICES:
                        matrix = _MATRICES[name](value, height, width)
                        tables["matrix"][cell] = _fixed_point(matrix)
                    elif name == "Posterize":
                        tables["step"][cell] = 2.0 ** (8 - value)
                    elif name == "Solarize":
                        tables["threshold"][cell] = value
                    else:
                        steps = round((1 + value) * levels.FACTOR_STEP)
                        tables["factor"][cell] = steps / levels.FACTOR_STEP
        return {key: x.reshape(-1, *x.shape[3:]) for key, x in tables.items()}

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "fill_value": self.fill_value}


@keras.saving.register_keras_serializable("kerasdl")
class RandAugment(_Policy):
    """Applies `num_ops` operations of one strength to each image, drawn with replacement.

    Cubuk et al., "RandAugment: Practical automated data augmentation with a reduced
    search space" (2019), https://arxiv.org/abs/1909.13719, with the 14 operations
    and the ranges of torchvision's `RandAugment`, nearest-neighbour sampling
    included. Keras' own draws one operation for the whole batch, with strengths
    of its own.

    Args:
        num_ops: how many operations, 1 or more.
        magnitude: 0 to 30 of 31 bins; the paper uses 5 to 15 on CIFAR.
        fill_value: the level, 0 to 255, outside of moved images.
        seed, **kwargs: see `RandomImageLayer`.

    Draw, int32 `(batch, num_ops)`: `operation`, an index of `OPERATIONS`; `bin`,
    always `magnitude`; `sign`, 1 or -1, which operations without a direction ignore.

    Raises:
        ValueError: `num_ops` or `magnitude` out of range; at the call, images that
            have neither 1 nor 3 channels.

    Example:
    >>> layer = RandAugment(num_ops=2, magnitude=9, seed=0)
    >>> tuple(layer(np.zeros((2, 32, 32, 3), "uint8"), training=True).shape)
    (2, 32, 32, 3)
    """

    def __init__(self, num_ops=2, magnitude=9, fill_value=0, **kwargs):
        super().__init__(num_ops, fill_value, **kwargs)
        if isinstance(magnitude, bool) or magnitude not in range(BINS):
            raise ValueError(
                f"Expected `magnitude` to be an integer from 0 to {BINS - 1}. "
                f"Received: magnitude={magnitude!r}"
            )
        self.magnitude = magnitude

    def bins(self, unit):
        """Always `magnitude`."""
        return ops.full_like(unit, self.magnitude, dtype="int32")

    def magnitudes(self, height, width):
        """Torchvision's table."""
        return _space(0.3, 150 / 331 * width, 150 / 331 * height, 30, 0.9, 4)

    def get_config(self):
        """The arguments of `__init__`."""
        config = {"num_ops": self.num_ops, "magnitude": self.magnitude}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("kerasdl")
class TrivialAugmentWide(_Policy):
    """Applies one operation of random strength to each image; nothing to tune.

    Müller and Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data
    Augmentation" (2021), https://arxiv.org/abs/2103.10158, the "wide" space of
    table 1, in 31 bins as in torchvision's `TrivialAugmentWide`, nearest-neighbour
    sampling included.

    Args:
        fill_value: the level, 0 to 255, outside of moved images.
        seed, **kwargs: see `RandomImageLayer`.

    Draw, int32 `(batch, 1)`: `operation`, an index of `OPERATIONS`; `bin`, 0 to 30;
    `sign`, 1 or -1, which operations without a direction ignore.

    Raises:
        ValueError: at the call, images that have neither 1 nor 3 channels.

    Example:
    >>> layer = TrivialAugmentWide(seed=0)
    >>> tuple(layer(np.zeros((2, 32, 32, 3), "uint8"), training=True).shape)
    (2, 32, 32, 3)
    """

    def __init__(self, fill_value=0, **kwargs):
        super().__init__(1, fill_value, **kwargs)

    def bins(self, unit):
        """Uniform."""
        return base.choice(unit, BINS)

    def magnitudes(self, height, width):
        """Torchvision's table: translations are in pixels, whatever the image's size."""
        return _space(0.99, 32, 32, 135, 0.99, 6)


def _space(shear, across, down, degrees, factor, bits):
    """The largest magnitudes to all bins; `True` where the sign is drawn."""

    def up_to(largest):
        return np.linspace(0, largest, BINS)

    return {
        "ShearX": (up_to(shear), True),
        "ShearY": (up_to(shear), True),
        "TranslateX": (np.floor(up_to(across)), True),
        "TranslateY": (np.floor(up_to(down)), True),
        "Rotate": (up_to(degrees), True),
        "Brightness": (up_to(factor), True),
        "Color": (up_to(factor), True),
        "Contrast": (up_to(factor), True),
        "Sharpness": (up_to(factor), True),
        "Posterize": (8 - np.round(np.arange(BINS) / ((BINS - 1) / bits)), False),
        "Solarize": (np.linspace(255, 0, BINS), False),
    }


def _rotation(degrees, height, width):
    """`Image.rotate`: counter-clockwise about the middle of the image's area."""
    cos, sin = (round(f(np.deg2rad(degrees)), 15) for f in (np.cos, np.sin))
    x, y = width / 2, height / 2
    return (cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y)


# Pillow's affine coefficients, from output to input. Shears leave the top left corner in place.
_MATRICES = {
    "ShearX": lambda value, height, width: (1, value, 0, 0, 1, 0),
    "ShearY": lambda value, height, width: (1, 0, 0, value, 1, 0),
    "TranslateX": lambda value, height, width: (1, 0, -value, 0, 1, 0),
    "TranslateY": lambda value, height, width: (1, 0, 0, 0, 1, -value),
    "Rotate": _rotation,
}


def _fixed_point(matrix):
    """Pillow's coefficients in 65536ths, read at the middle of each pixel."""
    a, b, c, d, e, f = matrix
    moved = (a, b, c + 0.5 * (a + b), d, e, f + 0.5 * (d + e))
    return np.floor(np.array(moved) * 65536 + 0.5).astype("int32")


def _column(values):
    return ops.reshape(values, (-1, 1, 1))
