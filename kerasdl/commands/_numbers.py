"""Options that take a whole number: from a least one to a largest one, which their help states."""

import argparse
import functools

from kerasdl.errors import UsageError


def add_whole_number(parser, flag, least, most, *, purpose, default=None):
    """Give a command an option that takes a whole number.

    Args:
        parser: of the command.
        flag: as in `"--epochs"`.
        least: the smallest number that it takes.
        most: the largest one: what is larger is a slip of the finger, or would not end.
        purpose: what it is for, in words.
        default: the number without the option, or `None`.

    Example:
    >>> import argparse
    >>> parser = argparse.ArgumentParser()
    >>> add_whole_number(parser, "--draws", 1, 100, purpose="columns", default=10)
    >>> parser.parse_args(["--draws", "7"]).draws
    7
    >>> parser.parse_args(["--draws", "1000000000"])
    Traceback (most recent call last):
    kerasdl.errors.UsageError: --draws should be at most 100; received 1000000000.
    """
    stated = [] if default is None else [f"default: {default}"]
    parser.add_argument(
        flag,
        action=functools.partial(_WholeNumber, least=least, most=most),
        default=default,
        metavar="N",
        help=f"{purpose} ({', '.join([*stated, f'at most {most}'])})",
    )


class _WholeNumber(argparse.Action):
    """Takes a number within its limits; of a `type`, argparse would hide the sentence."""

    def __init__(self, *args, least, most, **options):
        super().__init__(*args, **options)
        self._least, self._most = least, most

    def __call__(self, parser, namespace, word, option_string=None):
        flag, least, most = self.option_strings[0], self._least, self._most
        # Python reads digits of every script, underscores and blanks; a number of 5,000 digits it
        # does not read at all.
        digits = word.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()):
            raise UsageError(f"{flag} should be a whole number; received {word!r:.40}.")
        value = int(word) if len(digits) <= 20 else float(word)
        if value < least:
            raise UsageError(f"{flag} should be at least {least}; received {word:.40}.")
        if value > most:
            raise UsageError(f"{flag} should be at most {most}; received {word:.40}.")
        setattr(namespace, self.dest, value)
