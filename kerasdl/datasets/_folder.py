"""A folder of pictures as a data set: one subfolder a class."""

import numbers
import unicodedata
from dataclasses import replace

import numpy as np

from kerasdl.datasets._arrays import from_arrays
from kerasdl.datasets._errors import DataError, existing_folder
from kerasdl.datasets._image import read_image
from kerasdl.datasets._published import reading
from kerasdl.text import printable

SUFFIXES = (".png", ".jpg", ".jpeg")
PARTS = ("train", "test", "validation")


def from_folder(path, *, image_size=None, channels=3, test_fraction=0.2, name=None, seed=0):
    """A data set from PNG and JPEG files, `path/CLASS/*.png` or `path/train/CLASS/*.png`.

    Where `path` has a subfolder `train`, it may have `test` and `validation`
    beside it. Without `test`, `test_fraction` of the pictures is drawn and kept
    for testing. Classes are the subfolders' names in alphabetical order; other
    files are passed over. The training part is shuffled once, so that the first
    rows are not all of the first class.

    Args:
        path: the folder.
        image_size: (height, width) to resize to, or one number for both;
            without it all pictures must have one size.
        channels: 3 for colour, 1 for grey.
        test_fraction: used where there is no `test` subfolder.
        name: of the data set, by default the folder's.
        seed: of the shuffling and the draw.

    Raises:
        DataError: no such folder, no classes, a class without pictures, files
            that cannot be read (named), or sizes that differ.

    Example:
    >>> data = from_folder("flowers", image_size=32)  # doctest: +SKIP
    >>> data.train.x.shape, data.classes  # doctest: +SKIP
    ((80, 32, 32, 3), ('daisy', 'rose'))
    """
    folder = existing_folder(path)
    if folder is None:
        raise DataError(f"A folder of pictures was expected; received {str(path)!r}.")
    path = folder
    if channels not in (1, 3):
        raise DataError(f"channels should be 1 or 3; received {channels!r}.")
    image_size = _size(image_size)
    folders = {"train": path}
    if (path / "train").is_dir():
        folders = {part: path / part for part in PARTS if (path / part).is_dir()}
    classes = tuple(_subfolders(folders["train"]))
    if not classes:
        raise DataError(
            f"{printable(folders['train'])} should have one subfolder a class; it has none."
        )
    listed = {part: _pictures(folder, classes) for part, folder in folders.items()}
    arrays = _read_all(listed, image_size, channels)
    x, y = arrays.pop("train")
    order = np.random.default_rng(seed).permutation(len(x))
    dataset = from_arrays(
        x[order],
        y[order],
        **{"test": test_fraction} | arrays,
        classes=classes,
        name=name or printable(path.resolve().name),
        seed=seed,
    )
    count = sum(map(len, listed.values()))
    return replace(dataset, source=f"{count} pictures in {printable(path)}")


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


def _subfolders(folder):
    """Names of the subfolders, which are names of classes and will stand in files and pages."""
    with reading(folder):
        names = sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != ".")
    for name in names:
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
            raise DataError(
                f"{printable(folder)} should have subfolders named without control characters, "
                f"in UTF-8; received {printable(name)}."
            )
    return names


def _pictures(folder, classes):
    """Paths and labels of one part, class by class."""
    foreign = sorted(set(_subfolders(folder)) - set(classes))
    if foreign:
        raise DataError(
            f"{printable(folder)} should have subfolders among {', '.join(classes)}; "
            f"received also {', '.join(foreign)}."
        )
    pictures = []
    for label, name in enumerate(classes):
        here = folder / name
        files = sorted(p for p in here.glob("[!.]*") if p.suffix.lower() in SUFFIXES)
        if here.is_dir() and not files:
            raise DataError(f"{printable(here)} should hold PNG or JPEG files; it holds none.")
        pictures += [(file, label) for file in files]
    if not pictures:
        raise DataError(f"{printable(folder)} should have one subfolder a class; it has none.")
    return pictures


def _read_all(listed, image_size, channels):
    """Images and labels of each part.

    Raises:
        DataError: files that cannot be read, several of them in one sentence; sizes that differ.
    """
    images, unreadable = {part: [] for part in listed}, []
    for part, pictures in listed.items():
        for path, _ in pictures:
            try:
                images[part].append(read_image(path, image_size, channels))
            except DataError as error:
                unreadable.append(str(error))
    if unreadable:
        more = f" (and {len(unreadable) - 5} more files)" if len(unreadable) > 5 else ""
        raise DataError(f"{' '.join(unreadable[:5])}{more}")
    first, size = listed["train"][0][0], images["train"][0].shape
    for part, pictures in listed.items():
        for (path, _), image in zip(pictures, images[part], strict=True):
            if image.shape != size:
                raise DataError(
                    "Pictures should have one size, or image_size be given; "
                    f"{printable(first)} has {size[0]}x{size[1]} and {printable(path)} "
                    f"{image.shape[0]}x{image.shape[1]} (height x width)."
                )
    return {
        part: (np.stack(images[part]), np.array([label for _, label in pictures], "int32"))
        for part, pictures in listed.items()
    }
