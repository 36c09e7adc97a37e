"""USPS digits as LIBSVM distributes them: one line of text an image, in bz2."""

import bz2
import io
import itertools
import warnings

import numpy as np

from kerasdl.datasets._dataset import Dataset, Info, Split
from kerasdl.datasets._download import Download
from kerasdl.datasets._errors import DataError
from kerasdl.datasets._published import (
    Published,
    expect_labels,
    read_at_most,
    rows_of,
    source_of,
)

SITE = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"
USPS = Published(
    name="usps",
    folder="usps",
    files=(("usps.bz2",), ("usps.t.bz2",)),
    downloads=(  # checksums: torchvision/datasets/usps.py
        Download((f"{SITE}usps.bz2",), "md5:ec16c51db3855ca6c91edd34d0e9b197"),
        Download((f"{SITE}usps.t.bz2",), "md5:8ea070ee2aca1ac39742fdd1ef5ed118"),
    ),
    other_folders=("USPS",),
)
SHAPE = (16, 16, 1)
CLASSES = tuple("0123456789")
TRAIN_COUNTS = (1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644)
TEST_COUNTS = (359, 264, 198, 166, 200, 160, 170, 147, 166, 177)
PIXELS = 16 * 16
LONGEST_TEXT = 1 << 24  # bytes of a file, unfolded; the longer of the two has 14 million
CONTENTS = {
    "training": "4b718e9905a5a5f8ee43a4b9ae7aea3e1272f5420941e3f3e0616bb43d4ab95a",
    "test": "96087fa2263c621c68dbe703f4c96900e607d05a6a61288f7b28e23e451d0208",
}


def info():
    """What is known of USPS without loading it."""
    return Info(SHAPE, CLASSES)


def load(*, data_dir=None, download=True):
    """USPS: 7,291 training and 2,007 test images of handwritten digits, 16x16x1.

    The published grey values from -1 to 1 become 0 to 255, rounded; the
    published labels 1 to 10 become the digits 0 to 9.

    Args:
        data_dir: see `kerasdl.datasets.load`.
        download: see `kerasdl.datasets.load`.

    Raises:
        DataNotFound: it is nowhere, and could not be downloaded.
        DataError: a file is not LIBSVM text of such images, or has other labels
            than the published one.

    Source: J. J. Hull, "A Database for Handwritten Text Recognition Research", 1994.

    Example:
    >>> load(data_dir="data").train  # doctest: +SKIP
    Split(7291 of 16x16x1 uint8)
    """
    paths, source = USPS.locate(data_dir, download)
    splits = []
    for path, counts in zip(paths, (TRAIN_COUNTS, TEST_COUNTS), strict=True):
        text = read_at_most(path, LONGEST_TEXT, bz2.open)
        x, y = read_libsvm(text, path, most=sum(counts))
        expect_labels(y, counts, CLASSES, path)
        splits.append(Split(x, y))
    source = source_of(source, dict(zip(CONTENTS, map(rows_of, splits), strict=True)), CONTENTS)
    return Dataset(name="usps", train=splits[0], test=splits[1], classes=CLASSES, source=source)


def read_libsvm(text, path, most):
    """Images and digits of lines like `7 1:-1 2:0.5 ...`; a pixel that is not there is 0.

    Args:
        text: the bytes of the file, unfolded.
        path: of the file, as errors name it.
        most: number of lines that were published; more are refused before they take memory.

    Raises:
        DataError: the text is not that of such images.
    """
    lines = list(itertools.islice(io.BytesIO(text), most + 1))
    pairs = np.array([line.count(b":") for line in lines], "int64")
    if len(lines) > most or pairs.max(initial=0) > PIXELS:
        raise DataError(
            f"{path} should hold at most {most:,} lines of at most {PIXELS} pixels each; "
            "it holds more: another file?"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy warns of text that is no number
        try:
            numbers = np.fromstring(text.replace(b":", b" ").decode("ascii"), sep=" ")
        except (DeprecationWarning, ValueError):
            numbers = np.empty(0)
    ends = np.cumsum(1 + 2 * pairs)
    if not pairs.any() or len(numbers) != ends[-1]:
        raise DataError(f"{path} should be lines of `label index:value ...`; received others.")
    labels = numbers[ends - 1 - 2 * pairs]
    features = np.delete(numbers, ends - 1 - 2 * pairs)
    indices, values = features[0::2], features[1::2]
    for name, found, low, high in (
        ("labels", labels, 1, 10),
        ("indices", indices, 1, PIXELS),
        ("values", values, -1, 1),
    ):
        whole = name == "values" or (found == np.rint(found)).all()
        if not (low <= found.min() and found.max() <= high and whole):  # NaN is neither
            raise DataError(
                f"{path} should hold {'' if name == 'values' else 'whole '}{name} from {low} to {high}; "
                f"received {found.min():g} to {found.max():g}."
            )
    x = np.zeros((len(lines), PIXELS))
    x[np.repeat(np.arange(len(lines)), pairs), indices.astype("int64") - 1] = values
    x = np.rint((x + 1) * 127.5).astype("uint8").reshape(-1, 16, 16, 1)
    return x, (labels - 1).astype("int32")
