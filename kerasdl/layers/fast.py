"""Forms of Keras' layers that compute the same faster on one backend.

- PyTorch (`kerasdl.layers.fast_torch`): convolutions, pools, batch normalization, dense layers and
  attention in PyTorch's own forms, without copies to channels-first order and back; and the calls
  of all layers without what Keras does around them, which for small networks is half of a step.
- JAX (`kerasdl.layers.fast_jax`): max-pools as comparisons of slices, and images of three channels
  with a fourth of zeros.
- All: a ReLU in front of a max-pool moves behind it, where it has a quarter of the work. Values
  and gradients are the same in either order.

`reports/bench/training-*.json`, by `kerasdl bench training`, has what they bring. Each form takes only
layers whose arguments it has a faster way for; TensorFlow has none.
"""

import collections
import importlib

import keras


def with_fast_layers(model):
    """A functional model that computes as `model` does, up to rounding, and faster.

    Its layers stand in for Keras' own, carry their names and are saved as them; weights have the
    same names, shapes and order.

    Args:
        model: a functional `keras.Model`. Layers that have no faster form are shared, as are
            models inside it.

    Returns:
        A functional `keras.Model`, not compiled. The weights of the layers that were replaced are new.

    Example:
    >>> from kerasdl.models import CNN
    >>> plain = CNN()
    >>> fast = with_fast_layers(plain)
    >>> fast.set_weights(plain.get_weights())
    >>> sorted(layer.name for layer in fast.layers) == sorted(layer.name for layer in plain.layers)
    True
    """
    forms = _forms(keras.backend.backend())
    before_relu = {}  # id of the output of a ReLU -> its input, its layer, and that output
    uses = Uses()

    def fast(layer):
        form = forms.get(type(layer))
        if form is None or not form.applies_to(layer):
            return layer
        return form.from_config(layer.get_config())

    def call(layer, *args, **kwargs):
        first = [*args, *kwargs.values()][0]
        if isinstance(layer, keras.layers.MaxPooling2D) and id(first) in before_relu:
            x, relu, _ = before_relu[id(first)]
            if relu.dtype_policy == layer.dtype_policy:
                return uses.call(relu, uses.call(layer, x))
        output = uses.call(layer, *args, **kwargs)
        if _is_relu(layer):  # where a pool alone takes this output, it is in no path to the model's
            before_relu[id(output)] = first, layer, output
        return output

    fast_model = keras.models.clone_model(model, clone_function=fast, call_function=call)
    uses.allow_overwriting(fast_model)
    return fast_model


class Uses:
    """Which layers take what which layers give, while a functional model is put together."""

    def __init__(self):
        self._givers, self._counts, self._calls = {}, collections.Counter(), []

    def call(self, layer, *args, **kwargs):
        """Call `layer`, and take a note of it."""
        output = layer(*args, **kwargs)
        tensors = [
            each
            for each in keras.tree.flatten((args, kwargs))
            if isinstance(each, keras.KerasTensor)
        ]
        self._counts.update(map(id, tensors))
        self._calls.append((layer, tensors, output))  # which keeps them, so that no id comes twice
        self._givers |= {id(each): layer for each in keras.tree.flatten(output)}
        return output

    def allow_overwriting(self, model):
        """Let the layers that can write into their input do so, where nothing else needs it."""
        self._counts.update(id(each) for each in keras.tree.flatten(model.output))
        called = collections.Counter(id(layer) for layer, _, _ in self._calls)
        for layer, tensors, _ in self._calls:
            if not getattr(layer, "can_overwrite", False):
                continue
            giver = self._givers.get(id(tensors[0]))
            layer.overwrites = (
                len(tensors) == 1
                and self._counts[id(tensors[0])] == 1
                and called[id(layer)] == 1
                and getattr(giver, "output_may_be_overwritten", False)
                and giver.activity_regularizer is None
            )


def _is_relu(layer):
    return (
        isinstance(layer, keras.layers.Activation)
        and layer.activation is keras.activations.relu
        and layer.activity_regularizer is None
    )


def _forms(backend):
    """Kind of layer -> the form that stands in for it."""
    if backend not in ("torch", "jax"):
        return {}
    return importlib.import_module(f"kerasdl.layers.fast_{backend}").FORMS
