"""What the bench of augmentation compares: a row a case, with the layer of each library."""

ONE_DRAW = "_one_draw"
"""Ends the names of libraries whose layer draws once for the whole batch.

Kornia's policies and all of torchvision v2 draw once a call: they are measured as they are, which
does less than what is compared, and image by image, as in a data set's `__getitem__`.
"""

DRAWN_BEFORE = "kerasdl_drawn_before"
"""Our layer given its draw: what it does to pixels, without what drawing takes."""

_RANGE = {"value_range": (0, 255)}
_SHIFT = {"height_factor": 0.125, "width_factor": 0.125}
_TURN = {"factor": 15 / 360, "fill_mode": "constant"}
_JITTER = {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 0.1}
_JITTER_FACTORS = {**{f"{key}_factor": value for key, value in _JITTER.items()}, **_RANGE}

# Case -> library -> class and arguments. Where a library has nothing that does the same, this is
# the nearest: Keras' RandomTranslation shifts by fractions of a pixel, its RandAugment draws the
# operations once for the whole batch. "native" names a function of `native_jax` or
# `native_tensorflow`.
CASES = {
    "pad and crop": {
        "kerasdl": ("RandomPadCrop", {"padding": 4}),
        "keras": ("RandomTranslation", _SHIFT),
        "keras_cv": ("RandomTranslation", _SHIFT),
        "kornia": ("RandomCrop", {"size": (32, 32), "padding": 4}),
        "torchvision": ("RandomCrop", {"size": 32, "padding": 4}),
        "native": ("pad_crop", {}),
    },
    "horizontal flip": {
        "kerasdl": ("RandomHorizontalFlip", {}),
        "keras": ("RandomFlip", {"mode": "horizontal"}),
        "keras_cv": ("RandomFlip", {"mode": "horizontal"}),
        "kornia": ("RandomHorizontalFlip", {"p": 0.5}),
        "torchvision": ("RandomHorizontalFlip", {"p": 0.5}),
        "native": ("flip", {}),
    },
    "rotation by 15 degrees": {
        "kerasdl": ("RandomAffine", {"rotation": 15}),
        "keras": ("RandomRotation", _TURN),
        "keras_cv": ("RandomRotation", _TURN),
        "kornia": ("RandomAffine", {"degrees": 15.0, "p": 1.0}),
        "torchvision": ("RandomAffine", {"degrees": 15, "interpolation": 2}),  # 2: bilinear
        "native": ("rotate", {}),
    },
    "colour": {
        "kerasdl": ("RandomColor", _JITTER),
        "keras": ("RandomColorJitter", _JITTER_FACTORS),
        "keras_cv": ("RandomColorJitter", _JITTER_FACTORS),
        "kornia": ("ColorJitter", {**_JITTER, "p": 1.0}),
        "torchvision": ("ColorJitter", _JITTER),
        "native": ("colour", {}),
    },
    "erasing": {
        "kerasdl": ("RandomErasing", {}),
        "keras": ("RandomErasing", _RANGE),
        "keras_cv": ("RandomCutout", {"height_factor": 0.5, "width_factor": 0.5}),
        "kornia": ("RandomErasing", {"p": 0.5}),
        "torchvision": ("RandomErasing", {"p": 0.5}),
        "native": ("erase", {}),
    },
    "Gaussian noise": {
        "kerasdl": ("RandomGaussianNoise", {"stddev": 12.75}),
        "keras": ("GaussianNoise", {"stddev": 0.05}),  # it takes no more than 1
        "kornia": ("RandomGaussianNoise", {"std": 0.05, "p": 1.0}),
        "torchvision": ("GaussianNoise", {"sigma": 0.05}),
        "native": ("noise", {}),
    },
    "RandAugment": {
        "kerasdl": ("RandAugment", {}),
        "keras": ("RandAugment", _RANGE),
        "keras_cv": ("RandAugment", _RANGE),
        "kornia": ("auto.RandAugment", {"n": 2, "m": 9}),
        "torchvision": ("RandAugment", {}),
    },
    "TrivialAugmentWide": {
        "kerasdl": ("TrivialAugmentWide", {}),
        "keras": ("RandAugment", _RANGE),
        "kornia": ("auto.TrivialAugment", {}),
        "torchvision": ("TrivialAugmentWide", {}),
    },
}
