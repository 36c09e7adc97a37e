"""One recipe, three backends, the same numbers. Each backend runs in a process of its own."""

import json

import numpy as np
import pandas as pd
import pytest

from kerasdl import backend
from kerasdl.reports import agreement

pytestmark = pytest.mark.parity

# Arguments of `kerasdl train`, lists of words in JSON: each is trained, in one process.
TRAIN = """
import json, sys
from kerasdl.__main__ import main
for words in json.loads(sys.argv[1]):
    assert main(["train", *words]) == 0
"""
WEIGHTS = """
import hashlib, json, sys
from kerasdl import recipes, studies
from kerasdl.training import resolve
from kerasdl.training.network import build
import numpy as np
from kerasdl.datasets import from_arrays
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (400, 32, 32, 3), "uint8")
digit, colour = rng.permuted(np.arange(400) % 10), rng.permuted(np.arange(400) % 5)
found = {}
for name, changes in json.loads(sys.argv[1]).items():
    recipe = recipes.override(studies.get(name), {"data.validation": None, **changes})
    y = {"digit": digit, "colour": colour} if recipe.model.builder == "TwoTowerCNN" else digit
    data = from_arrays(images, y, test=(images, y))
    model = build(resolve(recipe, dataset=data)).trained
    found[name] = [hashlib.sha256(w.tobytes()).hexdigest() for w in model.get_weights()]
print(json.dumps(found))
"""
# Recipes, one of each builder that trains on images, and what makes them small.
STARTS = {
    "cifar10/batchnorm": {},
    "regularization/baseline": {},
    "transformers/vit_patch_size-7": {"model.arguments.patch_size": 8},
    "mlp_vs_cnn/resnet18_scratch": {"model.arguments.filters": (4, 6, 8, 10)},
    "cifar10/fast": {"batch_size": 100},  # whitening too, which is computed from the images
    "exercises/coloured_digits": {"batch_size": 100},
}
PREDICT = """
import sys, numpy as np
from kerasdl import compile_cache
from kerasdl.models.saving import load_model
compile_cache.enable()
x = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), "uint8")
np.savez(sys.argv[1], *(load_model(path)[0].predict(x, verbose=0) for path in sys.argv[2:]))
"""


def trained(python, name, *trainings, **environment):
    """The folders, as text, of trainings on one backend, one after another."""
    done = python("-c", TRAIN, json.dumps(trainings), KERAS_BACKEND=name, **environment)
    return [words.split("\n")[0].strip() for words in done.stdout.split("files in ")[1:]]


def expect_first_losses_agree(python, names, *words, **environment):
    """Losses of the first three batches of each recipe."""
    words = [*words, "--limit-train", "384", "--limit-test", "100", "--epochs", "1"]
    words += ["--set", "log_every=1"]
    found = {}
    for each in backend.BACKENDS:
        trainings = [[name, *words, "--out", each] for name in names]
        folders = trained(python, each, *trainings, **environment)
        for name, folder in zip(names, folders, strict=True):
            losses = pd.read_csv(python.folder / folder / "steps.csv")["loss"].to_numpy()
            assert len(set(losses)) == 3  # it trains
            found.setdefault(name, []).append(losses)
    for first, *others in found.values():
        for losses in others:
            np.testing.assert_allclose(losses, first, rtol=1e-5)


def test_first_losses_agree(python):
    names = ["regularization/baseline", "regularization/normalize"]
    expect_first_losses_agree(python, names, "--dataset", "digits")


@pytest.mark.data
def test_first_losses_agree_on_cifar10(python, data_dir):
    expect_first_losses_agree(python, ["regularization/baseline"], KERASDL_DATA=data_dir)


def test_initial_weights_are_equal_to_the_bit(python):
    first, *others = (
        json.loads(python("-c", WEIGHTS, json.dumps(STARTS), KERAS_BACKEND=each).stdout)
        for each in backend.BACKENDS
    )
    assert min(map(len, first.values())) > 5
    assert first.keys() == set(STARTS)
    assert others == [first, first]


def test_saved_on_one_loads_on_another(python):
    """One model of each backend; and one that computes in a type whose numbers are 0.8 % apart."""
    words = ["cifar10/batchnorm", "--dataset", "digits", "--limit-train", "256", "--epochs", "1"]
    single = [*words, "--set", "model.arguments.dropout=0.3"]
    half = [*words, "--precision", "bfloat16"]
    folders, tolerances = [], []
    for writer in backend.BACKENDS:
        trainings = {"torch": [single, half]}.get(writer, [single])
        folders += trained(python, writer, *trainings)
        tolerances += [1e-5, 0.03][: len(trainings)]
    paths = [python.folder / folder / "model.keras" for folder in folders]
    assert len(set(paths)) == 4
    expected = None
    for reader in backend.BACKENDS:
        python("-c", PREDICT, python.folder / f"{reader}.npz", *paths, KERAS_BACKEND=reader)
        given = list(np.load(python.folder / f"{reader}.npz").values())
        expected = expected or given  # TensorFlow's
        for ours, theirs, tolerance in zip(given, expected, tolerances, strict=True):
            assert ours.dtype == "float32"
            np.testing.assert_allclose(ours.sum(axis=1), 1, rtol=1e-5)
            np.testing.assert_allclose(ours, theirs, atol=tolerance)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_stays_within_its_rounding(python, precision):
    words = ["parity", "exercises/circles_linear", "--steps", "3", "--json", "p.json"]
    words += ["--precision", precision, "--backends", "torch,jax", "--perturbed", "2"]
    done = python("-m", "kerasdl", *words, KERAS_BACKEND="jax")
    assert f"3 steps in {precision}" in done.stdout
    assert "PyTorch and JAX: within rounding" in done.stdout
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
    for words in ("TensorFlow and PyTorch", "TensorFlow and JAX", "PyTorch and JAX"):
        assert f"{words}: within rounding" in done.stdout
    found = json.loads((python.folder / "p.json").read_text())
    pairs = ("tensorflow-torch", "tensorflow-jax", "torch-jax")
    assert found["departures"] == {pair: [] for pair in pairs}
    assert set(found["pairs"]) == set(pairs)
    assert max(found["pairs"]["torch-jax"]["gradients"]) < 1e-5
    page = agreement.gather([agreement.read_file(python.folder / "p.json")])
    row = dict(zip(page.comparisons.headings, page.comparisons.rows[-1], strict=True))
    assert (row["recipe"], row["steps"]) == ("exercises/circles_linear", "3")
    assert row["verdict"] == "within"
    assert "<svg" in (python.folder / "p.svg").read_text()
