"""The command line: `kerasdl COMMAND ...`.

Each command is a module of `kerasdl.commands` with `add_arguments(parser)` and
`run(args) -> exit code`. Only the module of the command that is named is imported, and it
imports a backend only when it runs, so that help is instant.
"""

import argparse
import contextlib
import importlib
import os
import sys

from kerasdl import __version__, foreign_warnings, interruption, text
from kerasdl.errors import SystemFailure, UsageError, from_os_error, without_memory

LONG = ("train", "run", "lr-range", "parity", "bench")
"""Commands that end their work when nobody reads what they print any more."""

COMMANDS = {
    "train": "train a recipe and leave a run directory",
    "run": "train the experiments of a report, over seeds and backends",
    "list": "show the recipes",
    "init": "write a recipe into a file, which can be changed and trained",
    "collect": "copy the results of runs, without the weights, to where reports are made of them",
    "report": "write pages of what the reports claim and what holds",
    "evaluate": "accuracy, per class too, calibration and the confusion matrix of a trained model",
    "page": "one HTML page of a run: curves, metrics, calibration, Grad-CAM and other looks inside",
    "predict": "class and probability of pictures",
    "export": "write a trained model in another format, checked against the model, with a model card",
    "compare": "settings, curves and results of runs side by side, with paired differences over seeds",
    "describe": "what each layer of a network costs, and what it sees",
    "sheet": "a contact sheet of an augmentation pipeline: look before you trust",
    "lr-range": "test which learning rates a recipe can be trained with",
    "parity": "how far the numbers of a recipe agree on several backends, step by step",
    "doctor": "whether backends, data and caches of this machine are in order",
    "bench": "measure ours beside the plain alternative, in turn",
    "completion": "a script with which a shell completes commands, options and recipes",
}


EXAMPLES = """\
examples:
  kerasdl list                                  the recipes
  kerasdl train cifar10/default --dataset auto  on digits where CIFAR-10 is not
  kerasdl COMMAND --help                        options and examples
"""


def main(argv=None):
    """Run one command.

    Args:
        argv: words of the command line, without the program's name; `None` for
            those of this process.

    Returns:
        The exit code: 0; 1 if a run failed or the system refused what it needs (a full disk, too
        little memory); 2 if the user made a mistake; 130 if interrupted.

    Example:
    >>> main(["list"])  # doctest: +ELLIPSIS
    recipe ...
    0
    """
    argv = sys.argv[1:] if argv is None else argv
    named = next((word for word in argv if not word.startswith("-")), None)
    parser = build_parser({named} & set(COMMANDS))
    try:
        args = parser.parse_args(argv)
    except UsageError as error:  # a number beyond its limits
        return _failed(f"kerasdl {named}", error)
    if args.stop_with_parent:
        from kerasdl import processes

        processes.stop_with_parent()
    return guarded(
        args.handler, args, program=f"kerasdl {args.command}", is_long=args.command in LONG
    )


def build_parser(loaded):
    """The parser of the command line.

    Args:
        loaded: names of the commands whose modules are imported for their arguments. The others
            have a name and a purpose only.

    Returns:
        An `argparse.ArgumentParser`.
    """
    parser = argparse.ArgumentParser(
        prog="kerasdl",
        description="Small vision networks from scratch: one recipe, three backends, the same "
        "start, order and draws. KERAS_BACKEND=tensorflow, torch or jax chooses the backend.",
        epilog=EXAMPLES,
        formatter_class=_help_formatter,
    )
    parser.add_argument("--version", action="version", version=f"kerasdl {__version__}")
    # For the processes that `kerasdl run` starts, so that none outlives it.
    parser.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        subparser = subparsers.add_parser(
            name, help=purpose, description=_sentence(purpose), formatter_class=_help_formatter
        )
        if name in loaded:
            module = importlib.import_module(f"kerasdl.commands.{name.replace('-', '_')}")
            module.add_arguments(subparser)
            subparser.epilog = f"examples:\n{module.EXAMPLES.strip(chr(10))}"
            subparser.set_defaults(handler=module.run)
    return parser


def guarded(run, args, program, is_long=False):
    """Call `run(args)`, and turn mistakes of the user and interruptions into exit codes.

    Args:
        run: function from parsed arguments to an exit code.
        args: the parsed arguments.
        program: its name, which precedes an error message.
        is_long: whether it goes on when nobody reads its output any more.

    Returns:
        The exit code, as of `main`. A `UsageError` is printed in one sentence, and so is what
        the system refused: a full disk, too little memory. Any other exception is a defect of ours
        and goes on.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as by `>&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (for the whole process)
        elif hasattr(getattr(sys, name), "reconfigure"):  # of a file's name that is no text
            getattr(sys, name).reconfigure(errors="backslashreplace")
    streams = sys.stdout, sys.stderr
    if is_long:
        from kerasdl.processes import OutlivesReader

        sys.stdout, sys.stderr = map(OutlivesReader, streams)
    try:
        with (
            interruption.handled_by(interruption.interrupt, for_good=True),
            foreign_warnings.kept_away(),
        ):
            return run(args)
    except UsageError as error:
        return _failed(program, error)
    except KeyboardInterrupt as interrupt:
        words = ["interrupted", *map(str, interrupt.args)]
        print(f"\n{program}: {': '.join(words)}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as in `kerasdl list | head`
        sys.stderr.close()
        return 0
    except OSError as error:
        path = (
            "Standard output or a file" if error.filename is None else os.fsdecode(error.filename)
        )
        return _failed(program, from_os_error(f"{path} cannot be read or written", error))
    except Exception as error:
        if not without_memory(error):
            raise
        return _failed(
            program,
            SystemFailure(
                "There is not enough memory: try less at a time, such as a smaller batch size; what "
                "was written is kept."
            ),
        )
    finally:
        if is_long:
            with contextlib.suppress(OSError):  # as said above, where the disk is full
                sys.stdout.flush()  # while a reader may leave
        sys.stdout, sys.stderr = streams


def _failed(program, error):
    print(f"{program}: error: {text.one_line(error)}", file=sys.stderr)
    return error.exit_code


def _help_formatter(prog):
    """A formatter of help, as wide as the terminal.

    Left to find the width itself, argparse imports `shutil` and with it every module of
    compression, for each command, whether or not help is shown.
    """
    try:
        columns = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size().columns
    except (OSError, ValueError):
        columns = 0
    return _KeepsLines(prog, width=(columns or 80) - 2)


class _KeepsLines(argparse.HelpFormatter):
    """Wraps sentences, and leaves the lines of examples as they are."""

    def _fill_text(self, text, width, indent):
        if "\n" in text:
            return text
        return super()._fill_text(text, width, indent)


def _sentence(purpose):
    return purpose[0].upper() + purpose[1:] + "."


if __name__ == "__main__":
    sys.exit(main())
