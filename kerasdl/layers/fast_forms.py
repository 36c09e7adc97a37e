"""What the forms of all backends have in common."""


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


def named_as_keras(forms):
    """`forms`, each with the name under which Keras saves the layer that it stands in for.

    A file names the class of a layer: Keras' own loads without this package.

    Args:
        forms: dictionary from a kind of layer to its form.
    """
    for kind, form in forms.items():
        is_keras = kind.__module__.startswith("keras.")
        form.__module__ = "keras.layers" if is_keras else kind.__module__
        form.__name__ = kind.__name__
    return forms
