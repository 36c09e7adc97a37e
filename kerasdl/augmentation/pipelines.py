"""Augmentation pipelines by name, as recipes have them: literals, and the layers they stand for.

`PIPELINES` and `NAMES` are read without a backend; `pipeline` builds the layers.
"""

import zlib

from kerasdl import augmentation, discovery
from kerasdl.errors import UsageError

CROP = ("RandomPadCrop", {"padding": 4})
FLIP = ("RandomHorizontalFlip", {})
# A random crop of 28x28 out of 32x32, for networks that see only the middle 28x28 (`crop=28`): where
# an image moves by up to 2 pixels, none of the border comes into the middle.
CROP_28 = ("RandomPadCrop", {"padding": 2})
ENLARGE_CROP = ("RandomEnlargeCrop", {"margin": 4})  # 32x32 to 40x40
# The reports' "other transformations", with the strengths assumed for them. Noise comes last:
# resampling would blur it.
OTHERS = (
    ("RandomAffine", {"rotation": 15, "translation": 0.1}),
    ("RandomColor", {"brightness": 0.2, "saturation": 0.2}),
    ("RandomGaussianNoise", {"stddev": 0.05 * 255}),
)

PIPELINES = {
    "crop": (CROP,),
    "flip": (FLIP,),
    "crop_flip": (CROP, FLIP),
    # airbench's. The flip comes first: it knows images by their pixels.
    "alternating_flip_crop": (
        ("AlternatingFlip", {}),
        ("RandomPadCrop", {"padding": 2, "mode": "reflect"}),
    ),
    "crop_flip_colour": (CROP, FLIP, *OTHERS),
    "crop28_flip": (CROP_28, FLIP),
    "crop28_flip_colour": (CROP_28, FLIP, *OTHERS),
    "enlarge_crop": (ENLARGE_CROP,),
    "enlarge_crop_flip": (ENLARGE_CROP, FLIP),
    # Both papers crop and flip first. Their Cutout of 16x16 pixels is not part of the method.
    "randaugment": (CROP, FLIP, ("RandAugment", {"num_ops": 2, "magnitude": 9})),
    "trivial": (CROP, FLIP, ("TrivialAugmentWide", {})),
}
"""Name -> layers in their order, each as its class in `kerasdl.augmentation` and its arguments.

Levels and strengths are on the scale from 0 to 255, whatever the images' range is.
"""

NAMES = tuple(PIPELINES)


def pipeline(name, seed=None, value_range=(0, 255)):
    """The layers of a named pipeline, to be put in front of a model or mapped over data.

    Args:
        name: one of `NAMES`.
        seed: integer; every layer gets one of its own that follows from it.
            `None` leaves each to Python's generator.
        value_range: `(low, high)`, the values of black and white in the images.

    Returns:
        A list of layers whose names, as `augment_1_random_pad_crop`, are always
        the same and unique within a model.

    Raises:
        UsageError: an unknown name.
        ValueError: `value_range` is no range.

    Example:
    >>> [layer.name for layer in pipeline("crop_flip", seed=0)]
    ['augment_1_random_pad_crop', 'augment_2_random_horizontal_flip']
    """
    if name not in PIPELINES:
        raise UsageError(
            f"An augmentation pipeline should be one of {', '.join(NAMES)}; received {name!r}."
        )
    return [
        getattr(augmentation, layer)(
            **arguments,
            seed=None if seed is None else zlib.crc32(f"{seed}/{position}".encode()),
            value_range=value_range,
            name=f"augment_{position}_{discovery.module_name(layer)}",
        )
        for position, (layer, arguments) in enumerate(PIPELINES[name], start=1)
    ]
