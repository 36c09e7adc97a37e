"""CutMix."""

import keras
from keras import ops

from kerasdl.augmentation import _boxes
from kerasdl.augmentation._mix import Mix
from kerasdl.random import units


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
        seed, value_range, **kwargs: see `RandomImageLayer`.

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

    def draw_batch(self, shape, stream):
        """A partner and a box for each image."""
        batch, height, width, _ = shape
        # `1 - w` has the law of `w`. The root is taken of its quantiles, by NumPy for all backends.
        side = units.quantile(stream.uniform((batch,)), units.beta_quantiles(self.alpha) ** 0.5)
        tall, wide = (ops.cast(ops.floor(side * size), "int32") for size in (height, width))
        box = _boxes.around(stream.uniform((batch, 2)), tall, wide, height, width)
        return {"partner": stream.permutation(batch), "box": box}

    def apply_batch(self, images, draw):
        """The partner's pixels inside the box."""
        inside = _boxes.mask(draw["box"], *images.shape[1:3])[..., None]
        images = ops.cast(images, "float32")
        return images * (1 - inside) + ops.take(images, draw["partner"], axis=0) * inside

    def share(self, images, draw):
        """The part of the image that the box leaves."""
        _, height, width, _ = images.shape
        return 1 - ops.cast(draw["box"][:, 2] * draw["box"][:, 3], "float32") / (height * width)
