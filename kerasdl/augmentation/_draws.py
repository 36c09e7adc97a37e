"""Draws, shaped to stand beside images."""

from keras import ops


def per_image(values):
    """`(batch,)` shaped to broadcast against `(batch, height, width, channels)`."""
    return ops.reshape(values, (-1, 1, 1, 1))
