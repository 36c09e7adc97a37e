"""A recipe with some of its fields replaced, as `--set optimizer.learning_rate=0.01` asks."""

import ast
import dataclasses
import warnings

from kerasdl.errors import UsageError
from kerasdl.recipes.parts import OPTIONAL_PARTS
from kerasdl.recipes.recipe import PARTS, Recipe, field_names, from_dict, unknown_field


def override(recipe, assignments):
    """`recipe` with fields replaced, all at once.

    A recipe without an optional part can be given one field by field, and one without class
    weights class by class; a schedule begins as a constant one.

    Args:
        recipe: the recipe to start from.
        assignments: dictionary of dotted path to value, as in
            `{"optimizer.learning_rate": 0.01}`; a string that is a Python literal is read as one.

    Returns:
        A `Recipe` of the same name.

    Raises:
        UsageError: a field is unknown (the known ones are listed) or its value is out of range.

    Example:
    >>> from kerasdl import studies
    >>> override(studies.get("regularization/baseline"), {"epochs": "12"}).epochs
    12
    """
    entries = dataclasses.asdict(recipe)
    for path, value in assignments.items():
        if path == "name":
            raise UsageError("name is not a setting: it says which recipe this is.")
        _assign(entries, path, _literal(value))
    return from_dict(entries)


def parse_assignments(words):
    """Dictionary of dotted path to text, from words such as `"optimizer.name=sgd"`.

    Raises:
        UsageError: a word has no `=`.

    Example:
    >>> parse_assignments(["optimizer.name=sgd", "epochs=3"])
    {'optimizer.name': 'sgd', 'epochs': '3'}
    """
    found = {}
    for word in words:
        field, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"--set should be FIELD=VALUE; received {word!r}.")
        found[field.strip()] = value.strip()
    return found


_KINDS = {"": Recipe, **PARTS}  # what stands at a path; elsewhere are values and arguments


def _assign(entries, path, value):
    """Set the entry at a dotted path; arguments that are not there yet are added."""
    keys = path.split(".")
    for depth, key in enumerate(keys):
        inside = ".".join(keys[:depth])
        known = field_names(_KINDS[inside]) if inside in _KINDS else ()
        if not isinstance(entries, dict) or (known and key not in known):
            settable = [name for name in known if inside or name != "name"]
            raise UsageError(unknown_field(f"{inside}.{key}".lstrip("."), settable))
        if depth == len(keys) - 1:
            entries[key] = value
        elif not inside and key in (*OPTIONAL_PARTS, "class_weight") and entries[key] is None:
            entries[key] = {"name": "constant"} if key == "schedule" else {}
        entries = entries.setdefault(key, {})


def _literal(value):
    if not isinstance(value, str):
        return value
    try:
        with warnings.catch_warnings():  # of what is no literal after all
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.literal_eval(value)
    # Nested too deeply, or a list for a key of a dictionary: no literal of ours.
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value
