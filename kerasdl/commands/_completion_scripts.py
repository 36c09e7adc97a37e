"""What a shell needs to complete the words of a command line, made of its parser."""

import argparse
from dataclasses import dataclass, field

from kerasdl import datasets, studies, trackers
from kerasdl.recipes.rules import PRECISIONS, RULES

# What an argument may be, where its parser does not say so: by its name.
_KNOWN = {
    "recipe": studies.names,
    "what": studies.names,
    "report": lambda: tuple(studies.STUDIES),
    "dataset": lambda: (*datasets.NAMES, "auto"),
    "precision": lambda: PRECISIONS,
    "track": lambda: trackers.TRACKERS,
    "set": lambda: tuple(f"{path}=" for path in RULES if path != "name"),
}


@dataclass
class Command:
    """The words of a command.

    Attributes:
        name: of the command.
        purpose: in a few words.
        options: option -> words that may follow it; `None` where none may, `()` where any may.
        purposes: option -> its help.
        words: what its other arguments may be; `()` for any.
    """

    name: str
    purpose: str
    options: dict = field(default_factory=dict)
    purposes: dict = field(default_factory=dict)
    words: tuple = ()


def commands(parser):
    """The commands of a parser with all its arguments, in their order."""
    (group,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    purposes = {action.dest: action.help for action in group._choices_actions}
    return [_command(name, purposes[name], each) for name, each in group.choices.items()]


def _command(name, purpose, parser):
    found = Command(name, purpose)
    for action in parser._actions:
        if action.help is argparse.SUPPRESS:
            continue
        known = tuple(action.choices or _KNOWN.get(action.dest, tuple)())
        if not action.option_strings:
            found.words += known
        for option in action.option_strings:
            found.options[option] = None if action.nargs == 0 else known
            found.purposes[option] = action.help.replace("%%", "%")
    return found


def bash(found):
    """The script for bash: a function, and its registration."""
    cases = []
    for command in found:
        after = "\n".join(
            f'        {option}) words="{" ".join(words)}" ;;'
            for option, words in command.options.items()
            if words is not None
        )
        cases.append(
            f"    {command.name})\n"
            f'      words="{" ".join(command.words)}"\n'
            f'      [[ $current == -* ]] && words="{" ".join(command.options)}"\n'
            f'      case "$previous" in\n{after}\n      esac ;;'
        )
    listed = " ".join(command.name for command in found)
    body = "\n".join(cases)
    return f"""\
# kerasdl completion bash: for this shell, eval "$(kerasdl completion bash)"
_kerasdl() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" words=""
  if [[ $COMP_CWORD -eq 1 ]]; then
    words="{listed} --help --version"
  else
    case "${{COMP_WORDS[1]}}" in
{body}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # The value of a field follows without a space.
  [[ ${{#COMPREPLY[@]}} -eq 1 && ${{COMPREPLY[0]}} == *= ]] && compopt -o nospace 2>/dev/null
}}
complete -o default -F _kerasdl kerasdl
"""


def zsh(found):
    """The script for zsh, which has a way to use bash's."""
    return f"autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n{bash(found)}"  # fmt: skip


def fish(found):
    """The script for fish: a line an option."""
    lines = ["# kerasdl completion fish | source"]
    for command in found:
        first = "complete -c kerasdl -n __fish_use_subcommand -f"
        lines.append(f"{first} -a {command.name} -d {_quoted(command.purpose)}")
        here = f"complete -c kerasdl -n '__fish_seen_subcommand_from {command.name}'"
        if command.words:
            lines.append(f"{here} -a {_quoted(' '.join(command.words))}")
        for option, words in command.options.items():
            kind = "-l" if option.startswith("--") else "-s"
            line = f"{here} {kind} {option.lstrip('-')} -d {_quoted(command.purposes[option])}"
            if words is not None:
                line += f" -x -a {_quoted(' '.join(words))}" if words else " -r"
            lines.append(line)
    return "\n".join(lines) + "\n"


def _quoted(text):
    """A word in single quotes, as fish reads them."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
