"""Rectangles in a batch of images: `(batch, 4)` int32 of top, left, height and width."""

import numpy as np
from keras import ops

from kerasdl.random import units


def mask(box, height, width, channels=1):
    """1 inside each image's box and 0 outside, float32 `(batch, height, width * channels)`.

    Channels lie beside each other: whole rows are multiplied faster than three values at a time.
    """
    inside = []
    for axis, size, repeats in ((0, height, 1), (1, width, channels)):
        position = np.repeat(np.arange(size, dtype="int32"), repeats)
        # Not `box[:, axis, None]`: where `box` was stacked in the same graph, TensorFlow 2.21
        # replaces that by what was stacked and loses the new axis.
        start, length = box[:, axis][:, None], box[:, axis + 2][:, None]
        beyond = ops.convert_to_tensor(position) - start
        inside.append(ops.cast(ops.logical_and(beyond >= 0, beyond < length), "float32"))
    return inside[0][:, :, None] * inside[1][:, None, :]


def around(unit, box_height, box_width, height, width):
    """Boxes about a pixel drawn uniformly, cut at the image's edges.

    Args:
        unit: `(batch, 2)` numbers of [0, 1): which row and column.
        box_height: int32, broadcasts against `(batch,)`.
        box_width: likewise.
        height: of the image.
        width: of the image.
    """
    corners = []
    for axis, length, size in ((0, box_height, height), (1, box_width, width)):
        middle = units.whole(unit[:, axis], size)
        first = ops.maximum(middle - length // 2, 0)
        last = ops.minimum(middle - length // 2 + length, size)
        corners.append((first, last - first))
    (top, tall), (left, wide) = corners
    return ops.stack([top, left, tall, wide], axis=1)
