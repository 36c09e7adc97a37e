"""The multilayer perceptron."""

import keras
from keras import layers

from kerasdl.layers.initialized import dense
from kerasdl.models import blocks


def MLP(
    input_shape=(32, 32, 3),
    classes=10,
    classifier_activation="softmax",
    name="mlp",
    *,
    units=(4096, 4096),
    activation="relu",
    batch_norm=False,
    dropout=0.0,
    kernel_initializer="glorot_uniform",
    bias_initializer="zeros",
    preprocessing=(),
):
    """Dense layers, one after the other.

    Args:
        input_shape: shape of one example, `(height, width, channels)` or
            `(features,)`; images are flattened.
        classes: number of outputs.
        classifier_activation: activation of the output, or `None` for logits
            (and for regression).
        name: name of the model.
        units: width of each hidden layer; `()` leaves the linear model.
        activation: activation of the hidden layers.
        batch_norm: whether to normalize each hidden layer before its activation.
        dropout: rate of dropout after each hidden layer's activation.
        kernel_initializer: a Keras initialiser, or `"fan_in_uniform"`
            (+-1/sqrt(fan_in), PyTorch's default).
        bias_initializer: likewise.
        preprocessing: layers between the input and the network.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: a width or a rate is out of range.

    Example:
    >>> MLP((2,), classes=1, classifier_activation=None, units=(75,)).count_params()
    301
    """
    if any(width < 1 for width in units) or classes < 1:
        raise ValueError(f"Expected positive widths. Received: units={units}, classes={classes}")
    init = (kernel_initializer, bias_initializer)
    inputs, x = blocks.begin(input_shape, preprocessing)
    if len(x.shape) > 2:
        x = layers.Flatten(name="flatten")(x)
    for i, width in enumerate(units, start=1):
        x = dense(x, width, init=init, name=f"dense{i}")
        if batch_norm:
            x = blocks.batch_norm(x, name=f"dense{i}_bn")
        x = layers.Activation(activation, name=f"dense{i}_activation")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"dense{i}_dropout")(x)
    outputs = blocks.classify(x, classes, classifier_activation, init=init)
    return keras.Model(inputs, outputs, name=name)
