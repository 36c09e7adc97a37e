"""What a trained model gets right, class by class."""

import numpy as np
from sklearn.metrics import confusion_matrix

from kerasdl.errors import UsageError


def confusion(labels, probabilities):
    """Confusion matrix of a classifier.

    Args:
        labels: integer labels, `(n,)`.
        probabilities: `(n, classes)`, or `(n, 1)`: the probability of label 1.

    Returns:
        Integer array `(classes, classes)`: row the label, column what was predicted.

    Raises:
        UsageError: a probability is nan.

    Example:
    >>> confusion([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]).tolist()
    [[1, 0], [1, 1]]
    """
    probabilities = np.asarray(probabilities)
    if np.isnan(probabilities).any():
        raise UsageError("The model gives nan, which is no class: its training diverged.")
    if probabilities.shape[1] == 1:
        predicted, classes = (probabilities[:, 0] > 0.5).astype(int), 2
    else:
        predicted, classes = probabilities.argmax(axis=1), probabilities.shape[1]
    return confusion_matrix(labels, predicted, labels=range(classes))


def accuracy(matrix):
    """The part of all examples that is on the diagonal of a confusion matrix.

    Args:
        matrix: what `confusion` gave, `(classes, classes)`.

    Example:
    >>> accuracy(np.array([[1, 0], [1, 2]]))
    0.75
    """
    return float(np.trace(matrix) / matrix.sum())


def accuracy_per_class(matrix):
    """For each label, the part of its examples that was recognized.

    Args:
        matrix: what `confusion` gave, `(classes, classes)`.

    Returns:
        Array `(classes,)`; nan where a label has no examples.

    Example:
    >>> accuracy_per_class(np.array([[1, 0], [1, 3]])).tolist()
    [1.0, 0.75]
    """
    total = matrix.sum(axis=1)
    return np.where(total > 0, np.diag(matrix) / np.maximum(total, 1), np.nan)


def table(matrix, classes):
    """Accuracy per class and confusion matrix as text, a row a class.

    Args:
        matrix: what `confusion` gave, `(classes, classes)`.
        classes: their names.

    Example:
    >>> print(table(np.array([[1, 0], [1, 3]]), ("cat", "dog")))
                    cat  dog
    cat    1.0000     1    0
    dog    0.7500     1    3
    """
    width = max(len(name) for name in classes)
    cell = max(5, len(str(matrix.max())) + 1)
    head = " " * (width + 12) + "".join(name[: cell - 1].rjust(cell) for name in classes)
    rows = [
        f"{name:<{width}}  {share:>8.4f}  " + "".join(str(count).rjust(cell) for count in row)
        for name, share, row in zip(classes, accuracy_per_class(matrix), matrix, strict=True)
    ]
    return "\n".join([head, *rows])


def picture(matrix, classes, title, path):
    """The confusion matrix as a PNG: rows are labels, shades are shares of a row.

    Args:
        matrix: what `confusion` gave, `(classes, classes)`.
        classes: their names.
        title: a line above it.
        path: the file, written whole or not at all.

    Example:
    >>> picture(np.array([[1, 0], [1, 3]]), ("cat", "dog"), "pets", tmp / "confusion.png")
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from kerasdl.files import written_whole

    n = len(classes)
    side = max(4.5, 0.42 * n if n <= 30 else 12)
    figure = Figure(figsize=(side + 1.2, side), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    small = 9 if n <= 12 else 6 if n <= 30 else 4
    axes.set_xticks(range(n), classes, rotation=90 if n > 5 else 0, fontsize=small)
    axes.set_yticks(range(n), classes, fontsize=small)
    axes.set(xlabel="predicted", ylabel="label", title=title)
    if n <= 30:
        for (i, j), count in np.ndenumerate(matrix):
            if count:
                shade = "white" if shares[i, j] > 0.5 else "black"
                axes.text(j, i, count, ha="center", va="center", color=shade, fontsize=small - 1)
    figure.colorbar(image, ax=axes, label="share of the label's examples")
    with written_whole(path) as temporary:
        figure.savefig(temporary, format="png")


def expect_labels(output, labels, name):
    """Raise `UsageError` unless a model's symbolic `output` has a unit for every label of `name`."""
    outputs = output.shape[-1]
    classes = 2 if outputs == 1 else outputs
    if labels.max() >= classes:
        raise UsageError(
            f"The labels of {name} go up to {labels.max()}, which needs a model with "
            f"{labels.max() + 1} classes; this one has {classes}."
        )
