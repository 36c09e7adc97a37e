"""What every data set is once it is loaded: named splits of arrays."""

import hashlib
import json
import math
from dataclasses import dataclass, replace

import numpy as np

from kerasdl.datasets._errors import DataError
from kerasdl.datasets._streamed import StreamedImages
from kerasdl.structure import by_output, map_outputs

CHUNK = 1024  # rows of features that `statistics` computes with at once
CHUNK_OF_PIXELS = 1 << 23  # bytes of images that are read at once: counting takes 8 times as many


@dataclass(frozen=True)
class Info:
    """What a network has to fit, as far as it is known without the data.

    Args:
        shape: of one example, (height, width, channels) or (features,).
        classes: as in `Dataset`.
        values: number of target values of an example in a regression, 1 for classes; a
            dict of these by output name where there are several outputs.

    Example:
    >>> from kerasdl import datasets
    >>> datasets.info("ames_housing")
    Info(shape=(4,), classes=None, values=1)
    """

    shape: tuple[int, ...]
    classes: tuple[str, ...] | dict[str, tuple[str, ...]] | None
    values: int | dict[str, int] = 1

    @property
    def class_counts(self):
        """Number of classes, or `None`; a dict of these by output name if `classes` is one."""
        return map_outputs(_count, self.classes)


def _count(names):
    return None if names is None else len(names)


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """One part of a data set.

    Args:
        x: uint8 images (n, height, width, channels) with pixels 0 to 255, or
            float32 features (n, d); or `StreamedImages`, which are in files.
        y: int32 labels (n,), float32 targets (n, 1) for regression, or a dict
            of these by output name.

    Example:
    >>> Split(np.zeros((2, 8, 8, 1), "uint8"), np.array([0, 1], "int32"))
    Split(2 of 8x8x1 uint8)
    """

    x: np.ndarray | StreamedImages
    y: np.ndarray | dict[str, np.ndarray]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        """The rows that a slice or an array of positions names."""
        x = self.x.part(index) if self.is_streamed else self.x[index]
        return Split(x, map_outputs(lambda y: y[index], self.y))

    @property
    def is_streamed(self):
        """Whether its images are in files, and decoded when they are used."""
        return isinstance(self.x, StreamedImages)

    def arrays(self):
        """Name and array of `x` and of `y`, or of each output of `y` as `y/<output>`, by name."""
        outputs = sorted(by_output(self.y).items(), key=lambda output: output[0])
        return [("x", self.x), *((f"y/{name}" if name else "y", y) for name, y in outputs)]

    def __repr__(self):
        return f"Split({len(self)} of {'x'.join(map(str, self.x.shape[1:]))} {self.x.dtype})"


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Training, test and, where there is one, validation data under one name.

    Args:
        name: as in `kerasdl.datasets.NAMES`, or the user's own.
        train: the part that is learned from.
        test: the part that is only ever measured on.
        validation: the part that choices are made by, or `None`.
        classes: names in the order of the labels; a dict of these by output
            name where there are several; `None` for regression.
        source: where it came from, in words.

    Example:
    >>> from kerasdl.datasets import load
    >>> load("digits").with_validation(count=200).train
    Split(1237 of 8x8x1 uint8)
    """

    name: str
    train: Split
    test: Split
    validation: Split | None = None
    classes: tuple[str, ...] | dict[str, tuple[str, ...]] | None
    source: str

    def with_validation(self, fraction=None, count=None, rule="random", seed=0):
        """The same data with a validation part carved from the training part.

        Args:
            fraction: of the training part, above 0 and below 1; or
            count: how many rows; exactly one of the two.
            rule: "random" draws them by `numpy.random.default_rng(seed)`, and
                both parts keep their order; "last" takes the last ones.
            seed: of the draw.

        Raises:
            DataError: there is a validation part already, or the size or the
                rule is not one of the above.
        """
        if self.validation is not None:
            raise DataError(
                f"{self.name} has a validation part of {len(self.validation)} already: carve none "
                "(in a recipe, set data.validation to None)."
            )
        rest, part = carve(self.train, fraction=fraction, count=count, rule=rule, seed=seed)
        return replace(self, train=rest, validation=part)

    def limited(self, train=None, test=None, keep_validation=False):
        """The same data, no more than the first `train` and `test` rows of it.

        A validation part shrinks in the proportion of the training part, to one
        row at least. A part that is shorter than its limit stays whole.

        Args:
            train: number of training rows, or `None` for all.
            test: number of test rows, or `None` for all.
            keep_validation: whether the validation part stays whole.

        Raises:
            DataError: a limit is not a whole number above 0.
        """
        for name, limit in (("train", train), ("test", test)):
            if limit is not None and (isinstance(limit, bool) or limit != int(limit) or limit < 1):
                raise DataError(
                    f"The limit of the {name} part should be a whole number above 0; "
                    f"received {limit!r}."
                )
        validation = self.validation
        shrinks = validation is not None and not keep_validation
        if shrinks and train is not None and train < len(self.train):
            validation = validation[: max(1, len(validation) * int(train) // len(self.train))]
        return replace(
            self,
            train=self.train[: None if train is None else int(train)],
            test=self.test[: None if test is None else int(test)],
            validation=validation,
        )

    @property
    def info(self):
        """What a network has to fit: an `Info`."""
        return Info(self.train.x.shape[1:], self.classes, map_outputs(_values, self.train.y))

    def fingerprint(self, pixels=False):
        """`"sha256:<hex>"` of the data: equal for equal data, and else different.

        It covers the arrays of all parts (their order of examples, shapes and dtypes
        too), which part they are, the names of outputs and the names of classes. The
        data set's `name` and `source` are left out: the same data from another place is
        the same. CIFAR-10 (184 MB) takes about 0.1 seconds of one core. Of images in files it
        covers, in place of their pixels, the names and sizes of the files; with `pixels` these
        are decoded, and it is that of the same images in memory.

        Args:
            pixels: whether images in files are decoded for it.

        Example:
        >>> from kerasdl.datasets import load
        >>> circles = load("circles")
        >>> circles.fingerprint() == load("circles").fingerprint()
        True
        >>> circles.fingerprint() == circles.limited(train=999).fingerprint()
        False
        """
        digest = hashlib.sha256(json.dumps(self.classes, sort_keys=True, default=str).encode())
        for part in ("train", "validation", "test"):
            split = getattr(self, part)
            for name, array in split.arrays() if split is not None else ():
                dtype = array.dtype.newbyteorder("<")  # the same on every machine
                digest.update(json.dumps([part, name, dtype.str, array.shape]).encode())
                if isinstance(array, StreamedImages) and not pixels:
                    digest.update(array.file_digest())
                    continue
                for chunk in _chunks(array) if isinstance(array, StreamedImages) else (array,):
                    digest.update(np.ascontiguousarray(chunk, dtype))
        return f"sha256:{digest.hexdigest()}"

    def statistics(self):
        """Mean and standard deviation of the training part, and of nothing else.

        Returns:
            Two float64 arrays, one value a channel (images) or a feature, in the
            data's own units: 0 to 255 for pixels. The deviation is the
            population's, divided by n.
        """
        x, channels = self.train.x, self.train.x.shape[-1]
        if x.dtype == np.uint8 and x.ndim == 4:
            return _statistics_of_pixels(x)
        count, values = x.size // channels, math.prod(x.shape[1:])
        # Whole rows first, which NumPy adds up fast; then the values of a channel.
        sums = sum(rows.reshape(-1, values).sum(axis=0, dtype="float64") for rows in _chunks(x))
        mean = sums.reshape(-1, channels).sum(axis=0) / count
        means = np.tile(mean, values // channels)
        squares = sum(_sum_of_squares(rows.reshape(-1, values) - means) for rows in _chunks(x))
        return mean, np.sqrt(squares.reshape(-1, channels).sum(axis=0) / count)


def _statistics_of_pixels(x):
    """Mean and standard deviation of each channel of uint8 images, which are read once.

    How often each value occurs is exact, so that no order of adding up matters.
    """
    channels, values = x.shape[-1], np.arange(256.0)[:, np.newaxis]
    counts = np.zeros((256, channels), "int64")
    for images in _chunks(x, max(1, CHUNK_OF_PIXELS // math.prod(x.shape[1:]))):
        for channel in range(channels):
            counts[:, channel] += np.bincount(images[..., channel].ravel(), minlength=256)
    shares = counts / counts.sum(axis=0)
    mean = (counts * values).sum(axis=0) / counts.sum(axis=0)
    return mean, np.sqrt((shares * (values - mean) ** 2).sum(axis=0))


def _chunks(x, size=CHUNK):
    """Some rows at a time."""
    return (x[i : i + size] for i in range(0, len(x), size))


def _values(y):
    """Number of target values of an example; 1 for labels."""
    return math.prod(y.shape[1:])


def _sum_of_squares(rows):
    return np.einsum("ij,ij->j", rows, rows)


def carve(split, *, fraction=None, count=None, rule="random", seed=0):
    """Two splits: what is left, and the part cut out (see `Dataset.with_validation`)."""
    if (fraction is None) == (count is None):
        raise DataError(
            "A part to carve is given by its fraction or by its count, one of the two; "
            f"received fraction={fraction!r}, count={count!r}."
        )
    if fraction is not None and not 0 < fraction < 1:
        raise DataError(f"A fraction should be above 0 and below 1; received {fraction!r}.")
    size = round(fraction * len(split)) if count is None else count
    if not 0 < size < len(split) or size != int(size):
        raise DataError(
            f"A part carved from {len(split)} should hold between 1 and {len(split) - 1} of them; "
            f"received fraction={fraction!r}, count={count!r}."
        )
    if rule == "last":
        return split[: -int(size)], split[-int(size) :]
    if rule != "random":
        raise DataError(f'rule should be "random" or "last"; received {rule!r}.')
    order = np.random.default_rng(seed).permutation(len(split))
    return split[np.sort(order[int(size) :])], split[np.sort(order[: int(size)])]
