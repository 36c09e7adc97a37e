"""Crossentropy of integer labels, computed from logits, which is exact on every backend."""

import keras
import numpy as np

from kerasdl.errors import UsageError
from kerasdl.losses._output import Output


class SparseCategoricalCrossentropyOutput(Output):
    """A logit for each class."""

    trained_on_logits = is_crossentropy = True

    def keras_loss(self):
        """From logits."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def accuracy(self):
        """The share of examples whose largest logit is the label's."""
        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    def with_soft_labels(self, label_smoothing=0.0):
        """Its one-hot form: Keras smooths no integer labels, and these cannot be mixed."""
        return SoftCrossentropyOutput(self.classes, self.values, label_smoothing)


class SoftCrossentropyOutput(Output):
    """A logit for each class, whose label is a probability for each class."""

    trained_on_logits = is_crossentropy = True

    def keras_loss(self):
        """From logits."""
        return keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=self.label_smoothing
        )

    def accuracy(self):
        """The share of examples whose largest logit is that of the most probable class."""
        return keras.metrics.CategoricalAccuracy(name="accuracy")

    def correct(self, y_true, y_pred):
        """As `accuracy` has it."""
        return super().correct(keras.ops.argmax(y_true, axis=-1), y_pred)

    def encoded(self, labels):
        """One-hot float32 `(n, classes)`."""
        return np.eye(self.classes, dtype="float32")[labels]


def output(classes, values):
    """An output trained on this loss.

    Raises:
        UsageError: there are no classes.
    """
    if classes is None:
        raise UsageError(
            "sparse_categorical_crossentropy needs labels; received a regression target."
        )
    return SparseCategoricalCrossentropyOutput(classes)
