"""Callbacks that a recipe asks for: early stopping, and a rate that falls on a plateau. Both are Keras'."""

import keras

from kerasdl.errors import UsageError
from kerasdl.recipes.rules import PLATEAU, monitored

BEST_WHEN_SMALL = ("loss", "error")  # how the names of such quantities end


def patient_callbacks(recipe):
    """The callbacks of Keras that watch the validation of a recipe's run, in the order they act.

    Args:
        recipe: a `Recipe`.

    Returns:
        List, empty for most recipes.

    Raises:
        UsageError: an argument of the schedule is unknown to Keras.

    Example:
    >>> from kerasdl import recipes, studies
    >>> recipe = recipes.override(
    ...     studies.get("dropout/model1"), {"early_stopping.patience": 5}
    ... )
    >>> [type(each).__name__ for each in patient_callbacks(recipe)]
    ['EarlyStopping']
    """
    found, quantities = [], monitored(recipe)
    if recipe.schedule is not None and recipe.schedule.name == PLATEAU:
        quantity = quantities["schedule.arguments.monitor"]
        arguments = {**recipe.schedule.arguments, "monitor": quantity}
        try:
            found.append(keras.callbacks.ReduceLROnPlateau(mode=_mode(quantity), **arguments))
        except (TypeError, ValueError) as error:
            raise UsageError(f"schedule.arguments: {str(error).strip()}") from error
    if (stopping := recipe.early_stopping) is not None:
        found.append(
            keras.callbacks.EarlyStopping(
                stopping.monitor,
                min_delta=stopping.min_delta,
                patience=stopping.patience,
                mode=_mode(stopping.monitor),
            )
        )
    return found


def _mode(quantity):
    return "min" if quantity.endswith(BEST_WHEN_SMALL) else "max"
