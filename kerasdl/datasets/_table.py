"""A table of pictures as a data set: a CSV file with a path and a label in each row."""

import csv

import numpy as np

from kerasdl.datasets._errors import DataError
from kerasdl.datasets._index import IndexBuilder
from kerasdl.datasets._loading import load_pictures
from kerasdl.datasets._pictures import Listing, expect_class_names
from kerasdl.datasets._published import reading
from kerasdl.files import expanded
from kerasdl.text import printable

LONGEST_LINE = 1 << 20  # characters
PARTS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


def from_csv(path, options):
    """A data set from a CSV file with the columns `path`, `label` and, at will, `part`.

    Paths are relative to the file's folder. Labels are names of classes, or whole numbers. `part`
    is `train`, `validation` (or `val`) or `test`; without that column, parts are drawn as
    `options` say.

    Args:
        path: the file.
        options: `PictureOptions`.

    Raises:
        DataError: no such file, columns or rows that are missing, pictures that cannot be read.

    Example:
    >>> from kerasdl.datasets import PictureOptions
    >>> from_csv("flowers.csv", PictureOptions(image_size=32)).train  # doctest: +SKIP
    Split(80 of 32x32x3 uint8)
    """
    return load_pictures(list_csv(path, options.classes), options)


def list_csv(path, classes=None):
    """The pictures that a CSV file names, as a `Listing`; rows are read one by one.

    Args:
        path: the file.
        classes: names of the classes, in the order of the labels; by default those found.
    """
    path = expanded(path)
    where = printable(path)
    found = {}  # name of a class -> its number, in the order of the rows
    names = {}  # part -> `IndexBuilder`, of pictures with these numbers
    for file, label, part in _entries(path, where):
        number = found.setdefault(label, len(found))
        names.setdefault(part, IndexBuilder(path.parent)).add(file, number)
    if classes is None:
        numbered = all(name.isascii() and name.isdecimal() and len(name) < 10 for name in found)
        classes = tuple(sorted(found, key=int if numbered else str))
    expect_class_names(classes, path)
    if foreign := sorted(set(found) - set(classes)):
        raise DataError(
            f"{where} should have labels among {', '.join(classes)}; "
            f"received also {', '.join(foreign[:5])}."
        )
    if "train" not in names:
        raise DataError(f"{where} should have rows of the part train; it has none.")
    position = {name: label for label, name in enumerate(classes)}
    labels = np.array([position[name] for name in found], "int32")
    parts = {part: each.index(labels) for part, each in names.items()}
    return Listing(printable(path.stem), where, classes, parts)


def _entries(path, where):
    """Path, label and part of each row of a file."""
    if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would be waited for
        raise DataError(f"{where} should be a CSV file; it is no regular file.")
    try:
        with reading(path), path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(_lines(file))
            reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            rows = iter(reader)
            row = next(rows, None)
            if row is None or not {"path", "label"} <= set(reader.fieldnames):
                held = "no rows" if row is None else printable(", ".join(reader.fieldnames))
                raise DataError(
                    f"{where} should have the columns path and label, and rows; it has {held:.200}."
                )
            while row is not None:
                yield _entry(row, reader.line_num, where)
                row = next(rows, None)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where} should be text in UTF-8: {error}; save it anew as such."
        ) from None


def _lines(file):
    """The lines of a text, of a bounded length."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise csv.Error(f"a line has more than {LONGEST_LINE:,} characters")
        yield line


def _entry(row, line, where):
    """Path, label and part of a row."""
    file, label = ((row[column] or "").strip() for column in ("path", "label"))
    part = (row.get("part") or "train").strip()
    if not file or not label or "\0" in file:
        raise DataError(f"{where}, line {line}, should have a path and a label; one is missing.")
    if part not in PARTS:
        raise DataError(
            f"{where}, line {line}: part should be one of {', '.join(PARTS)}; "
            f"received {printable(part):.40}."
        )
    return file, label, PARTS[part]
