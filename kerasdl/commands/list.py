"""`kerasdl list`: the recipes, their data, their length and what is expected of them."""

import fnmatch

from kerasdl import studies
from kerasdl.errors import UsageError

COLUMNS = ("recipe", "data", "epochs", "time on 2 cores", "expected")


def add_arguments(parser):
    """The arguments of `kerasdl list`."""
    parser.add_argument(
        "pattern",
        nargs="?",
        default="",
        help="only names that contain this, or match it, as in 'exercises/circles_*'",
    )


def run(args):
    """Print a table, a row for each recipe."""
    names = [
        name
        for name in studies.names()
        if args.pattern in name or fnmatch.fnmatchcase(name, args.pattern)
    ]
    if not names:
        raise UsageError(f"No recipe matches {args.pattern!r}: `kerasdl list` shows all.")
    rows = [COLUMNS, *(_row(studies.get(name)) for name in names)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    return 0


def _row(recipe):
    return (recipe.name, recipe.data.name, str(recipe.epochs), recipe.cost, recipe.expected)
