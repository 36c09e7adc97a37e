"""Losses and metrics of recipes, against formulas in NumPy."""

import keras
import numpy as np
import pytest

from kerasdl.datasets import from_arrays
from kerasdl.errors import UsageError
from kerasdl import losses
from kerasdl.training.outputs import outputs_of

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 3)).astype("float32") * 3
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
    outputs = RNG.normal(size=(50, 1)).astype("float32")
    labels = RNG.integers(0, 2, 50)
    found, metrics = compute(losses.output(loss, classes=2), labels, outputs)
    z, y = outputs[:, 0].astype("float64"), labels
    expected = {
        "binary_crossentropy": (np.log1p(np.exp(-z)) * y + np.log1p(np.exp(z)) * (1 - y)).mean(),
        "mean_squared_error": ((z - y) ** 2).mean(),
    }
    assert found == pytest.approx(expected[loss], rel=1e-5)
    assert metrics["accuracy"] == pytest.approx(((z > middle) == (y == 1)).mean())


def test_regression_has_no_accuracy():
    y = RNG.normal(size=(6, 1)).astype("float32")
    output = losses.output("mean_squared_error", classes=None)
    assert output.metrics(("accuracy",)) == []
    np.testing.assert_array_equal(output.targets(y), y)


def test_labels_that_do_not_fit_are_refused():
    output = losses.output("sparse_categorical_crossentropy", classes=3)
    with pytest.raises(UsageError, match=r"from 0 to 2.*from 0 to 3"):
        output.targets(np.array([0, 3]))


def dataset(y):
    return from_arrays(RNG.normal(size=(20, 4)).astype("float32"), y)


def test_units_follow_from_loss_and_labels():
    three, two = dataset(np.arange(20) % 3), dataset(np.arange(20) % 2)
    values = dataset(RNG.normal(size=(20, 1)).astype("float32"))
    assert only("sparse_categorical_crossentropy", three).units == 3
    assert only("sparse_categorical_crossentropy", two).units == 2
    assert only("binary_crossentropy", two).units == 1
    assert only("mean_squared_error", three).units == 3
    assert only("mean_squared_error", two).units == 1
    assert only("mean_squared_error", values).units == 1
    with pytest.raises(UsageError, match="2 classes; received 3"):
        only("binary_crossentropy", three)
    with pytest.raises(UsageError, match="labels; received a regression target"):
        only("sparse_categorical_crossentropy", values)
    with pytest.raises(UsageError, match="one output"):
        only({"a": "mean_squared_error"}, values)


def test_keras_agrees_that_logits_need_no_softmax():
    """Guards the switch `from_logits`: trained on logits, saved with softmax, the same loss."""
    exact = keras.losses.SparseCategoricalCrossentropy(from_logits=False)(LABELS, SOFTMAX)
    ours, _ = compute(
        losses.output("sparse_categorical_crossentropy", classes=3), LABELS, LOGITS
    )
    assert ours == pytest.approx(float(exact), rel=1e-5)
