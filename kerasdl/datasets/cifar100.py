"""CIFAR-100: photographs in a hundred classes, or twenty groups of them, in the binary version."""

from kerasdl.datasets import _cifar
from kerasdl.datasets._dataset import Dataset, Info, Split
from kerasdl.datasets._download import Download
from kerasdl.datasets._errors import DataError
from kerasdl.datasets._published import Published, expect_labels, source_of

CONTENTS = {
    "training": "7077d87fc363f92dbf1245f13ba80561d7b33a96c79ad57168d49dc172aaa92b",
    "test": "96adb3db8da7632dbb350559a17b9f585fab5b17675de5fc8f6761384196b294",
}
TRAIN, TEST = 50_000, 10_000  # images in the two files
CIFAR100 = Published(
    name="cifar100",
    folder="cifar-100-binary",
    files=(("train.bin",), ("test.bin",)),
    downloads=(
        Download(
            urls=(f"{_cifar.SITE}cifar-100-binary.tar.gz",),
            checksum="md5:03b5dce01913d631647c71ecec9e9cb8",
            members=("cifar-100-binary/train.bin", "cifar-100-binary/test.bin"),
        ),
    ),
)
# fine_label_names.txt and coarse_label_names.txt of the archive.
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


def info(*, labels="fine"):
    """What is known of CIFAR-100 without loading it; `labels` as `load` has it.

    Raises:
        DataError: `labels` is neither "fine" nor "coarse".
    """
    if labels not in ("fine", "coarse"):
        raise DataError(f'labels should be "fine" or "coarse"; received {labels!r}.')
    return Info(_cifar.SHAPE, FINE if labels == "fine" else COARSE)


def load(*, data_dir=None, download=True, labels="fine"):
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
    >>> data = load(data_dir="data", labels="coarse")  # doctest: +SKIP
    >>> len(data.classes), data.train.y.max()  # doctest: +SKIP
    (20, 19)
    """
    classes = info(labels=labels).classes
    paths, source = CIFAR100.locate(data_dir, download)
    splits, read = [], []
    for path, count in zip(paths, (TRAIN, TEST), strict=True):
        records = _cifar.read_records(path, labels=2, count=count)
        expect_labels(records[:, 0], count // 20, COARSE, f"{path} (first byte of a record)")
        expect_labels(records[:, 1], count // 100, FINE, f"{path} (second byte of a record)")
        read.append(records)
        y = records[:, 1 if labels == "fine" else 0].astype("int32")
        splits.append(Split(_cifar.images(records), y))
    return Dataset(
        name="cifar100",
        train=splits[0],
        test=splits[1],
        classes=classes,
        source=source_of(source, dict(zip(CONTENTS, read, strict=True)), CONTENTS),
    )
