"""One picture from a file: PNG or JPEG, of a bounded size, or refused in one sentence."""

import contextlib
import os
import stat
import warnings

import numpy as np

from kerasdl.datasets._errors import DataError
from kerasdl.text import printable

FORMATS = ("PNG", "JPEG")  # no other reader of Pillow's sees a file: that of EPS starts Ghostscript
LARGEST_FILE = 1 << 27  # bytes
MOST_PIXELS = 50_000_000
# A progressive JPEG has about ten, each of which passes over the whole picture. Their marker may also
# stand by chance in what is appended to a picture, as by phones: once in 65,536 bytes.
MOST_SCANS, SCAN = 1000, b"\xff\xda"


def read_image(path, image_size=None, channels=3):
    """One PNG or JPEG file as uint8 (height, width, channels).

    It is turned upright, made grey or RGB (transparent parts white), cut around
    its centre to the proportions of `image_size`, and resized bilinearly.

    Args:
        path: the file.
        image_size: (height, width) in pixels, or `None` to leave it as it is.
        channels: 1 or 3.

    Raises:
        DataError: it cannot be read, is in another format, has more than 50 million
            pixels or 128 MiB, or more than 8 bits a channel.

    Example:
    >>> from PIL import Image
    >>> Image.new("RGB", (40, 20), "white").save("white.png")
    >>> read_image("white.png", image_size=(8, 8), channels=1).shape
    (8, 8, 1)
    """
    with pillow_silenced():
        return decode_image(path, image_size, channels)


def decode_image(path, image_size, channels):
    """The same as `read_image`, in any thread: the caller keeps away the warnings of Pillow."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    with _reading(path), _opened(path) as file:
        image = _flat(file, "L" if channels == 1 else "RGB")
    if image_size is not None:
        height, width = image_size
        image = ImageOps.fit(image, (width, height), Resampling.BILINEAR)
    return np.asarray(image).reshape(image.height, image.width, channels)


@contextlib.contextmanager
def _opened(path):
    """The picture in a file, whose pixels are not decoded yet, after checking that they may be."""
    from PIL import Image

    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
        raise DataError(f"{printable(path)} should be a picture; it is no regular file.")
    if status.st_size > LARGEST_FILE:
        raise DataError(
            f"{printable(path)} should be a picture of at most {LARGEST_FILE:,} bytes; it has more."
        )
    with open(path, "rb") as stream, Image.open(stream, formats=FORMATS) as file:
        if file.width * file.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        if file.mode[0] in "IF":
            raise DataError(
                f"{printable(path)} should have 8 bits a channel; it has mode {file.mode}."
            )
        if file.format != "PNG" and _count(SCAN, stream) > MOST_SCANS:
            raise DataError(
                f"{printable(path)} should have at most {MOST_SCANS:,} scans; it has more: "
                "save it anew as a JPEG or PNG."
            )
        yield file


def _count(marker, stream):
    """How often a marker occurs in a whole file, which is left where it was read."""
    position = stream.tell()
    stream.seek(0)
    count = stream.read().count(marker)
    stream.seek(position)
    return count


def _flat(file, mode):
    """The pixels of an open picture, upright and in `mode`, over white where it is transparent."""
    from PIL import Image, ImageOps

    image = file
    image.load()
    ImageOps.exif_transpose(image, in_place=True)  # else it would copy what is upright already
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image)
        image = ground
    return image if image.mode == mode else image.convert(mode)


@contextlib.contextmanager
def pillow_silenced():
    """Within it no warning is shown, for all threads: entered by one of them at a time.

    Those of Pillow are about what does not matter here, such as text beside the pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _reading(path):
    """Within it, whatever Pillow raises becomes a `DataError`."""
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise DataError(
            f"{printable(path)} should have at most {MOST_PIXELS:,} pixels; it has more: "
            "make it smaller first."
        ) from error
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, struct.error, ...
        reason = getattr(error, "strerror", None) or error or type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = "it is neither PNG nor JPEG"
        raise DataError(f"{printable(path)} cannot be read as a picture: {reason}.") from error
