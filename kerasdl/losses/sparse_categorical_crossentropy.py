"""Crossentropy of integer labels, computed from logits, which is exact on every backend."""

import keras

from kerasdl.errors import UsageError
from kerasdl.losses._output import Output


class SparseCategoricalCrossentropyOutput(Output):
    """A logit for each class."""

    trained_on_logits = True

    def keras_loss(self):
        """From logits."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def accuracy(self):
        """The share of examples whose largest logit is the label's."""
        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


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
