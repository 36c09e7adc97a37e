"""The user's own arrays as a data set."""

import numbers
from collections.abc import Iterable

import numpy as np

from kerasdl.datasets._dataset import Dataset, Split, carve
from kerasdl.datasets._errors import DataError
from kerasdl.structure import as_given, by_output

MOST_CLASSES = 1_000_000
RENUMBER = "np.unique(y, return_inverse=True)[1] numbers them anew"


def from_arrays(x, y, *, test=0.2, validation=None, classes=None, name="arrays", seed=0):
    """A data set from arrays of images or features and their labels or targets.

    What is counted otherwise is refused with the expression that mends it, such as pixels from 0
    to 1, channels first, one-hot labels, labels from 1 on, or floats that look like labels.

    Args:
        x: images (n, height, width, channels), or grey ones (n, height, width), which
            get one channel, whole numbers or floats from 0 to 255; or features
            (n, d), any numbers, booleans as 0 and 1.
        y: whole numbers (n,) from 0 are labels, and booleans those of two classes;
            floats (n,) or (n, k) are targets, whole ones of a regression as a
            column (n, 1); a dict of these by output name is several outputs.
        test: `(x, y)` of the same kind; or the fraction of `x` that is drawn by
            `numpy.random.default_rng(seed)` and kept for testing.
        validation: `(x, y)` of the same kind.
        classes: names in the order of the labels, also of classes without examples;
            by default the numbers, each of which then has some; a dict of these
            where `y` is one.
        name: of the data set.
        seed: of the draw.

    Raises:
        DataError: shapes, types or lengths that do not fit, labels out of range or with
            gaps, numbers that are not finite, pixels that are not from 0 to 255.

    Example:
    >>> x = np.random.default_rng(0).integers(256, size=(100, 8, 8, 3), dtype="uint8")
    >>> from_arrays(x, np.arange(100) % 4, classes=["a", "b", "c", "d"]).train
    Split(80 of 8x8x3 uint8)
    """
    drawn = isinstance(test, numbers.Real)
    if not drawn and not _is_pair(test):
        raise DataError(f"test should be arrays (x, y) or a fraction; received {test!r:.80}.")
    if validation is not None and not _is_pair(validation):
        raise DataError(f"validation should be arrays (x, y); received {validation!r:.80}.")
    given = {"train": (x, y), "validation": validation, "test": None if drawn else test}
    splits = {part: _split(*pair, part) for part, pair in given.items() if pair is not None}
    for part, split in splits.items():
        _expect_alike(splits["train"], split, part)
    names = _names_by_output([by_output(split.y) for split in splits.values()], classes)
    if drawn:
        splits["train"], splits["test"] = carve(splits["train"], fraction=test, seed=seed)
    return Dataset(name=name, classes=as_given(names), source="arrays in memory", **splits)


def _is_pair(value):
    return isinstance(value, (tuple, list)) and len(value) == 2


def _split(x, y, part):
    """The arrays of one part as a `Split`, checked."""
    x = _inputs(_array(x, "x", part), part)
    given = {name: _array(values, name or "y", part) for name, values in by_output(y).items()}
    if not given:
        raise DataError(f"y of the {part} part should have an output; received none.")
    if part == "train":
        for name, values in given.items():
            _expect_unambiguous(values, name or "y")
    outputs = {name: _outputs(values, name or "y", part) for name, values in given.items()}
    for name, values in outputs.items():
        if len(values) != len(x):
            raise DataError(
                f"x and {name or 'y'} of the {part} part should be equally long; "
                f"received {len(x)} and {len(values)}."
            )
    return Split(x, as_given(outputs))


def _array(values, name, part):
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{name} of the {part} part should be an array; received {error}") from None


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
        return _as_float32(x, f"x of the {part} part")
    if x.ndim == 4 and x.shape[1] in (1, 3, 4) and min(x.shape[2:]) > 4:
        raise DataError(
            f"Images of the {part} part should be (n, height, width, channels); received "
            f"{x.shape}, channels first: x.transpose(0, 2, 3, 1) has them last."
        )
    # Pixels that were divided by 255 would be divided once more, and look black to the network.
    to_one = 0 < high <= 1
    if low < 0 or high > 255 or to_one or x.dtype.kind == "b":
        raise DataError(
            f"Pixels of the {part} part should go from 0 to 255; "
            f"received {x.dtype} from {np.float64(low):g} to {np.float64(high):g}"
            f"{': multiply by 255' if low >= 0 and (to_one or x.dtype.kind == 'b') else ''}."
        )
    x = x.astype("float32" if x.dtype.kind == "f" else "uint8")
    return x[..., None] if x.ndim == 3 else x


def _expect_unambiguous(y, name):
    """Refuse labels in a form in which they would be taken as something else.

    Raises:
        DataError: one-hot labels, or floats (n,) that look like labels.
    """
    if y.dtype.kind not in "buif" or not y.size:
        return
    if y.ndim == 2 and y.shape[1] > 1 and _is_one_hot(y):
        raise DataError(
            f"{name} should be one label an example, (n,); received {y.shape}, which look "
            "one-hot: y.argmax(1) is the labels."
        )
    if y.dtype.kind != "f" or y.ndim != 1:
        return
    distinct = np.unique(y)
    if 2 <= len(distinct) <= len(y) / 2 and np.array_equal(distinct, np.arange(len(distinct))):
        raise DataError(
            f"{name} should be whole numbers for classes; received the {y.dtype} numbers from 0 to "
            f"{len(distinct) - 1}: y.astype(int) are labels of classes, y[:, None] are targets of "
            "a regression."
        )


def _is_one_hot(y):
    return bool(((y == 0) | (y == 1)).all() and ((y == 1).sum(axis=1) == 1).all())


def _outputs(y, name, part):
    """Labels `(n,)` as int32, targets `(n, values)` as float32."""
    if y.dtype.kind == "f" and y.ndim in (1, 2) and np.isfinite(y).all():
        return _as_float32(y.reshape(len(y), -1), f"{name} of the {part} part")
    if y.dtype.kind in "bui" and (y.ndim == 1 or y.shape[1:] == (1,)):
        if y.size and y.min() < 0:
            raise DataError(f"Labels {name} of the {part} part start at 0; received {y.min()}.")
        if y.size and y.max() >= MOST_CLASSES:
            raise DataError(
                f"Labels {name} of the {part} part should be below {MOST_CLASSES:,}; received "
                f"{y.max()}: {RENUMBER}."
            )
        return y.reshape(-1).astype("int32")
    raise DataError(
        f"{name} of the {part} part should be whole numbers (n,) for classes or finite floats "
        f"(n,) or (n, k) for regression; received {y.dtype} {y.shape}. (One-hot labels: "
        "y.argmax(1). Names: np.unique(y, return_inverse=True).)"
    )


def _as_float32(values, where):
    """The numbers as float32, after checking that it holds the largest of them."""
    with np.errstate(over="ignore"):
        converted = values.astype("float32")
    if not np.isfinite(converted).all():
        raise DataError(
            f"{where} should be numbers that float32 holds, up to 3.4e38; "
            f"received {np.abs(values).max():g}: divide by a power of ten."
        )
    return converted


def _expect_alike(train, split, part):
    """Refuse a part whose examples have other shapes or dtypes than those of the training part."""

    def kind(split):
        return {name: (array.shape[1:], array.dtype.name) for name, array in split.arrays()}

    if kind(split) != kind(train):
        raise DataError(
            f"The {part} part should be like the training part, {kind(train)}; "
            f"received {kind(split)}."
        )


def _names_by_output(parts, classes):
    """Names of the classes of each output.

    Args:
        parts: labels and targets by output name, of each part of the data.
        classes: as the user gave them.
    """
    given = by_output(classes) if classes is not None else {}
    unknown = sorted(set(given) - set(parts[0]), key=str)
    if unknown:
        outputs = ", ".join(repr(name) for name in parts[0] if name) or "one output without a name"
        raise DataError(
            f"classes should be named by output, {outputs}; "
            f"received {', '.join(repr(name) for name in unknown)}."
        )
    return {
        output: _class_names([y[output] for y in parts], given.get(output), output or "y")
        for output in parts[0]
    }


def _class_names(labels, names, output):
    """Names of the classes of one output; `None` for targets."""
    if labels[0].dtype.kind == "f":
        if names is not None:
            raise DataError(f"{output} holds floats, which are targets; expected no class names.")
        return None
    found = np.unique(np.concatenate(labels))
    if names is None:
        _expect_no_gaps(found, output)
        return tuple(map(str, range(len(found))))
    if not isinstance(names, Iterable):
        raise DataError(f"classes should be names, one a class; received {names!r:.80}.")
    names = tuple(map(str, names))
    if found[-1] >= len(names):
        raise DataError(
            f"Labels {output} should go from 0 to {len(names) - 1}, one a class; "
            f"received {found[-1]}."
        )
    return names


def _expect_no_gaps(found, output):
    """Refuse labels that leave out a class: the network would have an output that is never right.

    Args:
        found: the labels that occur, in order.
        output: name of the output.

    Raises:
        DataError: how they can be numbered, or the class be named.
    """
    missing = np.setdiff1d(np.arange(len(found)), found)
    if not len(missing):
        return
    remedy = f"y - {found[0]}" if found[-1] - found[0] == len(found) - 1 else RENUMBER
    raise DataError(
        f"Labels {output} should be 0 to {len(found) - 1} for {len(found)} classes; received "
        f"{found[0]} to {found[-1]}, and none is {missing[0]}: {remedy}, or name all classes with "
        "classes=, or give targets of a regression as floats."
    )
