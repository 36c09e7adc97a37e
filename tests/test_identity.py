"""What a run is: whose data, whose network, which settings; and which runs decide claims."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from kerasdl import datasets, files, recipes, studies
from kerasdl.__main__ import main
from kerasdl.errors import UsageError
from kerasdl.models.fingerprint import architecture_fingerprint
from kerasdl.runs import directory, finished
from kerasdl.runs.identity import Identity, changes_since, recorded_identity
from kerasdl.training import resolve, train

# Two experiments of a report with the same settings, seconds to train.
NAME, TWIN = "exercises/circles_two_layer-tanh", "exercises/circles_neurons-75"


def imitation():
    """A few points under the name of the report's data set, with parts of the same kinds."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)).astype("float32")
    part = x, (x[:, 0] > 0).astype(int)
    return datasets.from_arrays(*part, test=part, validation=part, name="circles")


@pytest.mark.any_backend
def test_a_run_on_arrays_that_bear_the_name_of_the_data_set_decides_nothing(tmp_path):
    assert TWIN in studies.twins(NAME)
    run = train(NAME, dataset=imitation(), out=tmp_path, callbacks=())
    assert run.result["dataset"] == "circles"
    found = finished.read(tmp_path)
    assert found.finished == ()  # neither for the recipe nor for its twin
    ((folder, reason),) = found.left_out
    assert run.directory.name in folder
    assert reason


@pytest.mark.any_backend
def test_the_same_run_on_the_recipe_s_data_decides_for_both(tmp_path):
    run = train(NAME, out=tmp_path, callbacks=())
    assert run.directory.name == f"{keras.backend.backend()}-seed0"
    found = finished.read(tmp_path)
    assert {(each.recipe, each.ran_as) for each in found.finished} == {(NAME, ""), (TWIN, NAME)}


def test_the_result_holds_all_that_the_run_is(tmp_path):
    recipe = recipes.override(studies.get(NAME), {"epochs": 1, "optimizer.learning_rate": 0.02})
    result = train(recipe, out=tmp_path, callbacks=()).result
    identity = Identity(**result["identity"])
    assert identity.changes == {"epochs": 1, "optimizer.learning_rate": 0.02}
    assert identity.data == datasets.load("circles", **recipe.data.options).fingerprint()
    assert (identity.own_data, identity.network, identity.pretrained) == (False, "recipe", "")
    assert identity.keras == {}
    assert result["code"]["version"] == result["versions"]["kerasdl"]
    assert json.loads(json.dumps(result["identity"])) == result["identity"]


@pytest.mark.any_backend
def test_what_differs_has_a_directory_of_its_own(tmp_path):
    """Settings, data and network; the same once more has the same."""

    def suffix(changes=(), **options):
        recipe = recipes.override(studies.get(NAME), dict(changes))
        name = resolve(recipe, out=tmp_path, **options).folder.name
        return name.partition("-seed0")[2]

    network = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for _ in range(2)]
    wide = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    assert suffix() == ""
    assert suffix({"seed": 3}) != suffix({"epochs": 3})
    assert suffix({"epochs": 3}) == suffix({"epochs": "3"})
    assert suffix(dataset=imitation()) == suffix(dataset=imitation())
    assert suffix(model=network[0]) == suffix(model=network[1])
    suffixes = [
        *(suffix(), suffix({"epochs": 3}), suffix({"epochs": 4})),
        *(suffix(dataset=imitation()), suffix(model=network[0]), suffix(model=wide)),
    ]
    assert len(set(suffixes)) == len(suffixes)
    assert all(len(each) == 9 and int(each[1:], 16) >= 0 for each in suffixes[1:])


@pytest.mark.any_backend
def test_data_of_ones_own_have_a_directory_under_any_name(tmp_path):
    recipe = dataclasses.replace(studies.get(NAME), name="mine/first", epochs=1)
    assert resolve(recipe, out=tmp_path).folder.name.endswith("-seed0")
    assert not resolve(recipe, dataset=imitation(), out=tmp_path).folder.name.endswith("-seed0")


@pytest.mark.any_backend
@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "a//b", ".hidden/a", ""])
def test_a_name_leads_nowhere_else(name):
    with pytest.raises(UsageError, match="name should be"):
        dataclasses.replace(studies.get(NAME), name=name)


@pytest.mark.any_backend
def test_a_file_of_weights_is_known_by_its_content():
    changes, other = {"pretrained": "/here/a.safetensors"}, {"pretrained": "/there/b.safetensors"}
    assert Identity(changes, pretrained="sha256:1").suffix == (
        Identity(other, pretrained="sha256:1").suffix
    )
    assert Identity(changes, pretrained="sha256:1").suffix != (
        Identity(changes, pretrained="sha256:2").suffix
    )


@pytest.fixture
def run(tmp_path):
    recipe = recipes.override(studies.get(NAME), {"epochs": 1})
    return train(recipe, out=tmp_path, callbacks=()), resolve(recipe, out=tmp_path)


@pytest.mark.any_backend
def test_nothing_has_changed_since_the_same_run(run):
    run, experiment = run
    assert experiment.folder == run.directory
    assert changes_since(run.directory, experiment.recipe, experiment.identity) == []


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("settings", "identity", "changed"),
    [
        ({"batch_size": 7, "optimizer.learning_rate": 1}, {}, ["batch_size", "optimizer"]),
        ({}, {"data": "sha256:other"}, ["data"]),
        ({}, {"own_data": True}, ["data"]),
        ({}, {"network": "sha256:other"}, ["network"]),
    ],
)
def test_what_has_changed_is_named(run, settings, identity, changed):
    run, experiment = run
    recipe = recipes.override(experiment.recipe, settings)
    now = dataclasses.replace(experiment.identity, **identity)
    assert changes_since(run.directory, recipe, now) == changed


def whole(tmp_path, **changes):
    """The files of a run of the registered recipe, its result changed."""
    recipe = studies.get(NAME)
    folder = directory.locate(tmp_path, NAME, "jax", 0)
    folder.mkdir(parents=True)
    files.write_json(folder / directory.RECIPE, recipes.to_dict(recipe))
    (folder / directory.LOG).write_text("epoch,loss\n1,0.5\n")
    result = {
        "recipe": NAME,
        "backend": "jax",
        "dataset": "circles",
        "seed": 0,
        "epochs": 1,
        "status": "finished",
        "metrics": {"test": {"loss": 0.5}},
        "versions": {},
        "hardware": "none",
        "seconds": 1.0,
        "identity": Identity({}, "sha256:1").to_dict(),
    }
    files.write_json(folder / directory.RESULT, result | changes)
    return folder


@pytest.mark.any_backend
def test_a_run_counts_by_the_identity_that_it_recorded(tmp_path):
    whole(tmp_path / "plain")
    assert [run.ran_as for run in finished.read(tmp_path / "plain").finished].count("") == 1
    for i, (changes, reason) in enumerate(
        (
            ({"identity": Identity({"epochs": 3}).to_dict()}, "changed for it: epochs"),
            ({"identity": Identity({}, own_data=True).to_dict()}, "data of the user's own"),
            ({"identity": Identity({}, network="sha256:1").to_dict()}, "network of the user's own"),
        )
    ):
        whole(tmp_path / str(i), **changes)
        found = finished.read(tmp_path / str(i))
        assert found.finished == ()
        assert reason in found.left_out[0][1]


@pytest.mark.any_backend
@pytest.mark.parametrize("name", ["jax-seed1", "torch-seed0", "jax-seed00"])
def test_a_renamed_directory_is_no_other_run(tmp_path, name):
    folder = whole(tmp_path)
    folder.rename(folder.with_name(name))
    with pytest.raises(UsageError, match="holds a run on jax with seed 0"):
        finished.read(tmp_path)


@pytest.mark.any_backend
def test_a_recipe_of_another_run_decides_nothing(tmp_path):
    folder = whole(tmp_path)
    other = recipes.override(studies.get(NAME), {"seed": 5})
    files.write_json(folder / directory.RECIPE, recipes.to_dict(other))
    ((_, reason),) = finished.read(tmp_path).left_out
    assert "of another run" in reason


@pytest.mark.any_backend
def test_results_without_an_identity_follow_from_recipe_and_name():
    """As version 0.1.0 wrote them."""
    recipe = studies.get(NAME)
    old = recorded_identity({"dataset": "circles"}, recipe)
    assert old.is_registered_recipe
    assert not recorded_identity({"dataset": "mine"}, recipe).is_registered_recipe
    assert not recorded_identity(
        {"dataset": "circles", "model": "own"}, recipe
    ).is_registered_recipe


@pytest.mark.any_backend
def test_a_damaged_identity_is_named(run):
    run, _ = run
    files.write_json(run.directory / directory.RESULT, run.result | {"identity": "mine"})
    with pytest.raises(UsageError, match="identity"):
        recorded_identity(directory.read_result(run.directory), studies.get(NAME))


def dense(units=3, joined=False):
    """Two dense layers after each other, and a sum with the input or with the first of them."""
    inputs = keras.Input((units,))
    first = keras.layers.Dense(units)(inputs)
    second = keras.layers.Dense(units)(first)
    return keras.Model(inputs, keras.layers.Add()([second, first if joined else inputs]))


def test_an_architecture_is_known_by_layers_and_connections():
    assert architecture_fingerprint(dense()) == architecture_fingerprint(dense())
    assert architecture_fingerprint(dense()) != architecture_fingerprint(dense(units=4))
    assert architecture_fingerprint(dense()) != architecture_fingerprint(dense(joined=True))
    trained = dense()
    trained.compile("sgd", "mse")
    trained.set_weights([w + 1 for w in trained.get_weights()])
    assert architecture_fingerprint(trained) == architecture_fingerprint(dense())


class Scale(keras.layers.Layer):
    """A layer whose configuration holds a function."""

    def call(self, x):
        return 2 * x

    def get_config(self):
        return {**super().get_config(), "function": self.call}


def scaled():
    return keras.Sequential([keras.Input((2,), name="x"), Scale(name="scale")], name="scaled")


FINGERPRINT = """
import sys
sys.path.insert(0, sys.argv[1])
from test_identity import architecture_fingerprint, scaled
print(architecture_fingerprint(scaled()))
"""


def test_an_architecture_has_one_fingerprint_in_all_processes(python):
    there = python("-c", FINGERPRINT, pathlib.Path(__file__).parent).stdout
    assert there == f"{architecture_fingerprint(scaled())}\n"


@pytest.mark.any_backend
def test_a_run_with_more_epochs_is_another_one(tmp_path, capsys):
    """And says so where it is to be resumed."""

    def run(*words):
        words = ["train", NAME, "--limit-train", "100", "--out", str(tmp_path), *words]
        assert main(words) == 0
        return capsys.readouterr().out

    run("--epochs", "2")
    run("--epochs", "3")
    run("--epochs", "3", "--seed", "1")
    run("--epochs", "3", "--batch-size", "50")
    said = run("--epochs", "4", "--resume")
    assert "holds this run with 3 epochs: more epochs are another run, which begins with" in said
    assert "holds this run" not in run("--epochs", "4", "--resume")  # this very run has finished
    assert "holds this run" not in run("--epochs", "1", "--resume")


def test_settings_of_keras_are_recorded_and_run_elsewhere(tmp_path):
    """As `~/.keras/keras.json` sets them, of which the user may know nothing."""
    (tmp_path / "keras.json").write_text('{"floatx": "float16", "epsilon": 0.1}')
    words = ["train", NAME, "--epochs", "1", "--limit-train", "100", "--out", str(tmp_path)]
    environment = {
        **os.environ, "KERAS_HOME": str(tmp_path), "KERAS_BACKEND": keras.backend.backend()
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "kerasdl", *words], capture_output=True, text=True, env=environment
    )
    assert done.returncode in (0, 1), done.stderr  # half precision may diverge
    notice = "Keras is not set to its defaults: floatx=float16, epsilon=0.1, dtype_policy=float16."
    assert notice in done.stdout
    (path,) = tmp_path.rglob("result.json")
    identity = Identity.from_dict(json.loads(path.read_text())["identity"])
    assert identity.keras == {"floatx": "float16", "epsilon": 0.1, "dtype_policy": "float16"}
    assert path.parent.name.endswith(f"-{identity.suffix}")


@pytest.mark.any_backend
def test_half_precision_shares_no_directory(tmp_path):
    single = resolve(NAME, out=tmp_path)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = resolve(NAME, out=tmp_path)
    finally:
        keras.config.set_dtype_policy(before)
    assert half.folder != single.folder
    assert not half.identity.is_registered_recipe
    assert resolve(NAME, out=tmp_path).folder == single.folder


def test_channels_that_come_first_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.config, "image_data_format", lambda: "channels_first")
    with pytest.raises(UsageError, match="image_data_format=channels_first"):
        resolve(NAME, out=tmp_path)
