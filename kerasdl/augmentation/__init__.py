"""Random image layers: one draw for each image, vectorised, compiled with the model.

They stand in front of a model, or in an input pipeline: on NumPy batches, in
`tf.data` under TensorFlow, in a `DataLoader` under PyTorch. `draw` is random,
`apply` is not; `RandomImageLayer` says what they share.
"""

from kerasdl.augmentation.affine import RandomAffine
from kerasdl.augmentation.base import RandomImageLayer
from kerasdl.augmentation.crop import RandomPadCrop
from kerasdl.augmentation.flip import RandomHorizontalFlip
from kerasdl.augmentation.pipelines import pipeline

__all__ = [
    "RandomAffine",
    "RandomHorizontalFlip",
    "RandomImageLayer",
    "RandomPadCrop",
    "pipeline",
]
