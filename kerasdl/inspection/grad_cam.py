"""Where in an image a convolutional network finds what speaks for a class: Grad-CAM."""

import numpy as np

from kerasdl.errors import UsageError
from kerasdl.inspection.layer_gradients import LayerGradients
from kerasdl.inspection.layer_kinds import ATTENTION, CONVOLUTIONS, CROPPINGS, PADDINGS, POOLS
from kerasdl.inspection.scores import scored


def grad_cam(model, images, classes=None, *, layer=None, output=None, batch_size=32):
    """How much each place of an image speaks for a class (Selvaraju et al., 2017, equations 1 and 2).

        a_k = mean over i, j of  d y / d A_kij,        L_ij = max(0, sum_k a_k A_kij)

    where A_k are the maps of a layer and y is the score of the class, before the softmax. For a
    network that ends in a global average and a dense layer, these are the class activation maps of
    Zhou et al. (2016), but for their scale and for what is below 0.

    Args:
        model: a functional or sequential `keras.Model` with convolutions.
        images: `(n, height, width, channels)`, as the model takes them.
        classes: a class an image, `(n,)`; by default the one that is predicted.
        layer: name of the layer whose maps are weighted; by default the last one before a pool
            that still has the size of the last convolution.
        output: name of the output, where the model has several.
        batch_size: images at a time, which limits the memory.

    Returns:
        Float32 array `(n, rows, columns)`, not scaled: 0 where nothing speaks for the class.

    Raises:
        UsageError: the model has no convolution, is a transformer (see `attention_maps`), or has
            no such layer, output or class.

    Example:
    >>> from kerasdl.models import CNN
    >>> cnn = CNN((8, 8, 1), 3, filters=(4, 4), kernel_size=3, units=())
    >>> grad_cam(cnn, np.zeros((2, 8, 8, 1)), classes=[0, 2]).shape
    (2, 4, 4)
    """
    images = np.asarray(images)
    found = scored(model, output)
    network = found.network()
    name = _expect_maps(found.calls, layer or default_layer(found.calls))
    units = network.output.shape[-1]
    if classes is None:
        classes = _predicted(network.predict(images, batch_size=batch_size, verbose=0))
    maps, gradients = LayerGradients(network, name, batch_size)(
        images, _weights(classes, units, len(images))
    )
    weights = gradients.mean(axis=(1, 2))
    return np.maximum(np.einsum("nijk,nk->nij", maps, weights), 0)


def default_layer(calls):
    """Name of the layer whose maps Grad-CAM weights: after the last convolution, before any pool.

    Raises:
        UsageError: there is no convolution, or attention.
    """
    if any(isinstance(call.layer, ATTENTION) for call in calls):
        raise UsageError(
            "Grad-CAM is for convolutional networks; where a transformer looks, attention rollout "
            "shows (kerasdl.inspection.attention_maps)."
        )
    last = max(
        (i for i, call in enumerate(calls) if isinstance(call.layer, CONVOLUTIONS)), default=-1
    )
    if last < 0:
        raise UsageError("Grad-CAM needs a network with convolutions; this one has none.")
    name, shape = calls[last].layer.name, calls[last].outputs[0].shape
    for call in calls[last + 1 :]:
        if isinstance(call.layer, (*POOLS, *PADDINGS)) or call.outputs[0].shape != shape:
            break
        name = call.layer.name
    return name


def part_seen(calls, shape):
    """The part of an image that the maps cover: all of it, unless the network crops it.

    Args:
        calls: tuple of `Call`.
        shape: (height, width) of the image.

    Returns:
        (top, bottom, left, right) in pixels.
    """
    crop = next((call.layer for call in calls if isinstance(call.layer, CROPPINGS)), None)
    height, width = shape
    if crop is None:
        return 0, height, 0, width
    (top, bottom), (left, right) = crop.cropping
    return top, height - bottom, left, width - right


def _expect_maps(calls, name):
    """The name, if a layer of that name gives maps."""
    shapes = {call.layer.name: call.outputs[0].shape for call in calls}
    if len(shapes.get(name, ())) != 4:
        known = ", ".join(each for each, shape in shapes.items() if len(shape) == 4)
        raise UsageError(f"layer should be one of {known}, which give maps; received {name!r}.")
    return name


def _predicted(scores):
    return scores.argmax(axis=1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(int)


def _weights(classes, units, count):
    """What each unit counts in the score of an image's class; one unit alone is that of label 1."""
    classes, known = np.asarray(classes), max(2, units)
    if classes.shape != (count,) or (classes < 0).any() or (classes >= known).any():
        raise UsageError(
            f"classes should be a number from 0 to {known - 1} for each of {count} images; "
            f"received {classes.tolist()!r:.80}."
        )
    if units == 1:
        return np.where(classes == 1, 1.0, -1.0)[:, None]
    return np.eye(units)[classes]
