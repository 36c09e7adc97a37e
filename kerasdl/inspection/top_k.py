"""How often the label is among the classes that a classifier finds likeliest."""

import numpy as np

from kerasdl.errors import UsageError


def top_k_accuracy(labels, probabilities, k=5):
    """The share of examples whose label is among the `k` likeliest classes.

    Among equal probabilities the class with the smaller label comes first, as for `argmax`.

    Args:
        labels: integer labels, `(n,)`.
        probabilities: `(n, classes)`; logits rank alike.
        k: how many classes, at least 1.

    Returns:
        A float from 0 to 1.

    Raises:
        UsageError: `k` is not at least 1, a probability is nan, or a label is no class.

    Example:
    >>> top_k_accuracy([0, 2], [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]], k=2)
    0.0
    >>> top_k_accuracy([0, 1], [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]], k=2)
    0.5
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    if k < 1:
        raise UsageError(f"k should be a whole number of at least 1; received {k}.")
    if np.isnan(probabilities).any():
        raise UsageError("The model gives nan, which ranks nowhere: its training diverged.")
    classes = probabilities.shape[1]
    if labels.min() < 0 or labels.max() >= classes:
        raise UsageError(
            f"The labels should be from 0 to {classes - 1}, as the model gives {classes} classes; "
            f"received {labels.min()} to {labels.max()}."
        )
    of_label = np.take_along_axis(probabilities, labels[:, None], axis=1)
    first = np.arange(classes) < labels[:, None]
    ahead = (probabilities > of_label) | ((probabilities == of_label) & first)
    return float(np.mean(ahead.sum(axis=1) < k))
