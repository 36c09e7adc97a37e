"""A network for one image size, turned into one for all larger sizes.

A dense layer is a convolution whose kernel covers its input (II.Q4 to Q6 of the
`regularization` report; Long, Shelhamer and Darrell 2015, section 3.1). So a
network of convolutions with a dense head can slide over a larger image, and
compute what its windows have in common only once.
"""

from dataclasses import dataclass

import keras
from keras import layers, tree

from kerasdl.errors import UsageError
from kerasdl.inspection import graph
from kerasdl.inspection import layer_kinds as kinds

# Layers that do the same at every position, however many there are.
LOCAL = (
    *kinds.POSITIONWISE,
    *kinds.CONVOLUTIONS,
    *kinds.TRANSPOSED,
    *kinds.POOLS,
    *kinds.PADDINGS,
    *kinds.UPSAMPLING,
    *kinds.MERGING,
)
# A pool over the whole map -> the pool over windows of the map's size.
WINDOWED_POOLS = {
    layers.GlobalAveragePooling2D: layers.AveragePooling2D,
    layers.GlobalMaxPooling2D: layers.MaxPooling2D,
}
# Settings that a dense layer and a convolution both have.
SHARED_SETTINGS = (
    *("name", "trainable", "dtype", "activation", "use_bias", "activity_regularizer"),
    *("kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    *("bias_initializer", "bias_regularizer", "bias_constraint"),
)


def fully_convolutional(model, name=None):
    """The convolutional equivalent of a convolutional network with a dense head.

    At the original size its output, of one position, equals that of `model`. On
    a larger image it is a map of predictions: position `(i, j)` belongs to the
    window of the original size that begins at `(i, j)` times the network's
    stride. The map is not exactly what `model` says of such windows cut out:
    where "same" padding showed it zeros, it now sees the neighbourhood.

    - The dense layer behind `Flatten` becomes a convolution whose kernel is the
      feature map's size, those after it 1x1 convolutions.
    - Global pooling becomes pooling over windows of the feature map's size, step
      1, as a convolution would have it. (Pooling a larger image as a whole would
      be one prediction, not a map.)
    - A softmax runs over the channels.

    Args:
        model: a functional or sequential `keras.Model` from images `(batch,
            height, width, channels)`, channels last. Its weights are copied.
        name: of the new model; `<model>_fully_convolutional` unless said.

    Returns:
        A functional `keras.Model` from `(batch, any, any, channels)`, each side
        at least the original's, to `(batch, rows, columns, outputs)`.

    Raises:
        UsageError: a layer cannot be converted; the first one is named.

    Example:
    >>> from kerasdl.models import CNN
    >>> model = fully_convolutional(CNN())
    >>> model.compute_output_shape((None, 32, 32, 3)), model.compute_output_shape((1, 48, 64, 3))
    ((None, 1, 1, 10), (1, 3, 5, 10))
    """
    traced = graph.trace(model)
    old_inputs = tree.flatten(traced.inputs)
    if any(len(x.shape) != 4 or None in x.shape[1:] for x in old_inputs):
        shapes = ", ".join(str(tuple(x.shape[1:])) for x in old_inputs)
        raise UsageError(
            f"{model.name} should take images of one size, (height, width, channels); "
            f"it takes {shapes}."
        )
    inputs = [
        keras.Input((None, None, x.shape[-1]), dtype=x.dtype, name=x.name) for x in old_inputs
    ]
    maps = {
        old: _Map(new, size=old.shape[1:3], flat=False)
        for old, new in zip(old_inputs, inputs, strict=True)
    }
    conversion = _Conversion()
    for call in traced.calls:
        maps[call.outputs[0]] = conversion.counterpart(call, [maps[x] for x in call.inputs])
    ends = [maps[x] for x in tree.flatten(traced.outputs)]
    if any(end.flat and end.size != (1, 1) for end in ends):
        raise UsageError(f"{model.name} ends in a flattened map, which has no equivalent.")
    return keras.Model(
        tree.pack_sequence_as(traced.inputs, inputs),
        tree.pack_sequence_as(traced.outputs, [end.tensor for end in ends]),
        name=name or f"{model.name}_fully_convolutional",
    )


@dataclass(frozen=True)
class _Map:
    """A tensor of the new model, and what it stands for in the old one.

    Attributes:
        tensor: symbolic, `(batch, any, any, channels)`.
        size: its height and width at the original image size.
        flat: whether the old tensor is a vector, `(batch, values)`.
    """

    tensor: keras.KerasTensor
    size: tuple
    flat: bool

    @property
    def channels(self):
        """How many values a position has."""
        return self.tensor.shape[-1]


class _Conversion:
    """Makes the layers of the new model, each once, and calls them."""

    def __init__(self):
        self.made = {}  # (old layer, size of the map before it) -> new layer

    def counterpart(self, call, given):
        """The `_Map` of a call's output, from those of its inputs."""
        layer, first = call.layer, given[0]
        name = "_".join(call.path)
        old_shape = call.outputs[0].shape[1:]
        _expect_channels_last(layer)
        if isinstance(layer, kinds.RESHAPING):
            return _reshaped(layer, first, old_shape)
        if type(layer) in WINDOWED_POOLS:
            pool = self.once(layer, first.size, lambda: _windowed_pool(layer, first, name))
            return _Map(pool(first.tensor), (1, 1), flat=not layer.keepdims)
        if type(layer) is layers.Dense:
            if first.flat or first.size == (1, 1):
                conv = self.once(layer, first.size, lambda: _convolution(layer, first, name))
                return _Map(conv(first.tensor), (1, 1), first.flat)
            return _Map(self.copied(layer, first, name)(first.tensor), first.size, flat=False)
        _expect_local(call, given)
        new = self.copied(layer, first, name)
        tensors = [each.tensor for each in given]
        takes_list = isinstance(next(iter(call.args), None), (list, tuple))
        result = new(tensors if takes_list else tensors[0])
        return _Map(result, first.size if first.flat else old_shape[:2], first.flat)

    def copied(self, layer, given, name):
        """A layer like `layer`, and with its weights."""

        def make():
            config = {**layer.get_config(), "name": name}
            if config.get("axis"):
                config["axis"] = -1  # of a vector, the channels may have been axis 1
            new = type(layer).from_config(config)
            if layer.weights:
                new.build(given.tensor.shape)
                new.set_weights(layer.get_weights())
            if isinstance(new, layers.Normalization) and layer.weights:
                new.finalize_state()  # what it computes with follows from the weights
            return new

        return self.once(layer, None, make)

    def once(self, layer, size, make):
        """What `make` gives; the same again for a layer that is called again."""
        key = (layer, size)
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]


def _reshaped(layer, given, old_shape):
    """A vector of a map, or the map of one position of a vector: the tensor stays."""
    height, width = given.size
    if old_shape == (height * width * given.channels,):
        return _Map(given.tensor, given.size, flat=True)
    if old_shape == (1, 1, given.channels) and given.size == (1, 1):
        return _Map(given.tensor, given.size, flat=False)
    _refuse(layer, f"it gives the shape {old_shape}, which is not one vector")


def _windowed_pool(layer, given, name):
    pool = WINDOWED_POOLS[type(layer)]
    return pool(given.size, strides=1, dtype=layer.dtype_policy, name=name)


def _convolution(dense, given, name):
    """The convolution that does to a map what `dense` does to the flattened map."""
    height, width = given.size
    config = dense.get_config() | {"name": name}
    config = {key: value for key, value in config.items() if key in SHARED_SETTINGS}
    conv = layers.Conv2D.from_config(
        {**config, "filters": dense.units, "kernel_size": (height, width)}
    )
    conv.build((None, height, width, given.channels))
    # A flattened map goes line by line, channels last: the layout of a convolution's kernel.
    shape = (height, width, given.channels, dense.units)
    conv.kernel.assign(keras.ops.reshape(dense.kernel, shape))
    if dense.use_bias:
        conv.bias.assign(dense.bias)
    return conv


def _expect_local(call, given):
    """Refuse layers that do not treat every position alike."""
    layer, first = call.layer, given[0]
    if type(layer) not in LOCAL:
        _refuse(layer, "only layers that treat every position alike can slide over an image")
    if first.flat and first.size != (1, 1) and not _elementwise(layer):
        _refuse(layer, "behind a flattened map, it does not treat every position alike")
    if len({each.size for each in given}) > 1:
        _refuse(layer, "it meets a map with a pooled one, whose sizes on larger images differ")
    _expect_channel_axis(layer, rank=len(call.inputs[0].shape))


def _elementwise(layer):
    over_channels = (
        keras.activations.softmax,
        keras.activations.log_softmax,
        keras.activations.glu,
    )
    return type(layer) in kinds.ELEMENTWISE and (
        getattr(layer, "activation", None) not in over_channels
    )


def _expect_channels_last(layer):
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        _refuse(layer, "its channels come first; expected channels last")


def _expect_channel_axis(layer, rank):
    """Refuse a layer along another axis than the channels'."""
    if not hasattr(layer, "axis") or layer.axis is None:
        return
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else (layer.axis,)
    if any(axis % rank != rank - 1 for axis in axes):
        _refuse(layer, f"it works along axis {layer.axis}; expected the channels'")


def _refuse(layer, reason):
    raise UsageError(
        f"{layer.name} ({type(layer).__name__}) cannot be made convolutional: {reason}."
    )
