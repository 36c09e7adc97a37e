"""`kerasdl list`: the recipes, their data, their length and what is expected of them."""

from kerasdl import recipes


def add_arguments(parser):
    """The arguments of `kerasdl list`."""
    parser.add_argument("pattern", nargs="?", default="", help="only names that contain this")


def run(args):
    """Print a line a recipe."""
    rows = [("recipe", "data", "epochs", "time on 2 cores", "expected")]
    for name in recipes.names():
        recipe = recipes.get(name)
        if args.pattern in name:
            rows.append((name, recipe.data.name, str(recipe.epochs), recipe.cost, recipe.expected))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[4]]).rstrip())
    return 0
