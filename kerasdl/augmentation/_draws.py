"""Random numbers for each image, and their shapes."""

from keras import ops

from kerasdl.augmentation import _native


def uniform(shape, seed):
    """Numbers of [0, 1) in float32, whatever Keras' default is."""
    return _native.random("uniform", shape, seed)


def between(unit, low, high):
    """Numbers of [0, 1) stretched to [low, high)."""
    return low + (high - low) * unit


def choice(unit, count):
    """Numbers of [0, 1) turned into integers from 0 to `count - 1`, all equally likely."""
    return ops.minimum(ops.cast(unit * ops.cast(count, "float32"), "int32"), count - 1)


def per_image(values):
    """`(batch,)` shaped to broadcast against `(batch, height, width, channels)`."""
    return ops.reshape(values, (-1, 1, 1, 1))
