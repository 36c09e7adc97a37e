"""Names of files and their labels: arrays of this process, or of a file that processes share."""

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
import weakref

import numpy as np

AT_ONCE = 1 << 10  # names that are copied at once
PREFIX = "kerasdl-index-"


class NameTable:
    """Names of files and a label of each, row by row.

    Args:
        names: uint8, the names one after the other, as `os.fsencode` gives them.
        ends: int64, where each name ends.
        labels: int32.
    """

    def __init__(self, names, ends, labels):
        self._names, self._ends, self.labels = names, ends, labels

    def __len__(self):
        return len(self._ends)

    def name(self, row):
        """The name in a row, in bytes."""
        begin = self._ends[row - 1] if row else 0
        return self._names[begin : self._ends[row]].tobytes()

    def in_file(self, rows):
        """A `MappedNameTable` of these rows, in their order, in a new temporary file.

        Args:
            rows: array of positions, at least one.

        Raises:
            OSError: there is no room for it.
        """
        lengths = np.diff(self._ends, prepend=0)[rows]
        descriptor, path = tempfile.mkstemp(dir=_folder())
        try:
            with open(descriptor, "wb") as file:
                file.write(np.cumsum(lengths, dtype="int64").data)
                file.write(self.labels[rows].data)
                for begin in range(0, len(rows), AT_ONCE):
                    file.write(b"".join(map(self.name, rows[begin : begin + AT_ONCE])))
            table = MappedNameTable(path, len(rows))
        except BaseException:
            os.unlink(path)
            raise
        weakref.finalize(table, _delete, path, os.getpid())
        return table


@functools.cache
def _folder():
    """The folder of this program's files, which is deleted when it ends."""
    path = tempfile.mkdtemp(prefix=PREFIX)
    atexit.register(_delete, path, os.getpid())
    return path


class MappedNameTable(NameTable):
    """The same in a file that is mapped: however many processes read it, it is in memory once.

    It is pickled as the path of the file. The one that `NameTable.in_file` gives deletes the file
    when it goes, or the program ends.

    Args:
        path: of the file.
        count: number of rows.
    """

    def __init__(self, path, count):
        self.path, self._count = path, count
        content = np.asarray(np.memmap(path, mode="r"))
        ends, labels, names = np.split(content, [8 * count, 12 * count])
        super().__init__(names, ends.view("int64"), labels.view("int32"))

    def __reduce__(self):
        return MappedNameTable, (self.path, self._count)


def _delete(path, owner):
    """Delete a file or a folder, unless this process is a copy (`os.fork`) of the one that made it.

    Windows keeps a file that is mapped.
    """
    if os.getpid() != owner:
        return
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)
