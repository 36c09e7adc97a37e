"""Recipes by name, `<report>/<experiment>`: one module a report, literals only."""

import difflib
import functools
import json

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

__all__ = ["Recipe", "get", "names", "override", "twins"]

_MODULES = (cifar10, regularization, transformers, exercises, mlp_vs_cnn, dropout)
_RECIPES = {recipe.name: recipe for module in _MODULES for recipe in module.RECIPES}


def names():
    """The names of all recipes, in the order of their reports.

    Example:
    >>> names()[:2]
    ('cifar10/default', 'cifar10/batchnorm')
    """
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


@functools.cache
def twins(name):
    """Names of the other recipes with the same settings: a run of one is a run of all.

    Example:
    >>> twins("regularization/baseline")
    ('transformers/cnn_baseline',)
    """
    own = _settings(get(name))
    return tuple(other for other in _RECIPES if other != name and _settings(get(other)) == own)


def _settings(recipe):
    return json.dumps({"seed": recipe.seed, **recipe.settings()}, sort_keys=True)
