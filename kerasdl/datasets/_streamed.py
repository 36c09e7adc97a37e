"""Pictures that stay in their files and look like an array: decoded when they are asked for."""

import concurrent.futures
import hashlib
import json
import os
from dataclasses import dataclass

import numpy as np

from kerasdl import processes
from kerasdl.datasets._errors import DataError
from kerasdl.datasets._image import decode_image, pillow_silenced
from kerasdl.text import printable

MOST_CORES = 8  # that decode, unless more are asked for: a disk feeds no more


@dataclass(frozen=True)
class PictureReader:
    """Decodes pictures that all become equally large.

    Args:
        size: (height, width) that they have, or are resized to.
        channels: 1 or 3.
        resizes: whether they are resized.
        first: path of the one whose size all others should have, where they are not.
    """

    size: tuple
    channels: int
    resizes: bool
    first: str = ""

    def __call__(self, path):
        """The pixels of a picture, uint8 (height, width, channels); in any thread.

        Raises:
            DataError: it cannot be read, or has another size.
        """
        image = self.decode(path)
        self.expect_size(image, path)
        return image

    def decode(self, path):
        """The pixels of a picture, which may have another size."""
        return decode_image(path, self.size if self.resizes else None, self.channels)

    def expect_size(self, image, path):
        """Refuse the pixels of a picture that has another size."""
        if image.shape[:2] != self.size:
            raise DataError(
                "Pictures should have one size, or image_size be given; "
                f"{self.first} has {self.size[0]}x{self.size[1]} and "
                f"{printable(path)} {image.shape[0]}x{image.shape[1]} (height x width)."
            )


class StreamedImages:
    """Images in files, which take the place of a uint8 array (n, height, width, channels).

    `x[3]`, `x[:10]` and `x[rows]` decode those pictures, in threads, and give an array. What is
    trained on is decoded ahead of time by `grain` in processes of its own (see
    `kerasdl.datasets.BatchStream`). Nothing is kept.

    Args:
        index: a `PictureIndex`.
        reader: a `PictureReader`.
        workers: number of processes that decode for a training; 0 for threads of this one; `None`
            for one a core that this process may use, 8 at most.

    Attributes:
        failure: the `DataError` of a picture that could not be read, or `None`.

    Example:
    >>> from PIL import Image
    >>> from kerasdl.datasets import from_folder
    >>> for name in ("daisy", "rose"):
    ...     (tmp / "flowers" / name).mkdir(parents=True)
    ...     for i in range(5):
    ...         Image.new("RGB", (40 + i, 30), "red").save(tmp / "flowers" / name / f"{i}.png")
    >>> data = from_folder(tmp / "flowers", image_size=16, stream=True, workers=0)
    >>> data.train, data.train.x[:2].shape
    (Split(8 of 16x16x3 uint8), (2, 16, 16, 3))
    """

    dtype = np.dtype("uint8")
    ndim = 4

    def __init__(self, index, reader, workers=None):
        self.index, self.reader = index, reader
        self.workers = cores() if workers is None else workers
        self.failure = None

    @property
    def shape(self):
        """As an array has it."""
        return (len(self.index), *self.reader.size, self.reader.channels)

    @property
    def size(self):
        """Number of values, as an array has it."""
        return int(np.prod(self.shape, dtype="int64"))

    def __len__(self):
        return len(self.index)

    def __getitem__(self, chosen):
        """The pictures at a position, a slice, or an array of positions, decoded."""
        positions = np.arange(len(self))[chosen]
        images = np.empty((positions.size, *self.shape[1:]), "uint8")

        def fill(place):
            images[place] = self.reader(self.index[positions.flat[place]][0])

        try:
            with pillow_silenced():
                in_threads(fill, range(len(images)))
        except DataError as error:
            self.failure = error
            raise
        return images.reshape(*positions.shape, *self.shape[1:])

    def __array__(self, dtype=None, copy=None):
        return self[:].astype(self.dtype if dtype is None else dtype, copy=False)

    def part(self, chosen):
        """The `StreamedImages` at a slice or an array of positions; nothing is decoded."""
        return StreamedImages(self.index.take(chosen), self.reader, self.workers)

    def file_digest(self):
        """A digest of which pictures these are: their names, the sizes of their files, their order."""
        reader = self.reader
        digest = hashlib.sha256(json.dumps([reader.size, reader.channels, reader.resizes]).encode())
        for i in range(len(self)):
            path = self.index[i][0]
            try:
                size = os.stat(path).st_size
            except OSError as error:
                raise DataError(f"{printable(path)} cannot be read: {error.strerror}.") from error
            digest.update(b"%s\0%d\n" % (os.fsencode(self.index.name(i)), size))
        return digest.digest()


def in_threads(function, values):
    """Call a function of each value, in as many threads as there are cores; in no order.

    What it raises first is raised here, and ends the calls that have not begun.

    Args:
        function: of one value, that gives nothing.
        values: a sequence.
    """
    with concurrent.futures.ThreadPoolExecutor(cores()) as pool:
        try:
            for _ in pool.map(function, values):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def cores():
    """Number of cores that decode."""
    return min(MOST_CORES, len(processes.usable_cores()))
