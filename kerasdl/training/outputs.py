"""From a recipe's name of a loss to Keras' loss, metrics and targets.

Crossentropies are computed from logits, which is exact on every backend; the mean
squared error compares the activated output, with one-hot labels where there are
classes. Labels stay integers in the data sets.
"""

from dataclasses import dataclass

import keras
import numpy as np

from kerasdl.errors import UsageError
from kerasdl.losses import GaussianNLL, squared_error_of_mean

FROM_LOGITS = ("sparse_categorical_crossentropy", "binary_crossentropy")


@dataclass(frozen=True)
class Objective:
    """What one output of a network is trained on.

    Attributes:
        loss: name, one of `kerasdl.recipes.recipe.LOSSES`.
        classes: number of classes, or `None` for regression.
        units: number of values that the network gives.
    """

    loss: str
    classes: int | None
    units: int

    @property
    def from_logits(self):
        """Whether the network is trained without its last activation."""
        return self.loss in FROM_LOGITS

    def keras_loss(self):
        """The loss as Keras has it."""
        return {
            "sparse_categorical_crossentropy": lambda: keras.losses.SparseCategoricalCrossentropy(
                from_logits=True
            ),
            "binary_crossentropy": lambda: keras.losses.BinaryCrossentropy(from_logits=True),
            "mean_squared_error": keras.losses.MeanSquaredError,
            "gaussian_nll": GaussianNLL,
        }[self.loss]()

    def metrics(self, names):
        """Keras' metrics for the `names` of a recipe.

        Regression has none, but for the Gaussian head's `mean_squared_error`, of its mean.
        """
        if self.loss == "gaussian_nll" and "mean_squared_error" in names:
            error = keras.metrics.MeanMetricWrapper(squared_error_of_mean, "mean_squared_error")
            return [error]
        if self.classes is None or "accuracy" not in names:
            return []
        if self.units == 1:
            middle = 0.0 if self.from_logits else 0.5  # a logit of 0 is a probability of 1/2
            return [keras.metrics.MeanMetricWrapper(above(middle), name="accuracy")]
        kind = (
            keras.metrics.SparseCategoricalAccuracy
            if self.loss == "sparse_categorical_crossentropy"
            else keras.metrics.CategoricalAccuracy
        )
        return [kind(name="accuracy")]

    def right(self, y_true, y_pred):
        """Whether each example's target and output agree, as the accuracy has it."""
        if self.units == 1:
            return above(0.0 if self.from_logits else 0.5)(y_true, y_pred) > 0
        labels = y_true
        if self.loss != "sparse_categorical_crossentropy":
            labels = keras.ops.argmax(y_true, axis=-1)
        return keras.ops.equal(keras.ops.argmax(y_pred, axis=-1), labels)

    def targets(self, y):
        """Labels or values as the loss wants them.

        Raises:
            UsageError: a label has no output.
        """
        if self.classes is None:
            return np.asarray(y, "float32")
        y = np.asarray(y)
        if len(y) and (y.min() < 0 or y.max() >= self.classes):
            raise UsageError(
                f"Labels should be from 0 to {self.classes - 1}, as the model has {self.classes} "
                f"classes; received labels from {y.min()} to {y.max()}."
            )
        if self.units == 1:
            return y.reshape(-1, 1).astype("float32")
        if self.loss == "sparse_categorical_crossentropy":
            return y.astype("int32")
        return np.eye(self.classes, dtype="float32")[y]


def above(threshold):
    """The accuracy of one output: whether it is above `threshold` where the label is 1."""

    def accuracy(y_true, y_pred):
        right = keras.ops.equal(y_pred > threshold, y_true > 0.5)
        return keras.ops.cast(right, "float32")

    return accuracy


def objectives(loss, dataset):
    """The objective of a recipe's `loss` on `dataset`; one an output where there are several.

    Raises:
        UsageError: outputs and losses do not have the same names.
    """
    if isinstance(dataset.train.y, dict):
        losses = loss if isinstance(loss, dict) else dict.fromkeys(dataset.train.y, loss)
        if set(losses) != set(dataset.train.y):
            raise UsageError(
                f"The losses should be for {', '.join(dataset.train.y)}; "
                f"received {', '.join(losses)}."
            )
        return {
            name: _objective(losses[name], dataset.classes and dataset.classes.get(name), y)
            for name, y in dataset.train.y.items()
        }
    if isinstance(loss, dict):
        raise UsageError(f"{dataset.name} has one output; received losses for {', '.join(loss)}.")
    return _objective(loss, dataset.classes, dataset.train.y)


def _objective(loss, classes, y):
    if classes is None:
        if loss in FROM_LOGITS:
            raise UsageError(f"{loss} needs labels; received a regression target.")
        targets = int(np.prod(y.shape[1:], dtype=int))
        # a Gaussian has a mean and a log-variance for each
        return Objective(loss, None, 2 * targets if loss == "gaussian_nll" else targets)
    if loss == "gaussian_nll":
        raise UsageError(
            f"gaussian_nll needs a regression target; received {len(classes)} classes."
        )
    if loss == "binary_crossentropy" and len(classes) != 2:
        raise UsageError(f"binary_crossentropy needs 2 classes; received {len(classes)}.")
    # Two classes need one output where its loss knows no more than one.
    single = len(classes) == 2 and loss != "sparse_categorical_crossentropy"
    return Objective(loss, len(classes), 1 if single else len(classes))
