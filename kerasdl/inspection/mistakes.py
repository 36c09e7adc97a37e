"""What a model gets wrong: the images that it is surest of, classes by their accuracy, values."""

import numpy as np

from kerasdl.errors import UsageError
from kerasdl.inspection import confusion
from kerasdl.inspection.gallery import Gallery, Tile, displayable

MOST = 18


def confident_mistakes(labels, probabilities, most=MOST):
    """The misclassified examples, those first that the model is surest of.

    Args:
        labels: integer labels, `(n,)`.
        probabilities: `(n, classes)`, or `(n, 1)`: the probability of label 1.
        most: how many, at most.

    Returns:
        Integer array of positions; of equal confidence the first example comes first.

    Example:
    >>> confident_mistakes([0, 1, 1, 0], [[0.4, 0.6], [0.9, 0.1], [0.1, 0.9], [0.8, 0.2]]).tolist()
    [1, 0]
    """
    predicted, confidence = predictions(probabilities)
    wrong = np.flatnonzero(predicted != np.asarray(labels))
    return wrong[np.argsort(-confidence[wrong], kind="stable")][:most]


def predictions(probabilities):
    """The class that is predicted for each example, and its probability.

    Args:
        probabilities: `(n, classes)`, or `(n, 1)`: the probability of label 1.

    Example:
    >>> classes, confidence = predictions([[0.25], [0.75]])
    >>> classes.tolist(), confidence.tolist()
    ([0, 1], [0.75, 0.75])
    """
    probabilities = np.asarray(probabilities)
    if probabilities.shape[1] == 1:
        of_one = probabilities[:, 0]
        predicted = (of_one > 0.5).astype(int)
        return predicted, np.where(predicted == 1, of_one, 1 - of_one)
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


def mistake_gallery(images, labels, probabilities, classes, most=MOST):
    """The images of `confident_mistakes`, each with its label and what was predicted.

    Args:
        images: `(n, height, width, channels)`, pixels 0 to 255.
        labels: integer labels, `(n,)`.
        probabilities: `(n, classes)`, or `(n, 1)`: the probability of label 1.
        classes: their names.
        most: how many, at most.

    Returns:
        A `kerasdl.inspection.gallery.Gallery`.

    Raises:
        UsageError: no image is misclassified.

    Example:
    >>> images = np.zeros((2, 8, 8, 1))
    >>> gallery = mistake_gallery(images, [0, 1], [[0.1, 0.9], [0.2, 0.8]], ("cat", "dog"))
    >>> gallery.tiles[0].caption
    'cat, taken for dog (0.90)'
    """
    chosen = confident_mistakes(labels, probabilities, most)
    if not len(chosen):
        raise UsageError("No image is misclassified.")
    predicted, confidence = predictions(probabilities)
    tiles = []
    for i in chosen:
        words = f"{classes[labels[i]]}, taken for {classes[predicted[i]]} ({confidence[i]:.2f})"
        tiles.append(Tile((displayable(images[i]),), words))
    return Gallery(tuple(tiles))


def accuracy_bars(matrix, classes):
    """The accuracy of each class as a bar, beside that of all.

    Args:
        matrix: of `confusion_matrix`, `(classes, classes)`.
        classes: their names.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:
    >>> figure = accuracy_bars(np.array([[1, 0], [1, 3]]), ("cat", "dog"))
    """
    from kerasdl.inspection.drawing import BLUE, ORANGE, new_figure

    count = len(classes)
    size = 8 if count <= 30 else 6
    figure = new_figure(4.5, max(1.6, 0.9 + (0.2 if count <= 30 else 0.11) * count))
    axes = figure.add_subplot()
    shares = np.nan_to_num(confusion.accuracy_per_class(matrix))
    axes.barh(range(count), shares, 0.75, color=BLUE)
    axes.axvline(confusion.accuracy(matrix), color=ORANGE, linewidth=1.5)
    axes.set_yticks(range(count), classes, fontsize=size)
    axes.set(xlim=(0, 1), ylim=(count - 0.4, -0.6), xlabel="accuracy")
    return figure


def prediction_scatter(targets, means):
    """Predicted values over true ones.

    Args:
        targets: `(n, values)`.
        means: likewise.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        UsageError: a prediction is not finite.

    Example:
    >>> figure = prediction_scatter(np.array([[0.0], [1.0]]), np.array([[0.1], [0.8]]))
    """
    from kerasdl.inspection.drawing import BLUE, new_figure

    if not np.isfinite(means).all():
        raise UsageError("The model gives values that are not finite: its training diverged.")
    figure = new_figure(4.5, 4.2)
    axes = figure.add_subplot()
    axes.plot(np.ravel(targets), np.ravel(means), ".", color=BLUE, markersize=3, alpha=0.6)
    ends = [min(np.min(targets), np.min(means)), max(np.max(targets), np.max(means))]
    axes.plot(ends, ends, "--", color="black", linewidth=1)
    axes.set(xlabel="true", ylabel="predicted")
    return figure
