"""Runs that are to be compared, read from their directories and put into groups of equal settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kerasdl import recipes, text
from kerasdl.errors import UsageError
from kerasdl.recipes import Recipe
from kerasdl.runs import directory
from kerasdl.runs.finished import FinishedRun
from kerasdl.runs.identity import recorded_identity, recorded_recipe


@dataclass(frozen=True)
class Member:
    """A run that is compared.

    Attributes:
        run: `FinishedRun`, whatever its status.
        recipe: `Recipe` that it was trained with.
        others: what decides its numbers beside recipe, seed and backend: name -> text, which is
            equal for what is equal: fingerprints of data and network among them.
        described: the same for people: name -> words.
    """

    run: FinishedRun
    recipe: Recipe
    others: Mapping
    described: Mapping

    @property
    def settings(self):
        """All of them, as a text that is equal for equal settings."""
        return json.dumps([self.recipe.settings(), dict(self.others)], sort_keys=True)


def read(folders):
    """The runs in some run directories.

    Args:
        folders: paths, at least two different ones.

    Returns:
        Tuple of `Member`.

    Raises:
        UsageError: one holds no run with a log, is named twice, or cannot be read.
    """
    folders = [Path(folder) for folder in folders]
    if len({folder.resolve() for folder in folders}) < max(2, len(folders)):
        raise UsageError("Name at least two run directories, each once.")
    return _with_fingerprints(tuple(map(read_member, folders)))


def grouped(members):
    """Put runs into groups: of the same settings or, where all have these, of the same backend.

    Args:
        members: sequence of `Member`.

    Returns:
        Dictionary of a label to the list of its members.
    """
    by_settings = {}
    for member in members:
        by_settings.setdefault(member.settings, []).append(member)
    groups = list(by_settings.values())
    if len(groups) > 1:
        return dict(zip(_labels(groups), groups, strict=True))
    by_backend = {}
    for member in members:
        by_backend.setdefault(member.run.backend, []).append(member)
    return by_backend


def _labels(groups):
    """A name for each group: the recipe's, and what sets it apart from others of that name."""
    names = [group[0].recipe.name for group in groups]
    labels = []
    for name, group in zip(names, groups, strict=True):
        first = groups[names.index(name)][0]
        changes = recipes.differences(group[0].recipe, first.recipe)
        others = group[0].others
        changes |= {k: group[0].described[k] for k in others if first.others.get(k) != others[k]}
        words = ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in changes.items())
        labels.append(f"{name}, {words}" if words else name)
    # Where the first of a name has what the second has not, both have one label so far.
    return [
        f"{label} ({labels[:i].count(label) + 1})" if labels.count(label) > 1 else label
        for i, label in enumerate(labels)
    ]


def read_member(folder):
    """The run in one run directory, a `Member`.

    Raises:
        UsageError: it holds no run with a log, or cannot be read.
    """
    folder = Path(folder)
    result = directory.read_result(folder)
    if not result:
        raise UsageError(f"{folder} should be a run directory; it has no {directory.RESULT}.")
    for key in ("backend", "seed"):
        if key not in result:
            raise UsageError(f"{folder / directory.RESULT} should hold the {key} of the run.")
    recipe, log = recorded_recipe(folder), directory.read_log(folder)
    log = log[[name for name in log if name == "epoch" or log[name].dtype.kind in "if"]]
    identity = recorded_identity(result, recipe)
    others = {"data": identity.data} if identity.own_data else {}
    others |= {} if identity.network == "recipe" else {"network": identity.network}
    others |= {key: str(value) for key, value in identity.keras.items()}
    words = {"data": _data_in_words(result), "network": _network_in_words(result)}
    described = {key: words.get(key, value) for key, value in others.items()}
    run = FinishedRun(recipe.name, result["backend"], result["seed"], result, log)
    return Member(run, recipe, others, described)


def _data_in_words(result):
    counts = result.get("images", {})
    total = sum(counts.values()) if isinstance(counts, dict) else 0
    name = text.one_line(result.get("dataset", "other data"))
    return f"{name}, {total:,} examples" if total else name


def _network_in_words(result):
    parameters = result.get("parameters")
    return "of the user's own" + (f", {parameters:,} parameters" if parameters else "")


def _with_fingerprints(members):
    """The members, where what differs has the same words with the beginnings of the fingerprints."""
    texts = {}
    for member in members:
        for key, value in member.others.items():
            texts.setdefault((key, member.described[key]), set()).add(value)

    def words(key, shown, value):
        if len(texts[key, shown]) == 1:
            return shown
        return f"{shown} ({value.removeprefix('sha256:')[:8]})"

    return tuple(
        replace(
            member,
            described={k: words(k, v, member.others[k]) for k, v in member.described.items()},
        )
        for member in members
    )
