"""A recipe as a TOML file: data that people write, and no code.

TOML has no value for "none": the text `"None"` stands for it.
"""

import json
import re
import textwrap
import tomllib
from collections.abc import Mapping

from kerasdl import files
from kerasdl.errors import UsageError
from kerasdl.recipes.recipe import PARTS, Recipe, defaults, field_names, from_dict, to_dict
from kerasdl.recipes.schema import attribute_descriptions, recipe_schema

NONE = "None"
LARGEST_FILE = 1 << 20  # bytes
WIDTH = 96  # characters of a comment
HEAD = """\
# A recipe of kerasdl: `kerasdl train --config FILE`. Fields that are missing have their defaults,
# which `kerasdl list --fields` explains; the text "None" stands for no value. A recipe that you
# change should have a name of its own, which is also its folder below runs/.
"""


def to_toml(recipe):
    """The text of a TOML file that holds a recipe; fields at their defaults are left out.

    Example:
    >>> from kerasdl import studies
    >>> "epochs = 7" in to_toml(studies.get("cifar10/default"))
    True
    """
    entries = to_dict(recipe)
    lines, tables = [HEAD], []
    for name, value in _stated(Recipe, entries):
        if isinstance(value, Mapping):
            tables += ["", *_table(name, value, PARTS.get(name))]
        else:
            lines += _assignment(Recipe, name, value)
    return "\n".join([*lines, *tables]) + "\n"


def from_toml(path):
    """The recipe in a TOML file.

    Raises:
        UsageError: there is no such file, it is not TOML, or not a recipe; which field is wrong,
            and what it should be.

    Example:
    >>> from kerasdl import studies
    >>> recipe = studies.get("cifar10/default")
    >>> _ = (tmp / "recipe.toml").write_text(to_toml(recipe), encoding="utf-8")
    >>> from_toml(tmp / "recipe.toml") == recipe
    True
    """
    content = files.read_bytes(path, at_most=LARGEST_FILE)
    try:
        entries = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # of UTF-8, of TOML, of too deep a nesting
        raise UsageError(f"{path} should be a file of TOML: {error}.") from None
    try:
        return from_dict(_with_none(entries))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def config_schema():
    """The JSON Schema of such a file, for editors."""
    schema = _without_null(recipe_schema())
    schema["title"] = "Recipe of a kerasdl experiment, as a TOML file"
    del schema["properties"]["notice"]
    return schema


def _stated(kind, entries):
    """Fields and values that are not defaults, in the order of the fields."""
    default = defaults(kind)
    for name in field_names(kind):
        if name in entries and (name not in default or entries[name] != default[name]):
            yield name, entries[name]


def _table(name, entries, kind=None):
    """The lines of a table; of a part of a recipe, with comments, and with tables of its own."""
    stated = list(entries.items() if kind is None else _stated(kind, entries))
    lines, tables = [f"[{name}]"], []
    for key, value in stated:
        if isinstance(value, Mapping) and kind is not None:
            tables += ["", *_table(f"{name}.{key}", value)]
        else:
            lines += _assignment(kind, key, value)
    return [*lines, *tables]


def _assignment(kind, key, value):
    """A line of key and value, below the comment that explains it."""
    comment = attribute_descriptions(kind)[key] if kind is not None else ""
    lines = textwrap.wrap(comment, WIDTH, break_on_hyphens=False, break_long_words=False)
    return [*(f"# {line}" for line in lines), f"{_key(key)} = {_value(value)}"]


def _key(name):
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value):
    """A value in TOML."""
    if value is None:
        return f'"{NONE}"'
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(key)} = {_value(each)}' for key, each in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _with_none(value):
    if isinstance(value, Mapping):
        return {key: _with_none(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_none(each) for each in value]
    return None if value == NONE else value


def _without_null(schema):
    """A schema in which the text `"None"` stands where JSON has null."""
    if isinstance(schema, Mapping):
        if schema == {"type": "null"}:
            return {"const": NONE}
        return {
            key: NONE if key == "default" and each is None else _without_null(each)
            for key, each in schema.items()
        }
    if isinstance(schema, (list, tuple)):
        return [_without_null(each) for each in schema]
    return schema
