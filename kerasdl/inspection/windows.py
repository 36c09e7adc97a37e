"""What slides over an image: kernel, stride, dilation and padding of a layer."""

from dataclasses import dataclass

from keras import layers

CONVOLUTIONS = (
    layers.Conv1D,
    layers.Conv2D,
    layers.Conv3D,
    layers.DepthwiseConv1D,
    layers.DepthwiseConv2D,
    layers.SeparableConv1D,
    layers.SeparableConv2D,
)
TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
POOLS = (
    layers.MaxPooling1D,
    layers.MaxPooling2D,
    layers.MaxPooling3D,
    layers.AveragePooling1D,
    layers.AveragePooling2D,
    layers.AveragePooling3D,
)
GLOBAL_POOLS = (
    layers.GlobalAveragePooling1D,
    layers.GlobalAveragePooling2D,
    layers.GlobalAveragePooling3D,
    layers.GlobalMaxPooling1D,
    layers.GlobalMaxPooling2D,
    layers.GlobalMaxPooling3D,
)
PADDINGS = (layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D)


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
    >>> positions((32, 48, 3), layers.Flatten())
    (32, 48)
    """
    first = getattr(layer, "data_format", None) == "channels_first"
    return tuple(shape[1:] if first else shape[:-1])


def window(layer, shape):
    """The `Window` of `layer` over an input of `shape` (without the batch), or `None`.

    With `"same"` the padding is what makes the output `ceil(x / s)` wide:
    `(ceil(x / s) - 1) s + extent - x`, the odd one after. For an odd kernel and
    stride 1 that is the report's `p = (k - 1) / 2` on either side (II.Q8).

    Example:
    >>> window(layers.Conv2D(8, 5, padding="same"), (32, 32, 3)).padding
    ((2, 2), (2, 2))
    """
    size = positions(shape, layer)
    ones = (1,) * len(size)
    if isinstance(layer, PADDINGS):
        pad = layer.padding if isinstance(layer.padding[0], tuple) else (tuple(layer.padding),)
        return Window(ones, ones, tuple(tuple(p) for p in pad), ones)
    if isinstance(layer, GLOBAL_POOLS):
        return Window(size, ones, ((0, 0),) * len(size), ones)
    if isinstance(layer, CONVOLUTIONS + TRANSPOSED):
        kernel, dilation = _each(layer.kernel_size, size), _each(layer.dilation_rate, size)
    elif isinstance(layer, POOLS):
        kernel, dilation = _each(layer.pool_size, size), ones
    else:
        return None
    bare = Window(kernel, _each(layer.strides, size), ((0, 0),) * len(size), dilation)
    if isinstance(layer, TRANSPOSED):
        return bare  # what it pads is its output
    if layer.padding == "valid":
        return bare
    padding = []
    for x, s, k in zip(size, bare.stride, bare.extent, strict=True):
        if layer.padding == "causal":
            padding.append((k - 1, 0))
        else:
            total = max((-(-x // s) - 1) * s + k - x, 0)
            padding.append((total // 2, total - total // 2))
    return Window(kernel, bare.stride, tuple(padding), dilation)


def _each(value, size):
    return (value,) * len(size) if isinstance(value, int) else tuple(value)
