"""Runs that have ended, read from their files, and which of them decide claims."""

import contextlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from kerasdl import recipes, studies
from kerasdl.errors import UsageError
from kerasdl.runs import directory
from kerasdl.runs.identity import Identity, recorded_identity, recorded_recipe

# <backend>-seed<N>; a hash after it tells of a changed recipe, which is no run of the report's
_DIRECTORY = re.compile(r"(tensorflow|torch|jax)-seed(\d+)")


@dataclass(frozen=True)
class FinishedRun:
    """A run of a recipe, on the recipe's own data.

    Attributes:
        recipe: name; its settings are the registered ones, unless `read_changed` found the run.
        backend: which did the arithmetic.
        seed: whole number.
        result: dictionary: `result.json`.
        log: `pandas.DataFrame`: `log.csv`.
        ran_as: the recipe with the same settings that was run, or `""`.
        steps: `pandas.DataFrame`: `steps.csv`, or `None` where the run has none.
        has_page: whether `kerasdl page` left an HTML page in its directory.
    """

    recipe: str
    backend: str
    seed: int
    result: dict
    log: pd.DataFrame
    ran_as: str = ""
    steps: pd.DataFrame | None = None
    has_page: bool = False


@dataclass(frozen=True)
class Found:
    """What is under a root of run directories.

    Attributes:
        finished: tuple of `FinishedRun`, in the order of recipe, backend and seed. A run
            is one of all recipes that have its settings (`studies.twins`).
        failed: tuple of `(recipe, backend, seed, error)`.
        left_out: tuple of `(folder, why)`: runs that decide no claim.
    """

    finished: tuple
    failed: tuple
    left_out: tuple


def read(root):
    """What is under `root`, in directories as `kerasdl.runs` lays them out.

    Raises:
        UsageError: a file cannot be read, or is not what a run leaves behind.
    """
    finished, failed, left_out = {}, [], []
    for path in sorted(Path(root).glob(f"*/*/*/{directory.RESULT}")):
        folder = path.parent
        result, where = directory.read_result(folder), folder.relative_to(root).as_posix()
        if where.rpartition("/")[0] != result["recipe"]:
            raise UsageError(
                f"{folder} holds a run of {result['recipe']:.100}: move it where it belongs."
            )
        if reason := reason_left_out(folder):
            left_out.append((where, reason))
            continue
        backend, seed = _expect_owner(folder, result)
        if folder.name != directory.run_name(backend, seed):
            raise UsageError(
                f"{folder} holds a run on {backend} with seed {seed}: give it its name back."
            )
        if result["status"] == "failed":
            failed.append((result["recipe"], backend, seed, str(result.get("error", ""))))
            continue
        _expect_whole(path, result)
        finished[result["recipe"], backend, seed] = _read_run(folder, result, backend, seed)
    for run in tuple(finished.values()):
        for twin in studies.twins(run.recipe):
            finished.setdefault(
                (twin, run.backend, run.seed), replace(run, recipe=twin, ran_as=run.recipe)
            )
    order = {name: i for i, name in enumerate(studies.names())}
    return Found(
        tuple(finished[key] for key in sorted(finished, key=lambda key: (order[key[0]], *key[1:]))),
        tuple(failed),
        tuple(left_out),
    )


def read_changed(root, recipe):
    """The runs of a recipe with some of its settings changed, as `--epochs 3` changes them.

    Args:
        root: root of the run directories.
        recipe: a registered `Recipe`, with the changes.

    Returns:
        Tuple of `FinishedRun`, in the order of backend and seed: those that finished, with these
        settings, on the recipe's own data. Results of before 0.2.0 have another hash in the name
        of their directory; where there are two of a backend and seed, the one of today's counts.

    Raises:
        UsageError: a file cannot be read, or is not what a run leaves behind.

    Example:
    >>> from kerasdl import files, recipes, studies
    >>> read_changed("runs", recipes.override(studies.get("dropout/model1"), {"epochs": 3}))
    ()
    """
    suffix = Identity(recipes.differences(recipe, studies.get(recipe.name))).suffix
    found = {}
    for path in sorted(Path(root, *recipe.name.split("/")).glob(f"*/{directory.RESULT}")):
        folder, result = path.parent, directory.read_result(path.parent)
        if not _is_run_of(recipe, folder, result):
            continue
        key = _expect_owner(folder, result)
        if key in found and folder.name != directory.run_name(*key, suffix):
            continue
        _expect_whole(path, result)
        found[key] = _read_run(folder, result, *key)
    return tuple(found[key] for key in sorted(found))


def _is_run_of(recipe, folder, result):
    """Whether a run finished with the settings of `recipe`, on its data and with its network."""
    if result["status"] != "finished" or "notice" in result or result["recipe"] != recipe.name:
        return False
    try:
        trained = recorded_recipe(folder)
        identity = recorded_identity(result, trained)
    except UsageError:
        return False
    return identity.is_of_recipe and not recipes.differences(trained, recipe)


def reason_left_out(folder):
    """Why the run in a directory decides no claim about the recipe of its name; `""` if it does.

    A run decides if it was of the registered recipe as it is now, on the recipe's data, with the
    recipe's network, and came to its end. One that failed is named on the pages if its data and
    its network are the recipe's.

    Args:
        folder: a run directory with a `result.json`.
    """
    folder = Path(folder)
    result = directory.read_result(folder)
    if not _DIRECTORY.fullmatch(folder.name):
        return _difference(result) or _changes(folder, result)
    if result["recipe"] not in studies.names():
        return "there is no such recipe now"
    registered = studies.get(result["recipe"])
    if result["status"] == "failed":
        return _reason(recorded_identity(result, registered))
    if result["status"] not in directory.ENDED:
        return f"it is {result['status']}"
    if "notice" in result:
        return str(result["notice"])
    try:
        recipe = recorded_recipe(folder)
    except UsageError:
        return f"its {directory.RECIPE} is no recipe of this version"
    if (recipe.name, recipe.seed) != (result["recipe"], result.get("seed")):
        return f"its {directory.RECIPE} is of another run"
    if recipes.differences(recipe, registered):
        return "the recipe has other settings now"
    return _reason(recorded_identity(result, recipe))


def _difference(result):
    """What the identity in a `result.json` says of a run that is not the registered recipe's."""
    try:
        return _reason(Identity.from_dict(result["identity"])) if "identity" in result else ""
    except UsageError:
        return ""


def _changes(folder, result):
    """Which settings differ from the recipe's, of a run from before runs recorded that."""
    changed = ()
    if result["recipe"] in studies.names():
        with contextlib.suppress(UsageError):
            recorded = recorded_recipe(folder)
            changed = recipes.differences(recorded, studies.get(result["recipe"]))
    named = f": {', '.join(changed)}" if changed else ""
    return f"settings of the recipe were changed for it{named}"


def _reason(identity):
    """Why a run of this identity decides no claim; `""` where it is the registered recipe's."""
    if identity.is_registered_recipe:
        return ""
    if identity.own_data:
        return "it is on data of the user's own"
    if identity.network != "recipe":
        return "it has a network of the user's own"
    if identity.keras:
        return f"Keras was not set to its defaults: {', '.join(identity.keras)}"
    changed = ", ".join(identity.changes or ())
    return f"settings of the recipe were changed for it: {changed}"


def _expect_owner(folder, result):
    """The backend and the seed of a run; refuses a result without them."""
    if missing := [key for key in ("backend", "seed") if key not in result]:
        raise UsageError(
            f"{folder / directory.RESULT} should hold the {' and the '.join(missing)} of the run; "
            "received none."
        )
    return result["backend"], result["seed"]


def _expect_whole(path, result):
    """Refuse a result without what the pages show of a run; `read_result` has seen its types."""
    for key in ("metrics", "versions", "hardware", "seconds"):
        if key not in result:
            raise UsageError(f"{path} should hold the {key} of the run; received None.")


def _read_run(folder, result, backend, seed):
    log = _read_log(folder, result)
    steps = None
    if (folder / directory.STEPS).is_file():
        steps = directory.read_log(folder, directory.STEPS)
        _expect_numbers(folder / directory.STEPS, steps)
    has_page = (folder / directory.PAGE).is_file()
    return FinishedRun(result["recipe"], backend, seed, result, log, steps=steps, has_page=has_page)


def _expect_numbers(path, log):
    if words := [name for name in log if not pd.api.types.is_numeric_dtype(log[name])]:
        raise UsageError(f"{path} should hold numbers; {', '.join(words)} has words.")


def _read_log(folder, result):
    log = directory.read_log(folder)
    _expect_numbers(folder / directory.LOG, log)
    if len(log) != result.get("epochs", len(log)):
        raise UsageError(
            f"{folder / directory.LOG} has {len(log)} epochs; the run had {result['epochs']}."
        )
    return log
