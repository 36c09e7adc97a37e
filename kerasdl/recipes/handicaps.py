"""Why training may look worse than validation: what makes the training part harder than the others."""


def training_handicaps(recipe):
    """What loss and accuracy of the training part are measured with, and of no other part.

    Args:
        recipe: a `Recipe`.

    Returns:
        Tuple of words that go on after "measured".

    Example:
    >>> from kerasdl import recipes, studies
    >>> training_handicaps(studies.get("cifar10/default"))
    ('on augmented images',)
    >>> training_handicaps(studies.get("dropout/model2"))
    ('with dropout',)
    """
    arguments = recipe.model.arguments
    dropped = any(arguments.get(name) for name in ("dropout", "attention_dropout"))
    handicaps = {
        "on augmented images": recipe.augmentation is not None,
        "on mixed images": recipe.mix is not None,
        "with dropout": dropped,
        "with stochastic depth": bool(arguments.get("stochastic_depth")),
        "with class weights in the loss": recipe.class_weight is not None,
    }
    return tuple(words for words, applies in handicaps.items() if applies)
