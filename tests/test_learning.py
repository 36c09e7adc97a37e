"""Training teaches: small real runs, on data that come with scikit-learn, against its own models.

A floor comes from a model of scikit-learn on the same split, or from what can be said without
looking at the features. Defects that leave shapes and files sound, such as labels in the order of
other images, gradients of the wrong sign or weights that are not saved, fall below it.
"""

import keras
import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from kerasdl import datasets, recipes, studies
from kerasdl.training import train

pytestmark = pytest.mark.optimized

DIGITS = {
    "data.name": "digits",
    "data.validation": None,
    "loss": "sparse_categorical_crossentropy",
    "optimizer.name": "adam",
    "batch_size": 64,
}


def train_small(name, changes, folder, dataset=None):
    recipe = recipes.override(studies.get(name), changes)
    return train(recipe, dataset=dataset, out=folder, callbacks=())


def accuracy_of(classifier, dataset):
    """Test accuracy of a classifier of scikit-learn, on pixels in [0, 1] or on points."""
    scale = 255 if dataset.train.x.dtype == np.uint8 else 1
    train_x, test_x = (
        part.x.reshape(len(part), -1) / scale for part in (dataset.train, dataset.test)
    )
    return classifier.fit(train_x, dataset.train.y).score(test_x, dataset.test.y)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        # A linear layer with a softmax is logistic regression.
        ("exercises/digits_linear", {"optimizer.learning_rate": 0.03, "epochs": 15}),
        ("exercises/digits_best", {"optimizer.learning_rate": 0.01, "epochs": 10}),
    ],
)
def test_digits_beside_logistic_regression(tmp_path, name, changes):
    run = train_small(name, {**DIGITS, **changes}, tmp_path)
    floor = accuracy_of(LogisticRegression(max_iter=1000), datasets.load("digits"))  # 0.967
    assert run.result["metrics"]["test"]["accuracy"] >= floor - 0.02


def test_circles_beside_nearest_neighbours(tmp_path):
    """No line separates them: a linear model has the larger class right, 600 of 1,000."""
    run = train_small("exercises/circles_best", {"epochs": 5}, tmp_path)
    circles = datasets.load("circles")
    floor = accuracy_of(KNeighborsClassifier(5), circles)
    assert accuracy_of(LogisticRegression(), circles) < 0.65 < floor
    assert run.result["metrics"]["test"]["accuracy"] >= floor - 0.01
    # The saved model is the trained one.
    saved = keras.saving.load_model(run.directory / "model.keras")
    classes = np.ravel(saved.predict(circles.test.x, verbose=0)) > 0.5
    assert np.mean(classes == circles.test.y) == run.result["metrics"]["test"]["accuracy"]


def test_a_density_beside_the_best_without_features(tmp_path):
    """Negative log-likelihood of the Gaussian that has mean and variance of the training part."""
    x, y = load_diabetes(return_X_y=True, scaled=True)  # 442 patients in no order, 10 features
    x, y = (10 * x).astype("float32"), (y / y.max()).astype("float32")[:, None]
    whole = datasets.Split(x, y)
    dataset = datasets.Dataset(
        name="diabetes", train=whole[:342], test=whole[342:], classes=None, source="scikit-learn"
    )
    run = train_small(
        "exercises/regression_gaussian",
        {"epochs": 10, "optimizer.learning_rate": 0.003},
        tmp_path,
        dataset,
    )
    mean, variance = y[:342].mean(), y[:342].var()
    without = 0.5 * np.mean(np.log(2 * np.pi * variance) + (y[342:] - mean) ** 2 / variance)
    assert run.result["metrics"]["test"]["loss"] < without - 0.15
