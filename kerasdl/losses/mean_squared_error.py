"""Mean squared error: of values, or of activated outputs and one-hot labels."""

import keras
import numpy as np

from kerasdl.losses._output import Output, SingleUnitOutput


class MeanSquaredErrorOutput(Output):
    """Values, or a unit for each class, compared with the one-hot label."""

    def keras_loss(self):
        """The mean over units and examples."""
        return keras.losses.MeanSquaredError()

    def accuracy(self):
        """The share of examples whose largest output is the label's."""
        return keras.metrics.CategoricalAccuracy(name="accuracy")

    def correct(self, y_true, y_pred):
        """As `accuracy` has it, from one-hot labels."""
        return super().correct(keras.ops.argmax(y_true, axis=-1), y_pred)

    def encoded(self, labels):
        """One-hot float32 `(n, classes)`."""
        return np.eye(self.classes, dtype="float32")[labels]


class TwoClassSquaredErrorOutput(SingleUnitOutput):
    """One unit, compared with the label 0 or 1."""

    threshold = 0.5

    def keras_loss(self):
        """The mean over examples."""
        return keras.losses.MeanSquaredError()


def output(classes, values):
    """An output trained on this loss; two classes have one unit."""
    if classes == 2:
        return TwoClassSquaredErrorOutput(classes)
    return MeanSquaredErrorOutput(classes, values)
