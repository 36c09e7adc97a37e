"""Look inside a trained model: what it gets right and wrong, how sure it is, where it looks."""

from dataclasses import dataclass, field

import numpy as np

from kerasdl.errors import UsageError
from kerasdl.inspection import confusion
from kerasdl.inspection.calibration import (
    calibration,
    reliability_diagram,
)
from kerasdl.inspection.classifier_numbers import classifier_numbers
from kerasdl.inspection.gallery import Gallery
from kerasdl.inspection.gaze import attention_gallery, grad_cam_gallery
from kerasdl.inspection.mistakes import accuracy_bars, mistake_gallery, prediction_scatter
from kerasdl.structure import by_output

MOST_POINTS = 2000
"""Examples of an embedding map, at most."""
BATCH = 500


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of a model, and what it shows.

    Attributes:
        name: of its file, without a suffix.
        title: a few words.
        words: how to read it, in a sentence or two.
        content: a `Gallery`, or a `matplotlib.figure.Figure`.
    """

    name: str
    title: str
    words: str
    content: object

    def save(self, folder):
        """Write it as a PNG into a folder; returns the path.

        Raises:
            UsageError: the file cannot be written.
        """
        from kerasdl.inspection.drawing import save_png

        path = folder / f"{self.name}.png"
        if isinstance(self.content, Gallery):
            self.content.save(path)
        else:
            save_png(self.content, path)
        return path


@dataclass(frozen=True, eq=False)
class OutputLook:
    """One output of a model, looked at.

    Attributes:
        name: of the output; `""` where it is the only one.
        numbers: name -> value: accuracy, top-5 accuracy, calibration error; or squared error.
        per_class: rows of class, number of examples, accuracy, what it is most often taken for.
        pictures: tuple of `Picture`.
        left_out: sentences on what does not apply to it.
    """

    name: str
    numbers: dict
    per_class: tuple = ()
    pictures: tuple = ()
    left_out: tuple = ()


@dataclass
class _Collected:
    """Pictures so far, and why there are no others."""

    prefix: str
    pictures: list = field(default_factory=list)
    left_out: list = field(default_factory=list)

    def add(self, name, title, words, make):
        """Keep a picture; where there can be none, the sentence that says why."""
        try:
            content = make()
        except UsageError as error:
            self.left_out.append(str(error))
            return
        name = f"{self.prefix}-{name}" if self.prefix else name
        self.pictures.append(Picture(name, title, words, content))


def look_inside(model, split, classes, *, embedding="pca", seed=0):
    """Everything that applies of what this package can see in a model.

    Args:
        model: a functional or sequential `keras.Model`.
        split: `kerasdl.datasets.Split`, the examples that it is looked at with.
        classes: names of the classes, a dictionary of these by output, or `None` for a regression.
        embedding: `"pca"` or `"tsne"`; see `embedding_map`.
        seed: of t-SNE, and of which examples are points where there are many.

    Returns:
        A tuple of `OutputLook`, one an output.

    Raises:
        UsageError: the model gives nan, or the labels are not its classes.

    Example:
    >>> from kerasdl import datasets
    >>> from kerasdl.models import MLP
    >>> digits = datasets.load("digits")
    >>> (look,) = look_inside(MLP((8, 8, 1), 10, units=(16,)), digits.test, digits.classes)
    >>> [picture.name for picture in look.pictures]
    ['per-class', 'confusion', 'calibration', 'misclassified', 'filters', 'embedding']
    >>> look.left_out
    ('Grad-CAM needs a network with convolutions; this one has none.',)
    """
    predictions = _predictions(model, split.x)
    classes = by_output(classes)
    found = []
    for name, targets in by_output(split.y).items():
        if classes.get(name) is None:
            found.append(_of_values(name, targets, predictions[name]))
            continue
        seen = _Seen(model, split.x, name, np.asarray(targets), predictions[name], classes[name])
        found.append(_of_classes(seen, embedding, seed))
    return tuple(found)


def _predictions(model, x):
    """Output -> what the model gives, a batch of the images at a time: they may be in files."""
    batches = range(0, len(x), BATCH)
    found = [by_output(model.predict_on_batch(x[start : start + BATCH])) for start in batches]
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]}


@dataclass(frozen=True, eq=False)
class _Seen:
    """A model, and what one of its outputs says of some examples."""

    model: object
    x: np.ndarray
    output: str
    labels: np.ndarray
    probabilities: np.ndarray
    classes: tuple


def _of_values(name, targets, predictions):
    # A Gaussian head gives a mean and a log-variance; its mean is compared.
    means = predictions[:, : targets.shape[1]]
    collected = _Collected(name)
    collected.add(
        "predicted",
        "Predicted beside true values",
        "A point an example; on the line the prediction is right.",
        lambda: prediction_scatter(targets, means),
    )
    numbers = {"mean squared error": float(((means - targets) ** 2).mean())}
    why = (
        "Accuracy, confusion, calibration, misclassified examples, Grad-CAM and an embedding map are "
        "of classes; this output gives values."
    )
    return OutputLook(name, numbers, pictures=tuple(collected.pictures), left_out=(why,))


def _of_classes(seen, embedding, seed):
    matrix = confusion.confusion_matrix(seen.labels, seen.probabilities)
    collected = _Collected(seen.output)
    _add_numbers_as_pictures(collected, seen, matrix)
    _add_images(collected, seen)
    _add_embedding(collected, seen, embedding, seed)
    numbers = classifier_numbers(seen.labels, seen.probabilities)
    rows = _per_class(matrix, seen.classes)
    return OutputLook(
        seen.output, numbers, rows, tuple(collected.pictures), tuple(collected.left_out)
    )


def _add_numbers_as_pictures(collected, seen, matrix):
    collected.add(
        "per-class",
        "Accuracy of each class",
        "Of its examples, the share that is recognized; the line is the accuracy of all.",
        lambda: accuracy_bars(matrix, seen.classes),
    )
    collected.add(
        "confusion",
        "Confusion matrix",
        "A row is a label, a column what was predicted; shades are shares of a row.",
        lambda: confusion.confusion_figure(matrix, title="", labels=seen.classes),
    )
    collected.add(
        "calibration",
        "Calibration",
        "Bars below the diagonal: it is surer than it is right. Its expected calibration error is "
        "the mean distance from the diagonal.",
        lambda: reliability_diagram(calibration(seen.labels, seen.probabilities)),
    )


def _add_images(collected, seen):
    from kerasdl.inspection.first_filters import filter_gallery, first_filters

    images = _images(seen)
    if images is None:
        collected.left_out.append(
            "Misclassified images, Grad-CAM, attention and filters are of images; this model takes "
            "features."
        )
        return
    collected.add(
        "misclassified",
        "Misclassified with most confidence",
        "Label, what was predicted in its place, and its probability.",
        lambda: mistake_gallery(images, seen.labels, seen.probabilities, seen.classes),
    )
    collected.add(
        "grad-cam",
        "Grad-CAM",
        "The brighter, the more the place speaks for the class that is predicted.",
        lambda: grad_cam_gallery(seen),
    )
    if _has_attention(seen.model):
        collected.add(
            "attention",
            "Attention rollout",
            "The brighter, the more of the place is in what is classified.",
            lambda: attention_gallery(seen),
        )
    collected.add(
        "filters",
        "Filters of the first layer",
        "Grey is 0; each is scaled to its own largest weight.",
        lambda: filter_gallery(first_filters(seen.model)),
    )


def _add_embedding(collected, seen, method, seed):
    from kerasdl.inspection.embedding import draw_embedding, embedding_map, embeddings

    rows = np.random.default_rng(seed).permutation(len(seen.x))[:MOST_POINTS]

    def draw():
        features = embeddings(seen.model, seen.x[rows], output=seen.output or None)
        points, shares = embedding_map(features, method, seed)
        return draw_embedding(points, seen.labels[rows], seen.classes, shares)

    by = "principal components" if method == "pca" else "t-SNE: neighbours stay neighbours"
    words = f"What the last layer is given, {len(rows):,} examples, by {by}."
    collected.add("embedding", "Embedding map", words, draw)


def _images(seen):
    return seen.x if seen.x.ndim == 4 else None


def _has_attention(model):
    from kerasdl.inspection.graph import trace
    from kerasdl.inspection.layer_kinds import ATTENTION

    return any(isinstance(call.layer, ATTENTION) for call in trace(model).calls)


def _per_class(matrix, classes):
    rows = []
    for label, (name, share) in enumerate(
        zip(classes, confusion.accuracy_per_class(matrix), strict=True)
    ):
        wrong = matrix[label].copy()
        wrong[label] = 0
        most = f"{classes[wrong.argmax()]} ({wrong.max()})" if wrong.any() else ""
        shown = "" if np.isnan(share) else f"{share:.4f}"
        rows.append((name, f"{matrix[label].sum():,}", shown, most))
    return tuple(rows)
