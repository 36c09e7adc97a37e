"""The forward pass of a network, and with it its gradients, by `torch.compile`."""

import warnings

import keras
import torch

from kerasdl.augmentation import RandomImageLayer
from kerasdl.errors import UsageError
from kerasdl.inspection.graph import trace


def compile_call(network, batch_size):
    """Compile what a network computes of a batch in training, when it is first trained on one.

    The network becomes one graph of PyTorch's operations (`torch.export`), with its variables as
    inputs: `torch.compile` cannot read Keras' own calls of layers. That graph is of one size: a
    smaller last batch, and all that is not training, are computed as before. So is the augmentation
    that the network begins with: it is fast as it is, and its random draws take minutes to compile.

    From then on a step of training raises a `UsageError` where the network cannot be compiled: it
    has control flow that depends on values, or PyTorch finds no compiler for C++ (which it needs on
    a CPU).

    Args:
        network: a functional `keras.Model` of one input, compiled by Keras.
        batch_size: number of examples.
    """
    compiled = _Compiled(network, batch_size)
    network.train_step, network.call = compiled.train_step, compiled.call


class _Compiled:
    """Stands for the methods `train_step` and `call` of a network."""

    def __init__(self, network, batch_size):
        self._batch_size = batch_size
        self._plain_train_step, self._plain_call = network.train_step, network.call
        self._dtype = getattr(torch, network.inputs[0].dtype)
        self._augmentation, self._network = _divided(network)
        self._program = None

    def train_step(self, data):
        """Compiles first, since Keras would add to the message of an error in `call`."""
        if self._program is None and self._fits(data[0]):
            self._program = self._compile(data[0])
        return self._plain_train_step(data)

    def call(self, inputs, training=None, mask=None):
        """What the network gives."""
        is_ready = self._program is not None and mask is None and self._fits(inputs)
        if not (is_ready and training and torch.is_grad_enabled()):
            return self._plain_call(inputs, training=training, mask=mask)
        inputs = inputs.to(self._dtype)  # as Keras does before the first layer
        for layer in self._augmentation:
            inputs = layer(inputs, training=True)
        outputs, updated = self._program(*self._values(), inputs)
        for variable, value in zip(self._network.non_trainable_variables, updated, strict=True):
            variable.assign(value)
        return outputs

    def _fits(self, inputs):
        return isinstance(inputs, torch.Tensor) and len(inputs) == self._batch_size

    def _values(self):
        """Of the variables that are trained, and of the others: statistics, random states."""
        network = self._network
        both = network.trainable_variables, network.non_trainable_variables
        return [[variable.value for variable in variables] for variables in both]

    def _compile(self, batch):
        """A program for batches like this one; it has computed once, so that it is complete."""
        (given,) = self._network.inputs
        shape, dtype = (len(batch), *given.shape[1:]), getattr(torch, given.dtype)
        images = torch.zeros(shape, dtype=dtype, device=batch.device)
        arguments = (*self._values(), images)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's, of its own modules
            try:
                exported = torch.export.export(_Stateless(self._network), arguments, strict=False)
                # No guards: the lists of variables are alike at each step.
                program = torch.compile(exported.module(check_guards=False), dynamic=False)
                program(*arguments)
            except Exception as error:  # PyTorch has no common class for what these raise
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise UsageError(
                    "jit_compile should be False for this network on this machine: PyTorch cannot "
                    f"compile it ({reason:.200})."
                ) from error
        return program


def _divided(network):
    """The random image layers that a network begins with, and a network of all that follows."""
    graph = trace(network)
    beginning, tensor = [], graph.inputs
    for call in graph.calls:
        users = [each for each in graph.calls if any(x is tensor for x in each.inputs)]
        if not (isinstance(call.layer, RandomImageLayer) and users == [call]):
            break
        beginning.append(call.layer)
        (tensor,) = call.outputs
    return beginning, keras.Model(tensor, graph.outputs)


class _Stateless(torch.nn.Module):
    """A network as a function of its variables, which it leaves as they are."""

    def __init__(self, network):
        super().__init__()
        # Within a list it is no submodule, whose parameters would be the graph's own.
        self._networks = [network]

    def forward(self, trained, others, inputs):
        (network,) = self._networks
        return network.stateless_call(trained, others, inputs, training=True)
