"""Examples as points: what the last layer of a classifier is given, in two dimensions."""

import numpy as np

from kerasdl.errors import UsageError
from kerasdl.inspection.scores import scored

METHODS = ("pca", "tsne")
_MARKERS = "os^Dv*PX<>"
_MOST_IN_LEGEND = 20


def embeddings(model, x, *, output=None, batch_size=500):
    """What the last dense layer of a network is given, for each example.

    Args:
        model: a functional or sequential `keras.Model`.
        x: `(n, ...)`, as the model takes it.
        output: name of the output, where the model has several.
        batch_size: examples at a time.

    Returns:
        Float32 array `(n, features)`.

    Raises:
        UsageError: there is no such output.

    Example:
    >>> from kerasdl.models import MLP
    >>> embeddings(MLP((2,), classes=3, units=(5,)), np.zeros((4, 2))).shape
    (4, 5)
    """
    network = scored(model, output).features()
    return np.asarray(network.predict(x, batch_size=batch_size, verbose=0), "float32")


def embedding_map(features, method="pca", seed=0):
    """Points in a plane for examples of many features.

    Args:
        features: `(n, features)`.
        method: `"pca"`: the two directions of the largest variance; or `"tsne"`: neighbours stay
            neighbours, distances mean little (scikit-learn's, from the points of the PCA).
        seed: of t-SNE.

    Returns:
        The points, a float array `(n, 2)`, and the share of the variance along each axis, `(2,)`;
        `None` in its place of t-SNE.

    Raises:
        UsageError: the method is unknown, there are fewer than three examples, or features that
            are not finite.

    Source: van der Maaten and Hinton, "Visualizing Data using t-SNE" (2008).

    Example:
    >>> points, shares = embedding_map(np.array([[0.0, 0, 1], [3, 0, 1], [0, 4, 1], [3, 4, 1]]))
    >>> shares.round(2).tolist()
    [0.64, 0.36]
    """
    if method not in METHODS:
        raise UsageError(f"method should be one of {', '.join(METHODS)}; received {method!r}.")
    features = np.asarray(features, "float64")
    if len(features) < 3 or not np.isfinite(features).all():
        raise UsageError("An embedding map needs three examples or more, and finite features.")
    points, shares = _principal(features)
    if method == "pca":
        return points, shares
    from sklearn.manifold import TSNE

    # Beginning as its own `init="pca"` does, where a single feature would have no second direction.
    begin = points / (points[:, 0].std() or 1) * 1e-4
    perplexity = min(30, (len(features) - 1) / 3)
    made = TSNE(init=begin, perplexity=perplexity, random_state=seed).fit_transform(features)
    return made.astype("float64"), None


def _principal(features):
    """Principal components by the eigenvectors of the covariance; the largest weight is positive."""
    centered = features - features.mean(axis=0)
    variances, directions = np.linalg.eigh(centered.T @ centered)
    order = np.argsort(variances)[::-1][:2]
    chosen, kept = directions[:, order], np.maximum(variances[order], 0)
    chosen = chosen * np.sign(np.take_along_axis(chosen, np.abs(chosen).argmax(0)[None], axis=0))
    points = centered @ chosen
    if points.shape[1] == 1:
        points, kept = np.hstack([points, np.zeros_like(points)]), np.append(kept, 0.0)
    total = np.maximum(variances, 0).sum()
    return points, kept / (total or 1)


def draw_embedding(points, labels, classes, shares=None):
    """The points in the colours of their labels.

    Args:
        points: `(n, 2)`.
        labels: integer labels, `(n,)`.
        classes: their names.
        shares: of the variance along each axis, or `None`.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:
    >>> figure = draw_embedding(np.zeros((2, 2)), np.array([0, 1]), ("cat", "dog"))
    """
    import matplotlib as mpl

    from kerasdl.inspection.drawing import new_figure

    count = len(classes)
    palette = mpl.colormaps["tab10" if count <= 10 else "gist_rainbow"]
    figure = new_figure(5.4, 5.2 if count <= _MOST_IN_LEGEND else 4.4)
    axes = figure.add_subplot()
    for label, name in enumerate(classes):
        chosen = labels == label
        color = palette(label if count <= 10 else label / count)
        marker = _MARKERS[label % len(_MARKERS)]
        style = {"s": 9, "linewidths": 0, "alpha": 0.8, "marker": marker, "label": name}
        axes.scatter(points[chosen, 0], points[chosen, 1], color=[color], **style)
    if count <= _MOST_IN_LEGEND:
        place = {"loc": "outside lower center", "ncols": min(5, count)}
        figure.legend(**place, frameon=False, markerscale=2.2, fontsize=8)
    axes.set(xticks=(), yticks=())
    if shares is not None:
        axes.set(
            xlabel=f"first component, {shares[0]:.0%} of the variance",
            ylabel=f"second component, {shares[1]:.0%}",
        )
    return figure
