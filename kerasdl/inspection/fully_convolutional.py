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

# Layers that treat all positions alike, whatever their number.
LOCAL = (
    layers.Activation,
    layers.ActivityRegularization,
    layers.Add,
    layers.Average,
    layers.AveragePooling2D,
    layers.BatchNormalization,
    layers.Concatenate,
    layers.Conv2D,
    layers.Conv2DTranspose,
    layers.Cropping2D,
    layers.DepthwiseConv2D,
    layers.Dropout,
    layers.ELU,
    layers.GaussianDropout,
    layers.GaussianNoise,
    layers.Identity,
    layers.LayerNormalization,
    layers.LeakyReLU,
    layers.Maximum,
    layers.MaxPooling2D,
    layers.Minimum,
    layers.Multiply,
    layers.Normalization,
    layers.ReLU,
    layers.Rescaling,
    layers.SeparableConv2D,
    layers.Softmax,
    layers.SpatialDropout2D,
    layers.Subtract,
    layers.UpSampling2D,
    layers.ZeroPadding2D,
)
# Those of them that have no weights and treat all values alike: they may stand behind a `Flatten`.
FLAT = (
    *(layers.ActivityRegularization, layers.Dropout, layers.ELU, layers.GaussianDropout),
    *(layers.GaussianNoise, layers.Identity, layers.LeakyReLU, layers.ReLU),
)
POOLS = {
    layers.GlobalAveragePooling2D: layers.AveragePooling2D,
    layers.GlobalMaxPooling2D: layers.MaxPooling2D,
}
# What a dense layer and a convolution both take.
_SHARED = (
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
    graph = _graph(model)
    if any(len(x.shape) != 4 or None in x.shape[1:] for x in graph.inputs):
        shapes = ", ".join(str(tuple(x.shape[1:])) for x in graph.inputs)
        raise UsageError(
            f"{model.name} should take images of one size, (height, width, channels); "
            f"it takes {shapes}."
        )
    inputs = [
        keras.Input((None, None, x.shape[-1]), dtype=x.dtype, name=x.name) for x in graph.inputs
    ]
    maps = [
        _Map(x, tuple(old.shape[1:3]), False) for x, old in zip(inputs, graph.inputs, strict=True)
    ]
    ends = _Conversion().through(graph, maps, "")
    for end in ends:
        if end.flat and end.size != (1, 1):
            raise UsageError(f"{model.name} ends in a flattened map, which has no equivalent.")
    outputs = tree.pack_sequence_as(graph._outputs_struct, [end.tensor for end in ends])
    return keras.Model(
        tree.pack_sequence_as(graph._inputs_struct, inputs),
        outputs,
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


class _Conversion:
    """Calls the counterpart of every layer on the counterpart of what it was called on."""

    def __init__(self):
        self.made = {}

    def through(self, graph, maps, prefix):
        known = {id(x): given for x, given in zip(graph.inputs, maps, strict=True)}
        for depth in sorted(graph._nodes_by_depth, reverse=True):
            for node in graph._nodes_by_depth[depth]:
                if node.is_input:
                    continue
                layer = node.operation
                given = [known[id(x)] for x in node.arguments.keras_tensors]
                if isinstance(layer, keras.Model):
                    results = self.through(_graph(layer), given, f"{prefix}{layer.name}_")
                else:
                    results = [self.call(layer, node, given, prefix)]
                known |= {id(x): made for x, made in zip(node.outputs, results, strict=True)}
        return [known[id(x)] for x in graph.outputs]

    def call(self, layer, node, given, prefix):
        """The counterpart of one call of `layer`."""
        name, first = f"{prefix}{layer.name}", given[0]
        height, width = first.size
        old_shape = tuple(node.outputs[0].shape[1:])
        _expect_channels_last(layer)
        if isinstance(layer, (layers.Flatten, layers.Reshape)):
            if old_shape == (height * width * first.tensor.shape[-1],):
                return _Map(first.tensor, first.size, True)
            if old_shape == (1, 1, first.tensor.shape[-1]) and first.size == (1, 1):
                return _Map(first.tensor, first.size, False)
            _refuse(layer, f"it gives the shape {old_shape}, which is not one vector")
        if type(layer) is layers.Dense and (first.flat or first.size == (1, 1)):
            conv = self.once(layer, first.size, lambda: _convolution(layer, first, name))
            return _Map(conv(first.tensor), (1, 1), first.flat)
        if type(layer) is layers.Dense:
            return _Map(self.copy(layer, first, name)(first.tensor), first.size, False)
        if type(layer) in POOLS:
            pool = POOLS[type(layer)]
            made = self.once(
                layer, first.size, lambda: pool(first.size, 1, dtype=layer.dtype_policy, name=name)
            )
            return _Map(made(first.tensor), (1, 1), not layer.keepdims)
        if type(layer) not in LOCAL:
            _refuse(layer, "only layers that treat every position alike can slide over an image")
        vector = first.flat and first.size == (1, 1)
        if first.flat and not vector and not _elementwise(layer):
            _refuse(layer, "behind a flattened map, it does not treat every position alike")
        if len({each.size for each in given}) > 1:
            _refuse(layer, "it meets a map with a pooled one, whose sizes on larger images differ")
        _expect_channel_axis(layer, node)
        made = self.copy(layer, first, name)
        tensors = [each.tensor for each in given]
        several = isinstance(next(iter(node.arguments.args), None), (list, tuple))
        result = made(tensors if several else tensors[0])
        size = first.size if first.flat else old_shape[:2]
        return _Map(result, tuple(size), first.flat)

    def copy(self, layer, given, name):
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
        key = (id(layer), size)
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]


def _convolution(dense, given, name):
    """The convolution that does to a map what `dense` does to the flattened map."""
    height, width = given.size
    config = dense.get_config() | {"name": name}
    config = {key: value for key, value in config.items() if key in _SHARED}
    conv = layers.Conv2D.from_config(
        {**config, "filters": dense.units, "kernel_size": (height, width)}
    )
    channels = given.tensor.shape[-1]
    conv.build((None, height, width, channels))
    # A flattened map goes line by line, channels last: the layout of a convolution's kernel.
    kernel = keras.ops.reshape(dense.kernel, (height, width, channels, dense.units))
    conv.kernel.assign(kernel)
    if dense.use_bias:
        conv.bias.assign(dense.bias)
    return conv


def _elementwise(layer):
    softmax = isinstance(layer, layers.Activation) and layer.activation in (
        *(keras.activations.softmax, keras.activations.log_softmax, keras.activations.glu),
    )
    return type(layer) in FLAT or (isinstance(layer, layers.Activation) and not softmax)


def _expect_channels_last(layer):
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        _refuse(layer, "its channels come first; expected channels last")


def _expect_channel_axis(layer, node):
    """Layers with an axis must have the channels'."""
    if not hasattr(layer, "axis") or layer.axis is None:
        return
    rank = len(node.arguments.keras_tensors[0].shape)
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else (layer.axis,)
    if any(axis % rank != rank - 1 for axis in axes):
        _refuse(layer, f"it works along axis {layer.axis}; expected the channels'")


def _graph(model):
    graph = model._functional if isinstance(model, keras.Sequential) else model
    if not hasattr(graph, "_nodes_by_depth"):
        raise UsageError(f"{model.name} should be a functional or sequential model that is built.")
    return graph


def _refuse(layer, why):
    raise UsageError(f"{layer.name} ({type(layer).__name__}) cannot be made convolutional: {why}.")
