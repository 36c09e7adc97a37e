"""Points of the plane in two classes that no line separates: circles, a disc, or spirals."""

import numpy as np

from kerasdl.datasets._dataset import Dataset, Info, Split
from kerasdl.datasets._errors import DataError, expect_seed

CLASSES = ("outer", "inner")
SHAPES = ("circles", "disc", "spirals")
OUTER = 0.6  # share of the outer class, where there is one


def info():
    """What is known of the points without drawing them."""
    return Info((2,), CLASSES)


def load(*, seed=0, points=1000, shape="circles", noise=0.05, factor=0.5):
    """So many points of the plane, and as many for validation and for test; each part is a draw.

    `"circles"` are two, of radius 1 (label 0, 60 %) and `factor` (label 1, 40 %). `"disc"` are
    points drawn evenly from the square from -1 to 1, of label 1 inside a disc of 40 % of its area.
    `"spirals"` are two arms of two turns, half of the points each, the second opposite to the
    first.

    Args:
        seed: of the three draws.
        points: of each part, at least 10.
        shape: `"circles"`, `"disc"` or `"spirals"`.
        noise: standard deviation of what is added to both coordinates. The circles have radius 1,
            the spirals one of up to 16.
        factor: radius of the inner circle, between 0 and 1; of circles only.

    Raises:
        DataError: `seed` is no whole number, or below 0; or another argument is out of range.

    Source: circles, `sklearn.datasets.make_circles`; spirals, a public lab on hyperparameters
    (EffiSciencesResearch/ML4G-2.0), whose points are `((p + 1) cos(p), p sin(p))` with p from 1
    to 15 and noise 0.4.

    Example:
    >>> load(points=2000, shape="disc", noise=0.0).validation
    Split(2000 of 2 float32)
    """
    expect_seed(seed)
    _expect_arguments(points, shape, noise, factor)
    splits = []
    for state in np.random.SeedSequence(seed).generate_state(3):
        x, y = DRAWS[shape](points, noise, factor, int(state))
        splits.append(Split(x.astype("float32"), y.astype("int32")))
    return Dataset(
        name="circles",
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        classes=CLASSES,
        source=_source(seed, points, shape, noise, factor),
    )


def _expect_arguments(points, shape, noise, factor):
    if shape not in SHAPES:
        raise DataError(f"shape should be one of {', '.join(SHAPES)}; received {shape!r}.")
    for name, value, good, expected in (
        ("points", points, lambda: points == int(points) >= 10, "a whole number, at least 10"),
        ("noise", noise, lambda: 0 <= noise < np.inf, "a number, at least 0"),
        ("factor", factor, lambda: 0 < factor < 1, "a number between 0 and 1"),
    ):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not good():
            raise DataError(f"{name} should be {expected}; received {value!r}.")


def _draw_circles(points, noise, factor, state):
    from sklearn.datasets import make_circles

    outer = round(OUTER * points)
    counts = (outer, points - outer)
    return make_circles(counts, noise=noise, factor=factor, random_state=state)


def _draw_disc(points, noise, factor, state):
    generator = np.random.default_rng(state)
    x = generator.uniform(-1, 1, (points, 2))
    radius = np.sqrt(4 * (1 - OUTER) / np.pi)  # of a disc with that share of the square's area, 4
    y = np.hypot(*x.T) < radius
    return x + generator.normal(0, noise, x.shape), y


def _draw_spirals(points, noise, factor, state):
    generator = np.random.default_rng(state)
    angle = generator.uniform(1, 15, points)
    x = np.stack([(angle + 1) * np.cos(angle), angle * np.sin(angle)], axis=1)
    x += generator.normal(0, noise, x.shape)
    y = np.arange(points) >= points // 2
    return np.where(y[:, None], -x, x), y


DRAWS = {"circles": _draw_circles, "disc": _draw_disc, "spirals": _draw_spirals}


def _source(seed, points, shape, noise, factor):
    if shape != "circles":
        return f"{points:,} points, {shape}, noise {noise:g}, seed {seed}"
    import sklearn

    made = f"scikit-learn {sklearn.__version__}, make_circles, seed {seed}"
    if (points, noise, factor) == (1000, 0.05, 0.5):
        return made
    return f"{made}, {points:,} points, noise {noise:g}, factor {factor:g}"
