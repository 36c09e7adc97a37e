"""MixUp and CutMix: images and labels of two examples in one."""

import keras
from keras import ops

from kerasdl.augmentation import base, boxes


class _Mix(base.RandomImageLayer):
    """A layer on `(images, labels)`, whose draw pairs each image with a `partner`."""

    def __init__(self, alpha, **kwargs):
        super().__init__(**kwargs)
        if not alpha > 0:
            raise ValueError(f"Expected `alpha` to be above 0. Received: alpha={alpha!r}")
        self.alpha = float(alpha)

    def draw(self, inputs, seed=None):
        """As `RandomImageLayer.draw`, from images, their shape, or `(images, labels)`."""
        return super().draw(inputs[0] if _is_pair(inputs) else inputs, seed)

    def apply(self, inputs, draw):
        """Both images and labels, mixed; labels come back in floating point."""
        images, labels = inputs
        labels = ops.convert_to_tensor(labels)
        if len(images.shape) != 4 or len(labels.shape) != 2:
            raise ValueError(
                f"{type(self).__name__} expects a batch of images and one-hot labels of shape "
                f"(batch, classes). Received: shapes {images.shape} and {labels.shape}"
            )
        share = self.share(images, {key: ops.convert_to_tensor(x) for key, x in draw.items()})
        if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype)):
            labels = ops.cast(labels, "float32")
        weight = ops.cast(share, labels.dtype)[:, None]
        others = ops.take(labels, draw["partner"], axis=0)
        return super().apply(images, draw), weight * labels + (1 - weight) * others

    def share(self, images, draw):
        """How much of each result is the image's own, `(batch,)`."""
        raise NotImplementedError

    def call(self, inputs, training=False):
        """The mixed images and labels in training, else the inputs as they are."""
        return self.apply(inputs, self.draw(inputs)) if training else inputs

    def compute_output_spec(self, inputs, training=False):
        """The shapes and dtypes of the inputs."""
        return tuple(keras.KerasTensor(x.shape, dtype=x.dtype) for x in inputs)

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "alpha": self.alpha}

    def _partners(self, batch, seed):
        return ops.cast(ops.argsort(base.uniform((batch,), seed)), "int32")


@keras.saving.register_keras_serializable("kerasdl")
class MixUp(_Mix):
    """Blends each image and its label with another of the batch.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2017),
    https://arxiv.org/abs/1710.09412, equation 1: `w x_i + (1 - w) x_j` and the same
    of the labels, `w` from Beta(alpha, alpha), here one for each image. For the
    input pipeline: `mix((images, one_hot_labels), training=True)`.

    Args:
        alpha: of the Beta distribution, above 0; the paper takes 1 on CIFAR-10
            (section 3.2) and 0.2 on ImageNet.
        seed, **kwargs: see `RandomImageLayer`.

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

    def draw_batch(self, shape, seed):
        """A partner and a weight for each image."""
        weight = keras.random.beta((shape[0],), self.alpha, self.alpha, dtype="float32", seed=seed)
        return {"partner": self._partners(shape[0], seed), "weight": weight}

    def apply_batch(self, images, draw):
        """The weighted mean of two images."""
        weight = base.per_image(draw["weight"])
        images = ops.cast(images, "float32")
        return weight * images + (1 - weight) * ops.take(images, draw["partner"], axis=0)

    def share(self, images, draw):
        """The weight."""
        return draw["weight"]


@keras.saving.register_keras_serializable("kerasdl")
class CutMix(_Mix):
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
        place = base.uniform((batch, 2), seed)
        box = boxes.around(place, tall, wide, height, width)
        return {"partner": self._partners(batch, seed), "box": box}

    def apply_batch(self, images, draw):
        """The partner's pixels inside the box."""
        inside = boxes.mask(draw["box"], *images.shape[1:3])
        images = ops.cast(images, "float32")
        return images * (1 - inside) + ops.take(images, draw["partner"], axis=0) * inside

    def share(self, images, draw):
        """The part of the image that the box leaves."""
        _, height, width, _ = images.shape
        return 1 - ops.cast(draw["box"][:, 2] * draw["box"][:, 3], "float32") / (height * width)


def _is_pair(inputs):
    """Whether these are images and labels, and not a shape."""
    return isinstance(inputs, tuple | list) and len(inputs) == 2
