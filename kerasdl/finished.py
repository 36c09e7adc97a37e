"""Runs that have ended, read from their files. Free of any backend."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kerasdl import recipes, runs
from kerasdl.errors import UsageError
from kerasdl.recipes.recipe import from_dict

# <backend>-seed<N>; a hash after it tells of a changed recipe, which is no run of the report's
_DIRECTORY = re.compile(r"(tensorflow|torch|jax)-seed(\d+)")


@dataclass(frozen=True)
class FinishedRun:
    """A run of a recipe as it is registered, on its own data.

    Attributes:
        recipe: name.
        backend: which did the arithmetic.
        seed: whole number.
        result: dictionary: `result.json`.
        log: `pandas.DataFrame`: `log.csv`.
    """

    recipe: str
    backend: str
    seed: int
    result: dict
    log: pd.DataFrame


def read_runs(root):
    """All finished or diverged runs under `root`, in the order of recipe, backend and seed.

    Runs of changed recipes, of recipes that have changed since, and on data that stood
    in for the recipe's are left out: they decide no claim.

    Raises:
        UsageError: a file cannot be read.
    """
    found = []
    for path in sorted(Path(root).rglob(runs.RESULT)):
        named = _DIRECTORY.fullmatch(path.parent.name)
        result = runs.read_json(path)
        if not named or result.get("status") not in ("finished", "diverged"):
            continue
        if "notice" in result or not _is_registered(path.with_name(runs.RECIPE)):
            continue
        try:
            log = pd.read_csv(path.with_name(runs.LOG))
        except (OSError, ValueError) as error:
            raise UsageError(f"{path.with_name(runs.LOG)} cannot be read: {error}.") from error
        backend, seed = named.groups()
        found.append(FinishedRun(result["recipe"], backend, int(seed), result, log))
    order = {name: i for i, name in enumerate(recipes.names())}
    return sorted(found, key=lambda run: (order[run.recipe], run.backend, run.seed))


def read_failures(root):
    """`(recipe, backend, seed, error)` of the runs under `root` that failed."""
    found = []
    for path in sorted(Path(root).rglob(runs.RESULT)):
        result = runs.read_json(path)
        if result.get("status") == "failed" and _DIRECTORY.fullmatch(path.parent.name):
            found.append(tuple(result.get(key) for key in ("recipe", "backend", "seed", "error")))
    return found


def _is_registered(path):
    """Whether the recipe that was run is the one of that name, in all that decides numbers."""
    if not path.exists():
        return False
    try:
        recipe = from_dict(
            {key: value for key, value in runs.read_json(path).items() if key != "notice"}
        )
        return recipe.settings() == recipes.get(recipe.name).settings()
    except UsageError:
        return False
