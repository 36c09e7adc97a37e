"""What a classifier gets right, class by class."""

import numpy as np

from kerasdl.errors import UsageError
from kerasdl.inspection.drawing import new_figure, save_png

_DARKEST = (0.031, 0.282, 0.588)  # of Matplotlib's Blues


def confusion_matrix(labels, probabilities):
    """How often each label was taken for each class.

    Args:
        labels: integer labels, `(n,)`.
        probabilities: `(n, classes)`, or `(n, 1)`: the probability of label 1.

    Returns:
        Integer array `(classes, classes)`: row the label, column what was predicted.

    Raises:
        UsageError: a probability is nan, or a label is not one of the classes.

    Example:
    >>> confusion_matrix([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]).tolist()
    [[1, 0], [1, 1]]
    """
    probabilities = np.asarray(probabilities)
    if np.isnan(probabilities).any():
        raise UsageError("The model gives nan, which is no class: its training diverged.")
    if probabilities.shape[1] == 1:
        predicted, classes = (probabilities[:, 0] > 0.5).astype(int), 2
    else:
        predicted, classes = probabilities.argmax(axis=1), probabilities.shape[1]
    labels = np.asarray(labels)
    if labels.min() < 0 or labels.max() >= classes:
        raise UsageError(
            f"The labels should be from 0 to {classes - 1}, as the model gives {classes} classes; "
            f"received {labels.min()} to {labels.max()}."
        )
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def accuracy(matrix):
    """The share of all examples that is on the diagonal of a confusion matrix.

    Args:
        matrix: of `confusion_matrix`, `(classes, classes)`.

    Example:
    >>> accuracy(np.array([[1, 0], [1, 2]]))
    0.75
    """
    return float(np.trace(matrix) / matrix.sum())


def accuracy_per_class(matrix):
    """For each label, the share of its examples that was recognized.

    Args:
        matrix: of `confusion_matrix`, `(classes, classes)`.

    Returns:
        Array `(classes,)`; nan where a label has no examples.

    Example:
    >>> accuracy_per_class(np.array([[1, 0], [1, 3]])).tolist()
    [1.0, 0.75]
    """
    total = matrix.sum(axis=1)
    return np.where(total > 0, np.diag(matrix) / np.maximum(total, 1), np.nan)


def confusion_table(matrix, labels, predictions=None):
    """Accuracy per class and confusion matrix as text, a row a label.

    Args:
        matrix: of `confusion_matrix`, `(classes, classes)`.
        labels: names of the labels.
        predictions: names of what is predicted, where the model has others than the data.

    Example:
    >>> print(confusion_table(np.array([[1, 0], [1, 3]]), ("cat", "dog")))
                    cat  dog
    cat    1.0000     1    0
    dog    0.7500     1    3
    """
    width = max(len(name) for name in labels)
    cell = max(5, len(str(matrix.max())) + 1)
    head = " " * (width + 12) + "".join(
        name[: cell - 1].rjust(cell) for name in predictions or labels
    )
    rows = [
        f"{name:<{width}}  {share:>8.4f}  " + "".join(str(count).rjust(cell) for count in row)
        for name, share, row in zip(labels, accuracy_per_class(matrix), matrix, strict=True)
    ]
    return "\n".join([head, *rows])


def draw_confusion(matrix, path, *, title, labels, predictions=None):
    """The confusion matrix as a PNG: rows are labels, shades are shares of a row.

    Args:
        matrix: of `confusion_matrix`, `(classes, classes)`.
        path: the file, written whole or not at all.
        title: a line above it.
        labels: names of the labels.
        predictions: names of what is predicted, where the model has others than the data.

    Raises:
        UsageError: the file cannot be written.

    Example:
    >>> matrix = np.array([[1, 0], [1, 3]])
    >>> draw_confusion(matrix, tmp / "confusion.png", title="pets", labels=("cat", "dog"))
    """
    figure = confusion_figure(matrix, title=title, labels=labels, predictions=predictions)
    save_png(figure, path)


def confusion_figure(matrix, *, title, labels, predictions=None):
    """The confusion matrix as a `matplotlib.figure.Figure`; its arguments are `draw_confusion`'s.

    Example:
    >>> matrix = np.array([[1, 0], [1, 3]])
    >>> figure = confusion_figure(matrix, title="pets", labels=("cat", "dog"))
    """
    from matplotlib.colors import LinearSegmentedColormap

    n = len(labels)
    side = max(4.5, 0.42 * n if n <= 30 else 12)
    figure = new_figure(side + 1.2, side)
    axes = figure.add_subplot()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    # From transparent, so that on a dark page what is empty is dark.
    shades = LinearSegmentedColormap.from_list("shades", [(*_DARKEST, 0), (*_DARKEST, 1)])
    image = axes.imshow(shares, cmap=shades, vmin=0, vmax=1)
    small = 9 if n <= 12 else 6 if n <= 30 else 4
    axes.set_xticks(range(n), predictions or labels, rotation=90 if n > 5 else 0, fontsize=small)
    axes.set_yticks(range(n), labels, fontsize=small)
    axes.set(xlabel="predicted", ylabel="label", title=title)
    if n <= 30:
        for (i, j), count in np.ndenumerate(matrix):
            if count:
                shade = "white" if shares[i, j] > 0.5 else "black"
                axes.text(j, i, count, ha="center", va="center", color=shade, fontsize=small - 1)
    figure.colorbar(image, ax=axes, label="share of the label's examples")
    return figure
