"""What is wrong with data, or with an argument of a data set."""

import numbers

from kerasdl.errors import UsageError
from kerasdl.files import expanded


class DataError(UsageError):
    """Data that is missing, damaged or of another kind than expected; the user can mend it."""


class DataNotFound(DataError):
    """A published data set that is nowhere on this machine and could not be downloaded."""


def expect_seed(seed):
    """Refuse a seed that NumPy's generators do not take.

    Raises:
        DataError: `seed` is no whole number, or below 0.
    """
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0:
        raise DataError(f"seed should be a whole number from 0 on; received {seed!r}.")


def existing_folder(path):
    """The folder at a path that the user gives, `~` expanded; `None` where there is none.

    Example:
    >>> existing_folder("~nobody-of-this-name/pictures") is None
    True
    """
    try:
        folder = expanded(path)
        return folder if folder.is_dir() else None
    except (OSError, ValueError):  # too long a name, a null byte; an unknown user is a UsageError
        return None
