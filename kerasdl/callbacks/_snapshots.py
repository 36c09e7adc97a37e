"""Files of a training's state: each with a checksum and what it is of; the last two are kept."""

import hashlib
import io
import json
import pathlib
import re
import zipfile

import numpy as np

from kerasdl.files import written_whole

FORMAT = b"kerasdl checkpoint 2"
KEPT = 2


class DamagedSnapshot(Exception):
    """A file that is not what was written; the message says why."""


class Snapshots:
    """Numbered states of one training in a folder: `checkpoint-<number>.ckpt`.

    A file is a line, `kerasdl checkpoint 2 sha256:<64 hex digits>`, and then NumPy arrays in an
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
        found = {}
        for path in self.folder.glob("checkpoint-*.ckpt"):
            if number := re.fullmatch(r"checkpoint-([0-9]{1,18})\.ckpt", path.name):
                found[int(number[1])] = path
        return [found[number] for number in sorted(found, reverse=True)]

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
        path = self.folder / f"checkpoint-{number}.ckpt"
        with written_whole(path, alone=True) as temporary, open(temporary, "wb") as file:
            file.write(_first_line(content))
            file.write(content)
        for old in self.paths()[KEPT:]:
            old.unlink(missing_ok=True)

    def read(self, path):
        """Entries and arrays of a file.

        Raises:
            DamagedSnapshot: it cannot be read, or its checksum is wrong.
        """
        try:
            first, _, content = path.read_bytes().partition(b"\n")
        except OSError as error:
            raise DamagedSnapshot(error.strerror or str(error)) from error
        if not first.startswith(FORMAT):
            raise DamagedSnapshot("it is no checkpoint of this version")
        if first + b"\n" != _first_line(content):
            raise DamagedSnapshot("its checksum is wrong")
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as saved:
                arrays = dict(saved)
            return json.loads(arrays.pop("entries.json").tobytes()), arrays
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise DamagedSnapshot(str(error)) from error

    def clear(self):
        """Remove all files, and what a kill while one was written has left."""
        for path in (*self.paths(), *self.folder.glob(".tmp.checkpoint-*.ckpt")):
            path.unlink(missing_ok=True)


def _first_line(content):
    return FORMAT + b" sha256:" + hashlib.sha256(content).hexdigest().encode() + b"\n"
