"""The network of the CIFAR-10 speed runs: whitening, three blocks of two convolutions, a head."""

import math

import keras
from keras import layers

from kerasdl.layers.initialized import conv, resolve_initializers
from kerasdl.layers.whitening import Whitening
from kerasdl.models import blocks

BATCH_NORM = {"momentum": 0.6, "epsilon": 1e-12, "scale": False}
"""As in airbench: statistics forget 0.4 in each step, and no scale is trained."""


def CIFARNet(
    input_shape=(32, 32, 3),
    classes=10,
    classifier_activation="softmax",
    name="cifar_net",
    *,
    widths=(64, 256, 256),
    whitening_size=2,
    whitening_epsilon=5e-4,
    last_pool_size=3,
    activation="gelu",
    kernel_initializer="dirac",
    preprocessing=(),
):
    """airbench94 of Keller Jordan, which descends from Page's ResNet 8 and hlb-CIFAR10 (Balsam).

    "94% on CIFAR-10 in 3.29 seconds on a single GPU" (https://arxiv.org/abs/2404.00498), section 3,
    and airbench94_muon.py in https://github.com/KellerJordan/cifar10-airbench. A block is
    convolution, max-pool, norm, activation, convolution, norm, activation. All convolutions but
    the whitening are 3x3, without biases.

    airbench divides its logits by the number of features. Here the head begins that much smaller:
    with the learning rate divided by the square of that number, it is the same training.

    Args:
        input_shape: `(height, width, channels)`.
        classes: number of outputs.
        classifier_activation: activation of the output, or `None` for logits.
        name: name of the model.
        widths: filters of the convolutions of each block.
        whitening_size: side of the patches that are whitened; see `kerasdl.layers.Whitening`, whose
            `adapt` takes the training images.
        whitening_epsilon: added to the eigenvalues.
        last_pool_size: side and stride of the max-pool after the blocks.
        activation: after the whitening and after each norm.
        kernel_initializer: of the convolutions of the blocks: a Keras initialiser,
            `"fan_in_uniform"` or `"dirac"`.
        preprocessing: layers between the input and the network.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: the image is too small for the pools.

    Example:
    >>> model = CIFARNet()
    >>> sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    1971352
    """
    least = whitening_size - 1 + last_pool_size * 2 ** len(widths)
    if min(input_shape[:2]) < least:
        raise ValueError(
            f"Expected images of {least}x{least} pixels or larger, as the pools of CIFARNet need them. "
            f"Received: input_shape={tuple(input_shape)}"
        )
    inputs, x = blocks.begin(input_shape, preprocessing)
    # (32, 32, 3) -> (31, 31, 24)
    x = Whitening(
        whitening_size,
        epsilon=whitening_epsilon,
        bias_initializer=resolve_initializers(
            (None, "fan_in_uniform"), fan_in=whitening_size**2 * x.shape[-1]
        )[1],
        name="whitening",
    )(x)
    x = layers.Activation(activation, name="whitening_activation")(x)
    # -> (15, 15, 64) -> (7, 7, 256) -> (3, 3, 256)
    for i, width in enumerate(widths, start=1):
        x = _convolution(x, width, kernel_initializer, name=f"block{i}_conv1")
        x = layers.MaxPooling2D(2, name=f"block{i}_pool")(x)
        x = blocks.batch_norm(x, **BATCH_NORM, name=f"block{i}_norm1")
        x = layers.Activation(activation, name=f"block{i}_activation1")(x)
        x = _convolution(x, width, kernel_initializer, name=f"block{i}_conv2")
        x = blocks.batch_norm(x, **BATCH_NORM, name=f"block{i}_norm2")
        x = layers.Activation(activation, name=f"block{i}_activation2")(x)
    # -> (1, 1, 256) -> (256,)
    x = layers.MaxPooling2D(last_pool_size, name="last_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    bound = math.sqrt(3) / x.shape[-1]  # of a uniform distribution with deviation 1 / features
    head = keras.initializers.RandomUniform(-bound, bound)
    outputs = blocks.classify(
        x, classes, classifier_activation, init=(head, "zeros"), use_bias=False
    )
    return keras.Model(inputs, outputs, name=name)


def _convolution(x, filters, kernel_initializer, name):
    return conv(x, filters, 3, use_bias=False, init=(kernel_initializer, "zeros"), name=name)
