"""`kerasdl bench augmentation` and `kerasdl sheet`."""

import argparse
import importlib
import json

import keras
import numpy as np
import pytest
from PIL import Image
from result_files import augmentation_bench

from kerasdl.errors import UsageError
from kerasdl.reports import augmentation_speed


def command(name, *words):
    module = importlib.import_module(f"kerasdl.commands.{name}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return module.run(parser.parse_args([str(word) for word in words]))


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_bench_measures_and_writes(tmp_path, capsys):
    from kerasdl.benchmarks import augmentation

    cases = {key: augmentation.CASES[key] for key in ("horizontal flip", "Gaussian noise")}
    result = augmentation.measure(n=2, batch_size=4, cases=cases)
    assert result["backend"] == keras.backend.backend()
    assert {"python", "keras", "kerasdl"} <= set(result["versions"])
    ours = [row for row in result["rows"] if row["library"] == "kerasdl"]
    modes = {"tensorflow": ("tf.function", "XLA"), "torch": ("eager",), "jax": ("jit",)}
    expected = [(mode, case) for mode in modes[result["backend"]] for case in cases]
    assert [(row["mode"], row["case"]) for row in ours] == expected
    given = [row for row in result["rows"] if row["library"] == augmentation.DRAWN_BEFORE]
    assert [(row["mode"], row["case"]) for row in given] == expected
    for row in [*ours, *given]:
        low, high = row["quartiles"]
        assert 0 < low <= row["images_per_second"] <= high
    assert "horizontal flip" in augmentation_speed.text(result)
    json.dumps(result)


def test_what_is_drawn_before_is_not_drawn_again(monkeypatch):
    from kerasdl.augmentation import RandomHorizontalFlip
    from kerasdl.benchmarks import augmentation_contenders as contenders
    from kerasdl.benchmarks.augmentation_cases import DRAWN_BEFORE

    done = []
    for name in ("draw_batch", "apply_batch"):
        plain = getattr(RandomHorizontalFlip, name)

        def counted(self, *args, plain=plain, name=name):
            done.append(name)
            return plain(self, *args)

        monkeypatch.setattr(RandomHorizontalFlip, name, counted)
    images = np.zeros((4, 32, 32, 3), "float32")
    for mode in contenders.MODES[keras.backend.backend()]:
        run, _ = contenders.prepare(DRAWN_BEFORE, "RandomHorizontalFlip", {}, images, mode)
        assert done == ["draw_batch"]
        run()
        assert done == ["draw_batch", "apply_batch"]
        done.clear()


def test_bench_command(tmp_path, capsys, monkeypatch):
    from kerasdl.benchmarks import augmentation

    monkeypatch.setattr(
        augmentation,
        "measure",
        lambda n, batch_size, notify: augmentation_bench("jax", n + batch_size),
    )
    file = tmp_path / "new" / "augmentation-jax.json"
    assert command("bench", "augmentation", "--n", 2, "--batch-size", 8, "--json", file) == 0
    assert json.loads(file.read_text())["rows"][0]["images_per_second"] == 10
    assert "| flip" in capsys.readouterr().out
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        command("bench", "augmentation", "--json", tmp_path / "file" / "x.json")


def test_page_needs_no_backend(python):
    program = (
        "import sys, kerasdl.commands.bench, kerasdl.commands.sheet, kerasdl.reports.speed;"
        "print({'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules))"
    )
    assert python("-c", program).stdout == "set()\n"


def test_sheet(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ("sheet", "crop_flip", "--images", 3, "--draws", 4)
    assert command(*words) == 0
    assert capsys.readouterr().out == "sheet-crop_flip-digits.png\n"
    first = pixels("sheet-crop_flip-digits.png")
    assert first.shape[0] > 3 * 96
    assert first.shape[1] > 5 * 96
    assert command(*words, "--out", "again.png") == 0
    np.testing.assert_array_equal(pixels("again.png"), first)
    assert command(*words, "--out", "other.png", "--seed", 1) == 0
    assert np.any(pixels("other.png") != first)


def test_sheet_of_grey_images_with_two_labels(tmp_path, monkeypatch):
    from kerasdl import datasets

    x = np.random.default_rng(0).integers(0, 256, (5, 40, 20, 1)).astype("uint8")
    y = {"digit": np.zeros(5, "int32"), "colour": np.zeros(5, "int32")}
    split = datasets.Split(x, y)
    classes = {"digit": ("0",), "colour": ("red",)}
    data = datasets.Dataset(name="mnist", train=split, test=split, classes=classes, source="here")
    monkeypatch.setattr(datasets, "load", lambda *args, **options: data)
    out = tmp_path / "s.png"
    assert (
        command("sheet", "flip", "--dataset", "mnist", "--images", 9, "--draws", 1, "--out", out)
        == 0
    )
    assert len(pixels(out)) > 5 * 80


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--images", 0), "--images should be at least 1; received 0"),
        (("--draws", -1), "--draws should be at least 1"),
        (("--dataset", "circles"), "circles has no images"),
        (("--out", "a.jpg"), "should end in .png"),
        (("--out", f"{__file__}/a.png"), "cannot be written"),
    ],
)
def test_sheet_mistakes(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        command("sheet", "crop_flip", *words)
    assert list(tmp_path.iterdir()) == []
