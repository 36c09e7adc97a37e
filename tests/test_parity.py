"""One recipe, three backends, the same numbers. Each backend runs in a process of its own."""

import json

import numpy as np
import pandas as pd
import pytest

from kerasdl import backend
from kerasdl.reports import agreement

pytestmark = pytest.mark.parity

TRAIN = """
import sys
from kerasdl.__main__ import main
sys.exit(main(["train", *sys.argv[1:]]))
"""
WEIGHTS = """
import hashlib, json, sys
from kerasdl import recipes, studies
from kerasdl.training import resolve
from kerasdl.training.network import build
recipe = recipes.override(studies.get(sys.argv[1]), {"data.name": "digits",
    "data.options": {"shape": (32, 32, 3)}, "data.validation": None})
model = build(resolve(recipe)).trained
print(json.dumps([hashlib.sha256(w.tobytes()).hexdigest() for w in model.get_weights()]))
"""
PREDICT = """
import sys, numpy as np
from kerasdl.models.saving import load_model
x = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), "uint8")
np.save(sys.argv[2], load_model(sys.argv[1])[0].predict(x, verbose=0))
"""


def first_losses(python, name, *words, data=None):
    """Losses of the first three batches, one row a backend."""
    losses = []
    for each in backend.BACKENDS:
        words = [*words, "--limit-train", "384", "--limit-test", "100", "--epochs", "1"]
        environment = {"KERAS_BACKEND": each, **({"KERASDL_DATA": data} if data else {})}
        done = python(
            "-c", TRAIN, name, "--set", "log_every=1", "--out", each, *words, **environment
        )
        folder = done.stdout.split("files in ")[1].strip()
        losses.append(pd.read_csv(python.folder / folder / "steps.csv")["loss"].to_numpy())
    return np.array(losses)


@pytest.mark.parametrize("name", ["regularization/baseline", "regularization/normalize"])
def test_first_losses_agree(python, name):
    losses = first_losses(python, name, "--dataset", "digits")
    assert losses.shape == (3, 3)
    assert len(set(losses[0])) == 3  # it trains
    np.testing.assert_allclose(losses[1:], losses[:1].repeat(2, axis=0), rtol=1e-5)


@pytest.mark.data
def test_first_losses_agree_on_cifar10(python, data_dir):
    losses = first_losses(python, "regularization/baseline", data=data_dir)
    np.testing.assert_allclose(losses[1:], losses[:1].repeat(2, axis=0), rtol=1e-5)


@pytest.mark.parametrize("name", ["cifar10/default", "regularization/baseline"])
def test_initial_weights_are_equal_to_the_bit(python, name):
    found = [
        json.loads(python("-c", WEIGHTS, name, KERAS_BACKEND=b).stdout) for b in backend.BACKENDS
    ]
    assert len(found[0]) > 5
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("writer", backend.BACKENDS)
def test_saved_on_one_loads_on_another(python, writer):
    words = ["cifar10/batchnorm", "--dataset", "digits", "--limit-train", "256", "--epochs", "1"]
    done = python("-c", TRAIN, *words, "--set", "model.arguments.dropout=0.3", KERAS_BACKEND=writer)
    model = python.folder / done.stdout.split("files in ")[1].strip() / "model.keras"
    given = {}
    for reader in backend.BACKENDS:
        python("-c", PREDICT, model, python.folder / f"{reader}.npy", KERAS_BACKEND=reader)
        given[reader] = np.load(python.folder / f"{reader}.npy")
        np.testing.assert_allclose(given[reader].sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_allclose(given[reader], given["tensorflow"], atol=1e-5)


def test_a_model_in_bfloat16_predicts_the_same_on_another(python):
    """Up to the rounding of a type whose numbers are 0.8 % apart."""
    words = ["cifar10/batchnorm", "--dataset", "digits", "--limit-train", "256", "--epochs", "1"]
    done = python("-c", TRAIN, *words, "--precision", "bfloat16", KERAS_BACKEND="torch")
    model = python.folder / done.stdout.split("files in ")[1].strip() / "model.keras"
    given = {}
    for reader in backend.BACKENDS:
        python("-c", PREDICT, model, python.folder / f"{reader}.npy", KERAS_BACKEND=reader)
        given[reader] = np.load(python.folder / f"{reader}.npy")
        assert given[reader].dtype == "float32"
        np.testing.assert_allclose(given[reader], given["tensorflow"], atol=0.03)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_stays_within_its_rounding(python, precision):
    words = ["parity", "exercises/circles_linear", "--steps", "3", "--json", "p.json"]
    words += ["--precision", precision, "--backends", "torch,jax", "--perturbed", "2"]
    done = python("-m", "kerasdl", *words, KERAS_BACKEND="jax")
    assert f"3 steps in {precision}" in done.stdout
    assert "JAX: stays within rounding" in done.stdout
    found = agreement.read_file(python.folder / "p.json")
    assert (found.precision, found.recipe.precision) == (precision, precision)
    assert found.figure().data()


def test_a_step_from_the_same_state_is_the_same(python):
    """Weights and momentum of one backend are put back on the others before every step."""
    words = ["parity", "regularization/augment", "--steps", "4", "--lockstep", "--perturbed", "2"]
    words += ["--set", 'optimizer.arguments={"momentum": 0.9}']
    words += ["--set", "data.name=digits", "--set", 'data.options={"shape": [32, 32, 3]}']
    words += ["--set", "batch_size=16", "--json", "p.json"]
    done = python("-m", "kerasdl", *words, KERAS_BACKEND="jax")
    assert "4 steps in float32, each from the state on TensorFlow" in done.stdout
    found = agreement.read_file(python.folder / "p.json")
    assert found.lockstep
    for curves in found.written["pairs"].values():
        assert max(map(float, curves["optimizer"])) < 1e-4
        assert max(map(float, curves["weights"])) < 1e-6


def test_three_backends_stay_within_rounding(python):
    """Eight processes: one for each backend, and five whose weights are one rounding off."""
    words = ["parity", "exercises/circles_linear", "--steps", "3", "--json", "p.json"]
    done = python("-m", "kerasdl", *words, "--plot", "p.svg", KERAS_BACKEND="jax")
    assert "PyTorch: stays within rounding" in done.stdout
    assert "JAX: stays within rounding" in done.stdout
    found = json.loads((python.folder / "p.json").read_text())
    assert found["departures"] == {"torch": None, "jax": None}
    assert set(found["pairs"]) == {"tensorflow-torch", "tensorflow-jax", "torch-jax"}
    assert max(found["pairs"]["torch-jax"]["gradients"]) < 1e-5
    page = agreement.gather([agreement.read_file(python.folder / "p.json")], runs=[])
    row = dict(zip(page.comparisons.headings, page.comparisons.rows[-1], strict=True))
    assert (row["recipe"], row["steps"]) == ("exercises/circles_linear", "3")
    assert row["verdict"] == "within"
    assert "<svg" in (python.folder / "p.svg").read_text()
