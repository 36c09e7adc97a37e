"""The arithmetic of a network: what each layer's output costs, and what it sees."""

import math
import re

import keras
from keras import tree

from kerasdl.errors import UsageError
from kerasdl.inspection import costs, graph
from kerasdl.inspection import layer_kinds as kinds
from kerasdl.inspection import receptive_fields as fields
from kerasdl.inspection.description import Description, Row
from kerasdl.inspection.windows import window

SLIDING = (*kinds.CONVOLUTIONS, *kinds.TRANSPOSED, *kinds.POOLS, *kinds.PADDINGS)


def describe(model, input_shape=None):
    """The arithmetic of every layer of `model`.

    Nested models are described inside, their layers as `model/layer`. A layer
    that is called twice has its weights counted the first time. A layer of a
    kind that is not known here gets its output and weights, and what lies behind
    it no receptive field.

    Args:
        model: a built `keras.Model`.
        input_shape: shape of one example, `(height, width, channels)` for
            images, where it is not the model's own: for models that take any
            size, and those that are neither functional nor sequential. A list of
            shapes where there are several inputs.

    Returns:
        A `Description`.

    Raises:
        UsageError: an input's size is open and `input_shape` is not given, or
            the model does not take it.

    Source: output sizes, weights and the dense layer's, II.Q1 of the
    `regularization` report: `x' = floor((x - k + 2p) / s) + 1` (it leaves out
    the floor), weights `k^2 z z'` and biases `z'`. Receptive fields:
    `kerasdl.inspection.receptive_fields`; multiply-accumulates: `kerasdl.inspection.costs`.

    Example:
    >>> from kerasdl.models import CNN
    >>> table = describe(CNN())
    >>> table["conv2"].weights, table["conv2"].receptive_field, table["conv2"].stride
    (51200, (14, 14), (2, 2))
    """
    network = graph.functional(model) or _called(model, input_shape)
    shapes = _input_shapes(model.name, network, input_shape)
    try:
        traced = graph.trace(network, shapes)
    except (ValueError, TypeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UsageError(f"{model.name} does not take {_listed(shapes)}: {reason}") from error
    return Description(model.name, tuple(_rows(traced)))


def _called(model, input_shape):
    """A functional model whose one layer is `model`."""
    if input_shape is None:
        raise UsageError(
            f"{model.name} is neither functional nor sequential, or not built; "
            "expected input_shape, to call it with."
        )
    inputs = keras.Input(tuple(input_shape))
    return keras.Model(inputs, model(inputs))


def _input_shapes(name, network, input_shape):
    """The shape of each input, without the batch and without `None`."""
    shapes = own = [tuple(x.shape[1:]) for x in network.inputs]
    if input_shape is not None:
        several = isinstance(input_shape[0], (tuple, list))
        shapes = [tuple(shape) for shape in (input_shape if several else [input_shape])]
    if len(shapes) != len(own) or any(None in shape for shape in shapes):
        raise UsageError(
            f"{name} takes inputs of {_listed(own)}; expected "
            f"a shape for each, without None; received {_listed(shapes)}."
        )
    return shapes


def _rows(traced):
    """A row for every input and every call."""
    views = {x: fields.input_view(x.shape[1:]) for x in tree.flatten(traced.inputs)}
    image = max((x.shape[1:-1] for x in views if len(x.shape) > 2), key=math.prod, default=())
    for x, view in views.items():
        yield Row(
            layer=x.name, kind="InputLayer", output=x.shape[1:], memory=_bytes(x), **_sees(view)
        )
    seen = set()
    for call in traced.calls:
        view = fields.UNKNOWN
        if len(call.outputs) == 1:
            view = fields.output_view(
                call.layer,
                [views[x] for x in call.inputs],
                [x.shape[1:] for x in call.inputs],
                call.outputs[0].shape[1:],
                image,
            )
        views |= dict.fromkeys(call.outputs, view)
        yield _row(call, view, shared=call.layer in seen)
        seen.add(call.layer)


def _row(call, view, shared):
    layer, operands = call.layer, _operands(call)
    outputs = [x.shape[1:] for x in call.outputs]
    weights, biases, statistics = (0, 0, 0) if shared else costs.count_weights(layer)
    single = len(outputs) == 1
    return Row(
        layer="/".join(call.path),
        kind=type(layer).__name__,
        output=outputs[0] if single else tuple(outputs),
        window=window(layer, operands[0]) if isinstance(layer, SLIDING) else None,
        weights=weights,
        biases=biases,
        statistics=statistics,
        macs=costs.count_macs(layer, operands, outputs[0]) if single else None,
        memory=sum(map(_bytes, call.outputs)),
        dense_weights=costs.dense_weights(layer, operands, outputs[0]) if single else None,
        shared=shared,
        **_sees(view),
    )


def _sees(view):
    """The columns of a row that tell its view."""
    if view is None:
        return {}
    return {
        "receptive_field": view.field,
        "sees_everything": view.everything,
        "stride": view.jump,
    }


def _operands(call):
    """Shapes of what a layer works on: of attention query, value and key, without its masks."""
    inputs = call.inputs
    if isinstance(call.layer, kinds.ATTENTION):
        names = ("query", "value", "key")
        named = dict(zip(names, call.args, strict=False)) | call.kwargs
        inputs = [named[name] for name in names if named.get(name) is not None]
    return [x.shape[1:] for x in inputs]


def _bytes(x):
    bits = 8 if x.dtype == "bool" else int(re.search(r"\d+", x.dtype)[0])
    return math.prod(x.shape[1:]) * bits // 8


def _listed(shapes):
    return ", ".join("x".join(map(str, shape)) for shape in shapes)
