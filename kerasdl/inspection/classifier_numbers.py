"""What a classifier is measured by, in a few numbers."""

import numpy as np

from kerasdl.inspection import confusion
from kerasdl.inspection.calibration import are_probabilities, calibration
from kerasdl.inspection.top_k import top_k_accuracy


def classifier_numbers(labels, probabilities):
    """Accuracy, top-5 accuracy and expected calibration error, as far as they say something.

    Args:
        labels: integer labels, `(n,)`.
        probabilities: `(n, classes)`, or `(n, 1)`: the probability of label 1.

    Returns:
        Dictionary of name to float.

    Example:
    >>> classifier_numbers([0, 1], [[0.9, 0.1], [0.3, 0.7]])
    {'accuracy': 1.0, 'expected calibration error': 0.2}
    """
    probabilities = np.asarray(probabilities)
    matrix = confusion.confusion_matrix(labels, probabilities)
    found = {"accuracy": confusion.accuracy(matrix)}
    if probabilities.shape[1] > 5:
        found["top-5 accuracy"] = top_k_accuracy(labels, probabilities, 5)
    if are_probabilities(probabilities):
        error = calibration(labels, probabilities).error
        found["expected calibration error"] = round(error, 6)
    return found
