"""Test-time augmentation: the mean output of a network over several views of each image."""

import keras
from keras import ops


def mirrored(images):
    """The images and their mirror images: pairs of weight and views."""
    return [(1 / 2, images), (1 / 2, ops.flip(images, axis=2))]


def mirrored_and_moved(images):
    """Six views: as they are, and moved by a pixel up-left and down-right, all mirrored too.

    As in airbench94 of Keller Jordan. The border is reflected. Half of the weight is on the views that are not moved.
    """
    border = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    up_left, down_right = border[:, :-2, :-2], border[:, 2:, 2:]
    return [
        (share * weight, view)
        for share, moved in ((1 / 2, images), (1 / 4, up_left), (1 / 4, down_right))
        for weight, view in mirrored(moved)
    ]


VIEWS = {"mirror": mirrored, "mirror_translate": mirrored_and_moved}
"""What `test_time_augmentation` of a recipe names."""


def with_averaged_views(network, name, input_shape):
    """A network whose output is the mean over views of its input, with the weights of `network`.

    Args:
        network: functional.
        name: one of `VIEWS`.
        input_shape: of one image.

    Returns:
        A `keras.Model`, not compiled.

    Example:
    >>> from kerasdl.models import MLP
    >>> network = MLP((2, 2, 1), classes=1, units=(), classifier_activation=None)
    >>> averaged = with_averaged_views(network, "mirror", (2, 2, 1))
    >>> x = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> y = network.predict(np.concatenate([x, x[:, :, ::-1]]), verbose=0).mean(axis=0)
    >>> np.allclose(averaged.predict(x, verbose=0), y)
    True
    """
    inputs = keras.Input(input_shape, dtype=network.inputs[0].dtype)
    weights, views = zip(*VIEWS[name](inputs), strict=True)
    # All views in one batch: the network is compiled once, not once a view.
    outputs = network(ops.concatenate(views))

    def mean(output):
        by_view = ops.split(ops.cast(output, "float32"), len(views))
        return sum(weight * each for weight, each in zip(weights, by_view, strict=True))

    return keras.Model(inputs, keras.tree.map_structure(mean, outputs))
