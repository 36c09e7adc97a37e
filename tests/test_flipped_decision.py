"""`scripts/flipped_decision.py`: the decision that is planted is found, and explains the gradient."""

import importlib
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl.datasets import from_arrays
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.training import resolve
from kerasdl.training.network import build

SCRIPTS = Path(__file__).parents[1] / "scripts"
RECIPE = Recipe(
    name="tests/decisions",
    data=Data("mine"),
    model=Model("MLP"),
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", learning_rate=0.1),
    epochs=1,
    batch_size=3,
)


@pytest.fixture
def script(monkeypatch):
    """The module of that name, as the script imports it."""
    monkeypatch.syspath_prepend(str(SCRIPTS / "decisions"))
    return importlib.import_module


def pooled():
    """Two corners of the first image are equal: the first corner of the window is taken."""
    x = np.random.default_rng(0).integers(0, 3, (3, 4, 4, 1)).astype("float32")
    x[0] = 0
    x[0, 0, 0] = x[0, 3, 3] = 5
    image = keras.Input((4, 4, 1))
    y = keras.layers.Conv2D(1, 3, use_bias=False, kernel_initializer="ones", name="sums")(image)
    y = keras.layers.Flatten()(keras.layers.MaxPooling2D(name="decides")(y))
    y = keras.layers.Dense(2, name="logits")(y)
    return x, keras.Model(image, y), (2, 2, 0, 0), (0, 0, 0, 0), [0, 3]


def rectified():
    """The two numbers of the first example cancel: nothing is above 0."""
    x = np.array([[3, 3], [1, 2], [5, 1]], "float32")
    numbers = keras.Input((2,))
    difference = keras.initializers.Constant([[1.0], [-1.0]])
    y = keras.layers.Dense(1, use_bias=False, kernel_initializer=difference, name="sums")(numbers)
    y = keras.layers.Activation("relu", name="decides")(y)
    return x, keras.Model(numbers, keras.layers.Dense(2, name="logits")(y)), (0, 0), (0, 0), [0, 1]


def resolved(x, model):
    """An experiment of one batch."""
    y = np.array([0, 1, 0])
    return resolve(RECIPE, dataset=from_arrays(x, y, test=(x, y)), model=model)


@pytest.mark.parametrize("planted", [pooled, rectified])
def test_one_rounding_of_one_weight_flips_one_decision(script, planted):
    x, model, changed, place, chosen = planted()
    experiment = resolved(x, model)
    network = build(experiment).trained
    step, differences = script("instrumented_step"), script("differences")
    weights = network.get_weights()
    reference = step.observe(step.Moment(experiment, network, 1, weights))
    weights[0] = weights[0].copy()
    weights[0][changed] = np.nextafter(weights[0][changed], np.float32(2))
    found = differences.compare(reference, step.Moment(experiment, network, 1, weights))

    (layer,) = found["layers"]
    assert (layer["name"], layer["decisions"], layer["differ"]) == ("decides", 3, 1)
    assert layer["given"] < 1e-6
    (decision,) = found["decisions"]
    first = experiment.training_batches.order.tolist().index(0)  # where in the batch the tie is
    assert decision["place"] == (first, *place[1:])
    assert decision["chosen"] == chosen
    (_, _), (before, after) = decision["values"]
    assert before < after <= before + 1e-6
    found = {each["name"]: each for each in found["gradients"]}
    sums = found["sums/kernel"]
    assert sums["computed"] > 0.01
    # Of which nothing is left with the decision of the reference.
    assert max(sums["all"], *sums["alone"], sums["own"]) < 1e-6
    assert found["logits/kernel"]["computed"] < 1e-6


def test_the_gradient_goes_to_what_was_chosen(script):
    """By the formula: of the planted tie, the patch under the chosen corner."""
    x, model, *_ = pooled()
    experiment = resolved(x, model)
    network = build(experiment).trained
    step = script("instrumented_step")
    moment = step.Moment(experiment, network, 1, network.get_weights())
    own = step.observe(moment)
    decree = step.Decree(moment, {"decides": own["decision/decides"].shape})
    batch, _ = moment.batch()
    for corner in (0, 3):
        decision = own["decision/decides"].copy()
        first = experiment.training_batches.order.tolist().index(0)
        decision[first] = corner
        expected = 0
        for i, image in enumerate(batch):
            row, column = divmod(int(decision[i, 0, 0, 0]), 2)
            patch = image[row : row + 3, column : column + 3, :, None]
            expected = expected + own["behind/decides"][i, 0, 0, 0] * patch
        found = decree({"decides": decision})["gradients/sums/kernel"]
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "strides"), [(2, 2), (3, 2), (3, 1), (2, 3)])
def test_the_largest_choice_is_what_the_pool_gives(script, size, strides, padding):
    x = np.random.default_rng(1).normal(size=(2, 7, 8, 3)).astype("float32")
    pool = keras.layers.MaxPooling2D(size, strides, padding)
    values = map(keras.ops.convert_to_numpy, script("instrumented_step").choices(pool, x))
    np.testing.assert_array_equal(np.max(list(values), axis=0), keras.ops.convert_to_numpy(pool(x)))


def command(*words):
    return subprocess.run(
        [sys.executable, SCRIPTS / "flipped_decision.py", *words],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parity
def test_the_command_shows_layers_and_gradients():
    words = ["regularization/baseline", "--set", "data.name=digits", "--set", "batch_size=16"]
    done = command(*words, "--backends", "torch,jax")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("regularization/baseline, step 1, JAX beside PyTorch, from equal")
    rows = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert {"pool1", "conv1_activation", "dense1_activation", "conv1/kernel"} <= set(rows)


@pytest.mark.parity
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["cifar10/fast"], "Expected a recipe in float32; cifar10/fast is in bfloat16."),
        (["dropout/model1", "--backends", "jax"], "Expected two backends and a step from 1"),
        (["dropout/model1", "--step", "0"], "Expected two backends and a step from 1"),
    ],
)
def test_a_mistake_is_a_sentence(words, expected):
    done = command(*words)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
