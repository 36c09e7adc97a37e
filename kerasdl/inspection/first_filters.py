"""What the first layer of a network looks for in an image: its filters, as pictures."""

import math

import numpy as np

from kerasdl.errors import UsageError
from kerasdl.inspection.gallery import Gallery, Tile
from kerasdl.inspection.graph import trace
from kerasdl.inspection.layer_kinds import CONVOLUTIONS, DENSE

MOST = 64


def first_filters(model):
    """The kernels of the first layer that has any, one a filter.

    Of a dense layer on a flattened image a unit has a weight for each pixel.

    Args:
        model: a functional or sequential `keras.Model` that takes images.

    Returns:
        Float32 array `(filters, height, width, channels)`.

    Raises:
        UsageError: the model does not begin with a convolution, or a dense layer on an image.

    Example:
    >>> from kerasdl.models import CNN
    >>> first_filters(CNN(filters=(8,), kernel_size=5)).shape
    (8, 5, 5, 3)
    """
    graph = trace(model)
    call = next(
        (each for each in graph.calls if getattr(each.layer, "kernel", None) is not None), None
    )
    if call is not None and isinstance(call.layer, CONVOLUTIONS):
        kernel = np.asarray(call.layer.kernel, "float32")
        if kernel.ndim == 4:
            return kernel.transpose(3, 0, 1, 2)
    shape = tuple(model.inputs[0].shape[1:])
    if call is not None and isinstance(call.layer, DENSE) and len(shape) == 3 and None not in shape:
        kernel = np.asarray(call.layer.kernel, "float32")
        if len(kernel) == math.prod(shape):
            return kernel.T.reshape(-1, *shape)
    raise UsageError(
        "The first filters are of a network that begins with a convolution, or with a dense layer "
        "on an image; this one does not."
    )


def filter_gallery(filters, most=MOST):
    """The filters as pictures: grey is 0, and the largest weight of each is full.

    Args:
        filters: `(filters, height, width, channels)`; unless there are 3 channels, their mean is
            shown.
        most: of how many, from the first.

    Returns:
        A `Gallery`.

    Example:
    >>> len(filter_gallery(np.ones((8, 5, 5, 3))).tiles)
    8
    """
    if filters.shape[-1] != 3:
        filters = filters.mean(axis=-1, keepdims=True)
    tiles = []
    for i, each in enumerate(filters[:most]):
        largest = np.abs(each).max() or 1
        image = np.rint(127.5 + 127.5 * each / largest).astype("uint8")
        tiles.append(Tile((image,), "", f"filter {i + 1}"))
    return Gallery(tuple(tiles))
