"""Fingerprints of a network: of its architecture, and of its weights."""

import hashlib
import json

import numpy as np


def architecture_fingerprint(model):
    """Names a network's layers, their settings, how they are connected, and their weights' shapes.

    Names of layers, which Keras counts up within a process, and the values of weights are left
    out: the same network built again has the same fingerprint. Of a subclassed model without a
    configuration, the connections are left out.

    Args:
        model: a built `keras.Model`.

    Returns:
        `"sha256:..."`.

    Example:
    >>> from kerasdl.models import MLP
    >>> one, same, other = (MLP((2,), classes=1, units=(n,)) for n in (3, 3, 4))
    >>> architecture_fingerprint(one) == architecture_fingerprint(same)
    True
    >>> architecture_fingerprint(one) == architecture_fingerprint(other)
    False
    """
    layers = tuple(model._flatten_layers())
    names = {layer.name: f"layer {i}" for i, layer in enumerate(layers)}
    parts = [type(model).__name__, _without_names(_config(model), names)]
    for layer in layers:
        shapes = [tuple(weight.shape) for weight in layer.weights]
        parts.append((type(layer).__name__, _without_names(_config(layer), names), shapes))
    text = json.dumps(parts, default=_type_name)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def weights_fingerprint(model):
    """Names the values of a network's weights, whatever their names.

    Args:
        model: a built `keras.Model`.

    Returns:
        `"sha256:..."`.

    Example:
    >>> from kerasdl.models import MLP
    >>> model = MLP((2,), classes=1, units=(3,))
    >>> before = weights_fingerprint(model)
    >>> model.set_weights([weight + 1 for weight in model.get_weights()])
    >>> before == weights_fingerprint(model)
    False
    """
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(json.dumps([array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array))
    return f"sha256:{digest.hexdigest()}"


def _type_name(value):
    """For an object in a configuration, whose text would differ from process to process."""
    return getattr(value, "__qualname__", type(value).__qualname__)


def _config(layer):
    try:
        return layer.get_config()
    except NotImplementedError:  # a user's own class may have none
        return {}


def _without_names(value, names):
    """`value` with the name of every layer replaced by its position, keys in one order."""
    if isinstance(value, dict):
        return {key: _without_names(value[key], names) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_without_names(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
