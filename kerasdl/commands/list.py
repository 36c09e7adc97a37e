"""`kerasdl list`: the recipes, their data, their length and what is expected of them."""

import fnmatch
import sys
import textwrap

from kerasdl import studies, text
from kerasdl.errors import UsageError

EXAMPLES = """
  kerasdl list                       all recipes
  kerasdl list 'exercises/circles_*'  those of one exercise
  kerasdl list --fields              what --set can change, and to what
  kerasdl list --fields optimizer    the fields of the optimizer
"""
COLUMNS = ("recipe", "data", "epochs", "on 2 cores", "expected")
WIDTH_OF_WORDS = 100  # characters, where there is no terminal


def add_arguments(parser):
    """The arguments of `kerasdl list`."""
    parser.add_argument(
        "pattern",
        nargs="?",
        default="",
        help="only names that contain this, or match it, as in 'exercises/circles_*' (default: all)",
    )
    parser.add_argument(
        "--fields",
        action="store_true",
        help="show the fields of a recipe, which --set overrides, in place of the recipes",
    )


def run(args):
    """Print a table, a row for each recipe or field; as wide as the terminal, if it is one."""
    width = text.terminal_width(sys.stdout)
    if args.fields:
        return _list_fields(args.pattern, width)
    names = _matching(studies.names(), args.pattern)
    if not names:
        raise UsageError(f"No recipe matches {args.pattern!r}: `kerasdl list` shows all.")
    rows = [COLUMNS, *(_row(studies.get(name)) for name in names)]
    lines, left_out = text.columns_of_text(rows, width)
    print(*lines, sep="\n")
    if left_out:
        note = (
            f"No room for: {', '.join(left_out)}. A wider terminal, fewer recipes (kerasdl list "
            "PATTERN) or a file (kerasdl list > recipes.txt) shows all columns."
        )
        print(f"\n{textwrap.fill(note, width)}")
    return 0


def _matching(names, pattern):
    return [name for name in names if pattern in name or fnmatch.fnmatchcase(name, pattern)]


def _row(recipe):
    return (recipe.name, recipe.data.name, str(recipe.epochs), recipe.cost, recipe.expected)


def _list_fields(pattern, width):
    """Print what each field of a recipe may hold, and what it means."""
    from kerasdl.recipes import fields

    known = fields.descriptions()
    names = _matching(known, pattern)
    if not names:
        raise UsageError(
            f"No field of a recipe matches {pattern!r}: `kerasdl list --fields` shows all."
        )
    options = {"width": width or WIDTH_OF_WORDS, "break_on_hyphens": False}
    for name in names:
        expected, meaning = known[name]
        print(textwrap.fill(f"{name}: {expected}", subsequent_indent="  ", **options))
        print(textwrap.fill(meaning, initial_indent="    ", subsequent_indent="    ", **options))
    return 0
