"""The plain convolutional network: stages of convolutions, each ending in a pool."""

import itertools

import keras
from keras import layers

from kerasdl.layers.initialized import conv, dense
from kerasdl.models import blocks

BATCH_NORM_PLACES = ("convolution", "activation")
DROPOUT_PLACES = ("conv", "pool", "dense")
POOLS = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
GLOBAL_POOLS = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}


def CNN(
    input_shape=(32, 32, 3),
    classes=10,
    classifier_activation="softmax",
    name="cnn",
    *,
    filters=(32, 64, 64),
    kernel_size=5,
    strides=1,
    padding="same",
    use_bias=True,
    pool="max",
    pool_size=2,
    pool_padding="valid",
    pooling=None,
    units=(1000,),
    activation="relu",
    batch_norm=False,
    batch_norm_after="convolution",
    batch_norm_momentum=0.9,
    batch_norm_epsilon=1e-5,
    dropout=0.0,
    dropout_after=("dense",),
    crop=None,
    kernel_initializer="glorot_uniform",
    bias_initializer="zeros",
    preprocessing=(),
):
    """Convolutions and pools, then dense layers; the defaults are the `regularization` network.

    A stage is one convolution or several, and ends in a pool. Each convolution
    is followed by batch normalization (where switched on) and its activation.

    Args:
        input_shape: `(height, width, channels)`.
        classes: number of outputs.
        classifier_activation: activation of the output, or `None` for logits.
        name: name of the model.
        filters: one entry a stage: the number of filters of its convolution, or
            a tuple of them, one a convolution. `(32, 64, 64)` is three stages of
            one convolution, `((32, 32), (64, 64))` two stages of two.
        kernel_size: one for all, or an entry a stage, nested as `filters` is.
        strides: likewise.
        padding: `"same"` or `"valid"`, one for all or an entry a stage, nested as `filters` is.
        use_bias: whether the convolutions have biases.
        pool: `"max"` or `"average"`.
        pool_size: side and stride of the pool, one for all or an entry a stage;
            `None` leaves a stage without a pool.
        pool_padding: `"valid"` leaves out rows and columns that fill no pool; `"same"` pools what
            there is of them, as `ceil_mode=True` does in PyTorch.
        pooling: how the last feature map becomes a vector: `None` flattens it,
            `"avg"` and `"max"` pool it globally.
        units: width of each dense layer before the output.
        activation: activation of convolutions and dense layers.
        batch_norm: whether convolutions are batch-normalized: one for all or an entry a stage,
            nested as `filters` is.
        batch_norm_after: where it stands: `"convolution"`, so that what is activated is normalized,
            or `"activation"`.
        batch_norm_momentum: what its moving statistics keep in each step.
        batch_norm_epsilon: added to the variance.
        dropout: rate of dropout.
        dropout_after: where it stands, any of `"conv"`, `"pool"`, `"dense"`.
        crop: side of the middle of the image that the network sees, or `None` for all of it.
        kernel_initializer: a Keras initialiser, or `"fan_in_uniform"`
            (+-1/sqrt(fan_in), PyTorch's default).
        bias_initializer: likewise.
        preprocessing: layers between the input and the network.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: an argument has another number of entries than `filters`, a
            name is unknown, the image is too small for the pools or the crop, or
            `batch_norm_epsilon` is below 0.

    Example:
    >>> CNN().count_params()
    1191170
    >>> CNN(filters=((32, 32), (64, 64)), kernel_size=3, padding="valid", units=(512,)).count_params()
    890410
    """
    _expect_choices(pool, pooling, dropout_after, batch_norm_after)
    blocks.expect_not_negative(batch_norm_epsilon=batch_norm_epsilon)
    stages = _stages(filters, (kernel_size, strides, padding, batch_norm), pool_size)
    init = (kernel_initializer, bias_initializer)

    def drop(x, place, name):
        if not dropout or place not in dropout_after:
            return x
        return layers.Dropout(dropout, name=f"{name}_dropout")(x)

    def normalize(x, name):
        return blocks.batch_norm(
            x, momentum=batch_norm_momentum, epsilon=batch_norm_epsilon, name=f"{name}_bn"
        )

    inputs, x = blocks.begin(input_shape, preprocessing)
    if crop is not None:
        x = _middle(x, crop)

    for i, (convolutions, size) in enumerate(stages, start=1):
        for j, (width, kernel, step, border, normalized) in enumerate(convolutions, start=1):
            layer_name = f"conv{i}" if len(convolutions) == 1 else f"conv{i}_{j}"
            x = conv(
                x,
                width,
                kernel,
                strides=step,
                padding=border,
                use_bias=use_bias,
                init=init,
                name=layer_name,
            )
            if normalized and batch_norm_after == "convolution":
                x = normalize(x, layer_name)
            x = layers.Activation(activation, name=f"{layer_name}_activation")(x)
            if normalized and batch_norm_after == "activation":
                x = normalize(x, layer_name)
            x = drop(x, "conv", layer_name)
        if size is not None:
            if min(x.shape[1:3]) < size:
                raise ValueError(
                    f"Expected an image large enough for {len(stages)} stages. Received: "
                    f"input_shape={tuple(input_shape)}, which leaves {x.shape[1]}x{x.shape[2]} "
                    f"for the pool of stage {i}"
                )
            x = POOLS[pool](size, padding=pool_padding, name=f"pool{i}")(x)
            x = drop(x, "pool", f"pool{i}")

    if pooling is None:
        x = layers.Flatten(name="flatten")(x)
    else:
        x = GLOBAL_POOLS[pooling](name="global_pool")(x)

    for i, width in enumerate(units, start=1):
        x = dense(x, width, init=init, name=f"dense{i}")
        x = layers.Activation(activation, name=f"dense{i}_activation")(x)
        x = drop(x, "dense", f"dense{i}")
    outputs = blocks.classify(x, classes, classifier_activation, init=init)
    return keras.Model(inputs, outputs, name=name)


def _expect_choices(pool, pooling, dropout_after, batch_norm_after):
    if batch_norm_after not in BATCH_NORM_PLACES:
        raise ValueError(
            f"Expected `batch_norm_after` to be one of {BATCH_NORM_PLACES}. "
            f"Received: batch_norm_after={batch_norm_after!r}"
        )
    if pool not in POOLS:
        raise ValueError(f"Expected `pool` to be one of {sorted(POOLS)}. Received: pool={pool!r}")
    if pooling not in (None, *GLOBAL_POOLS):
        raise ValueError(f"Expected `pooling` to be None, 'avg' or 'max'. Received: {pooling!r}")
    unknown = sorted(set(dropout_after) - set(DROPOUT_PLACES))
    if unknown:
        raise ValueError(
            f"Expected `dropout_after` to name any of {DROPOUT_PLACES}. Received: {unknown}"
        )


def _middle(x, crop):
    """The middle `crop` x `crop` pixels; of an odd border the larger part is at the lower right."""
    borders = [size - crop for size in x.shape[1:3]]
    if min(borders) < 0 or crop < 1:
        raise ValueError(
            f"Expected `crop` to be from 1 to the side of the image. Received: crop={crop}, images "
            f"of {x.shape[1]}x{x.shape[2]}"
        )
    sides = tuple((border // 2, border - border // 2) for border in borders)
    return layers.Cropping2D(sides, name="crop")(x)


def _stages(filters, arguments, pool_size):
    """For each stage, its convolutions and the size of its pool.

    A convolution is a tuple: its filters, its kernel size, its strides, its padding, and whether it
    is batch-normalized.
    """
    names = ("kernel_size", "strides", "padding", "batch_norm")
    depths = [len(stage) if isinstance(stage, (tuple, list)) else 1 for stage in filters]

    def per_convolution(value, argument):
        by_stage = _per_entry(value, len(depths), argument)
        return [_per_entry(each, n, argument) for each, n in zip(by_stage, depths, strict=True)]

    settings = [per_convolution(filters, "filters")]
    settings += [per_convolution(*each) for each in zip(arguments, names, strict=True)]
    for border in itertools.chain(*settings[names.index("padding") + 1]):
        if not isinstance(border, str):
            raise ValueError(
                f"Expected `padding` to be 'same' or 'valid'. Received: padding={border!r:.200}"
            )
    convolutions = [list(zip(*stage, strict=True)) for stage in zip(*settings, strict=True)]
    return list(zip(convolutions, _per_entry(pool_size, len(depths), "pool_size"), strict=True))


def _per_entry(value, entries, argument):
    """A tuple of so many entries, from one for all or from a sequence of them."""
    if not isinstance(value, (tuple, list)):
        return (value,) * entries
    if len(value) != entries:
        raise ValueError(
            f"Expected `{argument}` to have an entry for each of the {entries} stages. "
            f"Received: {argument}={value}"
        )
    return tuple(value)
