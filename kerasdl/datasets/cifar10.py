"""CIFAR-10: photographs in ten classes, in the binary version."""

import numpy as np

from kerasdl.datasets import _cifar
from kerasdl.datasets._dataset import Dataset, Info, Split
from kerasdl.datasets._download import Download
from kerasdl.datasets._errors import DataError
from kerasdl.datasets._published import Published, expect_labels, source_of

CONTENTS = {
    "training": "55a61f79a40ece2ceda9fb5f9f7078f6ea2fc4952489cef56682bcf92cfcc260",
    "test": "325704b01eb92e1e2a6215ae6a916bb7db7de054af0c496be1c7be2e0fcfbf5f",
}
BATCH = 10_000  # images in each of the six files
CIFAR10 = Published(
    name="cifar10",
    folder="cifar-10-batches-bin",
    files=(*((f"data_batch_{i}.bin",) for i in range(1, 6)), ("test_batch.bin",)),
    downloads=(
        Download(
            urls=(f"{_cifar.SITE}cifar-10-binary.tar.gz",),
            checksum="md5:c32a1d4ab5d03f1284b67883e8d87530",
            members=(
                *(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6)),
                "cifar-10-batches-bin/test_batch.bin",
            ),
        ),
    ),
)
# batches.meta.txt of the archive.
CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())  # noqa: SIM905


def info():
    """What is known of CIFAR-10 without loading it."""
    return Info(_cifar.SHAPE, CLASSES)


def load(*, data_dir=None, download=True):
    """CIFAR-10: 50,000 training and 10,000 test photographs, 32x32x3, in ten classes.

    Args:
        data_dir: see `kerasdl.datasets.load`.
        download: see `kerasdl.datasets.load`.

    Raises:
        DataNotFound: it is nowhere, and could not be downloaded.
        DataError: a file has another size, or other labels, than the published one.

    Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.

    Example:
    >>> data = load(data_dir="data")  # doctest: +SKIP
    >>> data.train.x.shape, data.classes[0]  # doctest: +SKIP
    ((50000, 32, 32, 3), 'airplane')
    """
    paths, source = CIFAR10.locate(data_dir, download)
    *batches, test = (_cifar.read_records(path, labels=1, count=BATCH) for path in paths)
    expect_labels(test[:, 0], BATCH // 10, CLASSES, paths[-1])
    train_labels = np.concatenate([batch[:, 0] for batch in batches])
    where = f"{paths[0]} to {paths[4].name} together"
    try:
        expect_labels(train_labels, 5 * BATCH // 10, CLASSES, where)
    except DataError as error:
        _expect_no_copies(batches, test, paths, error)
        raise
    parts = {"training": np.concatenate(batches), "test": test}
    source = source_of(source, parts, CONTENTS)
    x = np.empty((5 * BATCH, 32, 32, 3), "uint8")
    for i, batch in enumerate(batches):
        _cifar.images(batch, out=x[i * BATCH : (i + 1) * BATCH])
    return Dataset(
        name="cifar10",
        train=Split(x, train_labels.astype("int32")),
        test=Split(_cifar.images(test), test[:, 0].astype("int32")),
        classes=CLASSES,
        source=source,
    )


def _expect_no_copies(batches, test, paths, error):
    """Refuse a batch that is a copy of another, which is why the labels are wrong (`error`)."""
    for i, (batch, path) in enumerate(zip(batches, paths[:-1], strict=True)):
        for other, name in ((test, paths[-1]), *zip(batches[:i], paths[:i], strict=True)):
            if np.array_equal(batch, other):
                raise DataError(
                    f"{path} should hold training images of its own; it is a copy of {name.name}."
                ) from error
