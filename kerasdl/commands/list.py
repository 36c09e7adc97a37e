"""`kerasdl list`: the recipes, their data, their length and what is expected of them."""

import fnmatch

from kerasdl import studies
from kerasdl.errors import UsageError


def add_arguments(parser):
    """The arguments of `kerasdl list`."""
    parser.add_argument(
        "pattern",
        nargs="?",
        default="",
        help="only names that contain this, or match it, as in 'exercises/circles_*'",
    )


def run(args):
    """Print a line a recipe."""
    rows = [("recipe", "data", "epochs", "time on 2 cores", "expected")]
    for name in studies.names():
        recipe = studies.get(name)
        if args.pattern in name or fnmatch.fnmatchcase(name, args.pattern):
            rows.append((name, recipe.data.name, str(recipe.epochs), recipe.cost, recipe.expected))
    if len(rows) == 1:
        raise UsageError(f"No recipe matches {args.pattern!r}: `kerasdl list` shows all.")
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[4]]).rstrip())
    return 0
