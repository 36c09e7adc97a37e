"""Top-k, calibration, mistakes and embeddings, beside scikit-learn and formulas in NumPy."""

import numpy as np
import pytest
import sklearn.calibration
import sklearn.decomposition
import sklearn.metrics

from kerasdl.errors import UsageError
from kerasdl.inspection import (
    calibration,
    confident_mistakes,
    embedding_map,
    embeddings,
    reliability_diagram,
    top_k_accuracy,
)
from kerasdl.inspection.classifier_numbers import classifier_numbers
from kerasdl.inspection.drawing import to_svg
from kerasdl.inspection.gaze import chosen_examples
from kerasdl.models import CNN, MLP


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


@pytest.fixture
def classified():
    """Labels of 500 examples, and probabilities of 8 classes that know something of them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 8, 500)
    return labels, softmax(rng.normal(size=(500, 8)) + 1.5 * np.eye(8)[labels])


# Top-k


@pytest.mark.parametrize("k", [1, 2, 5, 7])
def test_top_k_equals_scikit_learn(classified, k):
    labels, probabilities = classified
    expected = sklearn.metrics.top_k_accuracy_score(labels, probabilities, k=k, labels=np.arange(8))
    assert top_k_accuracy(labels, probabilities, k) == pytest.approx(expected, abs=1e-12)


def test_the_first_of_the_likeliest_is_the_prediction(classified):
    """With many equal probabilities too."""
    labels, probabilities = classified
    coarse = np.round(probabilities, 1)
    assert top_k_accuracy(labels, coarse, 1) == np.mean(coarse.argmax(axis=1) == labels)
    assert top_k_accuracy(labels, coarse, 8) == 1


def test_what_ranks_nowhere_is_refused():
    with pytest.raises(UsageError, match="nan"):
        top_k_accuracy([0], [[float("nan"), 0.5]], 1)
    with pytest.raises(UsageError, match="labels should be from 0 to 1"):
        top_k_accuracy([2], [[0.5, 0.5]], 1)
    with pytest.raises(UsageError, match="k should be"):
        top_k_accuracy([0], [[0.5, 0.5]], 0)


# Calibration


@pytest.mark.parametrize("bins", [5, 10, 15])
def test_bins_are_those_of_scikit_learns_calibration_curve(classified, bins):
    labels, probabilities = classified
    found = calibration(labels, probabilities, bins)
    right = probabilities.argmax(axis=1) == labels
    accuracy, confidence = sklearn.calibration.calibration_curve(
        right, probabilities.max(axis=1), n_bins=bins
    )
    filled = found.counts > 0
    np.testing.assert_allclose(found.accuracy[filled], accuracy, rtol=1e-12)
    np.testing.assert_allclose(found.confidence[filled], confidence, rtol=1e-12)


def test_error_equals_its_formula(classified):
    """Guo et al. (2017), equation 3, bin by bin: confidences in (edge, next edge]."""
    labels, probabilities = classified
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected = 0
    for low, high in zip(np.arange(15) / 15, np.arange(1, 16) / 15, strict=True):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            distance = abs(right[inside].mean() - confidence[inside].mean())
            expected += inside.mean() * distance
    assert calibration(labels, probabilities).error == pytest.approx(expected, abs=1e-12)


def test_known_calibration_errors():
    sure = np.eye(4)[np.zeros(100, int)]
    assert calibration(np.zeros(100, int), sure).error == 0
    assert calibration(np.ones(100, int), sure).error == 1
    # 60 of 100 right at a confidence of 0.9
    labels = np.repeat([0, 1], [60, 40])
    found = calibration(labels, np.tile([0.9, 0.1], (100, 1)))
    assert found.error == pytest.approx(0.3)
    assert found.overconfidence == pytest.approx(0.3)
    assert calibration(1 - labels, np.tile([0.3, 0.7], (100, 1))).overconfidence > 0


def test_one_sigmoid_is_as_sure_of_label_0():
    one = np.array([[0.9], [0.2], [0.4]])
    two = np.hstack([1 - one, one])
    found, expected = calibration([1, 0, 1], one), calibration([1, 0, 1], two)
    assert found.error == pytest.approx(expected.error)
    assert found.counts.tolist() == expected.counts.tolist()


@pytest.mark.parametrize("values", [[[-1.0, 2.0]], [[0.5, 0.6]], [[float("nan"), 0.5]], [[1.5]]])
def test_what_is_no_probability_has_no_calibration(values):
    with pytest.raises(UsageError, match="Calibration is of probabilities"):
        calibration([0], values)


def test_a_diagram_follows_the_page_into_the_dark(classified):
    svg = to_svg(reliability_diagram(calibration(*classified)))
    assert "prefers-color-scheme: dark" in svg
    assert "var(--ink)" in svg
    assert "#000000" not in svg
    assert "expected calibration error" in svg


def test_numbers_are_those_that_say_something(classified):
    assert list(classifier_numbers(*classified)) == [
        "accuracy",
        "top-5 accuracy",
        "expected calibration error",
    ]
    assert list(classifier_numbers([0, 1], [[0.3], [0.8]])) == [
        "accuracy",
        "expected calibration error",
    ]
    assert list(classifier_numbers([0, 1], [[5.0, -5.0], [0.0, 1.5]])) == ["accuracy"]


# Which examples are shown


def test_mistakes_are_those_of_most_confidence_first(classified):
    labels, probabilities = classified
    chosen = confident_mistakes(labels, probabilities, 20)
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    assert (predicted[chosen] != labels[chosen]).all()
    assert (np.diff(confidence[chosen]) <= 0).all()
    others = np.setdiff1d(np.flatnonzero(predicted != labels), chosen)
    assert confidence[others].max() <= confidence[chosen].min()


def test_one_example_of_each_class_before_a_second_one(classified):
    labels, probabilities = classified
    chosen = chosen_examples(labels, probabilities, right=8, wrong=2)
    assert labels[chosen[:8]].tolist() == list(range(8))
    assert (probabilities.argmax(axis=1)[chosen] == labels[chosen]).tolist() == [True] * 8 + [
        False
    ] * 2


# Embeddings


def test_principal_components_are_scikit_learns():
    features = np.random.default_rng(0).normal(size=(60, 7)) * [5, 3, 1, 1, 1, 1, 1]
    points, shares = embedding_map(features)
    reference = sklearn.decomposition.PCA(2).fit(features)
    np.testing.assert_allclose(np.abs(points), np.abs(reference.transform(features)), atol=1e-9)
    np.testing.assert_allclose(shares, reference.explained_variance_ratio_, rtol=1e-9)


def test_a_single_feature_is_a_line():
    points, shares = embedding_map(np.arange(5.0)[:, None])
    assert np.abs(np.diff(points[:, 0])).tolist() == pytest.approx([1] * 4)
    assert points[:, 1].tolist() == [0] * 5
    assert shares.tolist() == [1, 0]


def test_neighbours_stay_neighbours_in_t_sne():
    rng = np.random.default_rng(0)
    features = np.repeat([[0.0] * 5, [20.0] * 5], 15, axis=0) + rng.normal(size=(30, 5))
    points, shares = embedding_map(features, "tsne", seed=1)
    assert shares is None
    np.testing.assert_array_equal(points, embedding_map(features, "tsne", seed=1)[0])
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1) + 1e9 * np.eye(30)
    assert (distances.argmin(axis=1) // 15 == np.arange(30) // 15).all()


def test_what_has_no_map_is_refused():
    for features, method in ((np.ones((2, 3)), "pca"), (np.full((5, 3), np.nan), "pca")):
        with pytest.raises(UsageError, match="three examples or more, and finite"):
            embedding_map(features, method)
    with pytest.raises(UsageError, match="method should be one of pca, tsne"):
        embedding_map(np.ones((5, 3)), "umap")


def test_embeddings_are_what_the_last_layer_is_given():
    """By hand: its kernel and bias make the logits of them."""
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1)).astype("float32")
    for model in (
        MLP((8, 8, 1), 3, classifier_activation=None, units=(5,)),
        CNN((8, 8, 1), 3, None, filters=(2,), units=()),
    ):
        kernel, bias = model.get_layer("logits").get_weights()
        logits = embeddings(model, images) @ kernel + bias
        np.testing.assert_allclose(logits, model.predict(images, verbose=0), rtol=1e-4, atol=1e-3)
