"""MNIST in its own IDX format: a header of big-endian numbers, then plain bytes."""

import gzip
import struct

import numpy as np

from kerasdl.datasets._dataset import Dataset, Info, Split
from kerasdl.datasets._download import Download
from kerasdl.datasets._errors import DataError
from kerasdl.datasets._published import Published, expect_labels, reading, rows_of, source_of

# The publisher's site (http://yann.lecun.com/exdb/mnist/) no longer serves the files; these
# mirrors do, unchanged. Checksums: torchvision/datasets/mnist.py.
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
CHECKSUMS = {
    "train-images-idx3-ubyte": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte": "md5:d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte": "md5:9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte": "md5:ec29112dd5afa0611ce80d1b7f02629c",
}
MNIST = Published(
    name="mnist",
    folder="mnist",
    files=tuple((f"{name}.gz", name) for name in CHECKSUMS),
    downloads=tuple(
        Download(tuple(f"{mirror}{name}.gz" for mirror in MIRRORS), checksum)
        for name, checksum in CHECKSUMS.items()
    ),
    other_folders=("MNIST/raw",),  # torchvision's
)
CONTENTS = {
    "training": "54e1ab866c9484947dd4821c52bb7a43938f555d6b046be6af55247f8e6ffc64",
    "test": "97b756d55950f1841ebd48df7379b9b2fc87a10d63e08d6213dad41d564e8508",
}
SHAPE = (28, 28, 1)
LARGEST_FILE = 1 << 26  # bytes; the largest published one has 47 million, unfolded
CLASSES = tuple("0123456789")
TRAIN_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
TEST_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def info():
    """What is known of MNIST without loading it."""
    return Info(SHAPE, CLASSES)


def load(*, data_dir=None, download=True):
    """MNIST: 60,000 training and 10,000 test images of handwritten digits, 28x28x1.

    Args:
        data_dir: see `kerasdl.datasets.load`; the files may be gzipped or not.
        download: see `kerasdl.datasets.load`.

    Raises:
        DataNotFound: it is nowhere, and could not be downloaded.
        DataError: a file has another shape, or other labels, than the published one.

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning
    Applied to Document Recognition", 1998.

    Example:
    >>> load(data_dir="data").train  # doctest: +SKIP
    Split(60000 of 28x28x1 uint8)
    """
    paths, source = MNIST.locate(data_dir, download)
    splits = []
    for images, labels, counts in (
        (paths[0], paths[1], TRAIN_COUNTS),
        (paths[2], paths[3], TEST_COUNTS),
    ):
        x = read_idx(images, (sum(counts), 28, 28))
        y = read_idx(labels, (sum(counts),))
        expect_labels(y, counts, CLASSES, labels)
        splits.append(Split(x[..., None], y.astype("int32")))
    source = source_of(source, dict(zip(CONTENTS, map(rows_of, splits), strict=True)), CONTENTS)
    return Dataset(name="mnist", train=splits[0], test=splits[1], classes=CLASSES, source=source)


def read_idx(path, shape):
    """The uint8 array in an IDX file, gzipped or not, if it has just this shape."""
    opener = gzip.open if path.suffix == ".gz" else open
    size = int(np.prod(shape))
    expected = struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)  # 8: unsigned bytes
    with reading(path), opener(path, "rb") as file:
        if path.stat().st_size > LARGEST_FILE:  # padded with what unfolds to nothing, or foreign
            raise DataError(
                f"{path} should have at most {LARGEST_FILE:,} bytes; it has more: another file?"
            )
        header = file.read(len(expected))
        if header != expected:
            raise DataError(
                f"{path} should be an IDX file of {_times(shape)} unsigned bytes; "
                f"received {_described(header)}."
            )
        data = file.read(size + 1)  # one more: what is too long is foreign as well
    if len(data) != size:
        came = f"only {len(data):,}: truncated" if len(data) < size else "more: another file"
        raise DataError(f"{path} should hold {size:,} bytes after its header; it holds {came}?")
    return np.frombuffer(data, "uint8").reshape(shape).copy()  # the buffer is read-only


def _described(header):
    if len(header) >= 8 and header[:3] == b"\0\0\x08" and len(header) >= 4 + 4 * header[3] > 4:
        return f"one of {_times(struct.unpack(f'>{header[3]}I', header[4 : 4 + 4 * header[3]]))}"
    if header[:3] == b"\0\0\x08" and len(header) > 3:
        return f"one of {header[3]} dimensions"
    return f"a file that begins with {header[:4].hex(' ') or 'nothing'}"


def _times(shape):
    return " x ".join(f"{n:,}" for n in shape)
