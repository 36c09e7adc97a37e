"""MixUp."""

import keras
from keras import ops

from kerasdl.augmentation import _draws
from kerasdl.augmentation._mix import Mix
from kerasdl.random import units


@keras.saving.register_keras_serializable("kerasdl")
class MixUp(Mix):
    """Blends each image and its label with another of the batch.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2017),
    https://arxiv.org/abs/1710.09412, equation 1: `w x_i + (1 - w) x_j` and the same
    of the labels, `w` from Beta(alpha, alpha), here one for each image. For the
    input pipeline: `mix((images, one_hot_labels), training=True)`.

    Args:
        alpha: of the Beta distribution, above 0; the paper takes 1 on CIFAR-10
            (section 3.2) and 0.2 on ImageNet.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw: `partner`, int32 `(batch,)`, a permutation; `weight`, float32 `(batch,)`.

    Raises:
        ValueError: `alpha` not above 0; at the call, no batch or no one-hot labels.

    Example:
    >>> import numpy as np
    >>> images, labels = MixUp(1.0, seed=0)((np.zeros((4, 8, 8, 3)), np.eye(4)), training=True)
    >>> tuple(images.shape), tuple(labels.shape)
    ((4, 8, 8, 3), (4, 4))
    """

    def __init__(self, alpha=0.2, **kwargs):
        super().__init__(alpha, **kwargs)

    def draw_batch(self, shape, stream):
        """A partner and a weight for each image."""
        weight = units.quantile(stream.uniform((shape[0],)), units.beta_quantiles(self.alpha))
        return {"partner": stream.permutation(shape[0]), "weight": weight}

    def apply_batch(self, images, draw):
        """The weighted mean of two images."""
        weight = _draws.per_image(draw["weight"])
        images = ops.cast(images, "float32")
        return weight * images + (1 - weight) * ops.take(images, draw["partner"], axis=0)

    def share(self, images, draw):
        """The weight."""
        return draw["weight"]
