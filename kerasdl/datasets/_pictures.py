"""Pictures in files: how they are to be read, and how they are divided into parts class by class."""

import collections
import numbers
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kerasdl.datasets._errors import DataError
from kerasdl.text import printable

MOST_WORKERS = 1024


@dataclass(frozen=True, kw_only=True)
class PictureOptions:
    """How pictures become arrays.

    Args:
        image_size: (height, width) to resize to, or one number for both;
            without it all pictures must have one size.
        channels: 3 for colour, 1 for grey.
        test: fraction that is drawn for testing, where there is no such part.
        validation: fraction or number of training pictures that is drawn for
            validation, where there is no such part; `None` for none.
        seed: of what is drawn, and of the order of the training part. The test part is drawn first
            and by seed 0, so that it is the same whatever the seed.
        classes: names in the order of the labels; by default those found, sorted.
        skip_unreadable: whether files that cannot be read are left out, and counted in the data
            set's `source`; else they are an error.
        stream: whether they stay in their files, and are decoded when they are used; `None` for
            "where their arrays would take more than half of the memory available".
        workers: with `stream`, number of processes that decode for the training (see
            `kerasdl.datasets.StreamedImages`); `None` for one a core, 8 at most.
        notify: called with the number of pictures decoded, and of all.
    """

    image_size: tuple | int | None = None
    channels: int = 3
    test: float = 0.2
    validation: float | int | None = None
    seed: int = 0
    classes: tuple | None = None
    skip_unreadable: bool = False
    stream: bool | None = False
    workers: int | None = None
    notify: Callable | None = None

    def __post_init__(self):
        """Refuse what is out of range."""
        if self.channels not in (1, 3):
            raise DataError(f"channels should be 1 or 3; received {self.channels!r}.")
        object.__setattr__(self, "image_size", _size(self.image_size))
        workers = self.workers
        if workers is not None and (
            isinstance(workers, bool)
            or not isinstance(workers, numbers.Integral)
            or not 0 <= workers <= MOST_WORKERS
        ):
            raise DataError(
                f"workers should be a number of processes from 0 to {MOST_WORKERS}; "
                f"received {workers!r:.80}."
            )


@dataclass
class Listing:
    """Files of pictures and their labels, not decoded yet.

    Attributes:
        name: of the data set.
        origin: where they are, in words.
        classes: names of the classes, in the order of the labels.
        parts: `"train"`, `"validation"`, `"test"` -> `PictureIndex`.
        passed_over: what else was there, in words -> how often.
    """

    name: str
    origin: str
    classes: tuple
    parts: dict
    passed_over: collections.Counter = field(default_factory=collections.Counter)


def _size(image_size):
    """(height, width), or `None`."""
    if image_size is None:
        return None
    sides = image_size if isinstance(image_size, (tuple, list)) else (image_size, image_size)
    whole = all(isinstance(n, numbers.Integral) and n > 0 and n is not True for n in sides)
    if len(sides) != 2 or not whole:
        raise DataError(
            "image_size should be (height, width) in pixels, or one number for both; "
            f"received {image_size!r:.80}."
        )
    return tuple(map(int, sides))


def expect_class_names(names, where):
    """Refuse names of classes, which will stand in files and pages, that would break a line."""
    for name in names:
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
            raise DataError(
                f"{printable(where)} should have classes named without control characters, "
                f"in UTF-8; received {printable(name)}."
            )


def divided(listing, options):
    """The pictures of each part; the training part in an order of its own.

    Args:
        listing: a `Listing`.
        options: `PictureOptions`.

    Returns:
        Name of a part -> `PictureIndex`.
    """
    parts = dict(listing.parts)
    if "test" not in parts:
        parts["train"], parts["test"] = _drawn(parts["train"], options.test, "test", seed=0)
    if "validation" not in parts and options.validation is not None:
        parts["train"], parts["validation"] = _drawn(
            parts["train"], options.validation, "validation", options.seed
        )
    order = np.random.default_rng(options.seed).permutation(len(parts["train"]))
    parts["train"] = parts["train"].take(order)
    return parts


def _drawn(pictures, size, part, seed):
    """What is left of the pictures, and a part drawn from them that has its share of each class.

    Args:
        pictures: a `PictureIndex`.
        size: of the part: a fraction, or a number of pictures.
        part: its name.
        seed: of the draw.
    """
    is_number = isinstance(size, numbers.Real) and not isinstance(size, bool)
    count = 0
    if is_number:
        count = size if isinstance(size, numbers.Integral) else round(size * len(pictures))
    if is_number and 0 < size < 1 and count in (0, len(pictures)):
        raise DataError(
            f"A {part} part drawn from {len(pictures)} pictures would leave a part empty, at a "
            f"fraction of {size}: add pictures, or give a part {part} beside train."
        )
    if not is_number or not 0 < count < len(pictures) or (size >= 1 and size != count):
        raise DataError(
            f"A {part} part drawn from {len(pictures)} pictures should be a fraction of them or "
            f"hold between 1 and {len(pictures) - 1}; received {size!r}."
        )
    labels = pictures.labels
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(pictures), bool)
    for label, share in zip(*stratified_shares(labels, count), strict=True):
        chosen[generator.permutation(np.flatnonzero(labels == label))[:share]] = True
    return pictures.take(~chosen), pictures.take(chosen)


def stratified_shares(labels, count):
    """How many of each class a part of `count` examples has.

    Whole shares first, then one more for the classes with the largest remainders (Hamilton's
    method), so that no class is off its proportion by one or more; but at least one of each class
    is left, where `count` leaves as many, so that there is something to learn of it.

    Args:
        labels: whole numbers.
        count: below their number.

    Returns:
        The classes that occur, and their shares.

    Example:
    >>> stratified_shares(np.repeat([0, 1, 2], [50, 30, 20]), 12)
    (array([0, 1, 2]), array([6, 4, 2]))
    """
    classes, sizes = np.unique(labels, return_counts=True)
    exact = sizes * count / len(labels)
    shares = np.floor(exact).astype(int)
    most = sizes - 1 if count <= (sizes - 1).sum() else sizes
    order = np.argsort(shares - exact, kind="stable")
    while missing := count - shares.sum():
        able = [label for label in order if shares[label] < most[label]]
        shares[able[:missing]] += 1
    return classes, shares
