"""Two noisy circles, one inside the other: the smallest problem that a line cannot solve."""

import numpy as np

from kerasdl.datasets._dataset import Dataset, Info, Split
from kerasdl.datasets._errors import expect_seed

CLASSES = ("outer", "inner")


def info():
    """What is known of the circles without drawing them."""
    return Info((2,), CLASSES)


def load(*, seed=0):
    """1,000 points of the plane (600 outer, 400 inner), and as many for validation and for test.

    Radius 1 and 0.5, noise of standard deviation 0.05; label 0 is outer. Each
    part is a draw of its own.

    Args:
        seed: of the three draws.

    Raises:
        DataError: `seed` is no whole number, or below 0.

    Source: `sklearn.datasets.make_circles((600, 400), noise=0.05, factor=0.5)`.

    Example:
    >>> load().validation
    Split(1000 of 2 float32)
    """
    expect_seed(seed)
    import sklearn
    from sklearn.datasets import make_circles

    splits = []
    for state in np.random.SeedSequence(seed).generate_state(3):
        x, y = make_circles((600, 400), noise=0.05, factor=0.5, random_state=int(state))
        splits.append(Split(x.astype("float32"), y.astype("int32")))
    return Dataset(
        name="circles",
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        classes=CLASSES,
        source=f"scikit-learn {sklearn.__version__}, make_circles, seed {seed}",
    )
