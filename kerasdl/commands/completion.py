"""`kerasdl completion`: a script with which a shell completes commands, options and recipes."""

EXAMPLES = """
  eval "$(kerasdl completion bash)"           in ~/.bashrc
  eval "$(kerasdl completion zsh)"            in ~/.zshrc
  kerasdl completion fish > ~/.config/fish/completions/kerasdl.fish
"""


def add_arguments(parser):
    """The arguments of `kerasdl completion`."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")


def run(args):
    """Print the script."""
    from kerasdl.__main__ import COMMANDS, build_parser
    from kerasdl.commands._completion_scripts import SHELLS, commands

    print(SHELLS[args.shell](commands(build_parser(set(COMMANDS)))), end="")
    return 0
