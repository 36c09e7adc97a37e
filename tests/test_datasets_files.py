"""The publishers' formats, where they are looked for, and what is refused.

Tiny files in each format are written here, byte by byte; `data` marks what
looks at the real ones.
"""

import bz2
import gzip
import pathlib
import shutil
import struct
import tracemalloc

import numpy as np
import pytest

from kerasdl.datasets import (
    DataError,
    DataNotFound,
    ames_housing,
    cifar10,
    cifar100,
    load,
    mnist,
    usps,
)
from kerasdl.datasets.coloured_digits import COLOURS, paint

pytestmark = pytest.mark.no_backend

OTHER = "; not as published: training, test"  # what the sources of small stand-ins say


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    """Nothing of this machine is seen, and nothing of the network."""
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def pixel(image, row, column, channel):
    """A pixel value that no transposition or swap leaves where it was."""
    return (image * 7 + row * 31 + column * 3 + channel * 101) % 256


def picture(image):
    return np.fromfunction(
        lambda r, c, k: pixel(image, r, c, k), (32, 32, 3), dtype="int64"
    ).astype("uint8")


def record(labels, image):
    planes = [pixel(image, r, c, k) for k in range(3) for r in range(32) for c in range(32)]
    return bytes([*labels, *planes])


def write_cifar10(folder, records=10):
    folder.mkdir(parents=True)
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    for number, name in enumerate(names):
        # Uneven batches, as published: two files lend one another a class.
        labels = [i % 10 for i in range(records)]
        labels[0] = {0: 1, 1: 0}.get(number, labels[0])
        labels[1] = {0: 1, 1: 0}.get(number, labels[1])
        data = b"".join(record([label], number + i) for i, label in enumerate(labels))
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def cifar10_files(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar10, "BATCH", 10)
    return write_cifar10(tmp_path / "data" / "cifar-10-batches-bin")


def test_cifar10_records(cifar10_files):
    data = load("cifar10", data_dir=cifar10_files.parent)
    assert data.train.x.shape == (50, 32, 32, 3)
    assert data.test.x.shape == (10, 32, 32, 3)
    assert data.train.x.dtype == "uint8"
    np.testing.assert_array_equal(data.train.x[23], picture(2 + 3))  # batch 3, image 3
    np.testing.assert_array_equal(data.test.x[9], picture(5 + 9))
    assert data.train.y[:12].tolist() == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0]
    assert data.train.y.dtype == "int32"
    assert data.classes[0] == "airplane"
    assert data.classes[9] == "truck"
    assert data.source == f"cifar-10-batches-bin in {cifar10_files.parent}{OTHER}"


def test_files_may_lie_in_the_folder_itself(cifar10_files):
    data = load("cifar10", data_dir=cifar10_files)
    assert data.source == f"files in {cifar10_files}{OTHER}"


def test_truncated_file_is_named(cifar10_files):
    path = cifar10_files / "data_batch_4.bin"
    path.write_bytes(path.read_bytes()[:-1])
    message = r"data_batch_4.bin should have 30,730 bytes .* it has 30,729: truncated"
    with pytest.raises(DataError, match=message):
        load("cifar10", data_dir=cifar10_files.parent)


def test_longer_file_is_named(cifar10_files):
    path = cifar10_files / "test_batch.bin"
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(DataError, match=r"test_batch.bin .* it has 61,460: another file"):
        load("cifar10", data_dir=cifar10_files.parent)


def test_file_that_shrinks_while_it_is_read_is_named(cifar10_files, monkeypatch):
    read = np.fromfile
    monkeypatch.setattr(np, "fromfile", lambda *args, **options: read(*args, **options)[:-1])
    with pytest.raises(DataError, match=r"it has 30,729: truncated"):
        load("cifar10", data_dir=cifar10_files.parent)


def test_foreign_labels_are_named(cifar10_files):
    path = cifar10_files / "test_batch.bin"
    path.write_bytes(bytes([77]) + path.read_bytes()[1:])
    with pytest.raises(DataError, match=r"test_batch.bin .* labels from 0 to 9; received 77"):
        load("cifar10", data_dir=cifar10_files.parent)


def test_test_in_place_of_train_is_named(cifar10_files):
    (cifar10_files / "data_batch_2.bin").write_bytes(
        (cifar10_files / "test_batch.bin").read_bytes()
    )
    with pytest.raises(DataError, match=r"data_batch_2.bin .* it is a copy of test_batch.bin"):
        load("cifar10", data_dir=cifar10_files.parent)


def test_train_in_place_of_test_is_named(cifar10_files):
    (cifar10_files / "test_batch.bin").write_bytes(
        (cifar10_files / "data_batch_1.bin").read_bytes()
    )
    message = r"test_batch.bin should hold 1 of class airplane; received 0: another split"
    with pytest.raises(DataError, match=message):
        load("cifar10", data_dir=cifar10_files.parent)


def test_batch_twice_is_named(cifar10_files):
    (cifar10_files / "data_batch_2.bin").write_bytes(
        (cifar10_files / "data_batch_1.bin").read_bytes()
    )
    with pytest.raises(DataError, match=r"data_batch_2.bin .* it is a copy of data_batch_1.bin"):
        load("cifar10", data_dir=cifar10_files.parent)


def test_missing_batch_is_named_and_nothing_else_is_tried(cifar10_files):
    (cifar10_files / "data_batch_3.bin").unlink()
    with pytest.raises(
        DataError, match=r"all files of cifar10; missing: data_batch_3.bin"
    ) as error:
        load("cifar10", data_dir=cifar10_files.parent)
    assert not isinstance(error.value, DataNotFound)


def test_cifar100_has_coarse_and_fine_labels(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar100, "TRAIN", 200)
    monkeypatch.setattr(cifar100, "TEST", 100)
    folder = tmp_path / "cifar-100-binary"
    folder.mkdir()
    for name, count in (("train.bin", 200), ("test.bin", 100)):
        labels = [(i % 100 // 5, i % 100) for i in range(count)]
        (folder / name).write_bytes(b"".join(record(pair, i) for i, pair in enumerate(labels)))
    fine = load("cifar100", data_dir=tmp_path)
    coarse = load("cifar100", data_dir=tmp_path, labels="coarse")
    np.testing.assert_array_equal(fine.test.y, np.arange(100))
    np.testing.assert_array_equal(coarse.test.y, np.arange(100) // 5)
    np.testing.assert_array_equal(fine.train.x[150], picture(150))
    assert (len(fine.classes), len(coarse.classes)) == (100, 20)
    with pytest.raises(DataError, match='"fine" or "coarse"; received \'both\''):
        load("cifar100", data_dir=tmp_path, labels="both")
    test = (folder / "test.bin").read_bytes()
    (folder / "test.bin").write_bytes((folder / "train.bin").read_bytes())
    with pytest.raises(DataError, match=r"test.bin should have 307,400 bytes"):
        load("cifar100", data_dir=tmp_path)
    (folder / "test.bin").write_bytes(test[:1] + b"\x07" + test[2:])
    with pytest.raises(DataError, match=r"test.bin \(second byte of a record\).*class apple"):
        load("cifar100", data_dir=tmp_path)


def idx(*shape, data):
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + bytes(data)


@pytest.fixture
def small_mnist(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "TRAIN_COUNTS", (2,) * 10)
    monkeypatch.setattr(mnist, "TEST_COUNTS", (1,) * 10)
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for name, count in (("train", 20), ("t10k", 10)):
        pixels = [
            (i + r * 28 + c) % 256 for i in range(count) for r in range(28) for c in range(28)
        ]
        images, labels = (
            idx(count, 28, 28, data=pixels),
            idx(count, data=[i % 10 for i in range(count)]),
        )
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images, 1))
        (folder / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels, 1))
    return folder


def test_mnist_idx(small_mnist):
    data = load("mnist", data_dir=small_mnist.parent)
    assert data.train.x.shape == (20, 28, 28, 1)
    assert data.test.x[3, 2, 5, 0] == 3 + 2 * 28 + 5
    assert data.train.y.tolist() == [*range(10), *range(10)]
    assert data.train.x.flags.writeable  # PyTorch warns otherwise


def test_mnist_needs_no_gzip(small_mnist):
    path = small_mnist / "train-images-idx3-ubyte.gz"
    path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
    path.unlink()
    assert len(load("mnist", data_dir=small_mnist.parent).train) == 20


def test_mnist_where_torchvision_keeps_it(small_mnist, tmp_path):
    (tmp_path / "other" / "MNIST").mkdir(parents=True)
    small_mnist.rename(tmp_path / "other" / "MNIST" / "raw")
    data = load("mnist", data_dir=tmp_path / "other")
    assert data.source == f"MNIST/raw in {tmp_path / 'other'}{OTHER}"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3", lambda b: b[:-9], "truncated"),
        (
            "train-images-idx3",
            lambda b: gzip.compress(gzip.decompress(b)[:-9]),
            "only 15,671: trunc",
        ),
        ("train-images-idx3", lambda b: gzip.compress(gzip.decompress(b) + b"x"), "holds more"),
        ("train-images-idx3", lambda b: b"<html>not found", "cannot be read: Not a gzipped file"),
        ("train-images-idx3", lambda b: gzip.compress(b"PNG, really"), "begins with 50 4e 47 2c"),
        ("train-images-idx3", lambda b: gzip.compress(b""), "begins with nothing"),
        ("train-images-idx3", lambda b: gzip.compress(b"\0\0\x08"), "begins with 00 00 08"),
        ("train-images-idx3", "t10k-images-idx3", "20 x 28 x 28 .* received one of 10 x 28 x 28"),
        ("train-labels-idx1", "train-images-idx3", "received one of 3 dimensions"),
        ("train-labels-idx1", "t10k-labels-idx1", "of 20 unsigned bytes; received one of 10"),
        (
            "t10k-labels-idx1",
            lambda b: gzip.compress(idx(10, data=[0] * 10)),
            "1 of class 0; received 10",
        ),
    ],
)
def test_damaged_mnist_is_named(small_mnist, name, content, message):
    path = small_mnist / f"{name}-ubyte.gz"
    if isinstance(content, str):
        path.write_bytes((small_mnist / f"{content}-ubyte.gz").read_bytes())
    else:
        path.write_bytes(content(path.read_bytes()))
    with pytest.raises(DataError, match=f"{name}-ubyte.gz .*{message}"):
        load("mnist", data_dir=small_mnist.parent)


def test_coloured_digits_are_white_over_a_colour(small_mnist):
    plain = load("mnist", data_dir=small_mnist.parent)
    data = load("coloured_digits", data_dir=small_mnist.parent)
    assert data.train.x.shape == (20, 28, 28, 3)
    np.testing.assert_array_equal(data.train.y["digit"], plain.train.y)
    assert set(data.train.y["colour"]) <= set(range(5))
    assert data.classes == {"digit": tuple("0123456789"), "colour": tuple(COLOURS)}
    again = load("coloured_digits", data_dir=small_mnist.parent)
    other = load("coloured_digits", data_dir=small_mnist.parent, seed=1)
    np.testing.assert_array_equal(again.train.x, data.train.x)
    assert not np.array_equal(other.train.y["colour"], data.train.y["colour"])


def test_soft_edges_of_coloured_digits_blend():
    images = np.array([0, 100, 255], "uint8").reshape(1, 1, 3, 1)
    red = COLOURS["red"]
    # 100/255 of the way to white: red is (200, 30, 30), 221.6 and 118.2.
    expected = [red, [222, 118, 118], [255, 255, 255]]
    assert paint(images, np.array([0]))[0, 0].tolist() == list(map(list, expected))


def libsvm(labels, features="1:-1 2:0.3 18:-0.498 256:1"):
    return "".join(f"{label} {features} \n" for label in labels).encode()


@pytest.fixture
def small_usps(tmp_path, monkeypatch):
    monkeypatch.setattr(usps, "TRAIN_COUNTS", (2,) * 10)
    monkeypatch.setattr(usps, "TEST_COUNTS", (1,) * 10)
    folder = tmp_path / "usps"
    folder.mkdir()
    (folder / "usps.bz2").write_bytes(bz2.compress(libsvm([*range(1, 11), *range(10, 0, -1)])))
    (folder / "usps.t.bz2").write_bytes(bz2.compress(libsvm(range(1, 11), "1:-1")))
    return folder


def test_usps_libsvm(small_usps):
    data = load("usps", data_dir=small_usps.parent)
    assert data.train.x.shape == (20, 16, 16, 1)
    assert data.train.y.tolist() == [*range(10), *range(9, -1, -1)]
    image = data.train.x[0, ..., 0]
    # -1 is 0, 1 is 255, 0.3 is 165.75, -0.498 is 64.005; what is absent is 0, so 127.5.
    assert (image[0, 0], image[0, 1], image[1, 1], image[15, 15]) == (0, 166, 64, 255)
    assert image[7, 7] in (127, 128)
    assert set(np.unique(data.test.x)) == {0, image[7, 7]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (libsvm([0, *range(1, 10)]), "labels from 1 to 10; received 0 to 9"),
        (libsvm(range(1, 11), "1:-1 257:1"), "indices from 1 to 256; received 1 to 257"),
        (libsvm(["nan", *range(2, 11)]), "labels from 1 to 10; received nan"),
        (libsvm([1.5, *range(2, 11)]), "whole labels from 1 to 10"),
        (libsvm(range(1, 11), "1:-1 nan:1"), "whole indices from 1 to 256; received nan"),
        (libsvm(range(1, 11), "1:-1 1.5:1"), "whole indices from 1 to 256"),
        (libsvm(range(1, 11), "1:nan"), "values from -1 to 1; received nan"),
        (libsvm(range(1, 11), "1:255"), "values from -1 to 1; received 255 to 255"),
        (libsvm(range(1, 11), "1:-1 2"), "lines of `label index:value ...`"),
        (b"order,price\n1,2\n", "lines of `label index:value ...`"),
        (b"1\n2\n", "lines of `label index:value ...`"),
        (b"", "lines of `label index:value ...`"),
        (libsvm([1] * 10), "should hold 1 of class 0; received 10"),
        (libsvm([*range(1, 11), 1]), "should hold at most 10 lines"),
    ],
)
def test_foreign_usps_is_named(small_usps, text, message):
    (small_usps / "usps.t.bz2").write_bytes(bz2.compress(text))
    with pytest.raises(DataError, match=f"usps.t.bz2 .*{message}"):
        load("usps", data_dir=small_usps.parent)


def test_damaged_usps_is_named(small_usps):
    path = small_usps / "usps.bz2"
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    with pytest.raises(DataError, match=r"usps.bz2 is truncated"):
        load("usps", data_dir=small_usps.parent)
    path.write_bytes(libsvm(range(1, 11)))
    with pytest.raises(DataError, match=r"usps.bz2 cannot be read: Invalid data stream"):
        load("usps", data_dir=small_usps.parent)


def test_usps_that_unfolds_to_gigabytes_is_refused(small_usps):
    """Half a kilobyte of bz2 that holds 512 MB of text, of which no more is read than fits."""
    packer = bz2.BZ2Compressor()
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(512)) + packer.flush()
    assert len(bomb) < 1000
    (small_usps / "usps.bz2").write_bytes(bomb)
    tracemalloc.start()
    with pytest.raises(DataError, match=r"usps.bz2 should hold at most 16,777,216 bytes"):
        load("usps", data_dir=small_usps.parent)
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert highest < 2**27


def houses(count=2930, separator=","):
    columns = ["Order", "Overall Qual", "Year Built", "Total Bsmt SF", "Gr Liv Area", "SalePrice"]
    lines = [columns]
    for i in range(count):
        price = {0: 12789, 1: 755000}.get(i, 100000 + i)
        lines.append([i, 1 + i % 10, 1900 + i % 100, "" if i == 7 else 500 + i, 1000 + i, price])
    return "\n".join(separator.join(map(str, line)) for line in lines) + "\n"


@pytest.fixture
def ames(tmp_path):
    folder = tmp_path / "ames_housing"
    folder.mkdir()
    (folder / "AmesHousing.csv").write_text("\ufeff" + houses(), encoding="utf-8")
    return folder


def test_ames_in_dollars(ames):
    data = load("ames_housing", data_dir=ames.parent, normalize=False)
    parts = (data.train, data.validation, data.test)
    assert [len(part) for part in parts] == [2051, 439, 440]
    table = np.concatenate([np.hstack([part.x, part.y]) for part in parts])
    assert table.dtype == "float32"
    table = table[np.argsort(table[:, 3])]  # the living area counts the rows
    assert table[0].tolist() == [1, 1900, 500, 1000, 12789]
    assert table[7].tolist() == [8, 1907, 0, 1007, 100007]  # the blank: no basement
    assert table[2929].tolist() == [10, 1929, 3429, 3929, 102929]
    assert data.classes is None


def test_ames_divided_by_its_training_maximum(ames):
    raw = load("ames_housing", data_dir=ames.parent, normalize=False)
    data = load("ames_housing", data_dir=ames.parent)
    np.testing.assert_allclose(data.test.x, raw.test.x / raw.train.x.max(axis=0), rtol=1e-6)
    np.testing.assert_allclose(data.test.y, raw.test.y / raw.train.y.max(), rtol=1e-6)
    # For some of these seeds the dearest house is not in the training part.
    parts = [load("ames_housing", data_dir=ames.parent, seed=seed) for seed in range(8)]
    assert max(max(p.validation.y.max(), p.test.y.max()) for p in parts) > 1
    assert all(part.train.y.max() == 1 for part in parts)
    assert all(part.train.x.max(axis=0).tolist() == [1, 1, 1, 1] for part in parts)


def test_ames_as_the_journal_publishes_it(ames):
    (ames / "AmesHousing.csv").unlink()
    (ames / "AmesHousing.txt").write_text(houses(separator="\t"))
    assert len(load("ames_housing", data_dir=ames.parent).train) == 2051


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (houses(1460), "2,930 houses, .* received 1,460, 12,789 to 755,000"),
        (houses().replace("755000", "12790"), "12,789 to 755,000 dollars each; received 2,930"),
        (houses().replace("Gr Liv Area", "GrLivArea"), "missing: Gr Liv Area"),
        (
            houses().replace("101234", "n.a."),
            "line 1236: SalePrice should be a number from 12789 to 755000; received 'n.a.'",
        ),
        *(
            (houses().replace("101234", text), f"line 1236: SalePrice .* received '{text}'")
            for text in ("nan", "inf", "-5", "0", "1e30")
        ),
        (houses(0), "received none"),
        ("\0\1\2", "missing: Overall Qual"),
    ],
)
def test_foreign_ames_is_named(ames, text, message):
    (ames / "AmesHousing.csv").write_text(text)
    with pytest.raises(DataError, match=f"AmesHousing.csv.*{message}"):
        load("ames_housing", data_dir=ames.parent)


def test_search_order(small_mnist, tmp_path, empty_cache, monkeypatch):
    here, there = small_mnist.parent, tmp_path / "there"
    there.mkdir()
    monkeypatch.setenv("KERASDL_DATA", str(here))
    assert load("mnist").source == f"mnist in {here}{OTHER}"
    # An explicit folder replaces the environment's, and what is not in it is not hidden.
    with pytest.raises(DataNotFound, match=f"{there} and {empty_cache}; downloading was not"):
        load("mnist", data_dir=there, download=False)
    empty_cache.mkdir()
    small_mnist.rename(empty_cache / "mnist")
    assert load("mnist", data_dir=there).source == f"mnist in {empty_cache}; not in {there}{OTHER}"
    monkeypatch.delenv("KERASDL_DATA")
    assert load("mnist").source == f"mnist in {empty_cache}{OTHER}"


def test_folder_that_does_not_exist_is_an_error_of_its_own(tmp_path, monkeypatch):
    for path in (tmp_path / "nowhere", __file__, "~no-such-user/data", "a" * 300, "a\0b"):
        with pytest.raises(DataError, match="data_dir should be a folder that exists") as error:
            load("mnist", data_dir=path)
        assert not isinstance(error.value, DataNotFound)
    monkeypatch.setenv("KERASDL_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="KERASDL_DATA should be a folder that exists"):
        load("mnist")
    assert len(load("digits").test) == 360  # which needs no folder


# Published: the sizes by each publisher; CIFAR-10's statistics by the `dropout` report, CIFAR-100's and
# MNIST's by the usual training scripts (torchvision's Normalize arguments).
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "train", "test", "classes", "mean", "deviation"),
    [
        (
            "cifar10",
            (50000, 32, 32, 3),
            10000,
            10,
            (0.4914, 0.4822, 0.4465),
            (0.2470, 0.2435, 0.2616),
        ),
        (
            "cifar100",
            (50000, 32, 32, 3),
            10000,
            100,
            (0.5071, 0.4865, 0.4409),
            (0.2673, 0.2564, 0.2762),
        ),
        ("mnist", (60000, 28, 28, 1), 10000, 10, (0.1307,), (0.3081,)),
    ],
)
def test_published_images(data_dir, name, train, test, classes, mean, deviation):
    data = load(name, data_dir=data_dir, download=False)
    assert data.train.x.shape == train
    assert data.test.x.shape == (test, *train[1:])
    assert np.bincount(data.train.y).size == len(data.classes) == classes
    found = data.statistics()
    np.testing.assert_allclose(found[0] / 255, mean, atol=6e-5)
    np.testing.assert_allclose(found[1] / 255, deviation, atol=6e-5)


@pytest.mark.data
def test_published_class_names(data_dir):
    folder = pathlib.Path(data_dir) / "cifar-100-binary"
    assert (folder / "fine_label_names.txt").read_text().split() == list(cifar100.FINE)
    assert (folder / "coarse_label_names.txt").read_text().split() == list(cifar100.COARSE)
    meta = pathlib.Path(data_dir) / "cifar-10-batches-bin" / "batches.meta.txt"
    assert meta.read_text().split() == list(cifar10.CLASSES)


@pytest.mark.data
def test_published_usps(data_dir):
    data = load("usps", data_dir=data_dir, download=False)
    assert (data.train.x.shape, len(data.test)) == ((7291, 16, 16, 1), 2007)
    assert data.train.y[0] == 6  # the first line of the file begins with 7
    # Its pixels 8 to 10 are -0.631, 0.862 and -0.167.
    assert data.train.x[0, 0, 6:11, 0].tolist() == [0, 47, 237, 106, 0]


@pytest.mark.data
def test_published_ames(data_dir):
    data = load("ames_housing", data_dir=data_dir, download=False, normalize=False)
    prices = np.concatenate([data.train.y, data.validation.y, data.test.y]).astype("float64")
    assert prices.shape == (2930, 1)
    assert prices.mean() == pytest.approx(180796.06, abs=0.01)  # as is quoted everywhere
    assert len(ames_housing.FEATURES) == data.train.x.shape[1]


@pytest.mark.data
@pytest.mark.parametrize("name", ["cifar10", "cifar100", "mnist", "usps", "ames_housing"])
def test_published_content_is_recognized(data_dir, name):
    assert "not as published" not in load(name, data_dir=data_dir, download=False).source


@pytest.mark.data
def test_one_pixel_that_was_changed_is_named(data_dir, tmp_path):
    folder = tmp_path / "cifar-100-binary"
    shutil.copytree(pathlib.Path(data_dir) / folder.name, folder)
    content = bytearray((folder / "test.bin").read_bytes())
    content[1_000_000] ^= 1
    (folder / "test.bin").write_bytes(content)
    assert load("cifar100", data_dir=tmp_path).source == (
        f"cifar-100-binary in {tmp_path}; not as published: test"
    )
