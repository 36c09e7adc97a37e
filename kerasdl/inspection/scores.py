"""A network up to the scores of its classes: the logits of an output, before softmax or sigmoid."""

from dataclasses import dataclass

import keras

from kerasdl.errors import UsageError
from kerasdl.inspection.graph import trace
from kerasdl.inspection.layer_kinds import DENSE, is_operation
from kerasdl.structure import by_output

_ACTIVATIONS = {"softmax", "sigmoid", "linear"}


@dataclass(frozen=True, eq=False)
class Scored:
    """One output of a network, followed back to its inputs.

    Attributes:
        inputs: the network's symbolic inputs.
        calls: tuple of `kerasdl.inspection.graph.Call`: those that the scores are computed by.
        scores: symbolic tensor `(batch, units)`.
        activation: what makes probabilities of the scores, within the last layer; `"linear"` where
            that is a layer of its own, or there is none.
    """

    inputs: object
    calls: tuple
    scores: keras.KerasTensor
    activation: str

    def network(self, *outputs):
        """A functional model of these layers, without a softmax: to the scores, and to `outputs`."""
        found = keras.Model(self.inputs, [self.scores, *outputs] if outputs else self.scores)
        if self.activation == "linear":
            return found
        last = self.calls[-1].layer

        def clone(layer):
            if layer.name != last.name:
                return layer
            return type(layer).from_config({**layer.get_config(), "activation": "linear"})

        copy = keras.models.clone_model(found, clone_function=clone)
        copy.get_layer(last.name).set_weights(last.get_weights())
        return copy

    def features(self):
        """A functional model to what the last dense layer is given, one vector an example."""
        last = next((call for call in reversed(self.calls) if isinstance(call.layer, DENSE)), None)
        features = self.scores if last is None else last.inputs[0]
        if len(features.shape) > 2:
            features = keras.layers.Flatten()(features)
        return keras.Model(self.inputs, features)


def scored(model, output=None):
    """One output of a network, and the calls of layers that its scores are computed by.

    Args:
        model: a functional or sequential `keras.Model`.
        output: name of one of its outputs, where it has several.

    Returns:
        A `Scored`.

    Raises:
        UsageError: there is no such output.

    Example:
    >>> from kerasdl.models import MLP
    >>> found = scored(MLP((2,), classes=3, units=(5,)))
    >>> [call.layer.name for call in found.calls]
    ['dense1', 'dense1_activation', 'logits']
    """
    graph = trace(model)
    outputs = by_output(graph.outputs)
    name = output or ""
    if name not in outputs:
        known = ", ".join(each for each in outputs if each) or "none, as there is one output"
        raise UsageError(f"output should be one of {known}; received {output!r}.")
    end = outputs[name]
    makers = {id(tensor): call for call in graph.calls for tensor in call.outputs}
    last = makers.get(id(end))
    activation = "linear"
    if last is not None and _makes_probabilities(last.layer):
        end = last.inputs[0]
        last = makers.get(id(end))
    elif last is not None and isinstance(last.layer, DENSE):
        activation = getattr(last.layer.activation, "__name__", "linear")
        activation = activation if activation in _ACTIVATIONS else "linear"
    calls = _leading_to(end, graph.calls, makers)
    return Scored(graph.inputs, calls, end, activation)


def _makes_probabilities(layer):
    if isinstance(layer, keras.layers.Activation):
        return getattr(layer.activation, "__name__", "") in _ACTIVATIONS
    return isinstance(layer, keras.layers.Softmax) or is_operation(layer, "Softmax", "Sigmoid")


def _leading_to(end, calls, makers):
    """Those of the calls that a tensor is computed by, in their order."""
    needed, open_ends = set(), [end]
    while open_ends:
        call = makers.get(id(open_ends.pop()))
        if call is not None and id(call) not in needed:
            needed.add(id(call))
            open_ends += call.inputs
    return tuple(call for call in calls if id(call) in needed)
