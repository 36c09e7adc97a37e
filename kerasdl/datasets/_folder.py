"""A folder of pictures as a data set: one subfolder a class."""

from dataclasses import replace

import numpy as np

from kerasdl.datasets._arrays import from_arrays
from kerasdl.datasets._errors import DataError
from kerasdl.files import expanded

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
    path = expanded(path)
    if not path.is_dir():
        raise DataError(f"A folder of pictures was expected; received {str(path)!r}.")
    if channels not in (1, 3):
        raise DataError(f"channels should be 1 or 3; received {channels!r}.")
    if isinstance(image_size, int):
        image_size = (image_size, image_size)
    folders = {"train": path}
    if (path / "train").is_dir():
        folders = {part: path / part for part in PARTS if (path / part).is_dir()}
    classes = tuple(_subfolders(folders["train"]))
    if not classes:
        raise DataError(f"{folders['train']} should have one subfolder a class; it has none.")
    listed = {part: _pictures(folder, classes) for part, folder in folders.items()}
    arrays = _read_all(listed, image_size, channels)
    x, y = arrays.pop("train")
    order = np.random.default_rng(seed).permutation(len(x))
    dataset = from_arrays(
        x[order],
        y[order],
        **{"test": test_fraction} | arrays,
        classes=classes,
        name=name or path.resolve().name,
        seed=seed,
    )
    return replace(dataset, source=f"{sum(map(len, listed.values()))} pictures in {path}")


def read_image(path, image_size=None, channels=3):
    """One PNG or JPEG file as uint8 (height, width, channels).

    It is turned upright, made grey or RGB (transparent parts white), cut around
    its centre to the proportions of `image_size`, and resized bilinearly.

    Args:
        path: the file.
        image_size: (height, width) in pixels, or `None` to leave it as it is.
        channels: 1 or 3.

    Raises:
        DataError: it cannot be read, or has more than 8 bits a channel.

    Example:
    >>> from PIL import Image
    >>> Image.new("RGB", (40, 20), "white").save("white.png")
    >>> read_image("white.png", image_size=(8, 8), channels=1).shape
    (8, 8, 1)
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as file:
            if file.mode[0] in "IF":
                raise DataError(f"{path} should have 8 bits a channel; it has mode {file.mode}.")
            image = ImageOps.exif_transpose(file)
            if "A" in image.getbands() or "transparency" in image.info:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
            image = image.convert("L" if channels == 1 else "RGB")
    except DataError:
        raise
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, struct.error, ...
        raise DataError(f"{path} cannot be read as a picture: {error}.") from error
    if image_size is not None:
        height, width = image_size
        image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(image.height, image.width, channels)


def _subfolders(folder):
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _pictures(folder, classes):
    """Paths and labels of one part, class by class."""
    foreign = sorted(set(_subfolders(folder)) - set(classes))
    if foreign:
        raise DataError(
            f"{folder} should have subfolders among {', '.join(classes)}; "
            f"received also {', '.join(foreign)}."
        )
    pictures = []
    for label, name in enumerate(classes):
        here = folder / name
        files = sorted(p for p in here.glob("[!.]*") if p.suffix.lower() in SUFFIXES)
        if here.is_dir() and not files:
            raise DataError(f"{here} should hold PNG or JPEG files; it holds none.")
        pictures += [(file, label) for file in files]
    if not pictures:
        raise DataError(f"{folder} should have one subfolder a class; it has none.")
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
                    f"{first} has {size[0]}x{size[1]} and {path} "
                    f"{image.shape[0]}x{image.shape[1]} (height x width)."
                )
    return {
        part: (np.stack(images[part]), np.array([label for _, label in pictures], "int32"))
        for part, pictures in listed.items()
    }
