"""What slides over an image: kernel, stride, dilation and padding of a layer."""

from dataclasses import dataclass

from kerasdl.inspection.layer_kinds import CONVOLUTIONS, GLOBAL_POOLS, PADDINGS, POOLS, TRANSPOSED


@dataclass(frozen=True)
class Window:
    """A window that slides over the axes of an image; an entry an axis.

    Attributes:
        kernel: its size.
        stride: its step.
        padding: `(before, after)`: positions of zeros beside the image.
        dilation: distance between neighbours inside it.
    """

    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple

    @property
    def extent(self):
        """Positions from the first of the window to its last: `(k - 1) d + 1`."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True))


def positions(shape, layer):
    """The axes of an image in `shape` (without the batch), as `layer` reads it.

    Example:
    >>> positions((32, 48, 3), keras.layers.Flatten())
    (32, 48)
    """
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    return tuple(shape[1:] if channels_first else shape[:-1])


def window(layer, shape):
    """The window of a layer.

    With `"same"` the padding is what makes the output `ceil(x / s)` wide:
    `(ceil(x / s) - 1) s + extent - x`, the odd one after. For an odd kernel and
    stride 1 that is the report's `p = (k - 1) / 2` on either side (II.Q8).

    Args:
        layer: a Keras layer.
        shape: of its input, without the batch.

    Returns:
        A `Window`, or `None` for a layer that has none.

    Example:
    >>> window(keras.layers.Conv2D(8, 5, padding="same"), (32, 32, 3)).padding
    ((2, 2), (2, 2))
    """
    size = positions(shape, layer)
    ones, unpadded = (1,) * len(size), ((0, 0),) * len(size)
    if isinstance(layer, PADDINGS):
        return Window(ones, ones, tuple(map(tuple, layer.padding)), ones)
    if isinstance(layer, GLOBAL_POOLS):
        return Window(size, ones, unpadded, ones)
    if isinstance(layer, TRANSPOSED):  # what it pads is its output
        return Window(layer.kernel_size, layer.strides, unpadded, layer.dilation_rate)
    if isinstance(layer, CONVOLUTIONS):
        bare = Window(layer.kernel_size, layer.strides, unpadded, layer.dilation_rate)
    elif isinstance(layer, POOLS):
        bare = Window(layer.pool_size, layer.strides, unpadded, ones)
    else:
        return None
    return bare if layer.padding == "valid" else _padded_to_same(bare, size)


def _padded_to_same(bare, size):
    padding = []
    for x, s, k in zip(size, bare.stride, bare.extent, strict=True):
        total = max((-(-x // s) - 1) * s + k - x, 0)
        padding.append((total // 2, total - total // 2))
    return Window(bare.kernel, bare.stride, tuple(padding), bare.dilation)
