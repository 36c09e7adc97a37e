"""Factors of classes in the training loss, so that rare classes can count as much as frequent ones."""

import numpy as np

from kerasdl.errors import UsageError

BALANCED = "balanced"


def class_weights(recipe, dataset):
    """The factor of each class in the training loss of a recipe.

    The factor of an example is that of its label. Keras divides the sum of factor times loss by the
    number of examples, and not by the sum of factors, as PyTorch's losses do; balanced factors have
    a mean of 1 over the training part, so that there the two are the same for a whole epoch.

    Args:
        recipe: a `Recipe`.
        dataset: the `kerasdl.datasets.Dataset` with the training part that it is trained on.

    Returns:
        A float32 array `(classes,)`, or `None` where the recipe has no `class_weight`.

    Raises:
        UsageError: the examples do not have one label each, a class of that name is unknown, or one
            that is to be balanced has no example.

    Source: `"balanced"` is scikit-learn's `compute_class_weight` (G. King and L. Zeng, "Logistic
    regression in rare events data", 2001).

    Example:
    >>> from kerasdl import datasets, recipes, studies
    >>> data = datasets.from_arrays(np.zeros((10, 4)), [0] * 8 + [1] * 2, test=0.5)
    >>> recipe = recipes.override(studies.get("exercises/circles_linear"), {"class_weight.1": 3.0})
    >>> class_weights(recipe, data).tolist()
    [1.0, 3.0]
    """
    setting = recipe.class_weight
    if setting is None:
        return None
    names = dataset.classes
    if not isinstance(names, tuple):
        raise UsageError(
            f"class_weight needs examples of one class each, which {dataset.name} does not have: "
            "set class_weight to None."
        )
    if recipe.mix is not None:
        raise UsageError(
            f"class_weight={setting} and mix={recipe.mix.name} exclude each other, as mixed "
            "examples have no single class: set one of them to None."
        )
    if setting == BALANCED:
        return _balanced(dataset.train.y, names)
    if unknown := sorted(set(setting) - set(names)):
        raise UsageError(
            f"class_weight should name classes of {dataset.name}, which has "
            f"{', '.join(names):.200}; received {', '.join(unknown):.200}."
        )
    return np.array([setting.get(name, 1.0) for name in names], "float32")


def _balanced(labels, names):
    counts = np.bincount(labels, minlength=len(names))
    if missing := [name for name, count in zip(names, counts, strict=True) if not count]:
        raise UsageError(
            "class_weight=balanced needs a training example of every class; "
            f"{', '.join(missing):.200} has none: give a table of class name to number."
        )
    return (len(labels) / (len(names) * counts)).astype("float32")
