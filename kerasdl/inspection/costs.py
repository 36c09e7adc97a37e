"""Weights and multiply-accumulates of one layer.

A multiply-accumulate is a product that is added to a sum. Those of convolutions,
dense layers and attention are counted, for one example; biases, activations,
normalizations and pools count none, as is usual (He et al. 2016, table 1; Howard
et al. 2017, table 4). A FLOP count in the strict sense is about twice as large.
"""

import math

from keras import layers

from kerasdl.inspection import layer_kinds as kinds
from kerasdl.inspection.receptive_fields import has_rule
from kerasdl.inspection.windows import positions

REPLACEABLE = (
    *kinds.CONVOLUTIONS,
    *kinds.TRANSPOSED,
    *kinds.POOLS,
    *kinds.DENSE,
    *kinds.ATTENTION,
)


def count_weights(layer):
    """Learned weights, biases, and what is kept but not learned (moving statistics).

    A frozen layer's weights count as learned: they are what training would change.

    Args:
        layer: a built Keras layer, or an operation of a functional model.

    Returns:
        Three integers: weights, biases, statistics.

    Example:
    >>> layer = layers.Conv2D(32, 5)
    >>> layer.build((None, 32, 32, 3))
    >>> count_weights(layer)
    (2400, 32, 0)
    """
    if not isinstance(layer, layers.Layer):
        return 0, 0, 0
    # Freezing a layer makes its weights "not trainable" in all that Keras has in public; these
    # two private members still tell them from its statistics.
    learned = {id(v) for each in layer._flatten_layers() for v in each._trainable_variables}
    weights = biases = statistics = 0
    for variable in layer.weights:
        size = math.prod(variable.shape)
        if id(variable) not in learned:
            statistics += size
        elif variable.name in ("bias", "beta"):
            biases += size
        else:
            weights += size
    return weights, biases, statistics


def count_macs(layer, inputs, output):
    """Multiply-accumulates for one example; `None` where the layer is unknown.

    Args:
        layer: a built Keras layer, or an operation of a functional model.
        inputs: shapes of its inputs, without the batch.
        output: shape of its output, without the batch.

    Example:
    >>> layer = layers.Dense(10)
    >>> layer.build((None, 1000))
    >>> count_macs(layer, [(1000,)], (10,))
    10000
    """
    if isinstance(layer, kinds.TRANSPOSED):  # each input value meets the whole kernel
        return math.prod(layer.kernel.shape) * math.prod(positions(inputs[0], layer))
    if isinstance(layer, layers.SeparableConv2D):
        kernels = layer.depthwise_kernel.shape, layer.pointwise_kernel.shape
        return sum(map(math.prod, kernels)) * math.prod(positions(output, layer))
    if isinstance(layer, kinds.CONVOLUTIONS):
        return math.prod(layer.kernel.shape) * math.prod(positions(output, layer))
    if isinstance(layer, kinds.DENSE):
        return inputs[0][-1] * math.prod(output)
    if isinstance(layer, kinds.ATTENTION):
        return _attention(layer, inputs, output)
    return 0 if has_rule(layer) else None


def dense_weights(layer, inputs, output):
    """Weights, and as many multiply-accumulates, of a dense layer from the input to the output.

    `x y z x' y' z'` (II.Q1; the report leaves out `z'`, the number of filters,
    having set it to 1). `None` for layers that a dense one could not replace.

    Args:
        layer: a Keras layer, or an operation of a functional model.
        inputs: shapes of its inputs, without the batch.
        output: shape of its output, without the batch.

    Example:
    >>> dense_weights(layers.Conv2D(32, 5), [(32, 32, 3)], (32, 32, 32))
    100663296
    """
    if isinstance(layer, REPLACEABLE):
        return math.prod(inputs[0]) * math.prod(output)
    return None


def _attention(layer, inputs, output):
    """Projections, then for each head and pair of positions `Q K^T` and the weighted sum.

    Vaswani et al. 2017, equation 1: positions of the query x positions of the
    value x (size of a key + size of a value), heads times. `None` for attention
    along some of the axes only.
    """
    query, value, key = (*inputs, inputs[-1])[:3] if len(inputs) > 1 else inputs * 3
    axes = layer.get_config()["attention_axes"]
    if axes is not None and len(axes) < len(query) - 1:
        return None
    queries, values = math.prod(query[:-1]), math.prod(value[:-1])
    key_width, value_width = layer.num_heads * layer.key_dim, layer.num_heads * layer.value_dim
    projections = queries * query[-1] * key_width + values * (
        key[-1] * key_width + value[-1] * value_width
    )
    products = queries * values * (key_width + value_width)
    return projections + products + queries * value_width * output[-1]
