"""The reports, and their experiments by name: `<report>/<experiment>`.

One module a report, or a folder with one module an exercise. All that is said of a report stands
there, as literals: its experiments, families of them that are drawn side by side, and its claims;
together they are its `STUDY`. An assumption, where a report is silent, is marked (a) beside its
value and explained in the recipe's `assumptions`.

To add an experiment and a claim about it, write both into the module of its report, where
`RECIPES` (or `STUDY`), families and `CLAIMS` list them. What the report says of its settings goes
into `tests/test_recipes_reports.py`; `kerasdl report` writes the pages anew.
"""

import functools
import json

from kerasdl.errors import UsageError
from kerasdl.studies import (
    cifar10,
    dropout,
    exercises,
    mlp_vs_cnn,
    regularization,
    transformers,
)
from kerasdl.studies.study import Family, Study

__all__ = ["STUDIES", "Family", "Study", "get", "names", "twins"]

STUDIES = {
    module.STUDY.name: module.STUDY
    for module in (cifar10, regularization, transformers, exercises, mlp_vs_cnn, dropout)
}
_RECIPES = {recipe.name: recipe for study in STUDIES.values() for recipe in study.recipes}


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
        UsageError: there is none; the message names those that are spelled much like it.

    Example:
    >>> get("regularization/baseline").batch_size
    128
    """
    if name in _RECIPES:
        return _RECIPES[name]
    import difflib  # takes a millisecond, which only this mistake need spend

    close = difflib.get_close_matches(name, _RECIPES, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(close)}?" if close else "`kerasdl list` shows them."
    raise UsageError(f"There is no recipe {name!r}: {hint}")


def twins(name):
    """Names of the other recipes with the same settings and seed: a run of one is a run of all.

    Raises:
        UsageError: there is no recipe of that name.

    Example:
    >>> twins("regularization/baseline")
    ('transformers/cnn_baseline',)
    """
    alike = _names_by_settings()[_settings(get(name))]
    return tuple(other for other in alike if other != name)


@functools.cache
def _names_by_settings():
    groups = {}
    for name, recipe in _RECIPES.items():
        groups.setdefault(_settings(recipe), []).append(name)
    return groups


def _settings(recipe):
    return json.dumps({"seed": recipe.seed, **recipe.settings()}, sort_keys=True)
