"""The operations of RandAugment and TrivialAugmentWide, and their magnitudes, as tables.

Names, ranges and bins are torchvision's, the numbers Pillow's: see `tables`.
"""

import numpy as np

from kerasdl.augmentation import _levels

OPERATIONS = (
    "Identity",
    "ShearX",
    "ShearY",
    "TranslateX",
    "TranslateY",
    "Rotate",
    "Brightness",
    "Color",
    "Contrast",
    "Sharpness",
    "Posterize",
    "Solarize",
    "AutoContrast",
    "Equalize",
)
BINS = 31  # of magnitudes, from the weakest to the strongest


def magnitudes(*, shear, across, down, degrees, factor, bits):
    """The magnitudes of all bins: operation -> `(BINS,)` numbers, and whether their sign is drawn.

    Args:
        shear: the largest tangent.
        across: the largest translation along `x`, in pixels.
        down: the largest along `y`.
        degrees: the largest rotation.
        factor: the largest change of brightness, colour, contrast and sharpness.
        bits: the largest number of bits that posterizing drops.
    """

    def up_to(largest):
        return np.linspace(0, largest, BINS)

    return {
        "ShearX": (up_to(shear), True),
        "ShearY": (up_to(shear), True),
        "TranslateX": (np.floor(up_to(across)), True),
        "TranslateY": (np.floor(up_to(down)), True),
        "Rotate": (up_to(degrees), True),
        "Brightness": (up_to(factor), True),
        "Color": (up_to(factor), True),
        "Contrast": (up_to(factor), True),
        "Sharpness": (up_to(factor), True),
        "Posterize": (8 - np.round(np.arange(BINS) / ((BINS - 1) / bits)), False),
        "Solarize": (np.linspace(255, 0, BINS), False),
    }


def tables(magnitudes, height, width):
    """What every operation, bin and sign does to an image: arrays `(operations * bins * 2, ...)`.

    Args:
        magnitudes: what the function of that name gives.
        height: of the image.
        width: of the image.

    Returns:
        A dictionary: `matrix`, six affine coefficients in 65536ths; `factor` of a blend;
        `step` of posterizing and `threshold` of solarizing. Each is neutral where the
        operation is another.
    """
    shape = (len(OPERATIONS), BINS, 2)
    found = {
        "matrix": np.zeros((*shape, 6), "int32"),
        "factor": np.ones(shape, "float32"),
        "step": np.ones(shape, "float32"),
        "threshold": np.full(shape, 256, "float32"),
    }
    found["matrix"][:] = _fixed_point((1, 0, 0, 0, 1, 0))
    for name, (of_bins, signed) in magnitudes.items():
        for bin_, magnitude in enumerate(of_bins):
            for negative in (0, 1):
                value = -magnitude if signed and negative else magnitude
                cell = (OPERATIONS.index(name), bin_, negative)
                if name in MATRICES:
                    matrix = MATRICES[name](value, height, width)
                    found["matrix"][cell] = _fixed_point(matrix)
                elif name == "Posterize":
                    found["step"][cell] = 2.0 ** (8 - value)
                elif name == "Solarize":
                    found["threshold"][cell] = value
                else:
                    steps = round((1 + value) * _levels.FACTOR_STEP)
                    found["factor"][cell] = steps / _levels.FACTOR_STEP
    return {key: x.reshape(-1, *x.shape[3:]) for key, x in found.items()}


def _rotation(degrees, height, width):
    """`Image.rotate`: counter-clockwise about the middle of the image's area."""
    cos, sin = (round(f(np.deg2rad(degrees)), 15) for f in (np.cos, np.sin))
    x, y = width / 2, height / 2
    return (cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y)


# Pillow's affine coefficients, from output to input. Shears leave the top left corner in place.
MATRICES = {
    "ShearX": lambda value, height, width: (1, value, 0, 0, 1, 0),
    "ShearY": lambda value, height, width: (1, 0, 0, value, 1, 0),
    "TranslateX": lambda value, height, width: (1, 0, -value, 0, 1, 0),
    "TranslateY": lambda value, height, width: (1, 0, 0, 0, 1, -value),
    "Rotate": _rotation,
}


def _fixed_point(matrix):
    """Pillow's coefficients in 65536ths, read at the middle of each pixel."""
    a, b, c, d, e, f = matrix
    moved = (a, b, c + 0.5 * (a + b), d, e, f + 0.5 * (d + e))
    return np.floor(np.array(moved) * 65536 + 0.5).astype("int32")
