"""Initial weights that one seed makes equal on TensorFlow, PyTorch and JAX.

Keras draws initial weights with the backend's own generator, so one seed gives
three different networks. Here NumPy draws them, each variable from a stream of
its own, keyed by the seed and the variable's path ("conv1/kernel"), in the
distribution of the initialiser that the layer was built with.

A layer without a name of its own has one that Keras counts up within the process
("dense_7"). In the key it is counted within the model instead ("dense_1" is the model's
second such layer), so that a model built again begins with the same weights.
"""

import collections
import hashlib
import re

import numpy as np
from keras import initializers, layers

from kerasdl.errors import UsageError
from kerasdl.layers.dirac import Dirac, with_identity

CONSTANT = (initializers.Zeros, initializers.Ones, initializers.Constant)


def initialize(model, seed):
    """Give every weight of `model` its initial value for `seed`.

    Args:
        model: a built `keras.Model`. A layer tells the initialiser of its
            variable `kernel` by its attribute `kernel_initializer`, as Keras'
            own layers do.
        seed: a non-negative integer.

    Raises:
        UsageError: a variable's initialiser is random and of a kind that is not
            known here, or a trainable variable has no initialiser to be found.

    Example:
    >>> from kerasdl.models import MLP
    >>> model = MLP((2,), classes=1, units=(3,))
    >>> initialize(model, seed=0)
    """
    paths = _paths(model)
    for layer in model._flatten_layers():
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            initializer = getattr(layer, f"{variable.name}_initializer", None)
            if initializer is None and not variable.trainable:
                continue  # moving statistics and the like begin as constants
            if isinstance(initializer, CONSTANT):
                continue  # as it was built
            axes = _axes(layer) if variable.name == "kernel" else None
            path = paths[id(variable)]
            variable.assign(draw(initializer, tuple(variable.shape), seed, path, axes))


def draw(initializer, shape, seed, path, axes=None):
    """The float32 array with which the variable at `path` begins.

    `axes` are those of its inputs and of its outputs, where it is not laid out
    `(*window, in, out)`.
    """
    rng = generator(seed, path)
    match initializer:
        case initializers.VarianceScaling():
            return _variance_scaling(initializer, shape, rng, axes)
        case Dirac():
            return with_identity(_variance_scaling(initializer.beyond(), shape, rng, axes))
        case initializers.RandomUniform():
            values = rng.uniform(initializer.minval, initializer.maxval, shape)
        case initializers.TruncatedNormal():
            values = initializer.mean + initializer.stddev * _truncated_normal(shape, rng)
        case initializers.RandomNormal():
            values = rng.normal(initializer.mean, initializer.stddev, shape)
        case _:
            raise UsageError(
                f"Expected {path} to have one of Keras' uniform, normal, truncated normal or "
                f"constant initialisers, or kerasdl's Dirac. Received: {initializer!r}"
            )
    return values.astype("float32")


def generator(seed, path):
    """NumPy's generator for one variable: a stream of its own for each seed and path."""
    digest = hashlib.sha256(path.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])


def _paths(model):
    """Each variable's path as it would be if the model were the first of this process.

    Returns:
        Dictionary of the variable's `id` to its path.
    """
    flat = list(model._flatten_layers())
    names, counts = {}, collections.Counter()
    for layer in flat:
        name, kind = layer.name, _snake_case(type(layer).__name__)
        if re.fullmatch(rf"{kind}(_\d+)?", name):  # counted by Keras
            name = f"{kind}_{counts[kind]}" if counts[kind] else kind
            counts[kind] += 1
        names[id(layer)] = name
    by_name = {layer.name: names[id(layer)] for layer in reversed(flat)}
    paths = {}
    for layer in flat:
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            *outer, own, last = ("", *variable.path.split("/"))
            own = names[id(layer)] if own == layer.name else by_name.get(own, own)
            words = [*(by_name.get(word, word) for word in outer), own, last]
            paths[id(variable)] = "/".join(words).removeprefix("/")
    return paths


def _snake_case(name):
    """The name that Keras gives to a layer of a class, before it counts: "conv2d" of `Conv2D`."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _variance_scaling(initializer, shape, rng, axes):
    """Glorot, He and LeCun initialisation: variance `scale / n`, n the mode's fan.

    As in Keras, a truncated normal is widened so that what is left after cutting
    at two standard deviations has the intended variance (0.8796... is the standard
    deviation of the standard normal distribution cut at +-2).
    """
    fan_in, fan_out = _fans(shape, axes)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[initializer.mode]
    deviation = np.sqrt(initializer.scale / max(1.0, n))
    match initializer.distribution:
        case "uniform":
            values = rng.uniform(-np.sqrt(3) * deviation, np.sqrt(3) * deviation, shape)
        case "untruncated_normal":
            values = rng.normal(0, deviation, shape)
        case _:
            values = deviation / 0.87962566103423978 * _truncated_normal(shape, rng)
    return values.astype("float32")


def _truncated_normal(shape, rng):
    """Standard normal values, drawn again while beyond two standard deviations."""
    values = rng.standard_normal(shape)
    while (beyond := np.abs(values) > 2).any():
        values[beyond] = rng.standard_normal(beyond.sum())
    return values


def _axes(layer):
    """Axes of inputs and outputs of the kernel of an einsum, as in multi-head attention."""
    if not isinstance(layer, layers.EinsumDense):
        return None
    _, kernel, output = re.split(",|->", layer.equation)  # "abc,cde->abde": c is an input
    inputs = [axis for axis, letter in enumerate(kernel) if letter not in output]
    return inputs, [axis for axis in range(len(kernel)) if axis not in inputs]


def _fans(shape, axes):
    """Inputs and outputs of one unit: by `axes`, or for a layout `(*window, in, out)`."""
    if axes is not None:
        return tuple(int(np.prod([shape[axis] for axis in each])) for each in axes)
    if len(shape) < 2:
        return (shape or (1,))[0], (shape or (1,))[0]
    window = int(np.prod(shape[:-2]))
    return shape[-2] * window, shape[-1] * window
