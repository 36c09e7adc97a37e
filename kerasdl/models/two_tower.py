"""A network with several outputs: a tower of convolutions for each question about an image."""

import keras
from keras import layers

from kerasdl.layers.initialized import conv, dense
from kerasdl.models import blocks


def TwoTowerCNN(
    input_shape=(28, 28, 3),
    classes=None,
    classifier_activation="softmax",
    name="two_tower",
    *,
    filters=(16, 32, 64),
    kernel_size=(5, 3, 3),
    padding="valid",
    pool_size=2,
    shared=0,
    units=(),
    activation="relu",
    kernel_initializer="glorot_uniform",
    bias_initializer="zeros",
    preprocessing=(),
):
    """Convolutions, each with its max-pool and activation, then dense layers, for each output.

    The defaults are the network of the `exercises` report's coloured digits.

    Args:
        input_shape: `(height, width, channels)`.
        classes: number of classes of each output, by its name;
            `{"digit": 10, "colour": 5}` unless said.
        classifier_activation: activation of every output, or `None` for logits; or
            a dictionary of them, by output name.
        name: name of the model.
        filters: of each convolution.
        kernel_size: one for all convolutions, or an entry each.
        padding: `"valid"` or `"same"`, for every convolution.
        pool_size: side and stride of the max-pools.
        shared: how many convolutions, from the first, all towers have in common.
        units: width of each dense layer before the output of a tower.
        activation: activation of convolutions and dense layers.
        kernel_initializer: a Keras initialiser, or `"fan_in_uniform"`
            (+-1/sqrt(fan_in), PyTorch's default).
        bias_initializer: likewise.
        preprocessing: layers between the input and the network.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to a dictionary of
        `(batch, classes)`, by output name.

    Raises:
        ValueError: `classes` is no dictionary, `classifier_activation` names other
            outputs, a number is out of range, or the image is too small for the pools.

    Example:
    >>> {name: output.shape for name, output in TwoTowerCNN().output.items()}
    {'digit': (None, 10), 'colour': (None, 5)}
    >>> TwoTowerCNN(shared=1).count_params() < TwoTowerCNN().count_params()
    True
    """
    classes = {"digit": 10, "colour": 5} if classes is None else classes
    if not isinstance(classes, dict):
        raise ValueError(
            f"Expected `classes` to name the outputs, as {{'digit': 10}}. Received: {classes!r}"
        )
    activations = classifier_activation
    if not isinstance(activations, dict):
        activations = dict.fromkeys(classes, classifier_activation)
    if set(activations) != set(classes):
        raise ValueError(
            f"Expected a `classifier_activation` for {', '.join(classes)}. Received: {activations}"
        )
    if None in input_shape:
        raise ValueError(f"Expected images of one size. Received: input_shape={tuple(input_shape)}")
    if not 0 <= shared <= len(filters):
        raise ValueError(f"Expected `shared` from 0 to {len(filters)}. Received: shared={shared}")
    kernels = (
        kernel_size if isinstance(kernel_size, (tuple, list)) else [kernel_size] * len(filters)
    )
    if len(kernels) != len(filters):
        raise ValueError(
            f"Expected a `kernel_size` for each of the {len(filters)} convolutions. "
            f"Received: kernel_size={kernel_size}"
        )
    init = (kernel_initializer, bias_initializer)
    convolutions = list(enumerate(zip(filters, kernels, strict=True), start=1))

    def convolve(x, convolutions, prefix):
        for i, (width, kernel) in convolutions:
            stage = f"{prefix}conv{i}"
            if min(x.shape[1:3]) < (kernel if padding == "valid" else 1) + pool_size - 1:
                raise ValueError(
                    f"Expected an image large enough for {len(filters)} convolutions. Received: "
                    f"input_shape={tuple(input_shape)}, which leaves {x.shape[1]}x{x.shape[2]} "
                    f"for convolution {i}"
                )
            x = conv(x, width, kernel, padding=padding, init=init, name=stage)
            x = layers.MaxPooling2D(pool_size, name=f"{stage}_pool")(x)
            x = layers.Activation(activation, name=f"{stage}_activation")(x)
        return x

    def tower(x, count, name):
        x = convolve(x, convolutions[shared:], f"{name}_")
        x = layers.Flatten(name=f"{name}_flatten")(x)
        for i, width in enumerate(units, start=1):
            x = dense(x, width, init=init, name=f"{name}_dense{i}")
            x = layers.Activation(activation, name=f"{name}_dense{i}_activation")(x)
        return blocks.classify(x, count, activations[name], init=init, prefix=f"{name}_")

    inputs, x = blocks.begin(input_shape, preprocessing)
    x = convolve(x, convolutions[:shared], "")
    outputs = {name: tower(x, count, name) for name, count in classes.items()}
    return keras.Model(inputs, outputs, name=name)
