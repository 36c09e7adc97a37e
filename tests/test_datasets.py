"""Data sets by name, their splits, and those that come without files."""

import hashlib
import importlib
import inspect
import itertools

import numpy as np
import pytest

from kerasdl import datasets
from kerasdl.datasets import DataError, Dataset, Split, load
from kerasdl.errors import UsageError

pytestmark = pytest.mark.no_backend


def numbered(count, validation=None):
    """A data set whose every row says which one it is."""
    x = np.arange(count, dtype="float32").reshape(-1, 1)
    split = Split(x, {"a": np.arange(count), "b": -np.arange(count)})
    return Dataset(
        name="numbered", train=split, test=split, validation=validation, classes=None, source="here"
    )


def rows(split):
    """Which rows a part of `numbered` holds, after checking that labels came along."""
    np.testing.assert_array_equal(split.x[:, 0], split.y["a"])
    np.testing.assert_array_equal(split.x[:, 0], -split.y["b"])
    return split.x[:, 0].astype(int).tolist()


def test_public_names():
    known = "cifar10 cifar100 mnist usps ames_housing circles digits coloured_digits"
    assert set(known.split()) <= set(datasets.NAMES)
    assert not {"download", "folder", "arrays"} & set(datasets.NAMES)
    assert issubclass(datasets.DataNotFound, DataError)
    assert issubclass(DataError, UsageError)
    with pytest.raises(AttributeError, match="no attribute 'cifar_10'"):
        _ = datasets.cifar_10


# Outside values: as the publishers, scikit-learn and the reports describe the data.
INFO = {
    ("cifar10",): ((32, 32, 3), 10, 1),
    ("cifar100",): ((32, 32, 3), 100, 1),
    ("cifar100", ("labels", "coarse")): ((32, 32, 3), 20, 1),
    ("mnist",): ((28, 28, 1), 10, 1),
    ("usps",): ((16, 16, 1), 10, 1),
    ("ames_housing", ("normalize", False)): ((4,), None, 1),
    ("circles", ("seed", 1)): ((2,), 2, 1),
    ("digits",): ((8, 8, 1), 10, 1),
    ("digits", ("shape", (32, 16, 3))): ((32, 16, 3), 10, 1),
    ("coloured_digits",): ((28, 28, 3), {"digit": 10, "colour": 5}, {"digit": 1, "colour": 1}),
}


@pytest.mark.parametrize("key", INFO, ids=str)
def test_info_is_known_without_the_data(key, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path))
    name, *options = key
    info = datasets.info(name, **dict(options))
    assert (info.shape, info.class_counts, info.values) == INFO[key]


def reads_files(name):
    return (
        "data_dir"
        in inspect.signature(importlib.import_module(f"kerasdl.datasets.{name}").load).parameters
    )


@pytest.mark.data
@pytest.mark.parametrize("name", [*filter(reads_files, datasets.NAMES)])
def test_info_is_that_of_the_published_data(name, data_dir):
    assert load(name, data_dir=data_dir, download=False).info == datasets.info(name)


@pytest.mark.parametrize("name", [*itertools.filterfalse(reads_files, datasets.NAMES)])
def test_info_is_that_of_the_data(name):
    assert load(name).info == datasets.info(name)


def test_info_of_data_in_memory():
    x = np.zeros((6, 3), "float32")
    y = {"colour": np.arange(6) % 2, "place": np.zeros((6, 4))}
    info = datasets.from_arrays(x, y, classes={"colour": ["red", "blue"]}).info
    assert info == datasets.Info((3,), {"colour": ("red", "blue"), "place": None}, info.values)
    assert info.values == {"colour": 1, "place": 4}
    assert info.class_counts == {"colour": 2, "place": None}
    assert datasets.from_arrays(x, np.zeros((6, 2))).info == datasets.Info((3,), None, 2)


def test_unknown_names_and_options_list_the_known():
    with pytest.raises(DataError, match=r"one of .*ames_housing, .*, usps.*; received 'cifar'"):
        load("cifar")
    with pytest.raises(DataError, match="digits takes these options: shape; received size, sizes"):
        load("digits", size=3, sizes=4)
    for ask in (load, datasets.info):
        with pytest.raises(DataError, match="usps takes these options: none; received seed"):
            ask("usps", seed=3)


def test_random_validation_is_a_part_of_training_that_keeps_the_order():
    data = numbered(100).with_validation(fraction=0.2, seed=7)
    assert (len(data.train), len(data.validation), len(data.test)) == (80, 20, 100)
    train, validation = rows(data.train), rows(data.validation)
    assert sorted(train + validation) == list(range(100))
    assert train == sorted(train)
    assert validation == sorted(validation)
    # What NumPy's documented generator draws, written out.
    assert validation == sorted(np.random.default_rng(7).permutation(100)[:20].tolist())
    assert rows(numbered(100).with_validation(count=20, seed=7).validation) == validation
    assert rows(numbered(100).with_validation(count=20, seed=8).validation) != validation


def test_last_rule_takes_the_last_ones():
    data = numbered(50).with_validation(count=1, rule="last")
    assert (rows(data.train), rows(data.validation)) == (list(range(49)), [49])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "fraction=None, count=None"),
        ({"fraction": 0.1, "count": 3}, "one of the two"),
        ({"fraction": 1.0}, "above 0 and below 1; received 1.0"),
        ({"fraction": 0.001}, "between 1 and 9"),
        ({"count": 10}, "between 1 and 9 of them; received fraction=None, count=10"),
        ({"count": 0}, "between 1 and 9"),
        ({"count": 3, "rule": "first"}, '"random" or "last"; received \'first\''),
    ],
)
def test_validation_that_cannot_be_carved(arguments, message):
    with pytest.raises(DataError, match=message):
        numbered(10).with_validation(**arguments)


def test_validation_is_carved_once():
    with pytest.raises(DataError, match="validation part of 3 already"):
        numbered(10).with_validation(count=3).with_validation(count=3)


def test_limits_take_the_first_rows_and_shrink_validation_in_proportion():
    data = numbered(100).with_validation(count=20, rule="last").limited(train=8, test=5)
    assert (rows(data.train), rows(data.validation)) == (list(range(8)), [80, 81])
    assert rows(data.test) == list(range(5))
    assert len(numbered(100).with_validation(count=20).limited(train=1).validation) == 1
    assert len(numbered(100).with_validation(count=20).limited(test=1).validation) == 20
    assert len(numbered(3).limited(train=1000).train) == 3


@pytest.mark.parametrize("limit", [0, -1, 2.5, True])
def test_limits_are_whole_numbers_above_0(limit):
    with pytest.raises(DataError, match=f"limit of the test part .* received {limit}"):
        numbered(3).limited(test=limit)


def small(**parts):
    """Two images with their labels in every part, and whatever `parts` replace."""
    x = np.arange(24, dtype="uint8").reshape(2, 2, 2, 3)
    split = Split(x, np.array([0, 1], "int32"))
    given = {"train": split, "test": split, "classes": ("cat", "dog")} | parts
    return Dataset(**{"name": "small", "source": "here", **given})


def changed(array, at, value):
    array = array.copy()
    array[at] = value
    return array


def different_data():
    """Data sets that differ from `small()`, and from each other, in one respect."""
    x, y = small().train.x, small().train.y
    test = small().test
    yield "pixel", small(train=Split(changed(x, (1, 1, 1, 2), 99), y))
    yield "label", small(train=Split(x, changed(y, 1, 0)))
    yield "pixel of the test part", small(test=Split(changed(x, (0, 0, 0, 0), 99), y))
    yield "label of the test part", small(test=Split(x, changed(y, 1, 0)))
    yield "order", small(train=Split(x[::-1], y[::-1]))
    yield "dtype", small(train=Split(x.astype("float32"), y))
    yield "shape", small(train=Split(x.reshape(2, 4, 1, 3), y))
    yield "length", small(train=Split(x[:1], y[:1]))
    yield "none", small(train=Split(x[:0], y[:0]))
    yield "class name", small(classes=("cat", "bird"))
    yield "order of classes", small(classes=("dog", "cat"))
    yield "no classes", small(classes=None)
    yield "validation", small(validation=test)
    yield "outputs", small(train=Split(x, {"animal": y, "mood": 1 - y}))
    yield "names of outputs", small(train=Split(x, {"mood": y, "animal": 1 - y}))


def test_fingerprints_of_different_data_differ():
    found = {name: data.fingerprint() for name, data in different_data()}
    assert len({small().fingerprint(), *found.values()}) == 1 + len(found)


def test_fingerprints_of_equal_data_are_equal():
    expected = small().fingerprint()
    assert expected == small(name="other", source="elsewhere").fingerprint()
    train = small().train
    backwards = np.ascontiguousarray(train.x[..., ::-1])[..., ::-1]  # another layout in memory
    big_endian = train.y.astype(">i4")
    assert small(train=Split(backwards, big_endian)).fingerprint() == expected
    y = {"animal": train.y, "mood": 1 - train.y}
    reordered = {"mood": 1 - train.y, "animal": train.y}
    one, other = (small(train=Split(train.x, labels)) for labels in (y, reordered))
    assert one.fingerprint() == other.fingerprint()


def test_a_fingerprint_stays_what_it_is():
    """It stands in files: a change of its definition would make all data seem to be other data."""
    text = b'["cat", "dog"]'
    for part in ("train", "test"):
        text += f'["{part}", "x", "|u1", [2, 2, 2, 3]]'.encode() + bytes(range(24))
        text += f'["{part}", "y", "<i4", [2]]'.encode() + b"\0\0\0\0\1\0\0\0"
    assert small().fingerprint() == f"sha256:{hashlib.sha256(text).hexdigest()}"


def test_statistics_are_of_the_training_part_and_exact():
    # Two grey levels a channel: mean and deviation are known without any program.
    x = np.zeros((3000, 4, 4, 2), "uint8")
    x[:1500, ..., 0] = 255
    x[..., 1] = 200
    other = Split(np.full((5, 4, 4, 2), 255, "uint8"), np.zeros(5, "int32"))
    data = Dataset(
        name="n",
        train=Split(x, np.zeros(3000)),
        test=other,
        validation=other,
        classes=None,
        source="",
    )
    mean, deviation = data.statistics()
    assert mean.tolist() == [127.5, 200]
    assert deviation.tolist() == [127.5, 0]
    assert mean.dtype == deviation.dtype == "float64"


@pytest.mark.parametrize("channels", [1, 3])
def test_statistics_of_images_of_which_a_chunk_holds_some(monkeypatch, channels):
    monkeypatch.setattr("kerasdl.datasets._dataset.CHUNK_OF_PIXELS", 7 * 5 * 6 * channels)
    x = np.random.default_rng(0).integers(0, 256, (100, 5, 6, channels), "uint8")
    part = Split(x, np.zeros(100))
    data = Dataset(name="n", train=part, test=part, classes=None, source="")
    mean, deviation = data.statistics()
    np.testing.assert_allclose(mean, x.mean(axis=(0, 1, 2)), rtol=1e-13)
    np.testing.assert_allclose(deviation, x.std(axis=(0, 1, 2)), rtol=1e-13)


def test_statistics_of_features_far_from_zero():
    x = (1e6 + np.random.default_rng(0).integers(8, size=(5000, 3))).astype("float32")
    data = Dataset(name="n", train=Split(x, x), test=Split(x, x), classes=None, source="")
    mean, deviation = data.statistics()
    np.testing.assert_allclose(mean, x.astype("float64").mean(0), rtol=1e-14)
    np.testing.assert_allclose(deviation, x.astype("float64").std(0), rtol=1e-12)


def test_digits_are_the_bundled_ones_in_0_to_255():
    from sklearn.datasets import load_digits

    data = load("digits")
    assert (len(data.train), len(data.test)) == (1437, 360)
    assert data.train.x.shape[1:] == (8, 8, 1)
    assert data.train.x.dtype == "uint8"
    assert data.train.x.max() == 255
    assert data.train.y.dtype == "int32"
    assert data.classes == tuple("0123456789")
    assert data.source.startswith("scikit-learn ")
    order = np.random.default_rng(0).permutation(1797)
    bundled = load_digits()
    np.testing.assert_array_equal(data.test.y, bundled.target[np.sort(order[:360])])
    first = bundled.images[np.sort(order[:360])[0]]
    np.testing.assert_allclose(data.test.x[0, ..., 0] * (16 / 255), first, atol=0.5 * 16 / 255)


def test_digits_stand_in_for_cifar():
    small, large = load("digits"), load("digits", shape=(32, 32, 3))
    assert large.train.x.shape == (1437, 32, 32, 3)
    np.testing.assert_array_equal(large.train.y, small.train.y)
    np.testing.assert_array_equal(large.train.x[..., 0], large.train.x[..., 2])
    # Bilinear by its formula: pixel centres at (i + 1/2) / 4 - 1/2, edges repeated.
    at = np.clip((np.arange(32) + 0.5) / 4 - 0.5, 0, 7)
    weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(8)))
    expected = weights @ small.train.x[0, ..., 0] @ weights.T
    np.testing.assert_allclose(large.train.x[0, ..., 1], expected, atol=1)


@pytest.mark.parametrize("shape", [(32, 32), (32, 32, 2), (0, 32, 3), 32, ("a", 1, 1), (8.5, 8, 1)])
def test_digits_refuse_other_shapes(shape):
    with pytest.raises(DataError, match="1 or 3 channels; received"):
        load("digits", shape=shape)


def test_circles_are_two_rings_drawn_three_times():
    data = load("circles")
    parts = (data.train, data.validation, data.test)
    for part in parts:
        radius = np.hypot(*part.x.T)
        assert np.bincount(part.y).tolist() == [600, 400]
        assert radius[part.y == 0].mean() == pytest.approx(1, abs=0.01)
        assert radius[part.y == 1].mean() == pytest.approx(0.5, abs=0.01)
        assert radius[part.y == 1].std() == pytest.approx(0.05, abs=0.01)
        assert (part.x.dtype, part.y.dtype) == ("float32", "int32")
    assert not np.array_equal(parts[0].x, parts[1].x)
    assert not np.array_equal(parts[1].x, parts[2].x)
    np.testing.assert_array_equal(load("circles").test.x, data.test.x)
    assert not np.array_equal(load("circles", seed=1).test.x, data.test.x)


def test_points_of_a_disc_fill_their_square():
    data = load("circles", shape="disc", points=4000, noise=0.0)
    x, y = data.train.x, data.train.y
    assert (len(x), np.abs(x).max() <= 1) == (4000, True)
    assert y.mean() == pytest.approx(0.4, abs=0.03)  # the disc has 40 % of the area
    np.testing.assert_array_equal(y, np.hypot(*x.T) < np.sqrt(1.6 / np.pi))


def test_spirals_are_two_opposite_arms():
    data = load("circles", shape="spirals", points=2000, noise=0.0)
    x, y = data.test.x.astype("float64"), data.test.y
    assert np.bincount(y).tolist() == [1000, 1000]
    x[y == 1] *= -1  # now both are the first arm: its points are ((p + 1) cos p, p sin p)
    p = np.linspace(1, 15, 20_000)
    arm = np.stack([(p + 1) * np.cos(p), p * np.sin(p)], axis=1)
    nearest = [np.hypot(*(arm - point).T).min() for point in x[::50]]
    assert max(nearest) < 0.01


@pytest.mark.parametrize(
    ("option", "value"),
    [("points", 5), ("points", 10.5), ("shape", "moons"), ("noise", -1), ("factor", 1)],
)
def test_circles_refuse_options_out_of_range(option, value):
    with pytest.raises(DataError, match=f"{option} should be .*; received {value!r}"):
        load("circles", **{option: value})
