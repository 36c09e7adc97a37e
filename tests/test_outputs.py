"""Losses and metrics of recipes, against formulas in NumPy."""

import keras
import numpy as np
import pytest

from kerasdl import losses
from kerasdl.errors import UsageError
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.training.outputs import Outputs, resolve_outputs

LOGITS = np.random.default_rng(0).normal(size=(6, 3)).astype("float32") * 3
LABELS = np.array([0, 1, 2, 2, 1, 0], "int32")
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


def compute(output, labels, outputs):
    targets = output.targets(labels)
    loss = float(output.keras_loss()(targets, outputs))
    metrics = {}
    for metric in output.metrics(("accuracy",)):
        metric.update_state(targets, outputs)
        metrics[metric.name] = float(metric.result())
    return loss, metrics


def test_crossentropy_of_logits():
    output = losses.output("sparse_categorical_crossentropy", classes=3)
    assert output.trained_on_logits
    loss, metrics = compute(output, LABELS, LOGITS)
    assert loss == pytest.approx(-np.log(SOFTMAX[np.arange(6), LABELS]).mean(), rel=1e-5)
    assert metrics["accuracy"] == pytest.approx((LOGITS.argmax(axis=1) == LABELS).mean())


def test_crossentropy_survives_extreme_logits():
    output = losses.output("sparse_categorical_crossentropy", classes=3)
    loss, _ = compute(output, LABELS[:1], np.array([[-500.0, 500.0, 0.0]], "float32"))
    assert loss == pytest.approx(1000.0)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_smoothed_labels_of_several_classes(smoothing):
    """Szegedy et al. 2016 (Rethinking the Inception Architecture), section 7: (1 - s) y + s / K."""
    output = losses.output("sparse_categorical_crossentropy", 3).with_soft_labels(smoothing)
    loss, metrics = compute(output, LABELS, LOGITS)
    targets = (1 - smoothing) * np.eye(3)[LABELS] + smoothing / 3
    assert loss == pytest.approx(-(targets * np.log(SOFTMAX)).sum(axis=1).mean(), rel=1e-5)
    assert metrics["accuracy"] == pytest.approx((LOGITS.argmax(axis=1) == LABELS).mean())
    correct = output.correct(output.targets(LABELS), LOGITS)
    assert (
        keras.ops.convert_to_numpy(correct).tolist() == (LOGITS.argmax(axis=1) == LABELS).tolist()
    )


def test_smoothed_labels_of_two_classes_with_one_output():
    output = losses.output("binary_crossentropy", 2).with_soft_labels(0.2)
    z, y = LOGITS[:, :1], np.array([0, 1, 1, 0, 1, 0])
    loss, _ = compute(output, y, z)
    targets, z = 0.8 * y + 0.1, z[:, 0].astype("float64")
    expected = np.log1p(np.exp(-z)) * targets + np.log1p(np.exp(z)) * (1 - targets)
    assert loss == pytest.approx(expected.mean(), rel=1e-5)


def smoothed(loss):
    return Recipe(
        "tests/x", Data("digits"), Model("MLP"), loss, Optimizer("sgd", 0.1), 1, 8,
        label_smoothing=0.1,
    )  # fmt: skip


def test_crossentropies_alone_are_smoothed():
    classes, values = {"digit": 10, "size": None}, {"digit": 1, "size": 2}
    loss = {"digit": "sparse_categorical_crossentropy", "size": "mean_squared_error"}
    outputs = resolve_outputs(smoothed(loss), classes, values)
    assert {name: each.label_smoothing for name, each in outputs.items()} == {
        "digit": 0.1,
        "size": 0,
    }
    assert outputs["digit"].targets(np.array([3])).shape == (1, 10)
    with pytest.raises(UsageError, match=r"for crossentropies.*received 0\.1"):
        resolve_outputs(smoothed("mean_squared_error"), 10, 1)


def test_mean_squared_error_of_probabilities():
    output = losses.output("mean_squared_error", classes=3)
    assert not output.trained_on_logits
    loss, metrics = compute(output, LABELS, SOFTMAX)
    assert loss == pytest.approx(((SOFTMAX - np.eye(3)[LABELS]) ** 2).mean(), rel=1e-5)
    assert metrics["accuracy"] == pytest.approx((LOGITS.argmax(axis=1) == LABELS).mean())


@pytest.mark.parametrize(
    ("loss", "middle"), [("binary_crossentropy", 0.0), ("mean_squared_error", 0.5)]
)
def test_two_classes_with_one_output(loss, middle):
    rng = np.random.default_rng(1)
    outputs = rng.normal(size=(50, 1)).astype("float32")
    labels = rng.integers(0, 2, 50)
    found, metrics = compute(losses.output(loss, classes=2), labels, outputs)
    z, y = outputs[:, 0].astype("float64"), labels
    expected = {
        "binary_crossentropy": (np.log1p(np.exp(-z)) * y + np.log1p(np.exp(z)) * (1 - y)).mean(),
        "mean_squared_error": ((z - y) ** 2).mean(),
    }
    assert found == pytest.approx(expected[loss], rel=1e-5)
    assert metrics["accuracy"] == pytest.approx(((z > middle) == (y == 1)).mean())


def test_regression_has_no_accuracy():
    y = np.random.default_rng(2).normal(size=(6, 1)).astype("float32")
    output = losses.output("mean_squared_error", classes=None)
    assert output.metrics(("accuracy",)) == []
    np.testing.assert_array_equal(output.targets(y), y)


def test_labels_that_do_not_fit_are_refused():
    output = losses.output("sparse_categorical_crossentropy", classes=3)
    with pytest.raises(UsageError, match=r"from 0 to 2.*from 0 to 3"):
        output.targets(np.array([0, 3]))


def recipe(loss):
    return Recipe(
        name="tests/outputs",
        data=Data("mine"),
        model=Model("MLP"),
        loss=loss,
        optimizer=Optimizer("sgd", learning_rate=0.1),
        epochs=1,
        batch_size=1,
    )


@pytest.mark.parametrize(
    ("loss", "classes", "units"),
    [
        ("sparse_categorical_crossentropy", 3, 3),
        ("sparse_categorical_crossentropy", 2, 2),
        ("binary_crossentropy", 2, 1),
        ("mean_squared_error", 3, 3),
        ("mean_squared_error", 2, 1),
        ("mean_squared_error", None, 4),
        ("gaussian_nll", None, 8),
    ],
)
def test_units_follow_from_loss_and_labels(loss, classes, units):
    values = 1 if classes else 4
    outputs = resolve_outputs(recipe(loss), classes, values)
    assert outputs.map(lambda output: output.units) == units


@pytest.mark.parametrize(
    ("loss", "classes", "words"),
    [
        ("binary_crossentropy", 3, "2 classes; received 3"),
        ("binary_crossentropy", None, "labels; received a regression target"),
        ("sparse_categorical_crossentropy", None, "labels; received a regression target"),
        ("gaussian_nll", 2, "regression target; received 2 classes"),
        ({"a": "mean_squared_error"}, None, "has one output; received losses for a"),
    ],
)
def test_a_loss_that_does_not_fit_is_refused(loss, classes, words):
    with pytest.raises(UsageError, match=words):
        resolve_outputs(recipe(loss), classes, 1)


@pytest.mark.parametrize("name", losses.NAMES)
def test_every_loss_and_its_metrics_are_finite(name):
    """For each kind of labels that the loss takes: of classes, of two classes, of two values."""
    rng = np.random.default_rng(3)
    taken = 0
    for classes in (3, 2, None):
        try:
            output = losses.output(name, classes, values=1 if classes else 2)
        except UsageError:
            continue
        taken += 1
        labels = rng.integers(0, classes, 8) if classes else rng.normal(size=(8, 2))
        targets = keras.ops.convert_to_tensor(output.targets(labels))
        predictions = rng.uniform(0.1, 0.9, size=(8, output.units)).astype("float32")
        predictions = keras.ops.convert_to_tensor(predictions)
        assert np.isfinite(float(output.keras_loss()(targets, predictions)))
        for metric in output.metrics(tuple(output.available_metrics)):
            metric.update_state(targets, predictions)
            assert np.isfinite(float(metric.result())), metric.name
    assert taken


def test_losses_and_outputs_have_the_same_names():
    with pytest.raises(UsageError, match="losses should be for a, b; received a, c"):
        resolve_outputs(recipe(dict.fromkeys("ac", "mean_squared_error")), None, {"a": 1, "b": 1})


def test_one_output_with_a_name_stays_a_mapping_for_keras():
    named = resolve_outputs(recipe({"a": "mean_squared_error"}), {"a": 3}, {"a": 1})
    assert named.map(lambda output: output.units) == {"a": 3}
    assert named.quantities(("accuracy",), joint=True) == ["loss", "accuracy"]
    plain = Outputs({"": losses.output("mean_squared_error", classes=3)})
    np.testing.assert_array_equal(plain.targets(np.array([2, 0])), np.eye(3)[[2, 0]])
    np.testing.assert_array_equal(named.targets({"a": np.array([1])})["a"], np.eye(3)[[1]])


def test_keras_agrees_that_logits_need_no_softmax():
    """Guards the switch `from_logits`: trained on logits, saved with softmax, the same loss."""
    exact = keras.losses.SparseCategoricalCrossentropy(from_logits=False)(LABELS, SOFTMAX)
    ours, _ = compute(losses.output("sparse_categorical_crossentropy", classes=3), LABELS, LOGITS)
    assert ours == pytest.approx(float(exact), rel=1e-5)
