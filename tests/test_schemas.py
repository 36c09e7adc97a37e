"""What runs leave behind is what their JSON Schemas say."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import keras
import numpy as np
import pytest

from kerasdl.datasets import from_arrays
from kerasdl.recipes import Data, Model, Optimizer, Recipe, recipe_schema
from kerasdl.recipes.config import config_schema
from kerasdl.runs.result_schema import RESULT_SCHEMA
from kerasdl.training import train

ROOT = Path(__file__).parents[1]
COMMITTED = sorted(ROOT.glob("reports/runs/*/*/*/result.json"))
RECIPE = Recipe(
    name="tests/schemas",
    data=Data("mine", validation=8),
    model=Model("MLP", arguments={"units": (4,)}),
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", learning_rate=0.1),
    select="val_loss",
    epochs=2,
    batch_size=16,
)


def errors(entries, schema=RESULT_SCHEMA):
    found = jsonschema.Draft202012Validator(schema).iter_errors(entries)
    return [f"{error.json_path}: {error.message}" for error in found]


def data():
    rng = np.random.default_rng(0)
    return from_arrays(rng.integers(0, 256, (40, 4, 4, 1), "uint8"), rng.integers(3, size=40))


def read(folder, name):
    return json.loads((folder / name).read_text())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return train(RECIPE, dataset=data(), out=folder, callbacks=()).directory


def test_a_run_leaves_what_the_schemas_say(run):
    assert errors(read(run, "result.json")) == []
    assert errors(read(run, "recipe.json"), recipe_schema()) == []


def test_a_run_that_ends_early_leaves_what_the_schema_says(tmp_path):
    class Ends(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            (result,) = tmp_path.rglob("result.json")
            begun.append(json.loads(result.read_text()))
            raise RuntimeError("as was to be tested")

    begun = []
    with pytest.raises(RuntimeError):
        train(RECIPE, dataset=data(), out=tmp_path, callbacks=(Ends(),))
    (result,) = tmp_path.rglob("result.json")
    ended = json.loads(result.read_text())
    assert (begun[0]["status"], ended["status"]) == ("begun", "failed")
    assert errors(begun[0]) == errors(ended) == []


def test_committed_results_are_what_the_schema_says():
    assert {str(file): errors(json.loads(file.read_text())) for file in COMMITTED} == {
        str(file): [] for file in COMMITTED
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"seed": "0"}, "$.seed: '0' is not of type 'integer'"),
        ({"status": "ended"}, "$.status: 'ended' is not one of"),
        ({"metrics": {"test": {"loss": None}}}, "$.metrics.test.loss: None"),
        ({"identity": {"changes": {}, "data": "md5:0"}}, "$.identity.data: 'md5:0'"),
        ({"loss": 0.5}, "$: Additional properties are not allowed ('loss' was unexpected)"),
    ],
)
def test_another_result_is_refused(run, change, expected):
    (error,) = errors(read(run, "result.json") | change)
    assert error.startswith(expected)


@pytest.mark.parametrize("missing", ["recipe", "status", "metrics", "seconds"])
def test_a_result_that_lacks_something_is_refused(run, missing):
    entries = read(run, "result.json")
    del entries[missing]
    assert errors(entries) == [f"$: '{missing}' is a required property"]


def test_not_finite_is_a_string(run):
    metrics = {"test": {"loss": "nan", "accuracy": 0.1}}
    assert errors(read(run, "result.json") | {"metrics": metrics, "status": "diverged"}) == []


def test_the_schemas_are_written_by_a_script(tmp_path):
    command = [sys.executable, ROOT / "scripts" / "write_schemas.py", tmp_path / "schemas"]
    subprocess.run(command, check=True)
    made = {path.name: json.loads(path.read_text()) for path in tmp_path.glob("schemas/*")}
    assert made == {
        "recipe.schema.json": recipe_schema(),
        "config.schema.json": config_schema(),
        "result.schema.json": RESULT_SCHEMA,
    }
    for schema in made.values():
        jsonschema.Draft202012Validator.check_schema(schema)
