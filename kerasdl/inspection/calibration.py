"""Whether a classifier's probabilities are what they say: how often it is right when it is 90 % sure."""

from dataclasses import dataclass

import numpy as np

from kerasdl.errors import UsageError

BINS = 15
"""As many as in the tables of Guo et al."""
TOLERANCE = 1e-3
"""How far the probabilities of an example may be from 1, all together: float16 is within it."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Confidence and accuracy of a classifier, in bins of equal width of its confidence.

    Attributes:
        counts: examples in each bin, `(bins,)`.
        confidence: mean probability of the class that is predicted, in each bin; nan in empty ones.
        accuracy: share of examples that are right, likewise.
    """

    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def edges(self):
        """Edges of the bins, `(bins + 1,)`; a bin has its upper edge."""
        return np.linspace(0, 1, len(self.counts) + 1)

    @property
    def error(self):
        """Expected calibration error: the mean distance of accuracy and confidence.

            ECE = sum_m |B_m| / n  |acc(B_m) - conf(B_m)|

        Source: Naeini et al. (2015); Guo et al., "On Calibration of Modern Neural Networks"
        (2017), equation 3.
        """
        distances = np.abs(self.accuracy - self.confidence)
        return float(np.nansum(self.counts * distances) / self.counts.sum())

    @property
    def overconfidence(self):
        """Mean confidence less accuracy, over all examples: above 0 where it is too sure."""
        difference = self.counts * (self.confidence - self.accuracy)
        return float(np.nansum(difference) / self.counts.sum())


def calibration(labels, probabilities, bins=BINS):
    """How confidence and accuracy of a classifier compare.

    Args:
        labels: integer labels, `(n,)`.
        probabilities: `(n, classes)`, or `(n, 1)`: the probability of label 1.
        bins: of equal width, from 0 to 1.

    Returns:
        A `Calibration`.

    Raises:
        UsageError: the model gives no probabilities (see `are_probabilities`).

    Example:
    >>> calibration([0, 1], [[0.9, 0.1], [0.7, 0.3]], bins=10).counts.tolist()
    [0, 0, 0, 0, 0, 0, 1, 0, 1, 0]
    >>> f"{calibration([0, 1], [[0.9, 0.1], [0.7, 0.3]], bins=10).error:.2f}"  # (0.1 + 0.7) / 2
    '0.40'
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    if not are_probabilities(probabilities):
        raise UsageError(
            "Calibration is of probabilities, from 0 to 1 and together 1; the model gives other values."
        )
    probabilities = probabilities.astype("float64")
    if probabilities.shape[1] == 1:
        predicted = probabilities[:, 0] > 0.5
        confidence = np.where(predicted, probabilities[:, 0], 1 - probabilities[:, 0])
    else:
        predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    numbers = np.searchsorted(inner, confidence)  # a bin is open below, and has its upper edge
    counts = np.bincount(numbers, minlength=bins)

    def mean(values):
        sums = np.bincount(numbers, weights=values, minlength=bins)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    return Calibration(counts, mean(confidence), mean(predicted == labels))


def are_probabilities(values):
    """Whether all are from 0 to 1 and, unless there is one an example, 1 together.

    Outputs trained on squared errors, and logits, need not be.

    Example:
    >>> are_probabilities(np.array([[0.25, 0.75]])), are_probabilities(np.array([[-1.0, 2.0]]))
    (True, False)
    """
    values = np.asarray(values, "float64")
    if not ((values >= 0) & (values <= 1 + TOLERANCE)).all():  # nan is neither
        return False
    return values.shape[1] == 1 or bool((np.abs(values.sum(axis=1) - 1) < TOLERANCE).all())


def reliability_diagram(found):
    """Accuracy over confidence, beside what it would be if the confidence were right.

    Args:
        found: a `Calibration`.

    Returns:
        A `matplotlib.figure.Figure`: a bar a bin, how many examples it has below.

    Source: DeGroot and Fienberg (1983); Guo et al. (2017), figure 1.

    Example:
    >>> figure = reliability_diagram(calibration([0, 1], [[0.9, 0.1], [0.7, 0.3]]))
    """
    from kerasdl.inspection.drawing import BLUE, new_figure

    figure = new_figure(4.5, 4.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    centers, width = (found.edges[:-1] + found.edges[1:]) / 2, 1 / len(found.counts)
    filled = found.counts > 0
    above.bar(centers[filled], found.accuracy[filled], 0.9 * width, color=BLUE, label="accuracy")
    above.plot((0, 1), (0, 1), "--", color="black", linewidth=1, label="as confident as right")
    above.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    above.set_title(f"expected calibration error {found.error:.4f}", fontsize=10)
    above.legend(frameon=False, loc="upper left")
    below.bar(centers, found.counts / found.counts.sum(), 0.9 * width, color=BLUE)
    below.set(xlabel="confidence: probability of the predicted class", ylabel="share of\nexamples")
    return figure
