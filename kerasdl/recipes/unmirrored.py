"""Recipes on images that mean something else in a mirror: digits, letters, signs."""

from dataclasses import replace

from kerasdl.augmentation.pipelines import PIPELINES

FLIPS = ("RandomHorizontalFlip", "AlternatingFlip")

# Pipelines that have a counterpart without a mirror.
_UNMIRRORED = {
    "flip": None,
    "crop_flip": "crop",
    "alternating_flip_crop": "crop",
    "enlarge_crop_flip": "enlarge_crop",
}


def is_mirroring(recipe):
    """Whether a recipe mirrors images, in training or in tests.

    Example:
    >>> from kerasdl import studies
    >>> is_mirroring(studies.get("cifar10/default")), is_mirroring(studies.get("dropout/model1"))
    (True, False)
    """
    layers = [name for name, _ in PIPELINES.get(recipe.augmentation, ())]
    return bool(set(FLIPS) & set(layers)) or recipe.test_time_augmentation is not None


def unmirrored(recipe):
    """The recipe without mirrored images, as far as its augmentation has a form without them.

    Example:
    >>> from kerasdl import studies
    >>> unmirrored(studies.get("cifar10/default")).augmentation
    'crop'
    """
    augmentation = _UNMIRRORED.get(recipe.augmentation, recipe.augmentation)
    return replace(recipe, augmentation=augmentation, test_time_augmentation=None)
