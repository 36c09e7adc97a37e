"""The base class of layers that apply random operations from a fixed table."""

import functools

import keras
from keras import ops

from kerasdl.augmentation import _arguments, _levels, _native, _operations
from kerasdl.augmentation._layer import RandomImageLayer
from kerasdl.augmentation._operations import BINS, OPERATIONS
from kerasdl.random import units

BLENDS = ("Brightness", "Color", "Contrast", "Sharpness")
TABLES = ("Posterize", "Solarize", "AutoContrast", "Equalize")


class Policy(RandomImageLayer):
    """Applies, one after the other, the operations that each image drew.

    Every image passes through the same few steps with numbers of its own, which
    are neutral where its operation is another: an affine matrix, a blend with a
    degenerate image, a table of 256 levels. Levels are whole numbers in between,
    as in Pillow, whose results these are (see `_levels`).
    """

    def __init__(self, num_ops=1, fill_value=0, **kwargs):
        super().__init__(**kwargs)
        self.num_ops = _arguments.whole_number("num_ops", num_ops, 1)
        self.fill_value = _arguments.level("fill_value", fill_value)

    def magnitudes(self, height, width):
        """What `_operations.magnitudes` gives for images of this size."""
        raise NotImplementedError

    def draw_batch(self, shape, stream):
        """An operation, a bin and a sign for each image and turn."""
        unit = stream.uniform((shape[0], self.num_ops, 3))
        return {
            "operation": units.whole(unit[..., 0], len(OPERATIONS)),
            "bin": self.bins(unit[..., 1]),
            "sign": 1 - 2 * units.whole(unit[..., 2], 2),
        }

    def bins(self, unit):
        """Which magnitude is used: int32, the shape of `unit`, from 0 to `BINS - 1`."""
        raise NotImplementedError

    def apply_batch(self, images, draw):
        """The operations in the order they were drawn."""
        _, height, width, channels = images.shape
        if channels not in (1, 3):
            raise ValueError(
                f"{type(self).__name__} expects images of 1 or 3 channels. "
                f"Received: shape={images.shape}"
            )
        tables = _operations.tables(self.magnitudes(height, width), height, width)
        planes = _levels.to_planes(images)
        for turn in range(self.num_ops):
            operation, sign = draw["operation"][:, turn], draw["sign"][:, turn]
            row = (operation * BINS + draw["bin"][:, turn]) * 2 + (1 - sign) // 2
            chosen = {key: ops.take(table, row, axis=0) for key, table in tables.items()}
            planes = self._turn(planes, {"operation": operation, **chosen}, height, width)
        out = _levels.from_planes(planes, height, width)
        if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(images.dtype)):
            return out
        damaged = ops.any(ops.isnan(images), axis=(1, 2, 3), keepdims=True)
        return ops.where(damaged, float("nan"), out)

    def _turn(self, planes, chosen, height, width):
        """One operation for each image: moved, then blended, then looked up in a table."""

        def move(x, chosen):
            return _levels.move(x, chosen["matrix"], height, width, self.fill_value)

        def blend(x, chosen):
            grey = _levels.luminance(x)
            towards = (
                _drew(chosen, "Color") * grey
                + _drew(chosen, "Contrast") * _levels.mean_level(grey)
                + _drew(chosen, "Sharpness") * _levels.smooth(x, height, width)
            )
            return _levels.blend(x, towards, _column(chosen["factor"]))

        for names, step in (
            (tuple(_operations.MATRICES), move),
            (BLENDS, blend),
            (TABLES, _look_up),
        ):
            drawn = _drawn(chosen, names)
            planes = _native.on_drawn(drawn, step, planes, chosen)
        return planes

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "fill_value": self.fill_value}


def _look_up(x, chosen):
    """The levels of each image in its table, which is of all operations that map levels to levels."""
    low, high = ops.min(x, axis=-1, keepdims=True), ops.max(x, axis=-1, keepdims=True)
    spread = _drew(chosen, "AutoContrast") * ops.cast(high > low, "float32")
    table = ops.arange(256, dtype="float32")[None, None]
    table = _levels.posterize(table, _column(chosen["step"]))
    table = _levels.solarize(table, _column(chosen["threshold"]))
    table = _levels.stretch(table, spread * low, 255 + spread * (high - 255))
    drawn = _drawn(chosen, ("Equalize",))
    table = _native.on_drawn(drawn, _equalize, table, {**chosen, "images": x})
    return _levels.look_up(table, ops.cast(x, "int32"))


def _equalize(table, chosen):
    equalizing = _levels.equalizing_table(chosen["images"])
    return table + _drew(chosen, "Equalize") * (equalizing - table)


def _drawn(chosen, names):
    """Whether each image's operation is one of these: bool `(batch,)`."""
    found = [chosen["operation"] == OPERATIONS.index(name) for name in names]
    return functools.reduce(ops.logical_or, found)


def _drew(chosen, name):
    """1 for the images whose operation this is, else 0: `(batch, 1, 1)`."""
    return _column(ops.cast(chosen["operation"] == OPERATIONS.index(name), "float32"))


def _column(values):
    return ops.reshape(values, (-1, 1, 1))
