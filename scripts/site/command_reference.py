"""The command-line reference, generated from the parsers of `kerasdl`.

A hook of MkDocs: it adds the page `reference/commands.md`.
"""

import html
import importlib
import os
import re
import textwrap

from mkdocs.structure.files import File

PAGE = "reference/commands.md"
WIDTH = 88  # characters of a usage
INTRODUCTION = """\
# Command line

`kerasdl COMMAND --help` prints what stands here. The exit code is 0 where a command did what it was
asked for, 1 where training failed or the system refused something, 2 where the message says in one
sentence what to change, and 130 where it was interrupted.

Generated from the parsers of this version.
"""


def on_files(files, config):
    """Add the page."""
    files.append(File.generated(config, PAGE, content=reference()))
    return files


def reference():
    """The page, in Markdown."""
    from kerasdl.__main__ import COMMANDS, build_parser

    os.environ["COLUMNS"] = str(WIDTH)
    parser = build_parser(set(COMMANDS))
    (commands,) = (action for action in parser._actions if action.dest == "command")
    parts = [INTRODUCTION]
    for name, subparser in commands.choices.items():
        module = importlib.import_module(f"kerasdl.commands.{name.replace('-', '_')}")
        parts += section(name, subparser, module.EXAMPLES)
    return "\n".join(parts)


def section(name, parser, examples):
    """The lines of one command: purpose, usage, arguments and examples."""
    yield f"## {name}\n\n{parser.description}\n"
    usage = parser.format_usage().replace("usage: ", " " * len("usage: "))
    yield f"```text\n{textwrap.dedent(usage).rstrip()}\n```\n"
    formatter = parser._get_formatter()
    rows = [
        f"| {spelling(action)} | {cell(formatter._expand_help(action))} |"
        for action in parser._actions
        if action.dest != "help" and action.help != "==SUPPRESS=="
    ]
    if rows:
        yield "\n".join(["| argument | |", "|---|---|", *rows]) + "\n"
    yield "Examples:\n"
    yield f"```text\n{textwrap.dedent(examples).strip()}\n```\n"


def spelling(action):
    """How an argument is written, as in `--epochs N`; a positional one by its placeholder."""
    if not action.option_strings:
        return code(action.metavar or action.dest)
    value = ""
    if action.nargs != 0:
        value = " " + (action.metavar or "|".join(action.choices or [action.dest.upper()]))
    return code(", ".join(action.option_strings) + value)


def code(text):
    """Text as code in a cell of a table."""
    return cell(f"`{text}`")


def cell(text):
    """Text that may stand in a cell of a table."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return text.replace("|", "&#124;").replace("*", r"\*")
