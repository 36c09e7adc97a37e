"""The user's own arrays and pictures."""

import numpy as np
import pytest
from PIL import Image

from kerasdl.datasets import DataError, from_arrays, from_folder, read_image

pytestmark = pytest.mark.no_backend

IMAGES = np.random.default_rng(0).integers(256, size=(20, 6, 5, 3), dtype="uint8")
LABELS = np.arange(20) % 4


def test_images_and_labels():
    data = from_arrays(IMAGES, LABELS, classes=["a", "b", "c", "d"], name="mine")
    assert (len(data.train), len(data.test), data.validation) == (16, 4, None)
    assert (data.train.x.dtype, data.train.y.dtype) == ("uint8", "int32")
    assert (data.name, data.classes, data.source) == ("mine", tuple("abcd"), "arrays in memory")
    # Each row is in one part, its label with it.
    rows = {image.tobytes(): label for image, label in zip(IMAGES, LABELS, strict=True)}
    both = [
        *zip(data.train.x, data.train.y, strict=True),
        *zip(data.test.x, data.test.y, strict=True),
    ]
    assert {image.tobytes(): label for image, label in both} == rows


def test_parts_that_are_given_are_kept():
    data = from_arrays(
        IMAGES, LABELS, test=(IMAGES[:3], [3, 2, 1]), validation=(IMAGES[:2], [0, 1])
    )
    assert (len(data.train), len(data.validation)) == (20, 2)
    assert data.test.y.tolist() == [3, 2, 1]
    np.testing.assert_array_equal(data.train.x, IMAGES)
    assert data.classes == ("0", "1", "2", "3")


def test_other_kinds_of_arrays():
    test = {"test": 0.5}
    grey = from_arrays(IMAGES[..., 0], LABELS[:, None], **test)
    assert grey.train.x.shape == (10, 6, 5, 1)
    assert grey.train.y.shape == (10,)
    assert from_arrays(IMAGES.astype("int64"), LABELS).train.x.dtype == "uint8"
    assert from_arrays(IMAGES.astype("float64"), LABELS).train.x.dtype == "float32"
    features = from_arrays(np.arange(40).reshape(20, 2), np.linspace(0, 1, 20), **test)
    assert (features.train.x.dtype, features.train.y.dtype) == ("float32", "float32")
    assert features.train.y.shape == (10, 1)
    assert features.classes is None
    several = from_arrays(
        IMAGES, {"kind": LABELS, "size": LABELS / 2}, classes={"kind": "wxyz"}, **test
    )
    assert several.classes == {"kind": tuple("wxyz"), "size": None}
    assert several.test.y["size"].shape == (10, 1)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (IMAGES, LABELS[:19], {}, "equally long; received 20 and 19"),
        (IMAGES, LABELS - 1, {}, "start at 0; received -1"),
        (IMAGES, LABELS, {"classes": ["a", "b"]}, "from 0 to 1, one a class; received 3"),
        (IMAGES, LABELS.astype(str), {}, r"whole numbers .* received <U\d+ \(20,\)"),
        (IMAGES, np.eye(4, dtype=int)[LABELS], {}, r"\(20, 4\), which look one-hot: y.argmax\(1\)"),
        (IMAGES, 2 * np.eye(4, dtype=int)[LABELS], {}, r"received int64 \(20, 4\)"),
        (IMAGES, np.full(20, np.nan), {}, "finite floats"),
        (IMAGES, LABELS / 3, {"classes": ["a"]}, "targets; expected no class names"),
        (IMAGES / 255, LABELS, {}, "0 to 255; received float64 from 0 to 1: multiply by 255"),
        (IMAGES.astype(int) - 128, LABELS, {}, "0 to 255; received int64 from -128 to 127"),
        (IMAGES.astype(int) * 2, LABELS, {}, "0 to 255; received int64 from 0 to 510"),
        (np.full((20, 3), np.inf), LABELS, {}, "NaN or infinity"),
        (IMAGES[0, 0, 0], LABELS[:3], {}, r"\(n, d\); received uint8 \(3,\)"),
        (IMAGES.astype(object), LABELS, {}, "received object"),
        (IMAGES[:0], LABELS[:0], {}, r"received uint8 \(0, 6, 5, 3\)"),
        (
            IMAGES,
            LABELS,
            {"test": (IMAGES[:, :3], LABELS)},
            "test part should be like the training",
        ),
        (IMAGES, LABELS, {"test": (IMAGES, LABELS / 2)}, "test part should be like the training"),
        (IMAGES, LABELS, {"test": None}, "arrays .x, y. or a fraction; received None"),
        (IMAGES, LABELS, {"test": 1.5}, "below 1; received 1.5"),
    ],
)
def test_arrays_that_do_not_fit(x, y, options, message):
    with pytest.raises(DataError, match=message):
        from_arrays(x, y, **options)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(20, 6, 5, 3), (20, 6, 5)])
def test_pixels_from_0_to_1_are_refused(kind, shape):
    """They would be divided by 255 once more."""
    x = (np.arange(np.prod(shape)) % 2).reshape(shape).astype(kind)
    message = f"from 0 to 255; received {kind} from 0 to 1: multiply by 255"
    with pytest.raises(DataError, match=message):
        from_arrays(x, LABELS)
    black = from_arrays((0 * x).astype("uint8" if kind == "bool" else kind), LABELS)
    assert black.train.x.max() == 0  # which may be


@pytest.mark.parametrize("shape", [(20, 3, 6, 5), (20, 1, 28, 28), (20, 4, 8, 8)])
def test_channels_first_are_refused(shape):
    x = np.random.default_rng(0).integers(256, size=shape, dtype="uint8")
    with pytest.raises(DataError, match=r"channels first: x.transpose\(0, 2, 3, 1\) has them last"):
        from_arrays(x, LABELS)
    expected = np.moveaxis(x, 1, -1)
    mended = from_arrays(x.transpose(0, 2, 3, 1), LABELS, test=(expected, LABELS))
    np.testing.assert_array_equal(mended.train.x, expected)


@pytest.mark.parametrize("shape", [(20, 3, 3, 3), (20, 1, 5, 3), (20, 3, 2, 8), (20, 8, 8, 8)])
def test_small_images_are_not_taken_for_channels(shape):
    x = np.random.default_rng(0).integers(256, size=shape, dtype="uint8")
    assert from_arrays(x, LABELS).train.x.shape[1:] == shape[1:]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (LABELS + 1, "0 to 3 for 4 classes; received 1 to 4, and none is 0: y - 1, or name all"),
        (LABELS + 7, "received 7 to 10, and none is 0: y - 7, or"),
        (LABELS * 2, r"received 0 to 6, and none is 1: np.unique\(y, return_inverse=True\)\[1\]"),
        (np.arange(20) * 999, "received 0 to 18981, .* or give targets of a regression as floats"),
        (np.full(20, 2**40), "should be below 1,000,000; received 1099511627776"),
        (np.where(LABELS, 2**32, 0).astype("uint64"), "below 1,000,000; received 4294967296"),
    ],
)
def test_labels_with_gaps_are_refused(y, message):
    """A class without examples would be an output of the network that is never right."""
    with pytest.raises(DataError, match=f"Labels y .*{message}"):
        from_arrays(IMAGES, y)
    with pytest.raises(DataError, match=f"Labels kind .*{message}"):
        from_arrays(IMAGES, {"kind": y, "size": LABELS / 3})


def test_labels_may_leave_out_a_class_that_is_named():
    data = from_arrays(IMAGES, LABELS + 1, classes=tuple("vwxyz"))
    assert data.classes == tuple("vwxyz")
    assert data.train.y.min() == 1
    again = np.unique(LABELS * 2, return_inverse=True)[1]  # as the sentence says
    assert from_arrays(IMAGES, again).classes == ("0", "1", "2", "3")
    # A class may be missing in one part of the data.
    assert from_arrays(IMAGES, LABELS, test=(IMAGES[:2], [2, 3])).classes == ("0", "1", "2", "3")


def test_booleans_are_two_classes_or_features():
    assert from_arrays(IMAGES, LABELS > 1, test=0.5).classes == ("0", "1")
    features = from_arrays(IMAGES[:, :, 0, 0] > 100, LABELS, test=(IMAGES[:, :, 0, 0] > 1, LABELS))
    assert features.train.x.dtype == "float32"
    np.testing.assert_array_equal(features.train.x, IMAGES[:, :, 0, 0] > 100)


@pytest.mark.parametrize("kind", ["float32", "float64", "int64", "bool"])
def test_one_hot_labels_are_refused(kind):
    one_hot = np.eye(4)[LABELS].astype(kind)
    with pytest.raises(DataError, match=r"\(20, 4\), which look one-hot: y.argmax\(1\)"):
        from_arrays(IMAGES, one_hot)
    np.testing.assert_array_equal(
        from_arrays(IMAGES, one_hot.argmax(1), test=(IMAGES, LABELS)).train.y, LABELS
    )


def test_targets_of_several_zeros_and_ones_are_kept():
    several = (np.arange(80).reshape(20, 4) % 3 == 0).astype("float32")  # some rows have two
    assert from_arrays(IMAGES, several).train.y.shape == (16, 4)


def test_floats_that_look_like_labels_are_refused_until_they_are_a_column():
    message = r"from 0 to 3: y.astype\(int\) are labels of classes, y\[:, None\] are targets"
    with pytest.raises(DataError, match=message):
        from_arrays(IMAGES, LABELS.astype(float))
    assert from_arrays(IMAGES, LABELS.astype(float).astype(int)).classes is not None
    column = from_arrays(IMAGES, LABELS.astype(float)[:, None])
    assert (column.classes, column.train.y.shape) == (None, (16, 1))


@pytest.mark.parametrize(
    "y",
    [
        100_000.0 + 500 * np.arange(20),  # prices
        np.arange(20.0),  # each once
        LABELS + 1.0,  # stars of a review
        LABELS * 2.0,
        LABELS - 1.0,
        np.zeros(20),
    ],
)
def test_whole_targets_of_a_regression_are_kept(y):
    data = from_arrays(IMAGES, y, test=(IMAGES, LABELS.astype(float)))
    assert data.classes is None
    np.testing.assert_array_equal(data.train.y[:, 0], y)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        ([[1, 2], [3]], [0, 1], {}, "x of the train part should be an array; received"),
        (IMAGES, [[0, 1], [2]] * 10, {}, "y of the train part should be an array; received"),
        (IMAGES, {}, {}, "should have an output; received none"),
        (
            IMAGES,
            LABELS,
            {"validation": 0.1},
            r"validation should be arrays \(x, y\); received 0.1",
        ),
        (IMAGES, LABELS, {"classes": 4}, "should be names, one a class; received 4"),
        (IMAGES, LABELS, {"classes": {"a": "wxyz"}}, "one output without a name; received 'a'"),
        (IMAGES, {"a": LABELS}, {"classes": {"b": "wxyz"}}, "by output, 'a'; received 'b'"),
        (np.full((20, 2), 1e39), LABELS, {}, "x of the train part .* up to 3.4e38; received 1e.39"),
        (IMAGES, np.full(20, -1e300), {}, "y of the train part .* float32 holds"),
    ],
)
def test_other_arguments_that_do_not_fit(x, y, options, message):
    with pytest.raises(DataError, match=message):
        from_arrays(x, y, **options)


def paint(path, colour, size=(5, 6), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)


@pytest.fixture
def pictures(tmp_path):
    """Ten red and ten green pictures, five wide and six high."""
    for i in range(10):
        paint(tmp_path / "pictures" / "red" / f"{i}.png", (200 + i, 0, 0))
        paint(tmp_path / "pictures" / "green" / f"{i}.JPG", (0, 200 + i, 0), quality=100)
    (tmp_path / "pictures" / "red" / "notes.txt").write_text("passed over")
    (tmp_path / "pictures" / "red" / ".hidden.png").write_text("passed over")
    return tmp_path / "pictures"


def test_folder_of_pictures(pictures):
    data = from_folder(pictures)
    assert (len(data.train), len(data.test)) == (16, 4)
    assert data.train.x.shape[1:] == (6, 5, 3)
    assert data.classes == ("green", "red")
    assert (data.name, data.source) == (
        "pictures",
        f"20 pictures in {pictures}; passed over: 1 .txt, 1 hidden",
    )
    for part in (data.train, data.test):
        brightest = part.x.reshape(len(part), -1, 3).mean(axis=1).argmax(axis=1)
        np.testing.assert_array_equal(brightest, 1 - part.y)  # green is class 0 and channel 1
    assert len(set(data.limited(train=8).train.y)) == 2  # not class after class
    np.testing.assert_array_equal(from_folder(pictures).train.x, data.train.x)


def test_folder_resized_and_grey(pictures):
    paint(pictures / "red" / "large.png", (255, 0, 0), size=(50, 60))
    with pytest.raises(DataError, match=r"one size, .* has 6x5 and .*large.png 60x50 "):
        from_folder(pictures)
    data = from_folder(pictures, image_size=8, channels=1)
    assert data.train.x.shape[1:] == (8, 8, 1)
    assert from_folder(pictures, image_size=(4, 9)).train.x.shape[1:] == (4, 9, 3)
    with pytest.raises(DataError, match="1 or 3; received 4"):
        from_folder(pictures, channels=4)


def test_folder_with_parts(pictures):
    parts = pictures.parent / "parts"
    parts.mkdir()
    pictures.rename(parts / "train")
    paint(parts / "test" / "red" / "a.png", (255, 0, 0))
    paint(parts / "validation" / "green" / "a.png", (0, 255, 0))
    data = from_folder(parts)
    assert (len(data.train), len(data.validation), len(data.test)) == (20, 1, 1)
    assert (data.validation.y.tolist(), data.test.y.tolist()) == ([0], [1])
    paint(parts / "test" / "blue" / "a.png", (0, 0, 255))
    with pytest.raises(DataError, match=r"test should have .* green, red; received also blue"):
        from_folder(parts)


def test_unreadable_pictures_are_named(pictures):
    (pictures / "red" / "3.png").write_bytes((pictures / "red" / "3.png").read_bytes()[:45])
    (pictures / "green" / "page.jpg").write_text("<html>")
    with pytest.raises(DataError, match=r"green/page.jpg cannot be read.*red/3.png cannot be read"):
        from_folder(pictures)
    for i in range(9):
        (pictures / "green" / f"page{i}.jpg").write_text("<html>")
    with pytest.raises(DataError, match=r"\(and 6 more files\)"):
        from_folder(pictures)


def test_folders_without_pictures_are_named(pictures):
    for path in (pictures / "nowhere", "~no-such-user/pictures", "a" * 300, "a\0b"):
        with pytest.raises(DataError, match="folder of pictures was expected"):
            from_folder(path)
    with pytest.raises(DataError, match="red should have one subfolder a class"):
        from_folder(pictures / "red")
    (pictures / "blue").mkdir()
    with pytest.raises(DataError, match="blue should hold PNG or JPEG files"):
        from_folder(pictures)


def test_pictures_are_turned_upright_and_kept_in_range(tmp_path):
    turned = Image.fromarray(np.array([[[255, 0, 0], [0, 0, 255]]], "uint8"))
    exif = turned.getexif()
    exif[0x0112] = 6  # "rotate by 90 degrees clockwise to view": EXIF 2.3, table 6
    turned.save(tmp_path / "turned.png", exif=exif)
    assert read_image(tmp_path / "turned.png")[:, 0].tolist() == [[255, 0, 0], [0, 0, 255]]
    Image.fromarray(np.full((2, 2), 40000, "uint16")).save(tmp_path / "deep.png")
    with pytest.raises(DataError, match=r"deep.png should have 8 bits a channel"):
        read_image(tmp_path / "deep.png")
