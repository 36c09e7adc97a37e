"""`kerasdl init`: write a recipe into a file, which can be changed and trained."""

import shlex
from pathlib import Path

from kerasdl import files, studies
from kerasdl.errors import UsageError
from kerasdl.recipes import config

EXAMPLES = """
  kerasdl init cifar10/default mine.toml
  kerasdl train --config mine.toml
"""


def add_arguments(parser):
    """The arguments of `kerasdl init`."""
    parser.add_argument("recipe", help="name of a recipe: `kerasdl list` shows them")
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE.toml",
        help="where it is written (default: the recipe's own name, as in default.toml)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")


def run(args):
    """Write the file, and say how it is trained."""
    recipe = studies.get(args.recipe)
    path = Path(args.file or f"{recipe.name.rpartition('/')[2]}.toml")
    files.expect_writable(path)
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} should be a file; it is none: name another.")
    if path.exists() and not args.overwrite:
        raise UsageError(f"{path} is there already: name another file, or add --overwrite.")
    with files.written_whole(path) as temporary:
        temporary.write_text(config.to_toml(recipe), encoding="utf-8")
    print(f"{path}: change it, then `kerasdl train --config {shlex.quote(str(path))}`")
    return 0
