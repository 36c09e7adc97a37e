"""The forward pass on PyTorch as a list of calls, without Keras' walk through the graph.

At each layer Keras flattens, looks up and packs anew what goes in and comes out, though it is the same
at each step.
"""

import inspect

import keras
import torch

from kerasdl.inspection.graph import trace


def call_by_list(network):
    """Let a network compute in training call by call; the values are the same, to the bit.

    Its `call` is replaced, unless one of its calls takes or gives more than tensors and lists of them.

    Args:
        network: functional, of one input and one output.
    """
    try:
        calls = _Calls(network)
    except _NoListError:
        return
    network.call = calls.call


class _NoListError(Exception):
    """A call takes or gives something that a list of calls has no place for."""


class _Calls:
    """Stands for the method `call` of a network."""

    def __init__(self, network):
        self._plain_call = network.call
        graph = trace(network)
        inputs, outputs = graph.inputs, graph.outputs
        if not all(isinstance(each, keras.KerasTensor) for each in (inputs, outputs)):
            raise _NoListError
        self._ndim, self._dtype = len(inputs.shape), inputs.dtype
        places = {id(inputs): 0}
        self._calls = [_in_places(call, places) for call in graph.calls]
        self._count, self._last = len(places), places[id(outputs)]
        self._unused_after = self._last_uses()

    def call(self, inputs, training=None, mask=None):
        """What the network gives."""
        is_plain = isinstance(inputs, torch.Tensor) and inputs.ndim == self._ndim
        if not (training and is_plain) or mask is not None:
            return self._plain_call(inputs, training=training, mask=mask)
        values = [None] * self._count
        values[0] = keras.ops.convert_to_tensor(inputs, self._dtype)
        for (layer, taken, options, given), unused in zip(
            self._calls, self._unused_after, strict=True
        ):
            arguments = [
                values[each] if type(each) is int else [values[place] for place in each]
                for each in taken
            ]
            values[given] = layer(*arguments, **options)
            for place in unused:
                values[place] = None
        return values[self._last]

    def _last_uses(self):
        """For each call the places whose values no later one takes: their memory is given back."""
        seen, found = {self._last}, []
        for _, taken, _, given in reversed(self._calls):
            places = {place for each in taken for place in ([each] if type(each) is int else each)}
            found.append(tuple((places | {given}) - seen))
            seen |= places | {given}
        return found[::-1]


def _in_places(call, places):
    """A call as layer, places of what it takes, other arguments, and the place of what it gives."""
    options = dict(call.kwargs)
    holds_tensors = any(isinstance(x, keras.KerasTensor) for x in keras.tree.flatten(options))
    if holds_tensors or len(call.outputs) != 1:
        raise _NoListError
    taken = []
    for argument in call.args:
        several = isinstance(argument, list)
        tensors = argument if several else [argument]
        if not all(isinstance(each, keras.KerasTensor) for each in tensors):
            raise _NoListError
        found = [places[id(each)] for each in tensors]
        taken.append(found if several else found[0])
    if "training" in inspect.signature(call.layer.call).parameters:
        options["training"] = True
    (output,) = call.outputs
    places[id(output)] = given = len(places)
    return call.layer, tuple(taken), options, given
