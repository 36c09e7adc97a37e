"""Learning rates by group of weights: the groups of the optimizer `muon` as a recipe has them."""

from collections.abc import Mapping
from dataclasses import replace

from kerasdl.errors import UsageError
from kerasdl.recipes.rules import PLATEAU, RULES


def group_arguments(recipe, rate_of):
    """The optimizer's argument `groups`, each with its schedule.

    A group with a `learning_rate` of its own has the recipe's schedule from there, with what the
    group's `schedule`, a dictionary of its arguments, says otherwise.

    Args:
        recipe: the recipe.
        rate_of: function of a recipe: the learning rate of its optimizer, a number or a schedule.

    Returns:
        Dictionary: empty where the recipe's optimizer has no groups.

    Raises:
        UsageError: no groups at all; a group that has an unfit learning rate or schedule, or a
            schedule in a recipe without one; groups with rates of their own beside `layer_decay`
            or `reduce_on_plateau`.

    Example: of three epochs, the weights of one layer are trained in the first.
    >>> from kerasdl import studies
    >>> recipe = studies.get("cifar10/fast")
    >>> groups = group_arguments(recipe, rate_of=lambda recipe: recipe.schedule.arguments)["groups"]
    >>> groups[0]["weights"], groups[0]["learning_rate"]
    ('^whitening/bias$', {'duration': 3})
    """
    if recipe.optimizer.name != "muon" or "groups" not in recipe.optimizer.arguments:
        return {}
    groups = recipe.optimizer.arguments["groups"]
    if not isinstance(groups, tuple) or not all(isinstance(each, Mapping) for each in groups):
        raise UsageError(
            "optimizer.arguments.groups should be a list of dictionaries, as in "
            """[{"weights": "kernel$", "update": "muon"}, {"weights": "", "update": "adamw"}]; """
            f"received {groups!r:.200}."
        )
    have_rates = any("learning_rate" in group for group in groups)
    if have_rates and recipe.schedule is not None and recipe.schedule.name == PLATEAU:
        raise UsageError(
            f"schedule.name should not be {PLATEAU}, which lowers one rate, beside groups of "
            "optimizer.arguments that have learning rates of their own."
        )
    if have_rates and recipe.layer_decay is not None:
        raise UsageError(
            "layer_decay should be None beside groups of optimizer.arguments that have learning "
            f"rates of their own; received {recipe.layer_decay}."
        )
    return {"groups": [_scheduled(group, recipe, rate_of) for group in groups]}


def _scheduled(group, recipe, rate_of):
    arguments = group.get("schedule", {})
    if not isinstance(arguments, Mapping):
        raise UsageError(
            "The schedule of a group of optimizer.arguments should be a dictionary of arguments; "
            f"received {arguments!r:.200}."
        )
    if arguments and (recipe.schedule is None or "learning_rate" not in group):
        raise UsageError(
            "A group with a schedule of optimizer.arguments should have a learning_rate too, in a "
            f"recipe with a schedule; received {group!r:.200}."
        )
    if "learning_rate" not in group:
        return group
    rule = RULES["optimizer.learning_rate"]
    if not rule.holds(group["learning_rate"]):
        raise UsageError(
            f"The learning_rate of a group of optimizer.arguments should be {rule.expected}; "
            f"received {group['learning_rate']!r:.200}."
        )
    changes = {"optimizer": replace(recipe.optimizer, learning_rate=group["learning_rate"])}
    if recipe.schedule is not None:
        own = {**recipe.schedule.arguments, **arguments}
        changes["schedule"] = replace(recipe.schedule, arguments=own)
    rate = rate_of(replace(recipe, **changes))
    return {k: v for k, v in group.items() if k != "schedule"} | {"learning_rate": rate}
