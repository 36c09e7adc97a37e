"""Mirror images."""

import keras

from kerasdl.augmentation import _arguments, _native
from kerasdl.augmentation._layer import RandomImageLayer


@keras.saving.register_keras_serializable("kerasdl")
class RandomHorizontalFlip(RandomImageLayer):
    """Mirrors each image left to right with a probability.

    Krizhevsky et al. (2012), section 4.1. `keras.layers.RandomFlip("horizontal")`
    does the same inside a model, with a draw of its own for each image; it is not
    used here because it repeats its draws in every worker and epoch of a
    `DataLoader`, turns uint8 into float32, has no probability, and draws the
    same numbers as any other layer of the same seed.

    Args:
        probability: of being mirrored, 0 to 1.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw: `flip`, bool `(batch,)`.

    Raises:
        ValueError: `probability` outside 0 to 1.

    Example:
    >>> import numpy as np
    >>> layer = RandomHorizontalFlip(probability=1.0)
    >>> np.asarray(layer(np.array([[[[1], [2], [3]]]], "uint8"), training=True)).ravel()
    array([3, 2, 1], dtype=uint8)
    """

    on_levels = False
    checks_values = False  # they are only moved

    def __init__(self, probability=0.5, **kwargs):
        super().__init__(**kwargs)
        self.probability = _arguments.probability("probability", probability)

    def draw_batch(self, shape, stream):
        """One coin for each image."""
        return {"flip": stream.uniform((shape[0],)) < self.probability}

    def apply_batch(self, images, draw):
        """The image or its mirror image."""
        return _native.mirror(images, draw["flip"])

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "probability": self.probability}
