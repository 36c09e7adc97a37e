"""`kerasdl export` as users type it, and the model card that it writes."""

import hashlib
import re

import keras
import numpy as np
import pytest
from page_readers import MARKDOWN, read_markdown

from kerasdl import backend, recipes, studies
from kerasdl.__main__ import main
from kerasdl.models import MLP
from kerasdl.models.saving import save_model
from kerasdl.training import train

BESIDE = "model.safetensors"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run on the digits, short and small."""
    changes = {
        "data.name": "digits",
        "data.options": {"shape": (32, 32, 3)},
        "data.limit_train": 100,
        "data.limit_test": 50,
        "epochs": 1,
        "batch_size": 50,
        "model.arguments.filters": ((4,),),
        "model.arguments.units": (8,),
    }
    recipe = recipes.override(studies.get("cifar10/batchnorm"), changes)
    return train(recipe, out=tmp_path_factory.mktemp("runs"), callbacks=())


def export(*words):
    return main(["export", *map(str, words), "--format", "safetensors"])


def test_a_run_is_exported_beside_its_model(run, capsys):
    assert export(run.directory) == 0
    printed = capsys.readouterr().out
    assert re.fullmatch(r".*model\.safetensors: safetensors .* difference of 0\.0e\+00\n", printed)
    assert (run.directory / BESIDE).is_file()
    assert not (run.directory / f"{BESIDE}.md").exists()


def test_training_anew_deletes_what_was_exported(run, tmp_path):
    from kerasdl.runs import directory

    for name in ("model.keras", "model.onnx", "model.onnx.md", "model.bin", "notes.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "model.saved_model").mkdir()
    (tmp_path / "model.saved_model" / "saved_model.pb").write_text("")
    directory.clear(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]


def test_the_card_says_what_the_run_recorded(run, tmp_path):
    path = tmp_path / "small.safetensors"
    assert export(run.directory, "--out", path, "--card") == 0
    text = (tmp_path / "small.safetensors.md").read_text(encoding="utf-8")
    page = read_markdown(text)
    cells = {row[0]: row[1:] for table in page.tables for row in table}
    assert cells["data set"] == ["digits"]
    assert cells["classes"] == [", ".join(map(str, range(10)))]
    assert cells["examples, train"] == ["100"]
    assert cells["fingerprint"] == [run.result["identity"]["data"]]
    test = run.result["metrics"]["test"]
    (metrics,) = (table for table in page.tables if table[0][0] == "part of the data")
    (row,) = (row for row in metrics if row[0] == "test")
    assert dict(zip(metrics[0][1:], row[1:], strict=True)) == {
        name: f"{float(value):.4f}" for name, value in test.items()
    }
    assert cells["optimizer.learning_rate"] == ["0.02"]
    assert cells["backend"] == [backend.BACKENDS[keras.backend.backend()]]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert cells["small.safetensors"] == [f"sha256:{digest}"]
    assert "was measured once, after training" in page.text
    assert str(run.directory) not in text


def test_the_code_in_the_card_runs(run, tmp_path, monkeypatch):
    assert export(run.directory, "--out", tmp_path / "small.safetensors", "--card") == 0
    (code,) = re.findall(
        r"```python\n(.*?)```", (tmp_path / "small.safetensors.md").read_text("utf-8"), re.DOTALL
    )
    monkeypatch.chdir(tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype("float32")
    names = {"images": images}
    exec(code, names)
    np.testing.assert_allclose(
        names["predictions"], run.model.predict(images, verbose=0), atol=1e-6
    )


def test_what_a_file_says_of_itself_is_no_markup(tmp_path):
    hostile = "<script>x</script> | [a](b.html) ![c](d.png)"
    recipe = recipes.to_dict(studies.get("cifar10/batchnorm"))
    metadata = {"dataset": hostile, "classes": [hostile, "b"], "recipe": recipe, "notice": hostile}
    source = tmp_path / "any.keras"
    save_model(MLP((2, 2, 1), classes=2, units=()), source, metadata)
    assert export(source, "--card") == 0
    html = MARKDOWN.render((tmp_path / "any.safetensors.md").read_text(encoding="utf-8"))
    assert "<script" not in html
    assert "<a " not in html
    assert "<img" not in html
    assert "No metrics were recorded" in html


def test_a_plain_keras_file_is_exported_and_described(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.save(tmp_path / "plain.keras")
    assert export(tmp_path / "plain.keras", "--card") == 0
    assert "not recorded" in (tmp_path / "plain.safetensors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing-here"], "There is no model file nothing-here"),
        (["plain.keras", "--out", "a.onnx"], "should end in .safetensors; received a.onnx"),
        (["plain.keras", "--out", "plain.keras/a.safetensors"], "cannot be written: "),
    ],
)
def test_mistakes_are_one_sentence(words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save("plain.keras")
    assert export(*words) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_what_cannot_be_written_is_said_before_a_backend_is_imported(python):
    code = """
import sys
from kerasdl.__main__ import main
import zipfile, json
with zipfile.ZipFile("m.keras", "w") as archive:
    archive.writestr("config.json", json.dumps({}))
print(main(["export", "m.keras", "--format", "torchscript"]))
print({"keras", "torch", "jax", "tensorflow"} & set(sys.modules))
"""
    if "jax" not in backend.installed():
        pytest.skip("needs jax to be installed")
    done = python("-c", code, KERAS_BACKEND="jax")
    assert "KERAS_BACKEND=torch can" in done.stderr
    assert done.stdout.split() == ["2", "set()"]
