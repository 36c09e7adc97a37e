"""Callbacks that a recipe asks for: early stopping, and a rate that falls on a plateau. Both are Keras'."""

import keras

from kerasdl.callbacks import BestEpoch
from kerasdl.errors import UsageError
from kerasdl.recipes.rules import BETWEEN_0_AND_1, NOT_NEGATIVE, PLATEAU, RULES, monitored
from kerasdl.recipes.value_rules import whole

# What `keras.callbacks.ReduceLROnPlateau` takes, in its names.
PLATEAU_ARGUMENTS = {
    "monitor": RULES["early_stopping.monitor"],
    "factor": BETWEEN_0_AND_1,
    "patience": RULES["early_stopping.patience"],
    "min_delta": NOT_NEGATIVE,
    "cooldown": whole(0),
    "min_lr": NOT_NEGATIVE,
}


def patient_callbacks(recipe):
    """The callbacks of Keras that watch the validation of a recipe's run, in the order they act.

    Args:
        recipe: a `Recipe` whose arguments `expect_plateau` has seen.

    Returns:
        List, empty for most recipes.

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
        found.append(keras.callbacks.ReduceLROnPlateau(mode=_mode(quantity), **arguments))
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


def expect_plateau(recipe):
    """Refuse arguments of a plateau that Keras does not know, or would stumble over in training.

    Raises:
        UsageError: an argument of the schedule is unknown, or out of range.
    """
    if recipe.schedule is None or recipe.schedule.name != PLATEAU:
        return
    for name, value in recipe.schedule.arguments.items():
        if name not in PLATEAU_ARGUMENTS:
            raise UsageError(
                f"schedule.arguments of {PLATEAU} should be of {', '.join(PLATEAU_ARGUMENTS)}; "
                f"received {name}."
            )
        rule = PLATEAU_ARGUMENTS[name]
        if not rule.holds(value):
            raise UsageError(
                f"schedule.arguments.{name} should be {rule.expected}; received {value!r:.200}."
            )


def _mode(quantity):
    return "min" if BestEpoch(quantity).sign < 0 else "max"
