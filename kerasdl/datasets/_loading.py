"""Pictures as a data set: decoded into one array a part, or left in their files."""

import importlib.util
import itertools
import math

import numpy as np

from kerasdl.datasets._dataset import Dataset, Split
from kerasdl.datasets._errors import DataError
from kerasdl.datasets._image import pillow_silenced, read_image
from kerasdl.datasets._memory import available_memory, in_gib
from kerasdl.datasets._pictures import divided
from kerasdl.datasets._streamed import PictureReader, StreamedImages, in_threads
from kerasdl.text import printable

NAMED = 5  # files that a sentence names; of more it gives the number
SHARE = 0.5  # of the memory available: pictures whose arrays take more are streamed by themselves
STREAM = "--stream (stream=True in Python) decodes them when they are used"


def load_pictures(listing, options):
    """The data set of a listing.

    The parts are drawn before anything is decoded, so that each picture is decoded into its place
    in the array of its part: memory peaks at the size of the arrays. Pictures that are streamed
    have the same order, and so the same numbers.

    Args:
        listing: a `Listing`.
        options: `PictureOptions`.

    Returns:
        A `Dataset`, whose `x` are arrays or, if they are streamed, `StreamedImages`.

    Raises:
        DataError: files that cannot be read (named), sizes that differ, a part without pictures,
            or arrays that do not fit in memory.
    """
    parts = divided(listing, options)
    reader = _reader(parts["train"], options)
    size = sum(map(len, parts.values())) * math.prod(reader.size) * reader.channels
    if is_streamed(size, options):
        return _streamed(listing, parts, reader, options)
    _expect_memory(size, listing)
    return _decoded(listing, parts, reader, options)


def is_streamed(size, options):
    """Whether pictures are left in their files.

    Args:
        size: bytes that their arrays would take.
        options: `PictureOptions`.

    Raises:
        DataError: they should be, and `grain` is not installed.
    """
    has_grain = importlib.util.find_spec("grain") is not None
    if options.stream and not has_grain and options.workers != 0:
        raise DataError(
            "Streaming pictures to a training needs grain, which is not installed: "
            "pip install grain, or workers=0 decodes them in threads."
        )
    if options.stream is not None:
        return options.stream
    available = available_memory()
    return has_grain and available is not None and size > SHARE * available


def _expect_memory(size, listing):
    available = available_memory()
    if available is not None and size > available:
        raise DataError(
            f"The pictures in {listing.origin} would take {in_gib(size)} of memory, of which "
            f"{in_gib(available)} are available: {STREAM}, and a smaller image_size takes less."
        )


def _reader(pictures, options):
    """The `PictureReader` of all parts: of the size asked for, or that of the first picture."""
    if options.image_size is not None:
        return PictureReader(options.image_size, options.channels, resizes=True)
    errors = []
    for path, _ in pictures:
        try:
            size = read_image(path, None, options.channels).shape[:2]
        except DataError as error:
            errors.append(str(error))
        else:
            return PictureReader(size, options.channels, resizes=False, first=printable(path))
    raise DataError(_named(errors, " "))


def _decoded(listing, parts, reader, options):
    """The data set in memory."""
    unreadable, total, done = [], sum(map(len, parts.values())), 0
    splits = {}
    for part, pictures in parts.items():
        x = np.empty((len(pictures), *reader.size, reader.channels), "uint8")
        y = np.empty(len(pictures), "int32")
        filled = 0
        for path, label in pictures:
            done += 1
            if options.notify is not None:
                options.notify(done, total)
            try:
                with pillow_silenced():
                    image = reader.decode(path)
            except DataError as error:
                unreadable.append((path, str(error)))
                continue
            reader.expect_size(image, path)
            x[filled], y[filled] = image, label
            filled += 1
        splits[part] = Split(x[:filled], y[:filled])
    return _dataset(listing, splits, unreadable, options)


def _streamed(listing, parts, reader, options):
    """The data set in files."""
    unreadable = []
    if options.skip_unreadable:
        parts, unreadable = _readable(parts, reader, options)
    splits = {
        part: Split(StreamedImages(pictures.in_file(), reader, options.workers), pictures.labels)
        for part, pictures in parts.items()
    }
    return _dataset(listing, splits, unreadable, options, how="streamed")


def _readable(parts, reader, options):
    """The pictures of each part that can be read, and the others: all are decoded once."""
    unreadable, found = [], {}
    total, done = sum(map(len, parts.values())), itertools.count(1)
    for part, pictures in parts.items():
        can_be_read = np.ones(len(pictures), bool)

        def check(i, pictures=pictures, can_be_read=can_be_read):
            path, _ = pictures[i]
            if options.notify is not None:
                options.notify(next(done), total)
            try:
                reader.decode(path)
            except DataError as error:
                can_be_read[i] = False
                unreadable.append((path, str(error)))

        with pillow_silenced():
            in_threads(check, range(len(pictures)))
        found[part] = pictures.take(can_be_read)
    return found, unreadable


def _dataset(listing, splits, unreadable, options, how=""):
    """The data set of these parts, unless too little of them can be read."""
    if unreadable and not options.skip_unreadable:
        raise DataError(_named(sorted(sentence for _, sentence in unreadable), " "))
    for part, split in splits.items():
        if not len(split):
            raise DataError(f"The {part} part should hold pictures; none of its files can be read.")
    words = [f"{sum(map(len, splits.values()))} pictures in {listing.origin}"]
    if listing.passed_over:
        counted = sorted(listing.passed_over.items())
        words.append(f"passed over: {', '.join(f'{n} {what}' for what, n in counted)}")
    if unreadable:
        names = _named(sorted(printable(path.name) for path, _ in unreadable), ", ")
        words.append(f"{len(unreadable)} cannot be read: {names}")
    source = "; ".join([*words, *([how] if how else [])])
    return Dataset(name=listing.name, classes=listing.classes, source=source, **splits)


def _named(words, separator):
    more = f" (and {len(words) - NAMED} more files)" if len(words) > NAMED else ""
    return f"{separator.join(words[:NAMED])}{more}"
