"""The reports and their experiments by name, `<report>/<experiment>`: one module a report.

`STUDIES` has them by the name of the report, `get` a recipe by its own.
"""

import difflib
import functools
import json

from kerasdl import claims
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

_TITLES = {
    "regularization": "regularization: a practical lab on convolutional networks",
    "transformers": "transformers: the same lab again, and vision transformers",
    "exercises": "exercises: architecture, optimizer and loss in four small problems",
    "mlp_vs_cnn": "mlp_vs_cnn: a perceptron, convolutional networks, ResNet-18",
    "dropout": "dropout: one network, its dropout and its hyper-parameters",
}
_LADDERS = {
    "regularization": (
        "baseline",
        "normalize",
        "augment",
        "augment_more",
        "momentum_schedule",
        "adam",
        "dropout",
        "batchnorm",
    ),
    "transformers": (
        "cnn_baseline",
        "cnn_normalize",
        "cnn_augment",
        "cnn_schedule",
        "cnn_dropout",
        "cnn_batchnorm",
    ),
    "mlp_vs_cnn": (
        "mlp",
        "cnn",
        "cnn_batchnorm",
        "cnn_wide_dense",
        "cnn_dropout",
        "cnn_flip",
        "cnn_crop",
        "resnet18",
        "resnet18_scratch",
    ),
    "dropout": (
        "model1",
        "model2",
        "model3",
        "model4",
        "model5",
        "model6",
        "model7",
        "model7b",
    ),
}

_MODULES = (cifar10, regularization, transformers, exercises, mlp_vs_cnn, dropout)


def _families(name, recipes):
    """To be said in each report's module: parsed from the names until then."""
    groups = {"ladder": {short: f"{name}/{short}" for short in _LADDERS.get(name, ())}}
    for recipe in recipes:
        family, dash, value = recipe.name.partition("/")[2].rpartition("-")
        if dash:
            groups.setdefault(family, {})[value] = recipe.name
    return tuple(Family(family, members) for family, members in groups.items() if members)


def _study(module):
    name = module.__name__.rpartition(".")[2]
    return Study(
        name,
        _TITLES.get(name, ""),
        module.RECIPES,
        _families(name, module.RECIPES),
        claims.CLAIMS.get(name, ()),
    )


STUDIES = {study.name: study for study in map(_study, _MODULES)}
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
