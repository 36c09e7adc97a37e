"""Normalization by the training set's statistics.

`keras.layers.Normalization` is right, fast and keeps JIT on: `Normalize` is that
layer under the name that recipes use, and `statistics` computes its arguments.
"""

import keras
import numpy as np

Normalize = keras.layers.Normalization


def statistics(images):
    """Mean and variance of each channel, as `Normalize` takes them.

    Args:
        images: training images `(batch, height, width, channels)`, uint8 or float.

    Returns:
        `{"mean": [...], "variance": [...]}` in the images' own units, one number a
        channel, computed in float64 by parts, so that memory stays small. A channel
        that never varies has variance 0; `Normalize` then divides by its epsilon.

    Raises:
        ValueError: images of another rank, or none.

    Example:
    >>> statistics(np.array([[[[0], [4]]]], "uint8"))
    {'mean': [2.0], 'variance': [4.0]}
    """
    if images.ndim != 4 or not images.shape[0]:
        raise ValueError(
            "Expected images of shape (batch, height, width, channels), at least one. "
            f"Received: shape={images.shape}"
        )
    parts = [images[first : first + 1000] for first in range(0, len(images), 1000)]
    count = images[..., 0].size
    mean = sum(part.sum(axis=(0, 1, 2), dtype="float64") for part in parts) / count
    variance = sum(np.square(part - mean).sum(axis=(0, 1, 2)) for part in parts) / count
    return {"mean": mean.tolist(), "variance": variance.tolist()}
