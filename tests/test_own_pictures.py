"""Pictures of the user's own: `--data FOLDER` or `FILE.csv`, their parts, and what is passed over."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from kerasdl import datasets
from kerasdl.__main__ import main
from kerasdl.datasets import DataError, PictureOptions, from_csv, from_folder, read_image

COLOURS = {"blue": (40, 40, 200), "green": (40, 200, 40), "red": (200, 40, 40)}
COUNTS = {"blue": 10, "green": 20, "red": 30}
QUICK = ["--batch-size", "8", "--epochs", "1", "--set", "model.arguments.filters=(4,4)"]
QUICK += ["--set", "model.arguments.units=(8,)", "--image-size", "16"]


@pytest.fixture
def folder(tmp_path):
    """Noisy pictures of three classes, of several sizes."""
    rng = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(COUNTS[name]):
            pixels = np.clip(rng.normal(0, 20, (18 + i, 20, 3)) + colour, 0, 255).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    return tmp_path / "pictures"


@pytest.fixture
def table(folder):
    """The same as a CSV file beside the folder."""
    file = folder.parent / "pictures.csv"
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("path", "label"))
        rows.writerows((f"pictures/{p.parent.name}/{p.name}", p.parent.name)
                       for p in sorted(folder.rglob("*.png")))  # fmt: skip
    return file


def counts(split):
    return np.bincount(split.y, minlength=3).tolist()


# Parts


@pytest.mark.any_backend
def test_drawn_parts_have_their_share_of_each_class(folder):
    """10, 20 and 30 pictures: a fifth, then a quarter of what is left."""
    data = from_folder(folder, image_size=8, validation=0.25)
    assert data.classes == ("blue", "green", "red")
    assert counts(data.test) == [2, 4, 6]
    assert counts(data.validation) == [2, 4, 6]
    assert counts(data.train) == [6, 12, 18]
    for split in (data.train, data.validation, data.test):
        brightest = split.x.reshape(len(split), -1, 3).mean(axis=1).argmax(axis=1)
        np.testing.assert_array_equal(brightest, 2 - split.y)


@pytest.mark.any_backend
def test_largest_remainders_fill_a_part():
    """17 of 7, 7 and 6: exact shares 5.95, 5.95 and 5.1."""
    labels = np.repeat([0, 1, 2], [7, 7, 6])
    shares = datasets._pictures.stratified_shares(labels, 17)[1]
    assert shares.tolist() == [6, 6, 5]


@pytest.mark.any_backend
def test_a_part_takes_no_class_its_last_example():
    """5 of 1, 1, 2 and 6: exact shares 0.5, 0.5, 1 and 3; at most 0, 0, 1 and 5 can be had."""
    labels = np.repeat([0, 1, 2, 3], [1, 1, 2, 6])
    assert datasets._pictures.stratified_shares(labels, 5)[1].tolist() == [0, 0, 1, 4]
    assert datasets._pictures.stratified_shares(labels, 7)[1].sum() == 7  # or there are too few


def remove_all_but(folder, name, count):
    for path in sorted((folder / name).iterdir())[count:]:
        path.unlink()


@pytest.mark.any_backend
def test_a_class_with_one_picture_is_learned_and_announced(folder, capsys):
    remove_all_but(folder, "blue", 1)
    out = str(folder.parent / "runs")
    assert main(["train", "cifar10/batchnorm", "--data", str(folder), *QUICK, "--out", out]) == 0
    assert "NOTICE: the test part has no picture of blue.\n" in capsys.readouterr().out


@pytest.mark.any_backend
def test_one_class_is_named(folder, capsys):
    words = ["train", "cifar10/batchnorm", "--data"]
    for name in ("green", "red"):
        remove_all_but(folder, name, 0)
        (folder / name).rmdir()
    assert main([*words, str(folder)]) == 2
    assert "should hold two classes or more, to be told apart; it holds blue alone" in (
        capsys.readouterr().err
    )
    (folder / "a.csv").write_text("path,label\nblue/1.png,sky\nblue/2.png,sky\n")
    assert main([*words, str(folder / "a.csv")]) == 2
    assert "it holds sky alone" in capsys.readouterr().err


@pytest.mark.any_backend
def test_fewer_pictures_than_a_batch(folder, capsys):
    """60 pictures, of which 48 are trained on."""
    assert main(["train", "cifar10/batchnorm", "--data", str(folder), "--image-size", "16"]) == 2
    assert "at most the 48 training examples of pictures; received 128: try batch_size=12." in (
        capsys.readouterr().err
    )


@pytest.mark.any_backend
def test_too_few_pictures_for_a_part(folder):
    for name in COLOURS:
        remove_all_but(folder, name, 1 if name == "red" else 0)
    (folder / "blue" / "0.png").write_bytes((folder / "red" / "0.png").read_bytes())
    (folder / "green").rmdir()
    with pytest.raises(DataError, match=r"test part drawn from 2 .* would leave a part empty"):
        from_folder(folder, image_size=8)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "words",
    [
        ["train", "cifar10/default"],
        ["lr-range", "cifar10/default"],
        ["sheet", "crop"],
        ["describe", "cifar10/default"],
        ["evaluate", "model.keras"],
    ],
)
def test_an_empty_path_is_no_path(words, capsys):
    assert main([*words, "--data", ""]) == 2
    assert "--data should be a folder or a CSV file; received an empty path" in (
        capsys.readouterr().err
    )


@pytest.mark.any_backend
def test_the_test_part_is_the_same_whatever_the_seed(folder):
    one, other = (from_folder(folder, image_size=8, validation=6, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(one.test.x, other.test.x)
    assert not np.array_equal(one.validation.x, other.validation.x)
    assert len(one.validation) == 6


@pytest.mark.any_backend
def test_no_picture_is_in_two_parts(folder):
    data = from_folder(folder, image_size=8, validation=0.2)
    every = np.concatenate([data.train.x, data.validation.x, data.test.x]).reshape(60, -1)
    assert len(np.unique(every, axis=0)) == 60


@pytest.mark.any_backend
@pytest.mark.parametrize("size", [0, 1.0, 60, -1, "half", True])
def test_parts_that_cannot_be_drawn(folder, size):
    with pytest.raises(DataError, match=r"validation part drawn from 48 pictures"):
        from_folder(folder, image_size=8, validation=size)


@pytest.mark.any_backend
def test_parts_that_are_folders_or_rows(folder, table):
    parts = folder.parent / "parts"
    parts.mkdir()
    folder.rename(parts / "train")
    (parts / "val" / "red").mkdir(parents=True)
    (parts / "train" / "red" / "0.png").rename(parts / "val" / "red" / "0.png")
    data = from_folder(parts, image_size=8)
    assert (len(data.train), len(data.validation), len(data.test)) == (47, 1, 12)


# CSV


@pytest.mark.any_backend
def test_a_csv_file_is_the_same_data_as_the_folder(folder, table):
    options = PictureOptions(image_size=8, validation=0.25)
    assert from_csv(table, options).fingerprint() == (
        from_folder(folder, image_size=8, validation=0.25).fingerprint()
    )


@pytest.mark.any_backend
def test_numbers_are_in_their_own_order(folder):
    file = folder / "table.csv"
    labels = ["10", "2", "2", "10", "9", "9"]
    rows = [f"red/{i}.png,{label},{'val' if i > 3 else 'train'}" for i, label in enumerate(labels)]
    file.write_text("\n".join(["path,label,part", *rows]))
    data = from_csv(file, PictureOptions(image_size=8, test=0.5))
    assert data.classes == ("2", "9", "10")
    assert data.validation.y.tolist() == [1, 1]
    assert (counts(data.train), counts(data.test)) == ([1, 0, 1], [1, 0, 1])


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "columns path and label"),
        ("file,label\na,b\n", "it has file, label"),
        ("path,label\n", "it has no rows"),
        ("path,label\na.png,\n", "line 2, should have a path and a label"),
        ("path,label\n\na.png,b\n\n,\n", "line 5, should have a path and a label"),
        ("path,label,part\na.png,b,dev\n", "line 2: part should be one of train"),
        ("path,label\na.png,b\x1b[2J\n", "named without control characters"),
        ("path,label,part\na.png,b,test\n", "rows of the part train"),
        ("path,label\nno.png,a\nno.png,a\n", "No such file"),
    ],
)
def test_tables_that_do_not_fit(tmp_path, content, message):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DataError, match=message) as error:
        from_csv(tmp_path / "t.csv", PictureOptions(image_size=8, test=0.5))
    assert str(error.value).isprintable()


@pytest.mark.any_backend
def test_names_of_columns_may_have_spaces_around_them(table):
    data = from_csv(table, PictureOptions(image_size=8))
    table.write_text(table.read_text().replace("path,label", " path , label"))
    assert from_csv(table, PictureOptions(image_size=8)).fingerprint() == data.fingerprint()


@pytest.mark.any_backend
@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_table_in_another_encoding_is_refused(tmp_path, encoding):
    (tmp_path / "t.csv").write_text("path,label\na.png,bl\u00e5\n", encoding=encoding)
    with pytest.raises(DataError, match="should be text in UTF-8") as error:
        from_csv(tmp_path / "t.csv", PictureOptions(image_size=8))
    assert str(error.value).isprintable()


# What is passed over


@pytest.mark.any_backend
def test_what_is_passed_over_is_counted(folder):
    for name in (".DS_Store", "._0.png", "a.webp", "b.WEBP", "notes.txt", "README"):
        (folder / "red" / name).write_bytes(b"")
    (folder / "red" / "more").mkdir()
    data = from_folder(folder, image_size=8)
    assert data.source == (
        f"60 pictures in {folder}; passed over: 2 .webp, 1 .txt, 2 hidden, 1 subfolders, "
        "1 without a suffix"
    ).replace("2 .webp, 1 .txt", "1 .txt, 2 .webp")


@pytest.mark.any_backend
def test_a_class_of_other_formats_is_named(folder):
    (folder / "white").mkdir()
    (folder / "white" / "a.webp").write_bytes(b"")
    with pytest.raises(DataError, match=r"it holds 1 .webp, which are not read: convert them\."):
        from_folder(folder)


@pytest.mark.any_backend
def test_folders_in_the_folder_of_a_class_are_not_to_be_converted(folder):
    with pytest.raises(DataError, match=r"should hold PNG or JPEG files; it holds 3 subfolders\.$"):
        from_folder(folder.parent)


@pytest.mark.any_backend
def test_unreadable_pictures_are_left_out_if_asked_for(folder):
    for name in ("1.png", "7.png"):
        (folder / "red" / name).write_bytes(b"<html>")
    listing = datasets.list_folder(folder)
    with pytest.raises(DataError, match=r"1.png cannot be read.*7.png cannot be read"):
        datasets.load_pictures(listing, PictureOptions(image_size=8))
    options = PictureOptions(image_size=8, skip_unreadable=True)
    data = datasets.load_pictures(listing, options)
    assert len(data.train) + len(data.test) == 58
    assert data.source == f"58 pictures in {folder}; 2 cannot be read: 1.png, 7.png"
    brightest = data.train.x.reshape(len(data.train), -1, 3).mean(axis=1).argmax(axis=1)
    np.testing.assert_array_equal(brightest, 2 - data.train.y)


@pytest.mark.any_backend
def test_modes_of_pictures(tmp_path):
    """Palette, CMYK and grey with alpha: the colours that were painted."""
    red = Image.new("RGB", (4, 4), (255, 0, 0))
    red.quantize(4).save(tmp_path / "palette.png")
    red.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=100)
    Image.new("LA", (4, 4), (0, 128)).save(tmp_path / "alpha.png")
    Image.new("1", (4, 4), 1).save(tmp_path / "bit.png")
    for name, colour in (
        ("palette.png", (255, 0, 0)),
        ("cmyk.jpg", (255, 0, 0)),
        ("alpha.png", (127, 127, 127)),  # half of black over white
        ("bit.png", (255, 255, 255)),
    ):
        pixels = read_image(tmp_path / name).reshape(-1, 3)
        np.testing.assert_allclose(pixels, np.tile(colour, (16, 1)), atol=2)


@pytest.mark.any_backend
def test_arrays_are_decoded_in_place(tmp_path):
    """No list of images beside the array: 200 pictures of 256x256x3 are 39 MB."""
    import tracemalloc

    for name in "ab":
        (tmp_path / "large" / name).mkdir(parents=True)
        Image.new("RGB", (256, 256), "red").save(tmp_path / "large" / name / "0.png")
        for i in range(1, 100):
            (tmp_path / "large" / name / f"{i}.png").symlink_to("0.png")
    from_folder(tmp_path / "large", image_size=8)  # what is imported
    tracemalloc.start()
    data = from_folder(tmp_path / "large", image_size=256)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = data.train.x.nbytes + data.test.x.nbytes
    assert size == 200 * 256 * 256 * 3
    assert peak < 1.1 * size


# Commands


def test_train_evaluate_and_predict(folder, table, tmp_path, capsys):
    (folder / "red" / "a.webp").write_bytes(b"")
    words = ["train", "cifar10/batchnorm", "--data", str(folder), *QUICK, "--out", str(tmp_path)]
    words += ["--set", "data.validation=0.25"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert f"on pictures (60 pictures in {folder}; passed over: 1 .webp)" in out
    assert "val_* is of 12 validation examples" in out
    run = next(tmp_path.rglob("result.json")).parent
    result = json.loads((run / "result.json").read_text())
    expected = from_folder(folder, image_size=16, validation=0.25)
    assert result["identity"]["own_data"]
    assert result["identity"]["data"] == expected.fingerprint()

    accuracy = f"accuracy {result['metrics']['test']['accuracy']:.4f}"
    for data in (folder, table):
        assert main(["evaluate", str(run), "--data", str(data)]) == 0
        shown = capsys.readouterr().out
        assert accuracy in shown
        assert "NOTICE" not in shown
    assert main(["evaluate", str(run), "--data", str(folder), "--part", "all"]) == 0
    assert "(60 examples" in capsys.readouterr().out
    (folder / "red" / "3.png").unlink()
    assert main(["evaluate", str(run), "--data", str(folder)]) == 0
    assert "NOTICE: these are other pictures" in capsys.readouterr().out
    assert main(["evaluate", str(run)]) == 2
    assert "name its pictures with --data" in capsys.readouterr().err

    assert main(["predict", str(run), str(folder / "red")]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 29
    assert "passed over 1 .webp" in shown.err
    assert main([*words, "--resume"]) == 0  # of one picture fewer: a run of its own
    assert len(list(tmp_path.rglob("result.json"))) == 2


@pytest.mark.any_backend
def test_other_commands_take_pictures(folder, tmp_path, capsys):
    data = ["--data", str(folder)]
    assert main(["describe", "cifar10/batchnorm", *data, "--image-size", "16"]) == 0
    shown = capsys.readouterr().out
    assert "16x16x3" in shown
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("logits")] == ["3"]
    sheet = tmp_path / "sheet.png"
    assert main(["sheet", "crop", *data, "--out", str(sheet), "--images", "2"]) == 0
    with Image.open(sheet) as picture:
        assert picture.format == "PNG"
    words = [each for each in QUICK if each not in ("--epochs", "1")]
    words += ["--steps", "10", "--out", str(tmp_path)]
    assert main(["lr-range", "cifar10/batchnorm", *data, *words]) == 0
    assert "on pictures" in capsys.readouterr().out


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train", "exercises/circles_linear", "--data", "."], "takes circles, which are none"),
        (["train", "cifar10/default", "--data", ".", "--dataset", "mnist"], "exclude each other"),
        (["train", "cifar10/default", "--image-size", "8"], "--image-size is for pictures of your"),
        (["train", "cifar10/default", "--data", ".", "--image-size", "0x8"], "like 64 or 48x64"),
        (["train", "cifar10/default", "--data", "nowhere"], "A folder of pictures was expected"),
        (["train", "cifar10/default", "--data", "no.csv"], "no.csv cannot be read"),
        (["describe", "model.keras", "--data", "."], "--data is for a recipe"),
        (["sheet", "crop", "--data", ".", "--dataset", "digits"], "exclude each other"),
    ],
)
def test_mistakes_are_one_sentence(capsys, tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1
