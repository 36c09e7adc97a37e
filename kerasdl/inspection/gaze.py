"""Where a model looks, over some images that it gets right and some that it does not."""

import numpy as np

from kerasdl.inspection.gallery import Gallery, Tile, displayable, heated
from kerasdl.inspection.grad_cam import grad_cam, part_seen
from kerasdl.inspection.mistakes import confident_mistakes, predictions
from kerasdl.inspection.rollout import attention_maps, covered_part
from kerasdl.inspection.scores import scored

RIGHT, WRONG = 6, 6
"""How many images of each kind are shown."""


def chosen_examples(labels, probabilities, right=RIGHT, wrong=WRONG):
    """Examples that are worth a look: classified right, the first of each class; then wrong.

    Args:
        labels: integer labels, `(n,)`.
        probabilities: `(n, classes)`, or `(n, 1)`: the probability of label 1.
        right: how many, at most.
        wrong: likewise; those that the model is surest of.

    Returns:
        Integer array of positions.

    Example:
    >>> chosen_examples(np.array([0, 0, 1, 1]), np.eye(2)[[0, 0, 1, 0]]).tolist()
    [0, 2, 1, 3]
    """
    labels = np.asarray(labels)
    predicted, _ = predictions(probabilities)
    good = np.flatnonzero(predicted == labels)
    # How many examples of its class come before each one: first all firsts, then all seconds.
    before = np.zeros(len(good), int)
    for label in np.unique(labels[good]):
        of_class = labels[good] == label
        before[of_class] = np.arange(of_class.sum())
    good = good[np.lexsort((labels[good], before))][:right]
    return np.concatenate([good, confident_mistakes(labels, probabilities, wrong)])


def grad_cam_gallery(seen):
    """Images beside their Grad-CAM for the class that is predicted.

    Args:
        seen: has `model`, `x`, `output`, `labels`, `probabilities` and `classes`.

    Returns:
        A `Gallery`.

    Raises:
        UsageError: as `grad_cam`.
    """
    chosen = chosen_examples(seen.labels, seen.probabilities)
    predicted, _ = predictions(seen.probabilities)
    output = seen.output or None
    maps = grad_cam(seen.model, seen.x[chosen], predicted[chosen], output=output, batch_size=12)
    part = part_seen(scored(seen.model, output).calls, seen.x.shape[1:3])
    return _tiles(seen, chosen, maps, part)


def attention_gallery(seen):
    """Images beside their attention rollout.

    Args:
        seen: as of `grad_cam_gallery`.

    Returns:
        A `Gallery`.

    Raises:
        ValueError: the model is not a `ViT`.
    """
    chosen = chosen_examples(seen.labels, seen.probabilities)
    maps = attention_maps(seen.model, seen.x[chosen])
    height, width = covered_part(seen.model, maps.shape[1:], seen.x.shape[1:3])
    return _tiles(seen, chosen, maps, (0, round(height), 0, round(width)))


def _tiles(seen, chosen, maps, part):
    predicted, confidence = predictions(seen.probabilities)
    tiles = []
    for i, heat in zip(chosen, maps, strict=True):
        label, guess = seen.classes[seen.labels[i]], seen.classes[predicted[i]]
        words = f"{label} ({confidence[i]:.2f})"
        if label != guess:
            words = f"{label}, taken for {guess} ({confidence[i]:.2f})"
        image = displayable(seen.x[i])
        tiles.append(Tile((image, heated(image, heat, part)), words))
    return Gallery(tuple(tiles))
