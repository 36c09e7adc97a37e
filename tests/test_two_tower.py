"""Two questions about one image, from the builder to the files of a run."""

import json
import zipfile

import numpy as np
import pytest

from kerasdl import studies
from kerasdl.datasets import from_arrays
from kerasdl.datasets.coloured_digits import paint
from kerasdl.models import TwoTowerCNN
from kerasdl.recipes import override
from kerasdl.training import resolve, train
from kerasdl.training.network import build


def test_number_of_parameters():
    """28 -> 24 -> 12 -> 10 -> 5 -> 3 -> 1, and 64 numbers into each linear layer."""
    tower = (25 * 3 * 16 + 16) + (9 * 16 * 32 + 32) + (9 * 32 * 64 + 64)
    heads = 64 * 10 + 10 + 64 * 5 + 5
    assert TwoTowerCNN().count_params() == 2 * tower + heads
    first = 25 * 3 * 16 + 16
    assert TwoTowerCNN(shared=1).count_params() == 2 * tower + heads - first
    assert TwoTowerCNN(shared=3).count_params() == tower + heads


def test_one_convolution_and_a_hidden_layer():
    model = TwoTowerCNN(
        filters=(8,), kernel_size=5, shared=1, units=(50,), activation="tanh", classes={"a": 2}
    )
    assert [layer.name for layer in model.layers] == [
        *("image", "conv1", "conv1_pool", "conv1_activation", "a_flatten"),
        *("a_dense1", "a_dense1_activation", "a_logits", "a_predictions"),
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"classes": 10}, "`classes` to name the outputs"),
        ({"classifier_activation": {"digit": None}}, "for digit, colour"),
        ({"shared": 4}, "`shared` from 0 to 3"),
        ({"kernel_size": (5, 3)}, "for each of the 3 convolutions"),
        ({"input_shape": (16, 16, 3)}, "leaves 2x2 for convolution 3"),
    ],
)
def test_what_cannot_be_built(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        TwoTowerCNN(**arguments)


def squares(n=300, seed=0):
    """A dark or light square at one of four corners, on one of five colours."""
    rng = np.random.default_rng(seed)
    corner, colour = rng.integers(4, size=n), rng.integers(5, size=n)
    grey = np.zeros((n, 12, 12, 1), "uint8")
    for i, c in enumerate(corner):
        row, column = 6 * (c // 2), 6 * (c % 2)
        grey[i, row : row + 6, column : column + 6] = 255
    return paint(grey, colour), {"corner": corner, "colour": colour}


SMALL = override(
    studies.get("exercises/coloured_digits"),
    {
        "model.arguments.filters": (8, 8),
        "model.arguments.kernel_size": (3, 3),
        "optimizer.learning_rate": 0.01,
        "epochs": 6,
        "batch_size": 20,
        "data.validation": 60,
        "select": "val_accuracy",
    },
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    return train(SMALL, dataset=from_arrays(*squares(400)), out=out, callbacks=())


def test_it_learns_both(run):
    measured = run.result["metrics"]["test"]
    assert measured["corner_accuracy"] > 0.6
    assert measured["colour_accuracy"] > 0.9


def test_probabilities_of_each(run):
    given = run.model.predict(squares(5)[0], verbose=0)
    for name, count in (("corner", 4), ("colour", 5)):
        assert given[name].shape == (5, count)
        np.testing.assert_allclose(given[name].sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "mean_squared_error"])
def test_accuracy_on_each_and_on_both_together(loss):
    """Of an untrained network, for which they differ; by its predictions."""
    x, y = squares()
    changes = {"loss": loss, "data.validation": None, "select": "last", "seed": 2}
    experiment = resolve(override(SMALL, changes), dataset=from_arrays(x, y))
    network, part = build(experiment).trained, experiment.dataset.train
    batches = experiment.evaluation_batches("train")
    measured = network.evaluate(batches, verbose=0, return_dict=True)
    given = network.predict(part.x, verbose=0)
    right = {name: given[name].argmax(axis=1) == part.y[name] for name in y}
    both = right["corner"] & right["colour"]
    assert 0 < both.sum() < min(right["corner"].sum(), right["colour"].sum())
    for name in y:
        assert measured[f"{name}_accuracy"] == pytest.approx(right[name].mean())
    assert measured["accuracy"] == pytest.approx(both.mean())


def test_the_files_of_the_run(run):
    columns = set(run.log.columns)
    for part in ("", "val_"):
        assert {f"{part}{name}" for name in ("loss", "accuracy")} <= columns
        for output in ("corner", "colour"):
            assert {f"{part}{output}_loss", f"{part}{output}_accuracy"} <= columns
    assert run.result["selected_epoch"] == run.log["val_accuracy"].idxmax() + 1
    with zipfile.ZipFile(run.directory / "model.keras") as archive:
        config = json.loads(archive.read("config.json"))
    assert config["class_name"] == "Functional"  # any Keras loads it
    assert config["registered_name"] == "Functional"
