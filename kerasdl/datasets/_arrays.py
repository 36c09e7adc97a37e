"""The user's own arrays as a data set."""

import numbers

import numpy as np

from kerasdl.datasets._dataset import Dataset, Split, carve
from kerasdl.datasets._errors import DataError
from kerasdl.structure import as_given, by_output


def from_arrays(x, y, *, test=0.2, validation=None, classes=None, name="arrays", seed=0):
    """A data set from arrays of images or features and their labels or targets.

    Args:
        x: images (n, height, width, channels) or (n, height, width), whole
            numbers or floats from 0 to 255; or features (n, d), any numbers.
        y: whole numbers (n,) from 0 are labels; floats (n,) or (n, k) are
            targets; a dict of these by output name is several outputs.
        test: `(x, y)` of the same kind; or the fraction of `x` that is drawn by
            `numpy.random.default_rng(seed)` and kept for testing.
        validation: `(x, y)` of the same kind.
        classes: names in the order of the labels, by default the numbers; a dict
            of these where `y` is one.
        name: of the data set.
        seed: of the draw.

    Raises:
        DataError: shapes, types or lengths that do not fit, labels out of range,
            numbers that are not finite, pixels that are not from 0 to 255.

    Example:
    >>> x = np.random.default_rng(0).integers(256, size=(100, 8, 8, 3), dtype="uint8")
    >>> from_arrays(x, np.arange(100) % 4, classes=["a", "b", "c", "d"]).train
    Split(80 of 8x8x3 uint8)
    """
    drawn = isinstance(test, numbers.Real)
    if not drawn and not (isinstance(test, (tuple, list)) and len(test) == 2):
        raise DataError(f"test should be arrays (x, y) or a fraction; received {test!r:.80}.")
    given = {"train": (x, y), "validation": validation, "test": None if drawn else test}
    splits = {part: _split(*pair, part) for part, pair in given.items() if pair is not None}
    for part, split in splits.items():
        _expect_alike(splits["train"], split, part)
    outputs = [by_output(split.y) for split in splits.values()]
    given = by_output(classes) if classes is not None else {}
    names = {
        output: _class_names([y[output] for y in outputs], given.get(output), output or "y")
        for output in outputs[0]
    }
    if drawn:
        splits["train"], splits["test"] = carve(splits["train"], fraction=test, seed=seed)
    return Dataset(name=name, classes=as_given(names), source="arrays in memory", **splits)


def _split(x, y, part):
    """The arrays of one part as a `Split`, checked."""
    x = _inputs(np.asarray(x), part)
    outputs = {
        name: _outputs(np.asarray(values), name or "y", part)
        for name, values in by_output(y).items()
    }
    for name, values in outputs.items():
        if len(values) != len(x):
            raise DataError(
                f"x and {name or 'y'} of the {part} part should be equally long; "
                f"received {len(x)} and {len(values)}."
            )
    return Split(x, as_given(outputs))


def _inputs(x, part):
    """Images as uint8 or float32, features as float32."""
    if x.ndim not in (2, 3, 4) or x.dtype.kind not in "buif" or 0 in x.shape:
        raise DataError(
            f"x of the {part} part should be numbers, (n, height, width, channels) or (n, d); "
            f"received {x.dtype} {x.shape}."
        )
    low, high = x.min(), x.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DataError(f"x of the {part} part should be finite; received NaN or infinity.")
    if x.ndim == 2:
        return x.astype("float32")
    # Pixels that were divided by 255 would be divided once more, and look black to the network.
    if low < 0 or high > 255 or (x.dtype.kind == "f" and 0 < high <= 1):
        raise DataError(
            f"Pixels of the {part} part should go from 0 to 255; "
            f"received {x.dtype} from {low:g} to {high:g}."
        )
    x = x.astype("float32" if x.dtype.kind == "f" else "uint8")
    return x[..., None] if x.ndim == 3 else x


def _outputs(y, name, part):
    """Labels `(n,)` as int32, targets `(n, values)` as float32."""
    if y.dtype.kind == "f" and y.ndim in (1, 2) and np.isfinite(y).all():
        return y.reshape(len(y), -1).astype("float32")
    if y.dtype.kind in "bui" and (y.ndim == 1 or y.shape[1:] == (1,)):
        if y.size and y.min() < 0:
            raise DataError(f"Labels {name} of the {part} part start at 0; received {y.min()}.")
        return y.reshape(-1).astype("int32")
    raise DataError(
        f"{name} of the {part} part should be whole numbers (n,) for classes or finite floats "
        f"(n,) or (n, k) for regression; received {y.dtype} {y.shape}. (One-hot labels: "
        "y.argmax(1). Names: np.unique(y, return_inverse=True).)"
    )


def _expect_alike(train, split, part):
    """Refuse a part whose examples have other shapes or dtypes than those of the training part."""

    def kind(split):
        return {name: (array.shape[1:], array.dtype.name) for name, array in split.arrays()}

    if kind(split) != kind(train):
        raise DataError(
            f"The {part} part should be like the training part, {kind(train)}; "
            f"received {kind(split)}."
        )


def _class_names(labels, names, output):
    """Names of the classes of one output; `None` for targets."""
    if labels[0].dtype.kind == "f":
        if names is not None:
            raise DataError(f"{output} holds floats, which are targets; expected no class names.")
        return None
    highest = max(int(part.max()) for part in labels)
    names = tuple(map(str, range(highest + 1) if names is None else names))
    if highest >= len(names):
        raise DataError(
            f"Labels {output} should go from 0 to {len(names) - 1}, one a class; "
            f"received {highest}."
        )
    return names
