"""Convolutions and dense layers with the initialisers that builders take.

A builder's `kernel_initializer` and `bias_initializer`, together `init`, are whatever Keras takes,
or `"fan_in_uniform"`: uniform in +-1/sqrt(fan_in), which is what `torch.nn.Linear` and
`torch.nn.Conv2d` draw both weights and biases from. A kernel's may be `"dirac"` (see
`kerasdl.layers.dirac`), whose first filters pass their inputs on.
"""

import math
import numbers

import keras
from keras import layers

from kerasdl.layers.dirac import Dirac

FAN_IN_UNIFORM = "fan_in_uniform"
DIRAC = "dirac"


def resolve_initializers(init, fan_in):
    """Keras' initialisers for those of a builder.

    Args:
        init: kernel and bias initialiser, as a builder takes them.
        fan_in: number of inputs of a unit.

    Returns:
        Kernel and bias initialiser, as a Keras layer takes them.

    Example:
    >>> resolve_initializers(("fan_in_uniform", "fan_in_uniform"), fan_in=100)[1].maxval
    0.1
    """
    kernel, bias = init
    if kernel == FAN_IN_UNIFORM:
        # the variance of uniform(+-1/sqrt(n)) is 1/(3n)
        kernel = keras.initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform")
    elif kernel == DIRAC:
        kernel = Dirac()
    if bias == FAN_IN_UNIFORM:
        bound = 1 / math.sqrt(fan_in)
        bias = keras.initializers.RandomUniform(-bound, bound)
    return kernel, bias


def conv(x, filters, kernel_size, *, strides=1, padding="same", use_bias=True, init, name):
    """A 2D convolution.

    Args:
        x: images, `(batch, height, width, channels)`.
        filters: number of output channels.
        kernel_size: side of the kernel, or `(height, width)`.
        strides: of the kernel, likewise.
        padding: `"same"` or `"valid"`.
        use_bias: whether it has a bias.
        init: kernel and bias initialiser.
        name: of the layer.

    Returns:
        `(batch, height, width, filters)`, smaller by strides and padding.

    Example:
    >>> init = ("fan_in_uniform", "zeros")
    >>> conv(layers.Input((28, 28, 1)), 8, 5, padding="valid", init=init, name="conv").shape
    (None, 24, 24, 8)
    """
    kernel_height, kernel_width = height_and_width(kernel_size)
    kernel, bias = resolve_initializers(init, fan_in=kernel_height * kernel_width * x.shape[-1])
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=use_bias,
        kernel_initializer=kernel,
        bias_initializer=bias,
        name=name,
    )(x)


def dense(x, units, *, use_bias=True, init, dtype=None, name):
    """A dense layer.

    Args:
        x: `(batch, ..., features)`.
        units: number of outputs.
        use_bias: whether it has a bias.
        init: kernel and bias initialiser.
        dtype: of the layer, as Keras takes it.
        name: of the layer.

    Returns:
        `(batch, ..., units)`.

    Example:
    >>> dense(layers.Input((7,)), 3, init=("fan_in_uniform", "zeros"), name="dense").shape
    (None, 3)
    """
    kernel, bias = resolve_initializers(init, fan_in=x.shape[-1])
    return layers.Dense(
        units,
        use_bias=use_bias,
        kernel_initializer=kernel,
        bias_initializer=bias,
        dtype=dtype,
        name=name,
    )(x)


def height_and_width(value):
    """`(height, width)` from a side or from both.

    Raises:
        ValueError: it is not a positive whole number, or two.

    Example:
    >>> height_and_width(3), height_and_width((3, 5))
    ((3, 3), (3, 5))
    """
    both = (value, value) if isinstance(value, numbers.Integral) else tuple(value)
    if len(both) != 2 or not all(isinstance(n, numbers.Integral) and n > 0 for n in both):
        raise ValueError(f"Expected a positive whole number, or two. Received: {value}")
    return tuple(map(int, both))
