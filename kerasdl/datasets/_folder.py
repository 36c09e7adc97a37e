"""A folder of pictures as a data set: one subfolder a class."""

import collections

from kerasdl.datasets._errors import DataError, existing_folder
from kerasdl.datasets._pictures import (
    Listing,
    PictureOptions,
    expect_class_names,
    load_pictures,
)
from kerasdl.datasets._published import reading
from kerasdl.text import printable

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif")
PARTS = {"train": ("train",), "validation": ("validation", "val"), "test": ("test",)}


def from_folder(
    path, *, image_size=None, channels=3, test_fraction=0.2, validation=None, name=None, seed=0
):
    """A data set from PNG and JPEG files, `path/CLASS/*.png` or `path/train/CLASS/*.png`.

    Where `path` has a subfolder `train`, it may have `test` and `validation` (or `val`)
    beside it. Without `test`, `test_fraction` of the pictures is drawn and kept
    for testing, in each class its share. Classes are the subfolders' names in alphabetical order;
    other files are passed over, and counted in the data set's `source`. The training part is
    shuffled once, so that the first rows are not all of the first class. Pictures are decoded into
    the arrays of the data set one by one.

    Args:
        path: the folder.
        image_size: (height, width) to resize to, or one number for both;
            without it all pictures must have one size.
        channels: 3 for colour, 1 for grey.
        test_fraction: used where there is no `test` subfolder.
        validation: fraction or number of training pictures that is drawn for validation, in each
            class its share, where there is no such subfolder.
        name: of the data set, by default the folder's.
        seed: of the shuffling and the draw of a validation part.

    Raises:
        DataError: no such folder, no classes, a class without pictures, files
            that cannot be read (named), or sizes that differ.

    Example:
    >>> data = from_folder("flowers", image_size=32)  # doctest: +SKIP
    >>> data.train.x.shape, data.classes  # doctest: +SKIP
    ((80, 32, 32, 3), ('daisy', 'rose'))
    """
    options = PictureOptions(
        image_size=image_size,
        channels=channels,
        test=test_fraction,
        validation=validation,
        seed=seed,
    )
    listing = list_folder(path)
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
    """Paths and labels of one part, class by class; what is no picture is counted."""
    foreign = sorted(set(_subfolders(folder)) - set(classes))
    if foreign:
        raise DataError(
            f"{printable(folder)} should have subfolders among {', '.join(classes)}; "
            f"received also {', '.join(foreign)}."
        )
    pictures = []
    for label, name in enumerate(classes):
        here = folder / name
        if not here.is_dir():
            continue
        with reading(here):
            files = sorted(here.iterdir())
        hidden = [p for p in files if p.name[0] == "."]
        others = [p for p in files if p.name[0] != "." and p.suffix.lower() not in SUFFIXES]
        known = [p for p in files if p not in {*hidden, *others}]
        counts = collections.Counter(map(_kind, others))
        if not known:
            held = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"
            advice = ", which are not read: convert them" if set(counts) - {"subfolders"} else ""
            raise DataError(
                f"{printable(here)} should hold PNG or JPEG files; it holds {held}{advice}."
            )
        passed_over.update(counts + collections.Counter(hidden=len(hidden)))
        pictures += [(file, label) for file in known]
    if not pictures:
        raise DataError(f"{printable(folder)} should have one subfolder a class; it has none.")
    return pictures


def _kind(path):
    """What a file is that is no picture for us, in a word."""
    if path.is_dir():
        return "subfolders"
    return printable(path.suffix.lower()) or "without a suffix"
