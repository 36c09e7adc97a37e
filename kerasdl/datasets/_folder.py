"""A folder of pictures as a data set: one subfolder a class."""

import collections
import os

from kerasdl.datasets._errors import DataError, existing_folder
from kerasdl.datasets._index import IndexBuilder
from kerasdl.datasets._loading import load_pictures
from kerasdl.datasets._pictures import Listing, PictureOptions, expect_class_names
from kerasdl.datasets._published import reading
from kerasdl.text import printable

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif")
PARTS = {"train": ("train",), "validation": ("validation", "val"), "test": ("test",)}


def from_folder(path, *, image_size=None, validation=None, test_fraction=0.2, name=None, **options):
    """A data set from PNG and JPEG files, `path/CLASS/*.png` or `path/train/CLASS/*.png`.

    Where `path` has a subfolder `train`, it may have `test` and `validation` (or `val`)
    beside it. Without `test`, `test_fraction` of the pictures is drawn and kept
    for testing, in each class its share. Classes are the subfolders' names in alphabetical order;
    other files are passed over, and counted in the data set's `source`. The training part is
    shuffled once, so that the first rows are not all of the first class. Pictures are decoded into
    the arrays of the data set one by one; with `stream=True` they stay in their files, and are
    decoded when they are used: with the same numbers, in memory that does not grow with theirs.

    Args:
        path: the folder.
        image_size: (height, width) to resize to, or one number for both;
            without it all pictures must have one size.
        validation: fraction or number of training pictures that is drawn for validation, in each
            class its share, where there is no such subfolder.
        test_fraction: used where there is no `test` subfolder.
        name: of the data set, by default the folder's.
        **options: the others of `PictureOptions`, such as `channels`, `seed`, `stream` and
            `workers`.

    Raises:
        DataError: no such folder, no classes, a class without pictures, files
            that cannot be read (named), sizes that differ, or more pictures than fit in memory.
        TypeError: an option that does not exist.

    Example:
    >>> data = from_folder("flowers", image_size=32)  # doctest: +SKIP
    >>> data.train.x.shape, data.classes  # doctest: +SKIP
    ((80, 32, 32, 3), ('daisy', 'rose'))
    """
    options = PictureOptions(
        image_size=image_size, validation=validation, test=test_fraction, **options
    )
    listing = list_folder(path, options.classes)
    listing.name = name or listing.name
    return load_pictures(listing, options)


def list_folder(path, classes=None):
    """The pictures in a folder, class by class, as a `Listing`.

    Args:
        path: the folder.
        classes: names of the classes, in the order of the labels; by default those found.

    Raises:
        DataError: no such folder, no classes, or a class without pictures.
    """
    folder = existing_folder(path)
    if folder is None:
        raise DataError(f"A folder of pictures was expected; received {str(path)!r}.")
    folders = {"train": folder}
    if (folder / "train").is_dir():
        found = {part: [folder / n for n in names if (folder / n).is_dir()] for part, names in PARTS.items()}  # fmt: skip
        folders = {part: paths[0] for part, paths in found.items() if paths}
    known = tuple(_subfolders(folders["train"])) if classes is None else tuple(classes)
    if not known:
        raise DataError(
            f"{printable(folders['train'])} should have one subfolder a class; it has none."
        )
    passed_over = collections.Counter()
    parts = {part: _pictures(here, known, passed_over) for part, here in folders.items()}
    name, origin = printable(folder.resolve().name), printable(folder)
    return Listing(name, origin, known, parts, passed_over)


def pictures_in(folder):
    """Paths of the pictures that lie in a folder, sorted; hidden ones are left out.

    Returns:
        A list of paths, and a `Counter` of what else is there.
    """
    found, passed_over = [], collections.Counter()
    with reading(folder):
        for path in sorted(folder.iterdir()):
            if path.name[0] == ".":
                passed_over["hidden"] += 1
            elif path.suffix.lower() in SUFFIXES:
                found.append(path)
            else:
                passed_over[_kind(path)] += 1
    return found, passed_over


def _subfolders(folder):
    """Names of the subfolders, which are names of classes."""
    with reading(folder):
        names = sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != ".")
    expect_class_names(names, folder)
    return names


def _pictures(folder, classes, passed_over):
    """The index of one part, class by class; what is no picture is counted."""
    foreign = sorted(set(_subfolders(folder)) - set(classes))
    if foreign:
        raise DataError(
            f"{printable(folder)} should have subfolders among {', '.join(classes)}; "
            f"received also {', '.join(foreign)}."
        )
    builder = IndexBuilder(folder)
    for label, name in enumerate(classes):
        if (folder / name).is_dir():
            for file in _files_of_class(folder / name, passed_over):
                builder.add(f"{name}/{file}", label)
    pictures = builder.index()
    if not len(pictures):
        raise DataError(f"{printable(folder)} should have one subfolder a class; it has none.")
    return pictures


def _files_of_class(folder, passed_over):
    """Names of the pictures of one class, sorted."""
    with reading(folder):
        # Names alone: a million `Path`s would take hundreds of megabytes.
        names = sorted(entry.name for entry in os.scandir(folder))
    shown = [name for name in names if name[0] != "."]
    known = [name for name in shown if name.lower().endswith(SUFFIXES)]
    others = (name for name in shown if not name.lower().endswith(SUFFIXES))
    counts = collections.Counter(_kind(folder / name) for name in others)
    if not known:
        held = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"
        advice = ", which are not read: convert them" if set(counts) - {"subfolders"} else ""
        raise DataError(
            f"{printable(folder)} should hold PNG or JPEG files; it holds {held}{advice}."
        )
    passed_over.update(counts + collections.Counter(hidden=len(names) - len(shown)))
    return known


def _kind(path):
    """What a file is that is no picture for us, in a word."""
    if path.is_dir():
        return "subfolders"
    return printable(path.suffix.lower()) or "without a suffix"
