"""Images resampled at other coordinates: what every geometric layer is made of.

Coordinates are in pixels, 0 being the centre of the first one, in float32
whatever the images are.
"""

import numpy as np
from keras import ops

from kerasdl.augmentation import _native

INTERPOLATIONS = ("bilinear", "nearest")
FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def affine(images, matrix, interpolation="bilinear", fill_mode="constant", fill_value=0):
    """The images after an affine map, in float32: `sample` at `affine_coordinates`.

    Args:
        images: `(batch, height, width, channels)`.
        matrix: as for `affine_coordinates`.
        interpolation: as for `sample`.
        fill_mode: likewise.
        fill_value: likewise.
    """
    _, height, width, _ = images.shape
    if interpolation == "bilinear" and fill_mode in ("constant", "nearest"):
        images = ops.cast(images, "float32")
        if _native.samples_in_place(images, matrix):
            fill = fill_value if fill_mode == "constant" else None
            return _native.in_place_affine(images, *_axes(matrix, height, width), fill)
        out = _native.affine(images, matrix, _continued)
        if out is not None and fill_mode == "constant":
            fill = (height, width, float(fill_value))
            out = _native.fused(_filled_outside, fill, out, matrix)
        if out is not None:
            return out
    x, y = affine_coordinates(matrix, height, width)
    return sample(images, x, y, interpolation, fill_mode, fill_value)


def _continued(images, matrix):
    """Bilinear sampling of images whose edges go on outside: what `_native.affine` does."""
    x, y = affine_coordinates(matrix, *images.shape[1:3])
    return sample(images, x, y, fill_mode="nearest")


def _filled_outside(images, matrix, height, width, fill_value):
    """Images after an affine map, with a level where they are read from outside."""
    x, y = affine_coordinates(matrix, height, width)
    return filled(images, inside(x, y, height, width), fill_value)


def affine_coordinates(matrix, height, width):
    """Where each output pixel is read from.

    Args:
        matrix: `(batch, 2, 3)`, from output to input in `(x, y)`, both measured
            from the centre of the image, which keeps float32 at its most exact.
        height: of the image.
        width: of the image.

    Returns:
        `x` and `y`, each `(batch, height, width)`.
    """
    along, down = _axes(matrix, height, width)
    return tuple(along[:, axis, None, :] + down[:, axis, :, None] for axis in (0, 1))


def _axes(matrix, height, width):
    """The parts of the coordinates `(x, y)` that go with columns and with rows: `(batch, 2, n)`."""
    middle = ((width - 1) / 2, (height - 1) / 2)
    x = ops.arange(width, dtype="float32") - middle[0]
    y = ops.arange(height, dtype="float32") - middle[1]
    along = matrix[:, :, 0, None] * x + (matrix[:, :, 2] + ops.convert_to_tensor(middle))[..., None]
    return along, matrix[:, :, 1, None] * y


def sample(images, x, y, interpolation="bilinear", fill_mode="constant", fill_value=0):
    """The images at coordinates, in float32.

    An output pixel whose centre falls on the image takes its value there, by
    the nearest pixel or by the four around it, beyond the outermost centres by
    the edge's; another takes what `fill_mode` says. This is Pillow's
    `Image.transform` for `"constant"`; the other modes are those of
    `scipy.ndimage.map_coordinates` (its `"grid-wrap"` for `"wrap"`).

    Args:
        images: `(batch, height, width, channels)`.
        x: `(batch, rows, columns)`.
        y: likewise.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: outside lies `"constant"`: `fill_value`; `"nearest"`: the
            nearest edge; `"reflect"`: `d c b a | a b c d | d c b a`; `"wrap"`:
            `a b c d | a b c d | a b c d`.
        fill_value: a level.

    Returns:
        `(batch, rows, columns, channels)`.
    """
    _, height, width, _ = images.shape
    within = inside(x, y, height, width) if fill_mode == "constant" else None
    if interpolation == "nearest":
        x, y = _fold(x, width, fill_mode), _fold(y, height, fill_mode)
        columns, rows = _pixel(x + 0.5, width, fill_mode), _pixel(y + 0.5, height, fill_mode)
        out = ops.cast(gather(images, rows * width + columns), "float32")
    else:
        out = _bilinear(ops.cast(images, "float32"), x, y, fill_mode)
    return out if within is None else filled(out, within, fill_value)


def filled(images, within, fill_value):
    """The images where `within`, `(batch, rows, columns)`, is 1, and a level where it is 0."""
    within = within[..., None]
    out = images * within  # products, which are exact here: `where` is slow on PyTorch
    return out if fill_value == 0 else out + fill_value * (1 - within)


def gather(images, pixels):
    """Pixels of each image by their number along its rows: `(batch, ...)` to `(..., channels)`."""
    _, height, width, channels = images.shape
    first = height * width * ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None]
    return _native.take(ops.reshape(images, (-1, channels)), first + pixels)


def windows(images, offset, height, width):
    """A window of each image: `(batch, height, width, channels)`.

    Args:
        images: `(batch, rows, columns, channels)`.
        offset: int32 `(batch, 2)`, the first row and column, so that the window lies within.
        height: of the window.
        width: likewise.
    """
    out = _native.windows(images, offset, height, width)
    if out is None:
        rows = offset[:, 0, None] + ops.arange(height, dtype="int32")
        columns = offset[:, 1, None] + ops.arange(width, dtype="int32")
        out = gather(images, images.shape[2] * rows[:, :, None] + columns[:, None, :])
    return out


def inside(x, y, height, width):
    """1 where the nearest pixel is one of the image, else 0, in float32."""
    near = (
        ops.clip(at, -0.5, float(np.nextafter(np.float32(size - 0.5), np.float32(0)))) == at
        for at, size in ((x, width), (y, height))
    )
    return ops.cast(ops.logical_and(*near), "float32")


def _fold(position, size, fill_mode):
    """Positions outside brought to where the same level is found inside."""
    if fill_mode == "wrap":
        return position - size * ops.floor(position / size)
    if fill_mode == "reflect":
        position = position + 0.5 - 2 * size * ops.floor((position + 0.5) / (2 * size))
        position = ops.minimum(position, 2 * size - position) - 0.5
    return ops.clip(position, 0, size - 1)


def _pixel(position, size, fill_mode):
    """The pixel of each folded position, which rounding may have put on the far edge."""
    pixel = ops.cast(ops.floor(position), "int32")
    return pixel % size if fill_mode == "wrap" else ops.minimum(pixel, size - 1)


def _bilinear(images, x, y, fill_mode):
    """By the backend where it can, else channel by channel.

    In the plain form gathers of single values and products along whole images are fastest.
    """
    shape = images.shape
    _, height, width, channels = shape
    edges_go_on = fill_mode in ("constant", "nearest")
    if not edges_go_on:
        x, y = _fold(x, width, fill_mode), _fold(y, height, fill_mode)
    out = None if fill_mode == "wrap" else _native.bilinear(images, x, y)
    if out is not None:
        return out
    if edges_go_on:
        x, y = _fold(x, width, fill_mode), _fold(y, height, fill_mode)
    left, top = _pixel(x, width, fill_mode), _pixel(y, height, fill_mode)
    right, bottom = _pixel(left + 1, width, fill_mode), _pixel(top + 1, height, fill_mode)
    planes = ops.reshape(ops.transpose(images, (0, 3, 1, 2)), (-1, channels, height * width))

    def flat(values):
        return ops.reshape(values, (-1, 1, values.shape[1] * values.shape[2]))

    def at(row, column):
        return ops.take_along_axis(planes, flat(row * width + column), axis=2)

    along = flat(x - ops.floor(x))
    down = flat(y - ops.floor(y))
    a, b, c, d = at(top, left), at(top, right), at(bottom, left), at(bottom, right)
    upper, lower = a + along * (b - a), c + along * (d - c)
    out = upper + down * (lower - upper)
    return ops.transpose(ops.reshape(out, (-1, channels, *x.shape[1:])), (0, 2, 3, 1))


def expect_modes(interpolation, fill_mode):
    """Refuse an unknown interpolation or fill mode.

    Raises:
        ValueError: which modes there are, and what was received.
    """
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"Expected `interpolation` to be one of {', '.join(INTERPOLATIONS)}. "
            f"Received: interpolation={interpolation!r}"
        )
    if fill_mode not in FILL_MODES:
        raise ValueError(
            f"Expected `fill_mode` to be one of {', '.join(FILL_MODES)}. "
            f"Received: fill_mode={fill_mode!r}"
        )
