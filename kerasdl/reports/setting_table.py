"""The table of a recipe: its settings, and what its report leaves open."""

from kerasdl.reports.markup import Prose
from kerasdl.reports.tables import Table


def setting_table(recipe):
    """The settings of `recipe` that are set, then the assumptions that belong to none of them."""
    settings = dict(_flat(recipe.settings()))
    rows = [
        (setting, Prose(_literal(value)), Prose(recipe.assumptions.get(setting, "")))
        for setting, value in settings.items()
        if value not in (None, {}, [], "")
    ] + [
        (name, "", Prose(assumption))
        for name, assumption in recipe.assumptions.items()
        if name not in settings
    ]
    return Table(("setting", "value", "assumption"), tuple(rows))


def _flat(entries, prefix=""):
    """Pairs of a dotted name and a value."""
    for key, value in entries.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _literal(value):
    return f"{value:g}" if isinstance(value, float) else str(value)
