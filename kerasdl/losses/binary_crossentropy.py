"""Crossentropy of two classes with one unit, computed from its logit."""

import keras

from kerasdl.errors import UsageError
from kerasdl.losses._output import SingleUnitOutput


class BinaryCrossentropyOutput(SingleUnitOutput):
    """One logit: above 0 for label 1."""

    trained_on_logits = is_crossentropy = True
    threshold = 0.0  # a logit of 0 is a probability of 1/2

    def keras_loss(self):
        """From logits."""
        return keras.losses.BinaryCrossentropy(
            from_logits=True, label_smoothing=self.label_smoothing
        )


def output(classes, values):
    """An output trained on this loss.

    Raises:
        UsageError: there are not two classes.
    """
    if classes is None:
        raise UsageError("binary_crossentropy needs labels; received a regression target.")
    if classes != 2:
        raise UsageError(f"binary_crossentropy needs 2 classes; received {classes}.")
    return BinaryCrossentropyOutput(classes)
