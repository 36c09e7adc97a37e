"""What the builders share: initialised layers, the preamble and the head.

`kernel_initializer` and `bias_initializer` take anything that Keras takes, and
`"fan_in_uniform"` (see `kerasdl.layers.initializers`).
"""

import numbers

import keras
from keras import layers

from kerasdl.layers.images import AdaptImages
from kerasdl.layers.initializers import resolve


def begin(input_shape, preprocessing):
    """Input and what precedes the network proper; returns the input and its result."""
    inputs = keras.Input(tuple(input_shape), name="image" if len(input_shape) == 3 else "features")
    x = inputs
    for layer in preprocessing:
        x = layer(x)
    return inputs, x


def adapt(x, resize, rgb):
    """Images as a network of another size, or of three channels, takes them."""
    if resize is None and not (rgb and x.shape[-1] != 3):
        return x
    return AdaptImages(None if resize is None else pair(resize), rgb, name="adapt")(x)


def conv(x, filters, kernel_size, *, strides=1, padding="same", use_bias=True, init, name):
    """A 2D convolution with initialisers `init = (kernel, bias)`."""
    kernel_height, kernel_width = pair(kernel_size)
    kernel, bias = resolve(init, fan_in=kernel_height * kernel_width * x.shape[-1])
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


def dense(x, units, *, init, name):
    """A dense layer with initialisers `init = (kernel, bias)`."""
    kernel, bias = resolve(init, fan_in=x.shape[-1])
    return layers.Dense(units, kernel_initializer=kernel, bias_initializer=bias, name=name)(x)


def batch_norm(x, *, name):
    """Batch normalization with momentum 0.9 and epsilon 1e-5, as in `torch.nn.BatchNorm2d`."""
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)


def classify(x, classes, classifier_activation, *, init, prefix=""):
    """The head: `logits`, then `predictions` unless `classifier_activation` is None."""
    x = dense(x, classes, init=init, name=f"{prefix}logits")
    if classifier_activation is not None:
        name = f"{prefix}predictions"
        x = layers.Activation(classifier_activation, dtype="float32", name=name)(x)
    return x


def pair(value):
    """`value`, a whole number or two, as (height, width)."""
    both = (value, value) if isinstance(value, numbers.Integral) else tuple(value)
    if len(both) != 2 or not all(isinstance(n, numbers.Integral) and n > 0 for n in both):
        raise ValueError(f"Expected a positive whole number, or two. Received: {value}")
    return tuple(map(int, both))
