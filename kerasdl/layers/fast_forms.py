"""What the forms of all backends have in common."""

import keras
from keras import ops


def has_channels_last(layer):
    """Whether the channels of its images are the last axis."""
    return layer.data_format == "channels_last"


def has_windows_side_by_side(layer):
    """Whether the windows of a pool neither overlap nor reach over the border."""
    return (
        has_channels_last(layer)
        and layer.padding == "valid"
        and tuple(layer.strides) == tuple(layer.pool_size)
    )


def attends_to_tokens(layer):
    """Whether a `keras.layers.MultiHeadAttention` maps tokens `(batch, tokens, width)` to such.

    Each head takes of values what it takes of keys, nothing is dropped, and no token is too far away.
    """
    config = layer.get_config()
    inputs = layer.input if isinstance(layer.input, list) else [layer.input]
    return (
        not any(config[name] for name in ("dropout", "use_gate", "sliding_window"))
        and config["output_shape"] is config["activity_regularizer"] is None
        and config["value_dim"] == config["key_dim"]
        and list(config["attention_axes"] or [1]) == [1]
        and all(len(each.shape) == 3 for each in inputs)
    )


def variables_by_name(layer):
    """`query/kernel` and the like -> variable, of all that a layer and those inside it have."""
    return {"/".join(each.path.split("/")[-2:]): each for each in layer.weights}


def update_averages(layer, mean, variance):
    """Move the averages of a `keras.layers.BatchNormalization` towards those of a batch."""
    for average, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        before = ops.cast(average, value.dtype)
        average.assign(before * layer.momentum + value * (1 - layer.momentum))


def named_as_keras(forms):
    """`forms`, each with the name under which Keras saves the layer that it stands in for.

    A file names the class of a layer: Keras' own loads without this package, one of this package as
    it is registered.

    Args:
        forms: dictionary from a kind of layer to its form.
    """
    for kind, form in forms.items():
        is_keras = kind.__module__.startswith("keras.")
        form.__module__ = "keras.layers" if is_keras else kind.__module__
        form.__name__ = kind.__name__
        package, _, name = keras.saving.get_registered_name(kind).rpartition(">")
        if package:
            for each in (form, kind):  # saved by the same name, of which the last is loaded
                keras.saving.register_keras_serializable(package, name)(each)
    return forms
