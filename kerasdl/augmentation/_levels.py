"""Pillow's operations on whole grey levels, for many images at once.

Images are `(batch, channels, pixels)` float32 holding whole numbers from 0 to
255, and every step is exact in float32: the sums stay below 2 ** 24, factors
are multiples of 1 / 4096, and quotients are kept away from whole numbers. So
all backends agree to the bit, which rounding in between would not allow.
"""

import keras
from keras import ops

from kerasdl.augmentation import _native

FACTOR_STEP = 4096


def to_planes(images):
    """`(batch, height, width, channels)` to whole levels, channel by channel; 0 for NaN."""
    _, height, width, channels = images.shape
    levels = ops.clip(ops.round(ops.cast(images, "float32")), 0, 255)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(images.dtype)):
        levels = ops.where(ops.isnan(levels), 0.0, levels)  # levels are looked up in tables
    return ops.reshape(ops.transpose(levels, (0, 3, 1, 2)), (-1, channels, height * width))


def from_planes(planes, height, width):
    """The inverse of `to_planes`: `(batch, height, width, channels)`."""
    images = ops.reshape(planes, (-1, planes.shape[1], height, width))
    return ops.transpose(images, (0, 2, 3, 1))


def look_up(tables, index):
    """Levels looked up in the table of each image and channel.

    Args:
        tables: `(batch, channels, levels)`.
        index: int32 `(batch, channels or 1, n)`.

    Returns:
        `tables[i, c, index[i, c, :]]`, `(batch, channels, n)`.
    """
    _, channels, size = tables.shape
    rows = ops.arange(ops.shape(tables)[0] * channels, dtype="int32")
    first = size * ops.reshape(rows, (-1, channels, 1))
    return _native.take(ops.reshape(tables, (-1,)), first + index)


def move(planes, matrix, height, width, fill_value):
    """Affine resampling by the nearest pixel, as `Image.transform` does it.

    Args:
        planes: `(batch, channels, height * width)`.
        matrix: int32 `(batch, 6)` from `fixed_point`.
        height: of the image.
        width: of the image.
        fill_value: the level of pixels that come from outside the image.
    """
    column, row = ops.arange(width, dtype="int32"), ops.arange(height, dtype="int32")[:, None]

    def source(first):
        a, b, c = (matrix[:, i, None, None] for i in range(first, first + 3))
        return ops.right_shift(a * column + b * row + c, 16)

    x, y = source(0), source(3)
    near_x, near_y = ops.clip(x, 0, width - 1), ops.clip(y, 0, height - 1)
    inside = ops.cast(ops.logical_and(x == near_x, y == near_y), "float32")
    inside = ops.reshape(inside, (-1, 1, height * width))
    moved = look_up(planes, ops.reshape(near_y * width + near_x, (-1, 1, height * width)))
    return moved * inside + fill_value * (1 - inside)


def luminance(planes):
    """Pillow's mode "L", `(batch, 1, pixels)`, of images of three channels or one."""
    if planes.shape[1] == 1:
        return planes
    red, green, blue = planes[:, :1], planes[:, 1:2], planes[:, 2:]
    return ops.floor((19595 * red + 38470 * green + 7471 * blue + 32768) / 65536)


def mean_level(luminance):
    """The rounded mean of each image, `(batch, 1, 1)`; exact up to 34 million pixels."""
    pixels = luminance.shape[-1]
    luminance = ops.cast(luminance, "int32")
    whole, rest = 0, ops.sum(luminance, axis=(1, 2), keepdims=True)
    if (
        pixels >= 2**22
    ):  # 2 * total + pixels could pass 2 ** 31: sixteenths of levels, then the rest
        sixteenths = ops.sum(luminance // 16, axis=(1, 2), keepdims=True)
        rest = ops.sum(luminance % 16, axis=(1, 2), keepdims=True)
        rest = rest + 16 * (sixteenths % pixels)
        whole = 16 * (sixteenths // pixels)
    return ops.cast(whole + (2 * rest + pixels) // (2 * pixels), "float32")


def smooth(planes, height, width):
    """Pillow's `ImageFilter.SMOOTH`: 1 around 5, over 13; the border stays."""
    x = ops.reshape(planes, (-1, planes.shape[1], height, width))
    if height < 3 or width < 3:
        return planes
    rows = x[:, :, :-2] + x[:, :, 1:-1] + x[:, :, 2:]
    total = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:] + 4 * x[:, :, 1:-1, 1:-1]
    inner = ops.floor((2 * total + 13) / 26)
    middle = ops.concatenate((x[:, :, 1:-1, :1], inner, x[:, :, 1:-1, -1:]), axis=3)
    out = ops.concatenate((x[:, :, :1], middle, x[:, :, -1:]), axis=2)
    return ops.reshape(out, (-1, planes.shape[1], height * width))


def blend(planes, towards, factor):
    """`Image.blend(towards, planes, factor)`, factor `(batch, 1, 1)` in 4096ths."""
    return ops.clip(ops.floor(towards + factor * (planes - towards)), 0, 255)


def posterize(levels, step):
    """`ImageOps.posterize`; `step` is 2 to the number of bits that are dropped, `(batch, 1, 1)`."""
    return ops.floor(levels / step) * step


def solarize(levels, threshold):
    """`ImageOps.solarize`: levels from the threshold on are inverted."""
    return levels + ops.cast(levels >= threshold, "float32") * (255 - 2 * levels)


def stretch(levels, low, high):
    """`ImageOps.autocontrast`: `low` becomes 0 and `high` 255."""
    return ops.clip(ops.floor((255 * (levels - low) + 0.5) / (high - low)), 0, 255)


def equalizing_table(planes):
    """`ImageOps.equalize` as a table for each channel, `(batch, channels, 256)`."""
    _, channels, pixels = planes.shape
    count = ops.shape(planes)[0] * channels
    first = 256 * ops.reshape(ops.arange(count, dtype="int32"), (-1, channels, 1))
    ids = ops.reshape(first + ops.cast(planes, "int32"), (-1,))
    histogram = ops.reshape(_native.count(ids, 256 * count), (-1, channels, 256))
    below = ops.cumsum(histogram, axis=-1) - histogram
    levels = ops.arange(256, dtype="float32")
    top = ops.max(planes, axis=-1, keepdims=True)
    at_top = ops.sum(histogram * ops.cast(levels == top, "float32"), axis=-1, keepdims=True)
    step = ops.floor((pixels - at_top + 0.5) / 255)
    safe = ops.maximum(step, 1)
    table = ops.minimum(ops.floor((ops.floor(safe / 2) + below + 0.5) / safe), 255)
    return ops.where(step > 0, table, levels)
