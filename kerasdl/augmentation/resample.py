"""Images read at other coordinates: the one gather behind every geometric layer.

Coordinates are in pixels, 0 being the centre of the first one, in float32
whatever the images are.
"""

from keras import ops

INTERPOLATIONS = ("bilinear", "nearest")
FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def affine_coordinates(matrix, height, width):
    """Where each output pixel is read from.

    Args:
        matrix: `(batch, 2, 3)`, from output to input in `(x, y)`, both measured
            from the centre of the image, which keeps float32 at its most exact.
        height, width: of the image.

    Returns:
        `x` and `y`, each `(batch, height, width)`.
    """
    middle = ((width - 1) / 2, (height - 1) / 2)
    x = ops.arange(width, dtype="float32") - middle[0]
    y = ops.arange(height, dtype="float32") - middle[1]
    along = matrix[:, :, 0, None] * x + (matrix[:, :, 2] + ops.convert_to_tensor(middle))[..., None]
    down = matrix[:, :, 1, None] * y
    return tuple(along[:, axis, None, :] + down[:, axis, :, None] for axis in (0, 1))


def sample(images, x, y, interpolation="bilinear", fill_mode="constant", fill_value=0):
    """The images at coordinates, in float32.

    An output pixel whose centre falls on the image takes its value there, by
    the nearest pixel or by the four around it, beyond the outermost centres by
    the edge's; another takes what `fill_mode` says. This is Pillow's
    `Image.transform` for `"constant"`; the other modes are those of
    `scipy.ndimage.map_coordinates` (its `"grid-wrap"` for `"wrap"`).

    Args:
        images: `(batch, height, width, channels)`.
        x, y: `(batch, rows, columns)`.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: outside lies `"constant"`: `fill_value`; `"nearest"`: the
            nearest edge; `"reflect"`: `d c b a | a b c d | d c b a`; `"wrap"`:
            `a b c d | a b c d | a b c d`.
        fill_value: a level.

    Returns:
        `(batch, rows, columns, channels)`.
    """
    _, height, width, channels = images.shape
    nearest = interpolation == "nearest"
    read_x, left, right = _along(x, width, nearest, fill_mode)
    read_y, top, bottom = _along(y, height, nearest, fill_mode)
    first = height * width * ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None]
    pixels = first + ops.cast(read_y * width + read_x, "int32")
    if nearest:
        out = ops.cast(ops.take(ops.reshape(images, (-1, channels)), pixels, axis=0), "float32")
    else:
        # One gather of four neighbours is faster than four gathers, on every backend.
        images = ops.cast(images, "float32")
        below = _next(images, 1, fill_mode)
        corners = (images, _next(images, 2, fill_mode), below, _next(below, 2, fill_mode))
        table = ops.reshape(ops.concatenate(corners, axis=-1), (-1, 4 * channels))
        a, b, c, d = ops.split(ops.take(table, pixels, axis=0), 4, axis=-1)
        upper, lower = a + right[..., None] * (b - a), c + right[..., None] * (d - c)
        out = upper + bottom[..., None] * (lower - upper)
    if fill_mode == "constant":
        out = ops.where(ops.logical_and(left, top)[..., None], out, float(fill_value))
    return out


def _along(position, size, nearest, fill_mode):
    """Along one axis: the pixel to read, whether it is inside, and the next pixel's weight."""
    inside = None
    if fill_mode == "constant":
        inside = ops.logical_and(position >= -0.5, position < size - 0.5)
    elif fill_mode == "reflect":
        position = position + 0.5 - 2 * size * ops.floor((position + 0.5) / (2 * size))
        position = ops.minimum(position, 2 * size - position) - 0.5
    elif fill_mode == "wrap":
        position = position - size * ops.floor(position / size)
    if nearest:
        position = ops.floor(position + 0.5)
        if fill_mode == "wrap":
            position = ops.where(position >= size, 0.0, position)
        return ops.clip(position, 0, size - 1), inside, None
    if fill_mode != "wrap":
        position = ops.clip(position, 0, size - 1)
    pixel = ops.minimum(ops.floor(position), size - 1)
    return pixel, inside, position - pixel


def _next(images, axis, fill_mode):
    """Each pixel's neighbour below (axis 1) or to the right (axis 2)."""
    rest = images[:, 1:] if axis == 1 else images[:, :, 1:]
    end = 0 if fill_mode == "wrap" else images.shape[axis] - 1
    edge = images[:, end : end + 1] if axis == 1 else images[:, :, end : end + 1]
    return ops.concatenate((rest, edge), axis=axis)


def check(interpolation, fill_mode):
    """Raises `ValueError` for an unknown interpolation or fill mode."""
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
