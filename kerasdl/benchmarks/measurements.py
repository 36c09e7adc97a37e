"""The files of `kerasdl bench training` and `step`: each measurement is written when it is done."""

import dataclasses
from pathlib import Path

from kerasdl import backend
from kerasdl.errors import UsageError
from kerasdl.files import read_json, write_json


class Measurements:
    """Measurements in a file, one for each setting and backend.

    Args:
        path: of the file, which need not be there; `None` keeps nothing.
        key: what they are called in it.

    Raises:
        UsageError: the file holds something else.

    Example:
    >>> from kerasdl.benchmarks.workload import Setting
    >>> Measurements(None).has(Setting.of("vit"), n=7)
    False
    """

    def __init__(self, path, key="measurements"):
        self.path, self.key = None if path is None else Path(path), key
        self._entries = []
        if self.path is None or not self.path.exists():
            return
        content = read_json(self.path)
        try:
            self._entries = [each for each in content[key] if each["setting"] and each["n"] > 0]
        except (LookupError, TypeError) as error:
            raise UsageError(
                f"{self.path} should hold what this bench writes with --json; it holds something "
                "else: name another file, or remove it."
            ) from error

    def has(self, setting, n):
        """Whether a setting was measured on the backend in use, over `n` epochs or more."""
        key = (dataclasses.asdict(setting), backend.require())
        return any(_key(each) == key and each["n"] >= n for each in self._entries)

    def add(self, measurement):
        """Write a measurement, in place of an earlier one of its setting."""
        self._entries = [each for each in self._entries if _key(each) != _key(measurement)]
        self._entries.append(measurement)
        if self.path is not None:
            write_json(self.path, {self.key: self._entries})


def _key(measurement):
    return (measurement["setting"], measurement.get("backend"))
