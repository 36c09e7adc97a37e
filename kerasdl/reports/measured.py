"""Reading what `kerasdl bench` and `kerasdl parity` wrote as JSON."""

from pathlib import Path

from kerasdl.errors import UsageError
from kerasdl.files import read_json


def read_folder(folder, parse, command):
    """What is in every `.json` file of a folder, in the order of their names.

    Args:
        folder: its path; there need be no such folder.
        parse: function of a file's name, without its ending, and what is in it.
        command: what writes such files, in words.

    Returns:
        List of what `parse` gave.

    Raises:
        UsageError: a file is not what that command writes.
    """
    return [read_file(path, parse, command) for path in sorted(Path(folder).glob("*.json"))]


def read_file(path, parse, command):
    """What is in one such file: see `read_folder`."""
    path = Path(path)
    content = read_json(path)
    try:
        return parse(path.stem, content)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise UsageError(
            f"{path} should be what `{command}` writes; reading it gave {error!r:.200}."
        ) from error
