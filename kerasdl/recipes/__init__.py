"""What an experiment is: the schema of a recipe, its rules, and how recipes are changed and compared.

    recipe.py       a recipe; to and from dictionaries
    parts.py        its parts that have fields of their own
    rules.py        what each field may hold
    value_rules.py  kinds of such rules
    overrides.py    a recipe with some of its fields replaced
    differences.py  what sets one recipe apart from another
    schema.py       the rules as a JSON Schema
    fields.py       the rules for people
    config.py       a recipe as a TOML file
    unmirrored.py   recipes without mirrored images

Nothing here imports a backend.
"""

from kerasdl.recipes.differences import ABSENT, differences, flattened
from kerasdl.recipes.overrides import override, parse_assignments
from kerasdl.recipes.recipe import (
    Data,
    EarlyStopping,
    Mix,
    Model,
    Optimizer,
    Recipe,
    Schedule,
    from_dict,
    to_dict,
)
from kerasdl.recipes.schema import recipe_schema

__all__ = [
    "ABSENT",
    "Data",
    "EarlyStopping",
    "Mix",
    "Model",
    "Optimizer",
    "Recipe",
    "Schedule",
    "differences",
    "flattened",
    "from_dict",
    "override",
    "parse_assignments",
    "recipe_schema",
    "to_dict",
]
