"""CutMix."""

import keras
from keras import ops

from kerasdl.augmentation import _boxes, _draws
from kerasdl.augmentation._mix import Mix


@keras.saving.register_keras_serializable("kerasdl")
class CutMix(Mix):
    """Pastes a box of another image of the batch; labels follow its area.

    Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with
    Localizable Features" (2019), https://arxiv.org/abs/1905.04899, section 3.1: a
    box of `sqrt(1 - w)` of the height and width about a random pixel, cut at the
    edges, `w` from Beta(alpha, alpha), here one for each image. For the input
    pipeline: `mix((images, one_hot_labels), training=True)`.

    Args:
        alpha: of the Beta distribution, above 0; 1, the paper's, is uniform.
        seed, **kwargs: see `RandomImageLayer`.

    Draw: `partner`, int32 `(batch,)`, a permutation; `box`, int32 `(batch, 4)`: top,
    left, height, width within the image.

    Raises:
        ValueError: `alpha` not above 0; at the call, no batch or no one-hot labels.

    Example:
    >>> import numpy as np
    >>> images, labels = CutMix(seed=0)((np.zeros((4, 8, 8, 3), "uint8"), np.eye(4)), training=True)
    >>> tuple(images.shape), tuple(labels.shape)
    ((4, 8, 8, 3), (4, 4))
    """

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(alpha, **kwargs)

    def draw_batch(self, shape, seed):
        """A partner and a box for each image."""
        batch, height, width, _ = shape
        weight = keras.random.beta((batch,), self.alpha, self.alpha, dtype="float32", seed=seed)
        side = ops.sqrt(1 - weight)
        tall, wide = (ops.cast(ops.floor(side * size), "int32") for size in (height, width))
        place = _draws.uniform((batch, 2), seed)
        box = _boxes.around(place, tall, wide, height, width)
        return {"partner": self._partners(batch, seed), "box": box}

    def apply_batch(self, images, draw):
        """The partner's pixels inside the box."""
        inside = _boxes.mask(draw["box"], *images.shape[1:3])
        images = ops.cast(images, "float32")
        return images * (1 - inside) + ops.take(images, draw["partner"], axis=0) * inside

    def share(self, images, draw):
        """The part of the image that the box leaves."""
        _, height, width, _ = images.shape
        return 1 - ops.cast(draw["box"][:, 2] * draw["box"][:, 3], "float32") / (height * width)
