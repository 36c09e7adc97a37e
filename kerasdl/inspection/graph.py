"""A walk through a model, layer by layer, with what each receives."""

import math
import re

import keras
from keras import tree

from kerasdl.errors import UsageError
from kerasdl.inspection import costs
from kerasdl.inspection import receptive_fields as fields
from kerasdl.inspection.description import Description, Row
from kerasdl.inspection.windows import PADDINGS, window


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
    graph = _graph(model, input_shape)
    shapes = [tuple(x.shape[1:]) for x in graph.inputs]
    if input_shape is not None:
        several = isinstance(input_shape[0], (tuple, list))
        shapes = [tuple(shape) for shape in (input_shape if several else [input_shape])]
    if len(shapes) != len(graph.inputs) or any(None in shape for shape in shapes):
        raise UsageError(
            f"{model.name} takes inputs of {_listed(x.shape[1:] for x in graph.inputs)}; expected "
            f"a shape for each, without None; received {_listed(shapes)}."
        )
    specs = [
        keras.KerasTensor((None, *shape), dtype=x.dtype)
        for shape, x in zip(shapes, graph.inputs, strict=True)
    ]
    images = [shape[:-1] for shape in shapes if len(shape) > 1]
    walk = _Walk(max(images, key=math.prod, default=()))
    try:
        walk.through(graph, specs, [fields.first(shape) for shape in shapes], "")
    except (ValueError, TypeError) as error:
        raise UsageError(f"{model.name} does not take {_listed(shapes)}: {error}") from error
    return Description(model.name, tuple(walk.rows))


class _Walk:
    """Collects a row for every call of a layer."""

    def __init__(self, image):
        self.image, self.rows, self.seen = image, [], set()

    def through(self, graph, specs, views, prefix):
        """The outputs' specs and views of a functional model, given its inputs'."""
        known = {id(x): pair for x, *pair in zip(graph.inputs, specs, views, strict=True)}
        for node in _in_order(graph):
            if node.is_input:
                if not prefix:
                    self.rows.append(self._input(node, known))
                continue
            given = [known[id(x)] for x in node.arguments.keras_tensors]
            args, kwargs = node.arguments.fill_in({key: spec for key, (spec, _) in known.items()})
            inner = _functional(node.operation)
            if inner is not None:
                name = f"{prefix}{node.operation.name}/"
                results = self.through(inner, *map(list, zip(*given, strict=True)), name)
            else:
                results = self._call(node.operation, given, args, kwargs, prefix)
            known |= {id(x): result for x, result in zip(node.outputs, results, strict=True)}
        return [known[id(x)] for x in graph.outputs]

    def _call(self, layer, given, args, kwargs, prefix):
        if isinstance(layer, keras.layers.Layer):
            layer._assert_input_compatibility(args[0] if args else kwargs)
        spec = layer.compute_output_spec(*args, **kwargs)
        outputs = [tuple(x.shape[1:]) for x in tree.flatten(spec)]
        shapes, views = [tuple(x.shape[1:]) for x, _ in given], [view for _, view in given]
        several = len(outputs) != 1
        view = (
            fields.UNKNOWN
            if several
            else fields.after(layer, views, shapes, outputs[0], self.image)
        )
        self.rows.append(
            self._row(
                layer,
                _operands(layer, args, kwargs, shapes),
                outputs,
                tree.flatten(spec),
                view,
                prefix + layer.name,
            )
        )
        return [(x, view) for x in tree.flatten(spec)]

    def _row(self, layer, shapes, outputs, specs, view, name):
        again, _ = id(layer) in self.seen, self.seen.add(id(layer))
        weights, biases, statistics = (0, 0, 0) if again else costs.count_weights(layer)
        single = len(outputs) == 1
        return Row(
            layer=name,
            kind=type(layer).__name__,
            output=outputs[0] if single else tuple(outputs),
            window=window(layer, shapes[0]) if isinstance(layer, _SLIDING) else None,
            weights=weights,
            biases=biases,
            statistics=statistics,
            receptive_field=view.field if view else None,
            sees_everything=bool(view and view.everything),
            stride=view.jump if view else None,
            macs=costs.count_macs(layer, shapes, outputs[0]) if single else None,
            memory=sum(_bytes(x) for x in specs),
            dense_weights=costs.dense_weights(layer, shapes, outputs[0]) if single else None,
            shared=again,
        )

    def _input(self, node, known):
        spec, view = known[id(node.outputs[0])]
        shape = tuple(spec.shape[1:])
        return Row(
            layer=node.operation.name,
            kind="InputLayer",
            output=shape,
            receptive_field=view.field if view else None,
            stride=view.jump if view else None,
            memory=_bytes(spec),
        )


def _operands(layer, args, kwargs, shapes):
    """Shapes of what a layer works on: of attention query, value and key, without its masks."""
    if isinstance(layer, keras.layers.Attention):
        chosen = args[0] if args else kwargs["inputs"]
    elif isinstance(layer, fields.ATTENTION):
        names = ("query", "value", "key")
        named = dict(zip(names, args, strict=False)) | kwargs
        chosen = [named[name] for name in names if named.get(name) is not None]
    else:
        return shapes
    return [tuple(x.shape[1:]) for x in chosen]


_SLIDING = (*fields.CONVOLUTIONS, *fields.TRANSPOSED, *fields.POOLS, *PADDINGS)


def _graph(model, input_shape):
    graph = _functional(model)
    if graph is not None:
        return graph
    if input_shape is None:
        raise UsageError(
            f"{model.name} is neither functional nor sequential, or not built; "
            "expected input_shape, to call it with."
        )
    inputs = keras.Input(tuple(input_shape))
    return keras.Model(inputs, model(inputs))


def _functional(model):
    """The functional model in `model`, or `None`."""
    if isinstance(model, keras.Sequential):
        model = model._functional
    return model if hasattr(model, "_nodes_by_depth") else None


def _in_order(graph):
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        yield from graph._nodes_by_depth[depth]


def _bytes(spec):
    bits = 8 if spec.dtype == "bool" else int(re.search(r"\d+", spec.dtype)[0])
    return math.prod(spec.shape[1:]) * bits // 8


def _listed(shapes):
    return ", ".join("x".join(map(str, shape)) for shape in shapes)
