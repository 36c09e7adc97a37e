"""The base class of layers that mix the images and labels of two examples."""

import keras
from keras import ops

from kerasdl.augmentation import _arguments, _foreign
from kerasdl.augmentation._layer import RandomImageLayer


class Mix(RandomImageLayer):
    """A layer on `(images, labels)` that mixes each example with a `partner` of the batch.

    Subclasses write `draw_batch`, `apply_batch` and `share`.
    """

    on_levels = False
    checks_values = False  # mixtures of any are in their range

    def __init__(self, alpha, **kwargs):
        super().__init__(**kwargs)
        if not _arguments.is_number(alpha) or alpha <= 0:
            raise ValueError(f"Expected `alpha` to be a number above 0. Received: alpha={alpha!r}")
        self.alpha = float(alpha)

    def draw(self, inputs, step=None):
        """As `RandomImageLayer.draw`, from images, their shape, or `(images, labels)`."""
        return super().draw(inputs[0] if _is_pair(inputs) else inputs, step)

    def apply(self, inputs, draw):
        """Images and labels, both mixed; labels come back in floating point."""
        images, labels = inputs
        _foreign.expect_no_graph_of_tensorflow(inputs, type(self).__name__)
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


def _is_pair(inputs):
    """Whether `inputs` are images and labels, and not a shape."""
    return isinstance(inputs, tuple | list) and len(inputs) == 2
