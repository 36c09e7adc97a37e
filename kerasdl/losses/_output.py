"""The base class of all losses: how an output of a network is trained and measured."""

from dataclasses import dataclass, replace
from typing import ClassVar

from kerasdl import backend
from kerasdl.errors import UsageError

backend.load()  # one clear sentence where there is none, and Keras with no other one

import keras  # noqa: E402
import numpy as np  # noqa: E402


@dataclass(frozen=True)
class Output:
    """One output of a network, trained on one loss. Every loss has a subclass of its own.

    Args:
        classes: number of classes, or `None` for regression.
        values: number of target values of an example in a regression; 1 for classes.
        label_smoothing: share of a label that is spread evenly over all classes, from 0 to below
            1, where the loss is a crossentropy: its targets are `(1 - s) y + s / classes`.

    Attributes:
        trained_on_logits: whether the network is trained without its last activation.
        is_crossentropy: whether labels are probabilities, which can be smoothed.
    """

    classes: int | None
    values: int = 1
    label_smoothing: float = 0.0

    trained_on_logits: ClassVar[bool] = False
    is_crossentropy: ClassVar[bool] = False

    def with_soft_labels(self, label_smoothing=0.0):
        """The same output, whose labels are a number for each class, as smoothing and mixing need.

        Args:
            label_smoothing: of its loss; losses that are no crossentropy ignore it.
        """
        return replace(self, label_smoothing=label_smoothing) if self.is_crossentropy else self

    @property
    def units(self):
        """Number of values that the network gives for an example."""
        return self.values if self.classes is None else self.classes

    def keras_loss(self):
        """A new `keras.losses.Loss`."""
        raise NotImplementedError

    def accuracy(self):
        """A new Keras metric: the share of examples whose class is right."""
        raise NotImplementedError

    @property
    def available_metrics(self):
        """The metrics that this output can have: name -> function that gives a new Keras metric.

        Accuracy where there are classes; a loss with metrics of its own adds them.
        """
        return {} if self.classes is None else {"accuracy": self.accuracy}

    def metrics(self, names):
        """New Keras metrics: those of the `names` that are available."""
        available = self.available_metrics
        return [available[name]() for name in names if name in available]

    def correct(self, y_true, y_pred):
        """Whether each example is right, as `accuracy` counts it: booleans `(batch,)`."""
        return keras.ops.equal(keras.ops.argmax(y_pred, axis=-1), y_true)

    def targets(self, y):
        """Integer labels `(n,)` or values `(n, values)` as the Keras loss wants them.

        Raises:
            UsageError: a label has no unit.
        """
        if self.classes is None:
            return np.asarray(y, "float32")
        y = np.asarray(y)
        if len(y) and (y.min() < 0 or y.max() >= self.classes):
            raise UsageError(
                f"Labels should be from 0 to {self.classes - 1}, as the model has {self.classes} "
                f"classes; received labels from {y.min()} to {y.max()}."
            )
        return self.encoded(y)

    def encoded(self, labels):
        """Labels `(n,)`, already checked, as the Keras loss wants them."""
        return labels.astype("int32")


class SingleUnitOutput(Output):
    """An output of two classes that has one unit: above `threshold` for label 1."""

    threshold: ClassVar[float]

    @property
    def units(self):
        """One."""
        return 1

    def accuracy(self):
        """The share of examples on the right side of the threshold."""
        return keras.metrics.MeanMetricWrapper(self._accuracy, name="accuracy")

    def correct(self, y_true, y_pred):
        """Whether each example is on the right side of the threshold."""
        return self._accuracy(y_true, y_pred) > 0

    def encoded(self, labels):
        """Labels 0 and 1 as float32 `(n, 1)`."""
        return labels.reshape(-1, 1).astype("float32")

    def _accuracy(self, y_true, y_pred):
        correct = keras.ops.equal(y_pred > self.threshold, y_true > 0.5)
        return keras.ops.cast(correct, "float32")
