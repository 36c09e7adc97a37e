"""ResNet-18 (He et al., 2016), for ImageNet and for 32x32 images."""

import keras
from keras import layers

from kerasdl.layers.initialized import conv
from kerasdl.models import blocks


def ResNet18(
    input_shape=(224, 224, 3),
    classes=1000,
    classifier_activation="softmax",
    name="resnet18",
    *,
    stem="imagenet",
    filters=(64, 128, 256, 512),
    resize=None,
    rgb=False,
    kernel_initializer="he_normal",
    bias_initializer="zeros",
    preprocessing=(),
):
    """Four stages of two residual blocks of two 3x3 convolutions each.

    A block whose input has another shape than its output has a projection as its
    shortcut, a 1x1 convolution with batch normalization (option B of the paper,
    as in torchvision and timm). Padding is symmetric throughout.

    Args:
        input_shape: `(height, width, channels)`.
        classes: number of outputs.
        classifier_activation: activation of the output, or `None` for logits.
        name: name of the model.
        stem: `"imagenet"`: 7x7 convolution of stride 2, 3x3 max-pool of stride 2;
            `"cifar"`: 3x3 convolution of stride 1 and no pool, for small images.
        filters: of the convolutions, one a stage.
        resize: side or `(height, width)` to which images are resized inside the
            model, or `None`.
        rgb: whether grey images are repeated to three channels inside the model.
        kernel_initializer: a Keras initialiser, or `"fan_in_uniform"`
            (+-1/sqrt(fan_in), PyTorch's default).
        bias_initializer: likewise; of the output, the only layer that has one.
        preprocessing: layers between the input and the network.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: `stem` is unknown, or `filters` has not four entries.

    Example:
    >>> ResNet18((32, 32, 3), 10, stem="cifar", filters=(8, 16, 32, 64)).output_shape
    (None, 10)
    """
    if stem not in ("imagenet", "cifar"):
        raise ValueError(f"Expected `stem` to be 'imagenet' or 'cifar'. Received: {stem!r}")
    if len(filters) != 4:
        raise ValueError(f"Expected `filters` of four stages. Received: filters={filters}")
    init = (kernel_initializer, bias_initializer)

    def conv_bn(x, width, kernel_size, strides, name):
        if strides > 1 and kernel_size > 1:  # "same" would pad one side only
            x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
        padding = "valid" if strides > 1 else "same"
        x = conv(
            x,
            width,
            kernel_size,
            strides=strides,
            padding=padding,
            use_bias=False,
            init=init,
            name=name,
        )
        return blocks.batch_norm(x, name=f"{name}_bn")

    def residual_block(x, width, strides, name):
        shortcut = x
        if strides > 1 or x.shape[-1] != width:
            shortcut = conv_bn(x, width, 1, strides, f"{name}_shortcut")
        x = conv_bn(x, width, 3, strides, f"{name}_conv1")
        x = layers.Activation("relu", name=f"{name}_conv1_relu")(x)
        x = conv_bn(x, width, 3, 1, f"{name}_conv2")
        x = layers.Add(name=f"{name}_add")([x, shortcut])
        return layers.Activation("relu", name=f"{name}_relu")(x)

    inputs, x = blocks.begin(input_shape, preprocessing)
    x = blocks.adapt(x, resize, rgb)

    if stem == "imagenet":
        x = conv_bn(x, filters[0], 7, 2, "stem_conv")
        x = layers.Activation("relu", name="stem_relu")(x)
        # No value is below 0 after a ReLU, so zeros pad a max-pool as minus infinity would.
        x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
        x = layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)
    else:
        x = conv_bn(x, filters[0], 3, 1, "stem_conv")
        x = layers.Activation("relu", name="stem_relu")(x)

    for i, width in enumerate(filters, start=1):
        x = residual_block(x, width, 1 if i == 1 else 2, f"stage{i}_block1")
        x = residual_block(x, width, 1, f"stage{i}_block2")

    x = layers.GlobalAveragePooling2D(name="global_pool")(x)
    outputs = blocks.classify(x, classes, classifier_activation, init=init)
    return keras.Model(inputs, outputs, name=name)
