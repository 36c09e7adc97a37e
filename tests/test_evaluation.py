"""Confusion matrices and their tables, and `kerasdl evaluate` on models that fit the data or not."""

import keras
import numpy as np
import pytest
import sklearn.metrics
from PIL import Image

from kerasdl import datasets
from kerasdl.__main__ import main
from kerasdl.errors import UsageError
from kerasdl.inspection import confusion
from kerasdl.models import CNN, MLP
from kerasdl.models.saving import save_model
from kerasdl.recipes import override
from kerasdl.studies import get
from kerasdl.training import train

PROBABILITIES = np.array(
    [[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.2, 0.7, 0.1]]
)
LABELS = np.array([0, 1, 2, 2, 0])
BY_HAND = [[1, 1, 0], [0, 1, 0], [1, 0, 1]]  # row: label, column: prediction


def test_confusion():
    matrix = confusion.confusion_matrix(LABELS, PROBABILITIES)
    assert matrix.tolist() == BY_HAND
    assert confusion.accuracy(matrix) == 3 / 5
    assert confusion.accuracy_per_class(matrix).tolist() == [0.5, 1.0, 0.5]


def test_equals_scikit_learn():
    rng = np.random.default_rng(0)
    labels, probabilities = rng.integers(0, 7, 200), rng.random((200, 7))
    expected = sklearn.metrics.confusion_matrix(labels, probabilities.argmax(axis=1))
    assert confusion.confusion_matrix(labels, probabilities).tolist() == expected.tolist()


@pytest.mark.parametrize("labels", [[0, 2], [-1, 0]])
def test_labels_beyond_the_classes_are_refused(labels):
    with pytest.raises(UsageError, match="labels should be from 0 to 1"):
        confusion.confusion_matrix(labels, np.eye(2))


def test_one_probability_is_that_of_label_1():
    matrix = confusion.confusion_matrix([0, 1, 1], [[0.2], [0.9], [0.4]])
    assert matrix.tolist() == [[1, 0], [1, 1]]


def test_nan_is_no_class():
    with pytest.raises(UsageError, match="nan"):
        confusion.confusion_matrix([0, 1], [[0.2, 0.8], [float("nan")] * 2])


def test_a_class_without_examples_has_no_accuracy():
    per_class = confusion.accuracy_per_class(np.array([[2, 0], [0, 0]]))
    assert per_class[0] == 1
    assert np.isnan(per_class[1])


def test_table_has_a_row_a_class():
    lines = confusion.confusion_table(np.array(BY_HAND), ["cat", "dog", "aeroplane"]).splitlines()
    assert len(lines) == 4
    assert lines[3].split() == ["aeroplane", "0.5000", "1", "0", "1"]


def test_predictions_may_have_names_of_their_own():
    names = {"labels": ["cat", "dog", "ship"], "predictions": ["one", "two", "six"]}
    head, first, *_ = confusion.confusion_table(np.array(BY_HAND), **names).splitlines()
    assert head.split() == ["one", "two", "six"]
    assert first.split()[0] == "cat"


def test_picture(tmp_path):
    names = ["cat", "dog", "aeroplane"]
    confusion.draw_confusion(np.array(BY_HAND), tmp_path / "c.png", title="three", labels=names)
    with Image.open(tmp_path / "c.png") as image:
        assert image.format == "PNG"
        assert min(image.size) > 300
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("classes", [2, 100])
def test_picture_of_any_number_of_classes(tmp_path, classes):
    names = [f"class {i}" for i in range(classes)]
    matrix = np.eye(classes, dtype=int)
    confusion.draw_confusion(matrix, tmp_path / "c.png", title="many", labels=names)
    assert (tmp_path / "c.png").stat().st_size > 1000


# The command


def saved(path, model, **metadata):
    """A file with a model that is not trained: its weights are zeros, so it says class 0."""
    save_model(model, path / "model.keras", metadata)
    return str(path / "model.keras")


def small_cnn(classes):
    zeros = {"kernel_initializer": "zeros"}
    return CNN((8, 8, 1), classes, filters=(2,), kernel_size=3, units=(), **zeros)


@pytest.mark.parametrize(("classes", "known"), [(20, True), (20, False), (5, True)])
def test_a_model_of_another_number_of_classes_is_refused(capsys, tmp_path, classes, known):
    metadata = {"classes": [f"thing {i}" for i in range(classes)]} if known else {}
    file = saved(tmp_path, small_cnn(classes), **metadata)
    assert main(["evaluate", file, "--dataset", "digits"]) == 2
    error = capsys.readouterr().err
    assert f"gives {classes} classes; digits has 10: name a data set of {classes}" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("*.png"))


def test_predictions_are_named_by_the_model(capsys, tmp_path):
    """Rows are the labels of the digits; that the model calls them letters is its own affair."""
    file = saved(tmp_path, small_cnn(10), classes=list("abcdefghij"))
    assert main(["evaluate", file, "--dataset", "digits"]) == 0
    lines = capsys.readouterr().out.splitlines()
    head = next(i for i, line in enumerate(lines) if line.split() == list("abcdefghij"))
    rows = [line.split() for line in lines[head + 1 : head + 11]]
    assert [row[0] for row in rows] == [str(digit) for digit in range(10)]
    labels = datasets.load("digits").test.y
    assert [int(row[2]) for row in rows] == np.bincount(labels).tolist()  # all are taken for "a"


def test_one_sigmoid_has_two_classes(capsys, tmp_path):
    model = MLP((2,), 1, "sigmoid", units=(), kernel_initializer="zeros")
    assert main(["evaluate", saved(tmp_path, model), "--dataset", "circles"]) == 0
    expected = np.mean(datasets.load("circles").test.y == 0)  # a probability of 0.5 is not above it
    assert f"accuracy {expected:.4f}" in capsys.readouterr().out


def test_a_sequential_model_is_evaluated_and_another_refused(capsys, tmp_path):
    flat = [keras.layers.Flatten(), keras.layers.Dense(10, kernel_initializer="zeros")]
    file = saved(tmp_path, keras.Sequential([keras.Input((8, 8, 1)), *flat]))
    assert main(["evaluate", file, "--dataset", "digits"]) == 0
    capsys.readouterr()
    several = [keras.Input((8, 8, 1), name="left"), keras.Input((8, 8, 1), name="right")]
    model = keras.Model(several, flat[1](flat[0](keras.layers.Add()(several))))
    assert main(["evaluate", saved(tmp_path, model), "--dataset", "digits"]) == 2
    assert "(8, 8, 1), (8, 8, 1)" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["digits", "stripes"])
def test_a_model_of_the_users_own_data_says_so(capsys, tmp_path, name):
    """Whatever the name of the data: the registered data set of that name is another."""
    x = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), "uint8")
    changes = {
        "data.name": "digits",
        "data.validation": None,
        "model.arguments": {"filters": (2,), "units": ()},
        "epochs": 1,
        "batch_size": 20,
    }
    recipe = override(get("cifar10/batchnorm"), changes)
    data = datasets.from_arrays(x, np.arange(60) % 10, name=name)
    run = train(recipe, dataset=data, out=tmp_path, callbacks=())
    assert main(["evaluate", str(run.directory)]) == 2
    assert f"trained on data of the user's own, {name}: name" in capsys.readouterr().err
    assert main(["evaluate", str(run.directory), "--dataset", "digits"]) == 0
    assert "360 examples" in capsys.readouterr().out


def test_the_validation_part_is_the_one_that_was_held_out(capsys, tmp_path):
    changes = {
        "data.name": "digits",
        "data.validation": 100,
        "data.limit_train": 200,
        "model.arguments": {"filters": (2,), "units": ()},
        "epochs": 1,
    }
    run = train(override(get("cifar10/batchnorm"), changes), out=tmp_path, callbacks=())
    capsys.readouterr()
    assert main(["evaluate", str(run.directory), "--part", "validation"]) == 0
    accuracy = run.result["metrics"]["validation"]["accuracy"]
    out = capsys.readouterr().out
    assert f"{run.result['images']['validation']} examples" in out
    assert f"accuracy {accuracy:.4f}" in out
