"""A model as an ordered list of the calls of its layers.

Keras has no public list of these calls. It does make them anew, in order and with any function in
the place of a call, in `keras.models.clone_model`: that is how they are recorded here, and nothing
else in `kerasdl.inspection` looks into a model's graph.
"""

from dataclasses import dataclass

import keras
from keras import tree

from kerasdl.errors import UsageError


@dataclass(frozen=True, eq=False)
class Call:
    """One call of one layer.

    Attributes:
        path: names of the nested models that the layer is in, then its own.
        layer: the `keras.Layer`, or the `keras.Operation` between tensors, that was called.
        args: positional arguments, symbolic tensors among them.
        kwargs: keyword arguments likewise.
        outputs: tuple of symbolic tensors.
    """

    path: tuple
    layer: keras.Operation
    args: tuple
    kwargs: dict
    outputs: tuple

    @property
    def inputs(self):
        """The symbolic tensors among the arguments, a tuple."""
        return _tensors((self.args, self.kwargs))


@dataclass(frozen=True, eq=False)
class Graph:
    """The calls of a model.

    Attributes:
        inputs: the model's symbolic inputs, named as its input layers; one tensor, or a list or
            dictionary of them.
        calls: tuple of `Call`, in the order of the computation.
        outputs: its symbolic outputs, likewise.
    """

    inputs: object
    calls: tuple
    outputs: object


def functional(model):
    """A model as a plain functional one of the same layers.

    Args:
        model: a functional or sequential `keras.Model`.

    Returns:
        A functional `keras.Model` that is not compiled; `None` for any other object, and for a
        sequential model without a known input.

    Example:
    >>> functional(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])).output_shape
    (None, 2)
    """
    if isinstance(model, keras.Sequential):
        built = hasattr(model, "inputs")
        return keras.Model(model.inputs[0], model.outputs[0]) if built else None
    if isinstance(model, keras.Model) and isinstance(model, keras.Function):
        return keras.Model(model.input, model.output)
    return None


def trace(model, input_shapes=None):
    """Record every call that a model consists of, those inside nested models too.

    The layers are those of the model, called once more on new symbolic inputs.

    Args:
        model: a functional or sequential `keras.Model`.
        input_shapes: a shape for each input, without the batch; those of the model unless given.

    Returns:
        A `Graph`. The call of a nested functional or sequential model is not in it; the calls of
        its layers are, on the tensors that it was called on.

    Raises:
        UsageError: `model` is neither functional nor sequential, or not built.
        ValueError: a layer does not take an input of that shape.

    Example:
    >>> from kerasdl.models import MLP
    >>> graph = trace(MLP((2,), classes=3, units=(5,)))
    >>> [(call.layer.name, call.outputs[0].shape) for call in graph.calls[:2]]
    [('dense1', (None, 5)), ('dense1_activation', (None, 5))]
    """
    graph = functional(model)
    if graph is None:
        raise UsageError(f"{model.name} should be a functional or sequential model that is built.")
    names = {
        layer.output: layer.name
        for layer in graph.layers
        if isinstance(layer, keras.layers.InputLayer)
    }
    if input_shapes is None:
        input_shapes = [x.shape[1:] for x in graph.inputs]
    inputs = [
        keras.Input(tuple(shape), dtype=x.dtype, name=names[x])
        for x, shape in zip(graph.inputs, input_shapes, strict=True)
    ]
    inputs = tree.pack_sequence_as(graph.input, inputs)
    recorder = _Recorder()
    outputs = recorder.run(graph, inputs, ())
    return Graph(inputs, tuple(recorder.calls), outputs)


class _Recorder:
    """Calls the layers of functional models, and keeps what was called on what."""

    def __init__(self):
        self.calls = []
        # A nested model's own tensors and the outer tensors they stand for: on the way in, its
        # inputs -> arguments of its call; on the way out, results of its call -> its outputs.
        self.stands_for = {}

    def run(self, graph, inputs, path):
        """Call all layers of `graph`; returns its outputs."""

        def call(layer, *args, **kwargs):
            outputs = layer(*args, **kwargs)
            self.record(layer, (*path, layer.name), args, kwargs, outputs)
            return outputs

        clone = keras.models.clone_model(
            graph, input_tensors=inputs, clone_function=lambda layer: layer, call_function=call
        )
        return self.resolved(clone.output)

    def record(self, layer, path, args, kwargs, outputs):
        """Keep one call, or the calls inside it where `layer` is a model."""
        args, kwargs = self.resolved((args, kwargs))
        nested = functional(layer)
        if nested is None:
            self.calls.append(Call(path, layer, args, kwargs, _tensors(outputs)))
            return
        given = _tensors((args, kwargs))
        inputs = [keras.Input(batch_shape=x.shape, dtype=x.dtype) for x in given]
        self.stands_for |= zip(inputs, given, strict=True)
        results = self.run(nested, tree.pack_sequence_as(nested.input, inputs), path)
        self.stands_for |= zip(_tensors(outputs), _tensors(results), strict=True)

    def resolved(self, arguments):
        """`arguments` with outer tensors in place of a nested model's own."""
        return tree.map_structure(
            lambda x: self.stands_for.get(x, x) if isinstance(x, keras.KerasTensor) else x,
            arguments,
        )


def _tensors(structure):
    return tuple(x for x in tree.flatten(structure) if isinstance(x, keras.KerasTensor))
