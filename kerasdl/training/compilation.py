"""A training step of fewer operations and calls than Keras makes of it.

On PyTorch every recipe's network has a shorter step (`shorten_step`). The field `jit_compile` asks
for forward and backward pass as one program:

- TensorFlow: XLA compiles the whole training step, as Keras' own `jit_compile` has it. Without it
  Keras trains operation by operation on a CPU.
- PyTorch: `torch.compile` of the forward pass, and so of the gradients (`compiled_torch`). Keras'
  own `jit_compile` gives it the whole step, which is then slower than without
  (`reports/upstream/jit-compile-on-pytorch.md`).
- JAX: Keras always compiles the whole step.

`kerasdl bench training` has what it brings ("compiled"), and how long the first step then takes.
"""

import keras

from kerasdl.errors import UsageError


def refuse_own_network(recipe):
    """Refuse to compile a network of the user's own on PyTorch.

    Its layers may draw as Keras does, add losses in their calls or compute by the values that they
    are given: an exported forward pass would fail with some of these, and leave out others.
    """
    if recipe.jit_compile and keras.backend.backend() == "torch":
        raise UsageError(
            "jit_compile should be False for a network of your own on PyTorch: there it compiles "
            "those of kerasdl's builders."
        )


def compile_arguments(recipe):
    """What the field adds to the arguments of a network's `compile`."""
    compiled_by_keras = recipe.jit_compile and keras.backend.backend() == "tensorflow"
    return {"jit_compile": True} if compiled_by_keras else {}


def shorten_step(network, metrics):
    """Leave out what Keras does around a training step, on PyTorch, where that takes long.

    Args:
        network: one of kerasdl's builders, compiled.
        metrics: those that it was compiled with.
    """
    if keras.backend.backend() == "torch":
        from kerasdl.training import forward_torch, train_step_torch

        forward_torch.call_by_list(network)
        train_step_torch.shorten(network, metrics)


def compile_call(network, recipe):
    """Compile the forward pass of a compiled network in training, where Keras does not."""
    if recipe.jit_compile and keras.backend.backend() == "torch":
        from kerasdl.training import compiled_torch

        compiled_torch.compile_call(network, recipe.batch_size)
