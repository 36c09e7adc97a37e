"""The range of images' values: from `(low, high)` to the levels 0 to 255 and back."""

import numpy as np
from keras import ops

LEVELS = (0, 255)


def to_levels(images, value_range):
    """Images of a range as float32 levels; those that are levels as they are."""
    if value_range == LEVELS:
        return images
    low, high = value_range
    return (ops.cast(images, "float32") - low) * (255 / (high - low))


def from_levels(levels, value_range):
    """Levels in the units of images of a range: numbers, tensors, or a tuple of numbers."""
    if value_range == LEVELS:
        return levels
    if isinstance(levels, tuple):
        return tuple(from_levels(each, value_range) for each in levels)
    low, high = value_range
    return low + levels * ((high - low) / 255)


def expect_values(images, value_range, receiver):
    """Refuse images that cannot have values of this range.

    Images in [0, 1] could be levels, of a picture that is all but black; they are refused too.

    Args:
        images: a NumPy array of numbers.
        value_range: `(low, high)`.
        receiver: of the images, as the message names it.

    Raises:
        ValueError: what the values are, and what to do.

    Example:
    >>> expect_values(np.ones((1, 2, 2, 3)), (0, 255), "RandAugment")
    Traceback (most recent call last):
    ValueError: RandAugment expects images of value_range=(0, 255). Received: float64 from 1 ...
    """
    if images.dtype == np.uint8 or not images.size:
        return
    low, high = float(images.min()), float(images.max())
    slack = (value_range[1] - value_range[0]) / 510  # half a level, which rounding takes away
    outside = low < value_range[0] - slack or high > value_range[1] + slack
    scaled = value_range == LEVELS and images.dtype.kind == "f" and 0 < high <= 1
    if outside or scaled:
        raise ValueError(
            f"{receiver} expects images of value_range={value_range}. Received: {images.dtype} "
            f"from {low:g} to {high:g} (give the layer their `value_range`, or scale them)"
        )
