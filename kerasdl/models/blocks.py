"""What the builders have in common: how a network begins, how it ends, and batch normalization."""

import keras
from keras import layers

from kerasdl.layers.images import AdaptImages
from kerasdl.layers.initialized import dense, height_and_width
from kerasdl.real_numbers import is_finite


def begin(input_shape, preprocessing):
    """The input and the layers before the network proper.

    Args:
        input_shape: of one example.
        preprocessing: Keras layers.

    Returns:
        The symbolic input, and the output of the last of those layers.
    """
    inputs = keras.Input(tuple(input_shape), name="image" if len(input_shape) == 3 else "features")
    x = inputs
    for layer in preprocessing:
        x = layer(x)
    return inputs, x


def expect_not_negative(**arguments):
    """Refuse what is no number, 0 or more; Keras' layers stumble over it in the first step.

    Raises:
        ValueError: which argument, and what it is.
    """
    for name, value in arguments.items():
        if not (is_finite(value) and value >= 0):
            raise ValueError(
                f"Expected `{name}` to be a number, 0 or more. Received: {name}={value!r:.200}"
            )


def adapt(x, resize, rgb):
    """Images in the size and with the channels that the network takes.

    Args:
        x: `(batch, height, width, channels)`.
        resize: side or `(height, width)`, or `None`.
        rgb: whether a single channel is repeated to three.
    """
    if resize is None and not (rgb and x.shape[-1] != 3):
        return x
    size = None if resize is None else height_and_width(resize)
    return AdaptImages(size, rgb, dtype=_precise(), name="adapt")(x)


def batch_norm(x, *, momentum=0.9, epsilon=1e-5, scale=True, name):
    """Batch normalization, by default with momentum and epsilon of `torch.nn.BatchNorm2d`.

    Args:
        x: `(batch, ..., channels)`.
        momentum: what the moving statistics keep in each step.
        epsilon: added to the variance.
        scale: whether the normalized values are multiplied by a trained scale.
        name: of the layer.
    """
    layer = layers.BatchNormalization(momentum=momentum, epsilon=epsilon, scale=scale, name=name)
    return layer(x)


def classify(x, classes, classifier_activation, *, init, use_bias=True, prefix=""):
    """The head: `logits`, then `predictions` unless `classifier_activation` is `None`.

    Logits and predictions are float32 in a network of mixed precision too, and float64 in one of that.
    """
    x = dense(x, classes, init=init, use_bias=use_bias, dtype=_precise(), name=f"{prefix}logits")
    if classifier_activation is not None:
        name = f"{prefix}predictions"
        dtype = "float64" if _precise() == "float64" else "float32"
        x = layers.Activation(classifier_activation, dtype=dtype, name=name)(x)
    return x


def _precise():
    """The dtype of weights under Keras' policy: float32, where layers compute in mixed precision."""
    return keras.config.dtype_policy().variable_dtype
