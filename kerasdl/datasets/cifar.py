"""CIFAR-10 and CIFAR-100 in their binary version (https://www.cs.toronto.edu/~kriz/cifar.html).

A record is one or two label bytes, then 1,024 red, 1,024 green and 1,024 blue
bytes, row by row. The python version, which is a pickle, is not read.
"""

import numpy as np

from kerasdl.datasets.dataset import DataError, Dataset, Split
from kerasdl.datasets.download import Download
from kerasdl.datasets.files import Published, check_labels, naming

PIXELS = 3 * 32 * 32
BATCH = 10_000  # images in each of the six files of CIFAR-10
TRAIN, TEST = 50_000, 10_000  # images in the two files of CIFAR-100
SITE = "https://www.cs.toronto.edu/~kriz/"
# Checksums: the tables of downloads on the page named above.
CIFAR10 = Published(
    name="cifar10",
    folder="cifar-10-batches-bin",
    files=(*((f"data_batch_{i}.bin",) for i in range(1, 6)), ("test_batch.bin",)),
    downloads=(
        Download(
            urls=(f"{SITE}cifar-10-binary.tar.gz",),
            checksum="md5:c32a1d4ab5d03f1284b67883e8d87530",
            members=(
                *(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6)),
                "cifar-10-batches-bin/test_batch.bin",
            ),
        ),
    ),
)
CIFAR100 = Published(
    name="cifar100",
    folder="cifar-100-binary",
    files=(("train.bin",), ("test.bin",)),
    downloads=(
        Download(
            urls=(f"{SITE}cifar-100-binary.tar.gz",),
            checksum="md5:03b5dce01913d631647c71ecec9e9cb8",
            members=("cifar-100-binary/train.bin", "cifar-100-binary/test.bin"),
        ),
    ),
)
# batches.meta.txt, fine_label_names.txt and coarse_label_names.txt of the archives.
CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())  # noqa: SIM905
FINE = tuple(
    """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach
    couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster
    house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear
    pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road
    rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel
    streetcar sunflower sweet_pepper table tank telephone television tiger tractor train
    trout tulip turtle wardrobe whale willow_tree wolf woman worm
    """.split()  # noqa: SIM905
)
COARSE = tuple(
    """
    aquatic_mammals fish flowers food_containers fruit_and_vegetables
    household_electrical_devices household_furniture insects large_carnivores
    large_man-made_outdoor_things large_natural_outdoor_scenes
    large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles
    small_mammals trees vehicles_1 vehicles_2
    """.split()  # noqa: SIM905
)


def load_cifar10(*, data_dir=None, download=True):
    """CIFAR-10: 50,000 training and 10,000 test photographs, 32x32x3, in ten classes.

    Args:
        data_dir: see `kerasdl.datasets.load`.
        download: see `kerasdl.datasets.load`.

    Raises:
        DataNotFound: it is nowhere, and could not be downloaded.
        DataError: a file has another size, or other labels, than the published one.

    Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.

    Example:
    >>> data = load_cifar10(data_dir="data")  # doctest: +SKIP
    >>> data.train.x.shape, data.classes[0]  # doctest: +SKIP
    ((50000, 32, 32, 3), 'airplane')
    """
    paths, source = CIFAR10.locate(data_dir, download)
    *batches, test = (read_records(path, labels=1, count=BATCH) for path in paths)
    check_labels(test[:, 0], BATCH // 10, CLASSES, paths[-1])
    train_labels = np.concatenate([batch[:, 0] for batch in batches])
    where = f"{paths[0]} to {paths[4].name} together"
    try:
        check_labels(train_labels, 5 * BATCH // 10, CLASSES, where)
    except DataError as error:
        _blame_batch(batches, test, paths, error)
        raise
    x = np.empty((5 * BATCH, 32, 32, 3), "uint8")
    for i, batch in enumerate(batches):
        images(batch, out=x[i * BATCH : (i + 1) * BATCH])
    return Dataset(
        name="cifar10",
        train=Split(x, train_labels.astype("int32")),
        test=Split(images(test), test[:, 0].astype("int32")),
        classes=CLASSES,
        source=source,
    )


def load_cifar100(*, data_dir=None, download=True, labels="fine"):
    """CIFAR-100: 50,000 training and 10,000 test photographs, 32x32x3, in 100 classes.

    Args:
        data_dir: see `kerasdl.datasets.load`.
        download: see `kerasdl.datasets.load`.
        labels: "fine" for the 100 classes, "coarse" for the 20 groups of five.

    Raises:
        DataNotFound: it is nowhere, and could not be downloaded.
        DataError: a file has another size, or other labels, than the published
            one, or `labels` is neither of the two.

    Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.

    Example:
    >>> data = load_cifar100(data_dir="data", labels="coarse")  # doctest: +SKIP
    >>> len(data.classes), data.train.y.max()  # doctest: +SKIP
    (20, 19)
    """
    if labels not in ("fine", "coarse"):
        raise DataError(f'labels should be "fine" or "coarse"; received {labels!r}.')
    paths, source = CIFAR100.locate(data_dir, download)
    splits = []
    for path, count in zip(paths, (TRAIN, TEST), strict=True):
        records = read_records(path, labels=2, count=count)
        check_labels(records[:, 0], count // 20, COARSE, f"{path} (first byte of a record)")
        check_labels(records[:, 1], count // 100, FINE, f"{path} (second byte of a record)")
        y = records[:, 1 if labels == "fine" else 0].astype("int32")
        splits.append(Split(images(records), y))
    return Dataset(
        name="cifar100",
        train=splits[0],
        test=splits[1],
        classes=FINE if labels == "fine" else COARSE,
        source=source,
    )


def read_records(path, *, labels, count):
    """The records of one file, (count, labels + 3072) uint8, if it has room for just that many."""
    with naming(path):
        expected, size = count * (labels + PIXELS), path.stat().st_size
        if size != expected:
            raise DataError(
                f"{path} should have {expected:,} bytes ({count:,} records of {labels + PIXELS:,}); "
                f"it has {size:,}: {'truncated' if size < expected else 'another file'}?"
            )
        return np.fromfile(path, "uint8").reshape(count, labels + PIXELS)


def images(records, out=None):
    """The images of records, (n, 32, 32, 3), new or written into `out`."""
    out = np.empty((len(records), 32, 32, 3), "uint8") if out is None else out
    for channel in range(3):  # five times as fast as one transposition
        plane = records[:, -PIXELS:].reshape(-1, 3, 32, 32)[:, channel]
        out[..., channel] = plane
    return out


def _blame_batch(batches, test, paths, error):
    """Say which batch is in the wrong place, where that can be seen."""
    for i, (batch, path) in enumerate(zip(batches, paths[:-1], strict=True)):
        for other, name in ((test, paths[-1]), *zip(batches[:i], paths[:i], strict=True)):
            if np.array_equal(batch, other):
                raise DataError(
                    f"{path} should hold training images of its own; it is a copy of {name.name}."
                ) from error
