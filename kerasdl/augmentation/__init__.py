"""Random image layers: one draw for each image, vectorised, compiled with the model.

They stand in front of a model, or in an input pipeline: on NumPy batches, in
`tf.data` under TensorFlow, in a `DataLoader` under PyTorch. `draw` is random,
`apply` is not; `RandomImageLayer` says what they share.
"""

from kerasdl.augmentation.affine import RandomAffine
from kerasdl.augmentation.base import RandomImageLayer
from kerasdl.augmentation.color import RandomColor
from kerasdl.augmentation.crop import RandomPadCrop
from kerasdl.augmentation.erasing import Cutout, RandomErasing
from kerasdl.augmentation.flip import RandomHorizontalFlip
from kerasdl.augmentation.mixing import CutMix, MixUp
from kerasdl.augmentation.noise import RandomGaussianNoise
from kerasdl.augmentation.normalize import Normalize
from kerasdl.augmentation.pipelines import pipeline
from kerasdl.augmentation.policies import RandAugment, TrivialAugmentWide

__all__ = [
    "CutMix",
    "Cutout",
    "MixUp",
    "Normalize",
    "RandAugment",
    "RandomAffine",
    "RandomColor",
    "RandomErasing",
    "RandomGaussianNoise",
    "RandomHorizontalFlip",
    "RandomImageLayer",
    "RandomPadCrop",
    "TrivialAugmentWide",
    "pipeline",
]
