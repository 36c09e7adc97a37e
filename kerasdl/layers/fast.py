"""Forms of Keras' layers that compute the same faster on one backend.

- PyTorch (`kerasdl.layers.fast_torch`): convolutions, pools, batch normalization, dense layers and
  attention in PyTorch's own forms, without copies to channels-first order and back; a ReLU in the
  memory of what it is computed from; and calls of layers without what Keras does around them, which
  in a small network takes as long as the layers.
- TensorFlow (`kerasdl.layers.fast_tensorflow`): batch normalization in TensorFlow's own form; dense
  layers and attention of tokens, and patches of images, as products of two matrices; the GELU with
  a gradient that reuses what was computed.
- JAX (`kerasdl.layers.fast_jax`): max-pools as comparisons of slices, and images of three channels
  with a fourth of zeros.
- All: a ReLU in front of a max-pool moves behind it, where it has a quarter of the work. Values
  and gradients are the same in either order.

`reports/bench/training-*.json`, by `kerasdl bench training`, has what they bring. Each form takes only
layers whose arguments it has a faster way for.
"""

import collections
import contextlib
import importlib

import keras


def with_fast_layers(model):
    """A functional model that computes as `model` does, up to rounding, and faster.

    Its layers stand in for Keras' own, carry their names and are saved as them; weights have the
    same names, shapes and order. What a layer inside gives is not always what its name says: see
    `relus_apart`, for whoever looks inside. What is quantized, or adapted by LoRA inside attention,
    stays as it is; do that before, since attention does not see what is added to its layers later.

    Args:
        model: a functional `keras.Model`. Layers that have no faster form are shared, as are
            models inside it, and layers of classes that are derived from Keras'.

    Returns:
        A functional `keras.Model`, not compiled. The weights of the layers that were replaced are new.

    Raises:
        ValueError: the model is a `keras.Sequential`.

    Example:
    >>> from kerasdl.models import CNN
    >>> plain = CNN()
    >>> fast = with_fast_layers(plain)
    >>> fast.set_weights(plain.get_weights())
    >>> sorted(layer.name for layer in fast.layers) == sorted(layer.name for layer in plain.layers)
    True
    """
    if isinstance(model, keras.Sequential):
        raise ValueError(
            "with_fast_layers expects a functional model: keras.Model(model.inputs, model.outputs) "
            f"makes one of a Sequential. Received: model={model}"
        )
    forms = _forms(keras.backend.backend())
    pools = keras.layers.MaxPooling2D, forms.get(keras.layers.MaxPooling2D)
    before_relu = {}  # id of the output of a ReLU -> its input, its layer, and that output
    calls = _Calls()

    def fast(layer):
        form = forms.get(type(layer))
        if form is None or _is_adapted(layer) or not form.applies_to(layer):
            return layer
        return form.from_config(layer.get_config())

    def call(layer, *args, **kwargs):
        first = [*args, *kwargs.values()][0]
        if type(layer) in pools and id(first) in before_relu:
            x, relu, _ = before_relu[id(first)]
            if relu.dtype_policy == layer.dtype_policy and layer.activity_regularizer is None:
                return calls.call(relu, calls.call(layer, x))
        output = calls.call(layer, *args, **kwargs)
        if _is_relu(layer):  # where a pool alone takes this output, it is in no path to the model's
            before_relu[id(output)] = first, layer, output
        return output

    fast_model = keras.models.clone_model(model, clone_function=fast, call_function=call)
    calls.join_relus(fast_model)
    return fast_model


@contextlib.contextmanager
def relus_apart(model):
    """Within it, no layer of a model computes the ReLU behind it: each gives what its name says.

    For models that are run eagerly, which those of PyTorch are; the others have no such layers.

    Args:
        model: what `with_fast_layers` gave, or any other model.
    """
    names = ("rectifies", "is_joined")
    joined = [
        (layer, name) for layer in model.layers for name in names if getattr(layer, name, False)
    ]
    for layer, name in joined:
        setattr(layer, name, False)
    try:
        yield
    finally:
        for layer, name in joined:
            setattr(layer, name, True)


class _Calls:
    """The calls of layers that a functional model is put together from."""

    def __init__(self):
        self._of_output = {}  # id of a tensor -> the layer that gives it, what it takes, all it gives

    def call(self, layer, *args, **kwargs):
        """Call `layer`, and keep what was called on what."""
        output = layer(*args, **kwargs)
        taken = _tensors((args, kwargs))
        # The tensors are kept too, so that no id comes twice.
        self._of_output |= {id(each): (layer, taken, output) for each in _tensors(output)}
        return output

    def join_relus(self, model):
        """Let a layer compute the ReLU that alone takes what it gives, where it can."""
        live, open_ends = {}, _tensors(model.output)
        uses = collections.Counter(map(id, open_ends))
        while open_ends:
            tensor = open_ends.pop()
            if id(tensor) in self._of_output and id(tensor) not in live:
                live[id(tensor)] = layer, taken, _ = self._of_output[id(tensor)]
                uses.update(map(id, taken))
                open_ends += taken
        called = collections.Counter(id(layer) for layer, _, _ in live.values())
        for layer, taken, _ in live.values():
            giver = live.get(id(taken[0]), (None,))[0]
            if (
                hasattr(layer, "is_joined")
                and _is_relu(layer)
                and getattr(giver, "can_rectify", False)
                and uses[id(taken[0])] == 1
                and called[id(layer)] == called[id(giver)] == 1
                and giver.dtype_policy == layer.dtype_policy
                and giver.activity_regularizer is None
            ):
                giver.rectifies = layer.is_joined = True


def _tensors(structure):
    return [x for x in keras.tree.flatten(structure) if isinstance(x, keras.KerasTensor)]


def _is_adapted(layer):
    """Whether it has weights that its arguments say nothing of."""
    inner = layer._flatten_layers()
    return any(
        getattr(each, "quantization_mode", None)
        or (each is not layer and getattr(each, "lora_enabled", False))
        for each in inner
    )


def _is_relu(layer):
    """Whether it is Keras' own, or its form; one of a class derived from it may compute more."""
    return (
        (type(layer) is keras.layers.Activation or hasattr(layer, "is_joined"))
        and layer.activation is keras.activations.relu
        and layer.activity_regularizer is None
    )


def _forms(backend):
    """Kind of layer -> the form that stands in for it."""
    if backend not in ("tensorflow", "torch", "jax"):
        return {}
    return importlib.import_module(f"kerasdl.layers.fast_{backend}").FORMS
