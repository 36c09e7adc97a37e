"""What sets one recipe apart from another: its settings that differ, by dotted path."""

from kerasdl.recipes.parts import OPTIONAL_PARTS
from kerasdl.recipes.recipe import WRITTEN_WHERE_SET, defaults

ABSENT = "(absent)"
"""Stands for an argument that one recipe gives and the other does not."""


def differences(recipe, original):
    """What `recipe` sets otherwise than `original`.

    Only what differs is named, so that a field which a later version adds to recipes changes
    nothing here: both have its default. For the same reason an optional part, such
    as a schedule, that only `recipe` has is named without what it leaves at its defaults.

    Args:
        recipe: a `Recipe`.
        original: the `Recipe` it is compared with.

    Returns:
        Dictionary of dotted path to the value in `recipe`, as JSON has it. An argument that only
        `original` has is `ABSENT`. Neither seed nor descriptions count (`Recipe.settings`).

    Example:
    >>> from kerasdl import recipes, studies
    >>> baseline = studies.get("regularization/baseline")
    >>> changed = recipes.override(baseline, {"epochs": 12, "optimizer.learning_rate": 0.01})
    >>> differences(changed, baseline)
    {'optimizer.learning_rate': 0.01, 'epochs': 12}
    """
    ours, theirs = _all_settings(recipe), _all_settings(original)
    for part in OPTIONAL_PARTS:
        if getattr(recipe, part) is not None and getattr(original, part) is None:
            theirs[part] = defaults(type(getattr(recipe, part)))
    return dict(_differing(ours, theirs))


def _all_settings(recipe):
    """The settings of a recipe, and those that are written down only where they are set."""
    default = defaults(type(recipe))
    return {**{name: default[name] for name in WRITTEN_WHERE_SET}, **recipe.settings()}


def _differing(ours, theirs, prefix=""):
    for key in dict.fromkeys((*ours, *theirs)):
        mine, other = ours.get(key, ABSENT), theirs.get(key, ABSENT)
        if isinstance(mine, dict) and isinstance(other, dict):
            yield from _differing(mine, other, f"{prefix}{key}.")
        elif mine != other:
            yield f"{prefix}{key}", mine


def flattened(settings, prefix=""):
    """Settings by dotted path, those that are set.

    Args:
        settings: nested dictionaries, as of `Recipe.settings`.
        prefix: of every path.

    Yields:
        Pairs of a path and a value; `None` and what is empty are left out.

    Example:
    >>> dict(flattened({"epochs": 3, "optimizer": {"name": "sgd", "momentum": None}}))
    {'epochs': 3, 'optimizer.name': 'sgd'}
    """
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from flattened(value, f"{prefix}{key}.")
        elif value not in (None, {}, [], ""):
            yield f"{prefix}{key}", value
