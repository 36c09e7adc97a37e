"""What a run is: decided when it starts, written into its `result.json`, and never guessed.

A run is that of a registered recipe if it has the recipe's settings, the recipe's data and the
recipe's network. Whatever differs is named, and gives the run a directory of its own.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from kerasdl import files, recipes, studies
from kerasdl.errors import UsageError
from kerasdl.runs import directory

_OWN = "own"  # a network of the user's own in results of before 0.2.0, which hold no fingerprint


@dataclass(frozen=True)
class Identity:
    """What a run is, beside its recipe's name, its backend and its seed.

    Attributes:
        changes: setting -> value, for the settings that differ from the registered recipe of
            that name; `None` where no recipe of that name is registered.
        data: fingerprint of the arrays, `"sha256:..."`; `""` where it was not recorded.
        own_data: whether the data were given by the user, not loaded as the recipe says.
        network: `"recipe"`, or the fingerprint of a network that the user gave.
        pretrained: fingerprint of the file of pretrained weights; `""` without any.
        keras: setting of Keras -> value, for those that decide numbers and are not its defaults.
    """

    changes: dict | None
    data: str = ""
    own_data: bool = False
    network: str = "recipe"
    pretrained: str = ""
    keras: dict = field(default_factory=dict)

    @property
    def is_registered_recipe(self):
        """Whether this is a run of the registered recipe, as it is."""
        return self.changes == {} and self.is_of_recipe

    @property
    def is_of_recipe(self):
        """Whether data, network and Keras are as a recipe has them, whatever its settings."""
        return not (self.own_data or self.network != "recipe" or self.keras)

    @property
    def suffix(self):
        """Eight hex digits that name what differs from the registered recipe, or `""`.

        Only what differs is hashed: a setting that a later version adds renames no run.

        Example:
        >>> Identity({}).suffix, Identity({"epochs": 3}).suffix
        ('', '...')
        """
        changes = dict(self.changes or {})
        if "pretrained" in changes and self.pretrained:
            changes["pretrained"] = self.pretrained  # the file, wherever it lies
        differs = {"changes": changes} if changes else {}
        if self.own_data:
            differs["data"] = self.data
        if self.network != "recipe":
            differs["network"] = self.network
        if self.keras:
            differs["keras"] = self.keras
        if not differs:
            return ""
        text = json.dumps(differs, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def to_dict(self):
        """As it stands in `result.json`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entries):
        """The identity that `to_dict` wrote down; entries of a later version are passed over.

        Raises:
            UsageError: it is no identity.
        """
        known = {each.name for each in fields(cls)}
        good = isinstance(entries, dict) and isinstance(
            entries.get("changes", ""), (dict, type(None))
        )
        good = good and isinstance(entries.get("keras", {}), dict)
        if not good:
            raise UsageError(
                f"The identity in {directory.RESULT} should say what was changed; "
                f"received {entries!r:.80}."
            )
        return cls(**{key: value for key, value in entries.items() if key in known})


def identify(recipe, dataset, *, own_data, network="recipe", pretrained="", keras=None):
    """The identity of a run that is about to start.

    Args:
        recipe: the recipe with its overrides.
        dataset: the data set, before parts are carved from it or limited.
        own_data: whether the user gave it.
        network: `"recipe"`, or the fingerprint of a network that the user gave.
        pretrained: fingerprint of the file of pretrained weights, or `""`.
        keras: settings of Keras that are not its defaults.
    """
    return Identity(
        _changes(recipe), dataset.fingerprint(), own_data, network, pretrained, keras or {}
    )


def recorded_recipe(folder):
    """The recipe in the `recipe.json` of a run directory.

    Raises:
        UsageError: there is none, or it is not a recipe of this version.
    """
    path = Path(folder) / directory.RECIPE
    entries = files.read_json(path)
    if not isinstance(entries, dict):
        raise UsageError(f"{folder} should hold a recipe in {directory.RECIPE}.")
    try:
        return recipes.from_dict({key: value for key, value in entries.items() if key != "notice"})
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def recorded_identity(result, recipe):
    """The identity of a run on disk.

    Args:
        result: its `result.json`.
        recipe: its recipe, as `recorded_recipe` gives it.

    Returns:
        An `Identity`. Results of before 0.2.0 hold none: theirs follows from the recipe and
        from the name of the data set, and has no fingerprint of the data.
    """
    if "identity" in result:
        return Identity.from_dict(result["identity"])
    return Identity(
        _changes(recipe),
        own_data=result.get("dataset", recipe.data.name) != recipe.data.name,
        network=_OWN if result.get("model") == _OWN else "recipe",
    )


def changes_since(folder, recipe, identity):
    """What a run about to be resumed would have other than the run in its directory.

    Args:
        folder: the run directory; without a run in it, nothing has changed.
        recipe: the recipe that is to be trained.
        identity: its `Identity`.

    Returns:
        Names of settings, and `"data"`, `"network"`, `"pretrained"` and `"keras"`.
    """
    if not (Path(folder) / directory.RECIPE).exists():
        return []
    before = recorded_recipe(folder)
    changed = {path.partition(".")[0] for path in recipes.differences(recipe, before)}
    result = directory.read_result(folder)
    if not result:
        return sorted(changed)
    recorded = recorded_identity(result, before)
    if recorded.pretrained and recorded.pretrained == identity.pretrained:
        changed.discard("pretrained")  # the same file in another place
    return [*sorted(changed), *_differing(recorded, identity)]


def shorter_run(folder, recipe, identity):
    """The longest of the runs beside a run directory that have fewer epochs and differ in nothing else.

    Args:
        folder: the run directory, which need not be there.
        recipe: what is to be trained in it.
        identity: its `Identity`.

    Returns:
        Its directory and its number of epochs; `None` where there is none.
    """
    shorter = {}
    for other, trained, recorded in _runs_beside(folder):
        same = not _differing(recorded, identity)
        if same and set(recipes.differences(trained, recipe)) == {"epochs"}:
            shorter[other] = trained.epochs
    shorter = {other: epochs for other, epochs in shorter.items() if epochs < recipe.epochs}
    return max(shorter.items(), key=lambda item: item[1], default=None)


def run_on_other_pictures(folder, recipe, identity):
    """A run beside a run directory that differs in nothing but its data, both of the user's own.

    Pictures that were streamed are known by their files, those in memory by their pixels.

    Args:
        folder: the run directory, which need not be there.
        recipe: what is to be trained in it.
        identity: its `Identity`.

    Returns:
        Its directory; `None` where there is none.
    """
    for other, trained, recorded in _runs_beside(folder):
        own = recorded.own_data and identity.own_data
        if own and trained == recipe and _differing(recorded, identity) == ["data"]:
            return other
    return None


def _runs_beside(folder):
    """The runs of a recipe with one backend and seed: directory, recipe and `Identity` of each."""
    folder = Path(folder)
    backend_and_seed = "-".join(folder.name.split("-")[:2])
    for other in sorted(folder.parent.glob(f"{backend_and_seed}*")):
        try:
            trained, result = recorded_recipe(other), directory.read_result(other)
            recorded = recorded_identity(result, trained)
        except UsageError:
            continue
        yield other, trained, recorded


def _changes(recipe):
    """How a recipe differs from the registered one; `None` where none is."""
    if recipe.name not in studies.names():
        return None
    return recipes.differences(recipe, studies.get(recipe.name))


def _differing(recorded, identity):
    """In what two runs of the same settings differ; what was not recorded is taken as equal."""
    known_data = recorded.data and identity.data
    same = {
        "data": recorded.own_data == identity.own_data
        and (not known_data or recorded.data == identity.data),
        "network": recorded.network == identity.network
        or (recorded.network == _OWN and identity.network != "recipe"),
        "pretrained": not (recorded.pretrained and identity.pretrained)
        or recorded.pretrained == identity.pretrained,
        "keras": recorded.keras == identity.keras,
    }
    return [name for name, equal in same.items() if not equal]
