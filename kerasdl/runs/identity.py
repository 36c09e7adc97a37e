"""What a run is: decided when it starts, written into its `result.json`, and never guessed.

A run is that of a registered recipe if it has the recipe's settings, the recipe's data and the
recipe's network. Whatever differs is named, and gives the run a directory of its own.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kerasdl import files, recipes, studies
from kerasdl.errors import UsageError
from kerasdl.runs import directory


@dataclass(frozen=True)
class Identity:
    """What a run is, beside its recipe's name, its backend and its seed.

    Attributes:
        changes: setting -> value, for the settings that differ from the registered recipe of
            that name; `None` where no recipe of that name is registered.
        data: fingerprint of the arrays, `"sha256:..."`; `""` where it was not recorded.
        own_data: whether the data were given by the user, not loaded as the recipe says.
        network: `"recipe"`, or the fingerprint of a network that the user gave.
    """

    changes: dict | None
    data: str = ""
    own_data: bool = False
    network: str = "recipe"

    @property
    def is_registered_recipe(self):
        """Whether this is a run of the registered recipe, as it is."""
        return self.changes == {} and not self.own_data and self.network == "recipe"

    @property
    def suffix(self):
        """Eight hex digits that name what differs from the registered recipe, or `""`.

        Only what differs is hashed: a setting that a later version adds renames no run.

        Example:
        >>> Identity({}).suffix, Identity({"epochs": 3}).suffix
        ('', '...')
        """
        if self.changes is None or self.is_registered_recipe:
            return ""
        differs = {"changes": self.changes}
        if self.own_data:
            differs["data"] = self.data
        if self.network != "recipe":
            differs["network"] = self.network
        text = json.dumps(differs, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def to_dict(self):
        """As it stands in `result.json`."""
        return asdict(self)


def identify(recipe, dataset, *, own_data, network="recipe"):
    """The identity of a run that is about to start.

    Args:
        recipe: the recipe with its overrides.
        dataset: the data set, before parts are carved from it or limited.
        own_data: whether the user gave it.
        network: `"recipe"`, or the fingerprint of a network that the user gave.
    """
    changes = None
    if recipe.name in studies.names():
        changes = recipes.differences(recipe, studies.get(recipe.name))
    return Identity(changes, dataset.fingerprint(), own_data, network)


def recorded_recipe(folder):
    """The recipe in the `recipe.json` of a run directory.

    Raises:
        UsageError: there is none, or it is not a recipe of this version.
    """
    entries = files.read_json(Path(folder) / directory.RECIPE)
    if not isinstance(entries, dict):
        raise UsageError(f"{folder} should hold a recipe in {directory.RECIPE}.")
    return recipes.from_dict({key: value for key, value in entries.items() if key != "notice"})


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
        return Identity(**result["identity"])
    registered = studies.get(recipe.name) if recipe.name in studies.names() else None
    return Identity(
        None if registered is None else recipes.differences(recipe, registered),
        own_data=result.get("dataset", recipe.data.name) != recipe.data.name,
        network="own" if result.get("model") == "own" else "recipe",
    )


def changes_since(folder, recipe, identity):
    """What a run about to be resumed would have other than the run in its directory.

    Args:
        folder: the run directory; without a run in it, nothing has changed.
        recipe: the recipe that is to be trained.
        identity: its `Identity`.

    Returns:
        Names of settings, and `"data"` and `"network"`.
    """
    if not (Path(folder) / directory.RECIPE).exists():
        return []
    before = recorded_recipe(folder)
    changed = sorted({key.partition(".")[0] for key in recipes.differences(recipe, before)})
    if result := directory.read_result(folder):
        recorded = recorded_identity(result, before)
        same_data = recorded.own_data == identity.own_data
        if same_data and recorded.data:
            same_data = recorded.data == identity.data
        same_network = recorded.network == identity.network or (
            recorded.network == "own" and identity.network != "recipe"
        )
        changed += [] if same_data else ["data"]
        changed += [] if same_network else ["network"]
    return changed
