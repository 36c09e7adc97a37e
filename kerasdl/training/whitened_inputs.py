"""The whitening of a network's first layer, by the training images."""

import keras
import numpy as np

from kerasdl.errors import UsageError
from kerasdl.layers import Whitening

IMAGES = 5000
"""How many images the patches are taken of, the first: as in airbench."""


def whiten(network, images):
    """Let the layers `Whitening` of `network` take their filters of the training images.

    Computed by NumPy, so that the filters are the same on every backend.

    Args:
        network: functional.
        images: array of training images, as the network takes them.

    Raises:
        UsageError: between the input and such a layer stands one that is neither augmentation
            nor scales each channel.
    """
    before = []
    for layer in network.layers:
        if isinstance(layer, Whitening):
            layer.adapt(_scaled(images[:IMAGES], before))
            return
        before.append(layer)


def _scaled(images, layers):
    """float64 images after the layers that a recipe puts before its network, but augmentation."""
    images = images.astype("float64")
    for layer in layers:
        match layer:
            case keras.layers.InputLayer():
                pass
            case keras.layers.Rescaling():
                images = images * layer.scale + layer.offset
            case keras.layers.Normalization():
                mean, variance = (
                    np.asarray(keras.ops.convert_to_numpy(each), "float64")
                    for each in (layer.mean, layer.variance)
                )
                images = (images - mean) / np.sqrt(variance)
            case _ if not layer.name.startswith("augment_"):
                raise UsageError(
                    "inputs should be raw, unit, signed or standardize before a whitening layer; "
                    f"received a layer {type(layer).__name__} before it."
                )
    return images
