"""A table of pictures as a data set: a CSV file with a path and a label in each row."""

import csv
import io

from kerasdl.datasets._errors import DataError
from kerasdl.datasets._pictures import Listing, expect_class_names, load_pictures
from kerasdl.datasets._published import read_at_most, reading
from kerasdl.files import expanded
from kerasdl.text import printable

LARGEST_FILE = 1 << 28  # bytes
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
    """The pictures that a CSV file names, as a `Listing`.

    Args:
        path: the file.
        classes: names of the classes, in the order of the labels; by default those found.
    """
    path = expanded(path)
    where = printable(path)
    try:
        text = read_at_most(path, LARGEST_FILE).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where} should be text in UTF-8: {error}; save it anew as such."
        ) from None
    with reading(path):
        reader = csv.DictReader(io.StringIO(text, newline=""))
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        rows = [(reader.line_num, row) for row in reader]
    if not rows or not {"path", "label"} <= set(reader.fieldnames):
        held = ", ".join(reader.fieldnames) if rows else "no rows"
        raise DataError(
            f"{where} should have the columns path and label, and rows; it has {printable(held):.200}."
        )
    entries = [_entry(row, line, where) for line, row in rows]
    found = {label for _, label, _ in entries}
    if classes is None:
        numbers = all(label.isascii() and label.isdecimal() and len(label) < 10 for label in found)
        classes = tuple(sorted(found, key=int if numbers else str))
    expect_class_names(classes, path)
    if foreign := sorted(found - set(classes)):
        raise DataError(
            f"{where} should have labels among {', '.join(classes)}; "
            f"received also {', '.join(foreign[:5])}."
        )
    labels = {name: label for label, name in enumerate(classes)}
    parts = {}
    for file, label, part in entries:
        parts.setdefault(part, []).append((path.parent / file, labels[label]))
    if "train" not in parts:
        raise DataError(f"{where} should have rows of the part train; it has none.")
    return Listing(printable(path.stem), where, classes, parts)


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
