"""`kerasdl bench augmentation` and `kerasdl sheet`."""

import argparse
import importlib
import json

import keras
import numpy as np
import pytest
from PIL import Image

from kerasdl.benchmarks import page
from kerasdl.errors import UsageError


def command(name, *words):
    module = importlib.import_module(f"kerasdl.commands.{name}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return module.run(parser.parse_args([str(word) for word in words]))


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def measured(backend, ours=1234.5):
    row = {"case": "flip", "layer": "Flip", "jit": True}
    rows = [
        {**row, "library": "kerasdl", "images_per_second": ours, "quartiles": [1, 2]},
        {**row, "library": "keras", "images_per_second": 100.0, "quartiles": [1, 2], "jit": False},
        {**row, "library": "kornia", "error": "RuntimeError: no"},
    ]
    about = {"n": 3, "batch_size": 256, "hardware": "a machine", "date": "2026-01-02"}
    return {"backend": backend, **about, "versions": {"keras": "3.15.1"}, "rows": rows}


def test_bench_measures_and_writes(tmp_path, capsys):
    from kerasdl.benchmarks import augmentation

    cases = {key: augmentation.CASES[key] for key in ("horizontal flip", "Gaussian noise")}
    result = augmentation.measure(n=2, batch_size=4, cases=cases)
    assert result["backend"] == keras.backend.backend()
    assert {"python", "keras", "kerasdl"} <= set(result["versions"])
    ours = [row for row in result["rows"] if row["library"] == "kerasdl"]
    assert [row["case"] for row in ours] == list(cases)
    for row in ours:
        low, high = row["quartiles"]
        assert 0 < low <= row["images_per_second"] <= high
    assert "horizontal flip" in page.table(result)
    json.dumps(result)


def test_bench_command(tmp_path, capsys, monkeypatch):
    from kerasdl.benchmarks import augmentation

    monkeypatch.setattr(
        augmentation, "measure", lambda n, batch_size: measured("jax", n + batch_size)
    )
    file = tmp_path / "new" / "augmentation-jax.json"
    assert command("bench", "augmentation", "--n", 2, "--batch-size", 8, "--json", file) == 0
    assert json.loads(file.read_text())["rows"][0]["images_per_second"] == 10
    assert "| flip" in capsys.readouterr().out
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        command("bench", "augmentation", "--json", tmp_path / "file" / "x.json")


def test_page_from_several_backends(tmp_path):
    for backend in ("jax", "tensorflow"):
        (tmp_path / f"augmentation-{backend}.json").write_text(json.dumps(measured(backend)))
    training = {
        "recipe": "regularization/baseline",
        "backend": "torch",
        "n": 7,
        "images_per_second": 2345.6,
        "beside": {"name": "a plain Keras script", "images_per_second": 2400.0},
        "ratio": 0.9874,
        "versions": {"keras": "3.15.1"},
        "hardware": "a machine",
        "date": "2026-01-02",
    }
    (tmp_path / "training-torch.json").write_text(json.dumps(training))
    found = page.read(tmp_path)
    text = page.page(found)
    assert text == page.page(reversed(found))
    assert text.index("### TensorFlow") < text.index("### JAX") < text.index("## Training")
    assert "|      | kerasdl | Keras | Kornia |    x |" in text
    assert "| flip |   1,234 |  100* |  fails | 12.3 |" in text
    assert "n = 3, batches of 256; a machine; keras 3.15.1; 2026-01-02." in text
    assert (
        "| regularization/baseline | PyTorch | 2,346 | a plain Keras script | 2,400 | 0.987 | 7 | "
        "a machine | keras 3.15.1 | 2026-01-02 |"
    ) in text
    (tmp_path / "augmentation-torch.json").write_text("{}")
    with pytest.raises(UsageError, match=r"augmentation-torch\.json should be what"):
        page.read(tmp_path)
    assert page.read(tmp_path / "none") == []
    (tmp_path / "none" / "x.json").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"x\.json should be what"):
        page.read(tmp_path / "none")


def test_page_needs_no_backend(python):
    program = (
        "import sys, kerasdl.commands.bench, kerasdl.commands.sheet, kerasdl.benchmarks.page;"
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
