"""MNIST digits in white on a coloured ground, with two labels each."""

import numpy as np

from kerasdl.datasets import mnist
from kerasdl.datasets._dataset import Dataset, Info, Split
from kerasdl.datasets._errors import expect_seed

# Dark enough that a white digit stands out on every one (contrast above 3 to 1).
COLOURS = {
    "red": (200, 30, 30),
    "green": (20, 130, 50),
    "blue": (30, 60, 200),
    "orange": (200, 100, 0),
    "purple": (130, 30, 150),
}


def info():
    """What is known of the coloured digits without loading MNIST."""
    classes = {"digit": mnist.CLASSES, "colour": tuple(COLOURS)}
    return Info((28, 28, 3), classes, values=dict.fromkeys(classes, 1))


def load(*, data_dir=None, download=True, seed=0):
    """MNIST's 60,000 and 10,000 digits, 28x28x3, on one of five uniform colours.

    The labels are a dict, {"digit": 0 to 9, "colour": 0 to 4}. A grey value of
    the original is taken as how much white covers the ground, so that a digit's
    soft edge stays soft. The colours are drawn by NumPy, keyed by `seed`,
    independent of the digit.

    Args:
        data_dir: where MNIST is; see `kerasdl.datasets.load`.
        download: see `kerasdl.datasets.load`.
        seed: of the draw of colours.

    Raises:
        DataNotFound: MNIST is nowhere, and could not be downloaded.
        DataError: a file of MNIST is not what it should be, or `seed` no whole number.

    Example:
    >>> load(data_dir="data").train.y["colour"].max()  # doctest: +SKIP
    4
    """
    expect_seed(seed)
    digits = mnist.load(data_dir=data_dir, download=download)
    splits = []
    for part, key in zip((digits.train, digits.test), (0, 1), strict=True):
        colour = np.random.default_rng((seed, key)).integers(len(COLOURS), size=len(part))
        labels = {"digit": part.y, "colour": colour.astype("int32")}
        splits.append(Split(paint(part.x, colour), labels))
    return Dataset(
        name="coloured_digits",
        train=splits[0],
        test=splits[1],
        classes=info().classes,
        source=f"MNIST ({digits.source}), colours drawn with seed {seed}",
    )


def paint(images, colour):
    """White over a ground: images (n, h, w, 1) and colours (n,) to images (n, h, w, 3)."""
    grounds = np.array(list(COLOURS.values()))[:, None, :]  # (5, 1, 3)
    cover = np.arange(256)[None, :, None] / 255  # (1, 256, 1)
    table = np.rint(grounds + (255 - grounds) * cover).astype("uint8")  # (5, 256, 3)
    return table[colour[:, None, None], images[..., 0]]
