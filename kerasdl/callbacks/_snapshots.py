"""Files of a training's state: each with a checksum and what it is of; the last two are kept."""

import hashlib
import io
import json
import pathlib
import re
import zipfile

import numpy as np

from kerasdl import files
from kerasdl.errors import UsageError
from kerasdl.files import written_whole

FORMAT = b"kerasdl checkpoint 4"
KEPT = 2
_ANY_FORMAT = re.compile(rb"kerasdl checkpoint \d+ sha256:")
_NAME = re.compile(r"checkpoint-([0-9]{1,18})\.ckpt")


class DamagedSnapshot(Exception):
    """A file that is not what was written; the message says what is wrong with it."""


class Snapshots:
    """Numbered states of one training in a folder: `checkpoint-<number>.ckpt`.

    A file is a line, `kerasdl checkpoint 4 sha256:<64 hex digits>`, and then NumPy arrays in an
    `.npz` archive, one of which holds JSON. It is written whole or not at all, and read only
    if its checksum is right.

    Args:
        folder: where the files are.

    Example:
    >>> snapshots = Snapshots(tmp)
    >>> for number in (10, 20, 30):
    ...     snapshots.write(number, {"epoch": number}, {"weights": np.ones(2)})
    >>> [path.name for path in snapshots.paths()]
    ['checkpoint-30.ckpt', 'checkpoint-20.ckpt']
    >>> snapshots.read(snapshots.paths()[0])
    ({'epoch': 30}, {'weights': array([1., 1.])})
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def paths(self):
        """The files, the newest first."""
        found = [
            path
            for path in self.folder.glob("checkpoint-*.ckpt")
            if _NAME.fullmatch(path.name) and path.is_file()
        ]
        return sorted(found, key=self._number, reverse=True)

    def _number(self, path):
        return int(_NAME.fullmatch(path.name)[1])

    def write(self, number, entries, arrays):
        """Add a state, and remove those before the last two.

        Args:
            number: of updates; a state with that number is replaced.
            entries: dictionary for JSON.
            arrays: dictionary of NumPy arrays.
        """
        archive = io.BytesIO()
        text = np.frombuffer(json.dumps(entries).encode(), "uint8")
        np.savez(archive, **{"entries.json": text}, **arrays)
        content = archive.getbuffer()
        for leftover in self._leftovers():
            leftover.unlink(missing_ok=True)
        path = self.folder / f"checkpoint-{number}.ckpt"
        with written_whole(path, alone=True) as temporary, open(temporary, "wb") as file:
            file.write(_first_line(content))
            file.write(content)
        # Those of a later update were damaged, or training would have gone on from them.
        files = {self._number(path): path for path in self.paths()}
        earlier = [each for each in files if each <= number][:KEPT]
        for each in files.keys() - set(earlier):
            files[each].unlink(missing_ok=True)

    def read(self, path):
        """Entries and arrays of a file.

        Raises:
            DamagedSnapshot: it cannot be read, or its checksum is wrong.
        """
        try:
            first, _, content = files.read_bytes(path).partition(b"\n")
        except UsageError as error:
            raise DamagedSnapshot(f"cannot be used: {error}") from error
        if first + b"\n" != _first_line(content):
            of_another = _ANY_FORMAT.match(first) and not first.startswith(FORMAT)
            raise DamagedSnapshot(
                "is of another version of kerasdl"
                if of_another
                else "is damaged: its checksum is wrong"
            )
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as saved:
                if sum(member.file_size for member in saved.zip.infolist()) > len(content):
                    raise ValueError("it unfolds to more than it is")
                arrays = dict(saved)
            return json.loads(arrays.pop("entries.json").tobytes()), arrays
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise DamagedSnapshot(f"is damaged: {error}") from error

    def clear(self):
        """Remove all files."""
        for path in (*self.paths(), *self._leftovers()):
            path.unlink(missing_ok=True)

    def _leftovers(self):
        """What a kill while a file was written has left."""
        return [path for path in self.folder.glob(".tmp.checkpoint-*.ckpt") if path.is_file()]


def _first_line(content):
    return FORMAT + b" sha256:" + hashlib.sha256(content).hexdigest().encode() + b"\n"
