"""The 1,797 handwritten digits that come with scikit-learn: real images without a download."""

import numbers

import numpy as np

from kerasdl.datasets._dataset import Dataset, Info, Split, carve
from kerasdl.datasets._errors import DataError

TEST = 360  # a fifth of 1,797
CLASSES = tuple("0123456789")


def info(*, shape=(8, 8, 1)):
    """What is known of the digits without loading them; `shape` as `load` has it.

    Raises:
        DataError: `shape` is not such a shape.
    """
    sides = shape if isinstance(shape, (tuple, list)) else ()
    whole = all(isinstance(side, numbers.Integral) and side > 0 for side in sides)
    if len(sides) != 3 or not whole or sides[2] not in (1, 3):
        raise DataError(
            f"shape should be (height, width, channels) with 1 or 3 channels; received {shape!r}."
        )
    return Info(tuple(shape), CLASSES)


def load(*, shape=(8, 8, 1)):
    """Handwritten digits, 8x8x1: 1,437 for training and 360 for testing, the same ones always.

    The original pixels count ink from 0 to 16; here they are scaled to 0 to 255
    and rounded, as everywhere in this package. The test part is drawn by
    `numpy.random.default_rng(0)`.

    Args:
        shape: (height, width, channels) to show them as, 1 or 3 channels;
            enlarged by bilinear interpolation. (32, 32, 3) stands in for CIFAR.

    Raises:
        DataError: `shape` is not such a shape.

    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits",
    UCI Machine Learning Repository, 1998 (its test part, as scikit-learn bundles it).

    Example:
    >>> load().train
    Split(1437 of 8x8x1 uint8)
    """
    height, width, channels = info(shape=shape).shape
    import sklearn
    from PIL import Image
    from sklearn.datasets import load_digits

    bundled = load_digits()
    x = np.rint(bundled.images * (255 / 16)).astype("uint8")
    if (height, width) != x.shape[1:]:
        size = (width, height)
        x = np.stack([Image.fromarray(i).resize(size, Image.Resampling.BILINEAR) for i in x])
    x = np.repeat(x[..., None], channels, axis=-1)
    train, test = carve(Split(x, bundled.target.astype("int32")), count=TEST, seed=0)
    return Dataset(
        name="digits",
        train=train,
        test=test,
        classes=CLASSES,
        source=f"scikit-learn {sklearn.__version__}, bundled digits",
    )
