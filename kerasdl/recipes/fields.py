"""The fields of a recipe for people: what each may hold, and what it means."""

from kerasdl.recipes.parts import PARTS
from kerasdl.recipes.recipe import Recipe
from kerasdl.recipes.rules import RULES
from kerasdl.recipes.schema import attribute_descriptions


def descriptions():
    """What `--set` can change.

    Returns:
        Dictionary of dotted path to a pair of texts: what the field may hold, what it means.

    Example:
    >>> descriptions()["schedule.by"][0]
    'batch or epoch'
    """
    meanings = {"": attribute_descriptions(Recipe)}
    meanings |= {part: attribute_descriptions(kind) for part, kind in PARTS.items()}
    found = {}
    for path, rule in RULES.items():
        part, _, field = path.rpartition(".")
        if path != "name":
            found[path] = rule.expected, meanings[part][field]
    return found
