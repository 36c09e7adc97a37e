"""The rules of a recipe as a JSON Schema, for editors and other programs."""

import inspect
import re

from kerasdl.recipes.recipe import PARTS, Recipe, defaults, field_names
from kerasdl.recipes.rules import RULES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def recipe_schema():
    """The JSON Schema of a `recipe.json`: a recipe, and at times a notice about its run.

    It is made of the fields, their docstrings and their rules, and says all of them but one:
    that `select` names a quantity which the run logs.

    Returns:
        Dictionary that JSON can hold.

    Example:
    >>> recipe_schema()["properties"]["epochs"]["minimum"]
    1
    """
    schema = {"$schema": DIALECT, "title": "Recipe of a kerasdl experiment", **_object(Recipe)}
    schema["properties"]["notice"] = {
        "description": "A sentence about the run: other data than the recipe's were used.",
        "type": "string",
    }
    return schema


def _object(kind, path=""):
    """The schema of a recipe, or of the part of it at `path`."""
    descriptions, default = attribute_descriptions(kind), defaults(kind)
    properties = {}
    for name in field_names(kind):
        schema = RULES[path + name].schema if path or name not in PARTS else _part(name, default)
        properties[name] = {"description": descriptions[name], **schema}
        if name in default:
            properties[name]["default"] = default[name]
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in field_names(kind) if name not in default],
        "additionalProperties": False,
    }


def _part(name, default):
    schema = _object(PARTS[name], f"{name}.")
    return {"anyOf": [schema, {"type": "null"}]} if name in default else schema


def attribute_descriptions(kind):
    """What the docstring of a class says of its attributes, each in one line of plain text.

    Example:
    >>> from kerasdl.recipes import Optimizer
    >>> attribute_descriptions(Optimizer)["clip_norm"]
    'the largest norm of all gradients together, or None.'
    """
    section = inspect.getdoc(kind).partition("Attributes:\n")[2]
    entries = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.replace("`", "").split()) for name, text in entries}
