"""Recipes by name, `<report>/<experiment>`: one module a report, literals only."""

import difflib

from kerasdl.errors import UsageError
from kerasdl.recipes import (
    cifar10,
    dropout,
    exercises,
    mlp_vs_cnn,
    regularization,
    transformers,
)
from kerasdl.recipes.recipe import Recipe, override

__all__ = ["Recipe", "get", "names", "override"]

_MODULES = (cifar10, regularization, transformers, exercises, mlp_vs_cnn, dropout)
_RECIPES = {recipe.name: recipe for module in _MODULES for recipe in module.RECIPES}


def names():
    """The names of all recipes, in the order of their reports."""
    return tuple(_RECIPES)


def get(name):
    """The recipe called `name`.

    Raises:
        UsageError: there is none; names that look like it are given.

    Example:
    >>> get("regularization/baseline").batch_size
    128
    """
    if name in _RECIPES:
        return _RECIPES[name]
    close = difflib.get_close_matches(name, _RECIPES, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(close)}?" if close else "`kerasdl list` shows them."
    raise UsageError(f"There is no recipe {name!r}: {hint}")
