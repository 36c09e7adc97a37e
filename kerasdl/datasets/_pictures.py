"""Pictures in files as a data set: divided class by class, decoded into one array a part."""

import collections
import numbers
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from kerasdl.datasets._dataset import Dataset, Split
from kerasdl.datasets._errors import DataError
from kerasdl.datasets._image import read_image
from kerasdl.text import printable

NAMED = 5  # files that a sentence names; of more it gives the number


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
        notify: called with the number of pictures decoded, and of all.
    """

    image_size: tuple | int | None = None
    channels: int = 3
    test: float = 0.2
    validation: float | int | None = None
    seed: int = 0
    classes: tuple | None = None
    skip_unreadable: bool = False
    notify: Callable | None = None

    def __post_init__(self):
        """Refuse what is out of range."""
        if self.channels not in (1, 3):
            raise DataError(f"channels should be 1 or 3; received {self.channels!r}.")
        object.__setattr__(self, "image_size", _size(self.image_size))


@dataclass
class Listing:
    """Files of pictures and their labels, not decoded yet.

    Attributes:
        name: of the data set.
        origin: where they are, in words.
        classes: names of the classes, in the order of the labels.
        parts: `"train"`, `"validation"`, `"test"` -> list of pairs of a path and a label.
        passed_over: what else was there, in words -> how often.
    """

    name: str
    origin: str
    classes: tuple
    parts: dict
    passed_over: collections.Counter = field(default_factory=collections.Counter)


def load_pictures(listing, options):
    """Decode the pictures of a listing.

    The parts are drawn before anything is decoded, so that each picture is decoded into its place
    in the array of its part: memory peaks at the size of the arrays.

    Args:
        listing: a `Listing`.
        options: `PictureOptions`.

    Returns:
        A `Dataset`.

    Raises:
        DataError: files that cannot be read (named), sizes that differ, or a part without pictures.
    """
    parts = _divided(listing, options)
    size = options.image_size
    if size is None:
        first = _first_readable(parts["train"], options)
        size = first.shape[:2]
    unreadable, total, done = [], sum(map(len, parts.values())), 0
    splits = {}
    for part, pictures in parts.items():
        x = np.empty((len(pictures), *size, options.channels), "uint8")
        y = np.empty(len(pictures), "int32")
        filled = 0
        for path, label in pictures:
            done += 1
            if options.notify is not None:
                options.notify(done, total)
            try:
                image = read_image(path, options.image_size, options.channels)
            except DataError as error:
                unreadable.append((path, str(error)))
                continue
            if image.shape[:2] != size:
                raise DataError(
                    "Pictures should have one size, or image_size be given; "
                    f"{printable(parts['train'][0][0])} has {size[0]}x{size[1]} and "
                    f"{printable(path)} {image.shape[0]}x{image.shape[1]} (height x width)."
                )
            x[filled], y[filled] = image, label
            filled += 1
        splits[part] = Split(x[:filled], y[:filled])
    _expect_readable(unreadable, splits, options)
    return Dataset(
        name=listing.name,
        classes=listing.classes,
        source=_source(listing, done - len(unreadable), unreadable),
        **splits,
    )


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


# ----- parts


def _divided(listing, options):
    """The pictures of each part; the training part in an order of its own."""
    parts = dict(listing.parts)
    if "test" not in parts:
        parts["train"], parts["test"] = _drawn(parts["train"], options.test, "test", seed=0)
    if "validation" not in parts and options.validation is not None:
        parts["train"], parts["validation"] = _drawn(
            parts["train"], options.validation, "validation", options.seed
        )
    order = np.random.default_rng(options.seed).permutation(len(parts["train"]))
    parts["train"] = [parts["train"][i] for i in order]
    return parts


def _drawn(pictures, size, part, seed):
    """What is left of the pictures, and a part drawn from them that has its share of each class.

    Args:
        pictures: pairs of a path and a label.
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
    labels = np.array([label for _, label in pictures])
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(pictures), bool)
    for label, share in zip(*stratified_shares(labels, count), strict=True):
        chosen[generator.permutation(np.flatnonzero(labels == label))[:share]] = True
    return (
        [picture for picture, out in zip(pictures, chosen, strict=True) if not out],
        [picture for picture, out in zip(pictures, chosen, strict=True) if out],
    )


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


# ----- what cannot be read


def _first_readable(pictures, options):
    """The first picture that can be read, whose size all others should have."""
    errors = []
    for path, _ in pictures:
        try:
            return read_image(path, None, options.channels)
        except DataError as error:
            errors.append((path, str(error)))
    raise DataError(_named([sentence for _, sentence in errors], " "))


def _expect_readable(unreadable, splits, options):
    if unreadable and not options.skip_unreadable:
        sentences = sorted(sentence for _, sentence in unreadable)
        raise DataError(_named(sentences, " "))
    for part, split in splits.items():
        if not len(split):
            raise DataError(f"The {part} part should hold pictures; none of its files can be read.")


def _named(words, separator):
    more = f" (and {len(words) - NAMED} more files)" if len(words) > NAMED else ""
    return f"{separator.join(words[:NAMED])}{more}"


def _source(listing, count, unreadable):
    """Where the pictures are, and what was left out, in words."""
    words = [f"{count} pictures in {listing.origin}"]
    if listing.passed_over:
        counted = sorted(listing.passed_over.items())
        words.append(f"passed over: {', '.join(f'{n} {what}' for what, n in counted)}")
    if unreadable:
        names = _named(sorted(printable(path.name) for path, _ in unreadable), ", ")
        words.append(f"{len(unreadable)} cannot be read: {names}")
    return "; ".join(words)
