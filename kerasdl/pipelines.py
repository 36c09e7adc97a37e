"""The augmentation pipelines that recipes name, as literals.

Recipes, reports and the command line read them without a backend;
`kerasdl.augmentation.pipeline` builds the layers. Strengths are on pixels from
0 to 255.
"""

CROP = ("RandomPadCrop", {"padding": 4})
FLIP = ("RandomHorizontalFlip", {})

PIPELINES = {
    "crop": (CROP,),
    "flip": (FLIP,),
    "crop_flip": (CROP, FLIP),
    # The reports' "other transformations", with the strengths assumed for them. Noise comes last:
    # resampling would blur it.
    "crop_flip_colour": (
        CROP,
        FLIP,
        ("RandomAffine", {"rotation": 15, "translation": 0.1}),
        ("RandomColor", {"brightness": 0.2, "saturation": 0.2}),
        ("RandomGaussianNoise", {"stddev": 0.05 * 255}),
    ),
    # Both papers crop and flip first. Their Cutout of 16x16 pixels is not part of the method.
    "randaugment": (CROP, FLIP, ("RandAugment", {"num_ops": 2, "magnitude": 9})),
    "trivial": (CROP, FLIP, ("TrivialAugmentWide", {})),
}

NAMES = tuple(PIPELINES)
