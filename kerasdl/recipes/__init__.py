"""What an experiment is: the schema of a recipe, its rules, and how one is changed."""

from kerasdl.recipes.recipe import (
    Data,
    Model,
    Optimizer,
    Recipe,
    Schedule,
    from_dict,
    override,
    to_dict,
)

__all__ = [
    "Data",
    "Model",
    "Optimizer",
    "Recipe",
    "Schedule",
    "differences",
    "from_dict",
    "override",
    "to_dict",
]


def differences(recipe, original):
    a, b = recipe.settings(), original.settings()
    return {key: value for key, value in a.items() if b.get(key) != value}
