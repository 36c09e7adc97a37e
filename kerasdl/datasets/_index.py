"""Where pictures are and what they show: the paths and labels of a million files in little memory."""

import os
import pathlib
from array import array

import numpy as np

from kerasdl.datasets._name_table import MappedNameTable, NameTable


class PictureIndex:
    """Paths of pictures and their labels: a sequence of pairs, in 20 bytes a picture beside its name.

    `IndexBuilder` makes it. In a file (`in_file`) it takes no memory of a process: those that read
    it share its pages.

    Args:
        folder: what the names are relative to.
        table: a `NameTable`.
        rows: which of its rows it is of, and in which order; by default all of them.
    """

    def __init__(self, folder, table, rows=None):
        self.folder = str(folder)
        self._table, self._rows = table, rows

    def __len__(self):
        return len(self._table if self._rows is None else self._rows)

    def __getitem__(self, i):
        """The path and the label of the `i`-th picture."""
        return pathlib.Path(self.folder, self.name(i)), int(self._table.labels[self._row(i)])

    def __iter__(self):
        return map(self.__getitem__, range(len(self)))

    def name(self, i):
        """The name of the `i`-th picture, relative to the folder."""
        return os.fsdecode(self._table.name(self._row(i)))

    @property
    def labels(self):
        """Labels in its order, int32."""
        labels = self._table.labels
        return np.array(labels if self._rows is None else labels[self._rows])

    @property
    def file(self):
        """Path of the file that it is in, or `None`."""
        is_mapped = isinstance(self._table, MappedNameTable)
        return self._table.path if is_mapped else None

    def take(self, positions):
        """The index of those pictures that a slice, a mask or an array of positions names."""
        return PictureIndex(self.folder, self._table, self._all_rows()[positions])

    def absolute(self):
        """The same, found from any working directory."""
        return PictureIndex(os.path.abspath(self.folder), self._table, self._rows)

    def in_file(self):
        """The same in a temporary file, unless it has one of its own already, or is empty.

        Raises:
            OSError: there is no room for it.
        """
        if not len(self) or (self.file is not None and self._rows is None):
            return self
        return PictureIndex(self.folder, self._table.in_file(self._all_rows()))

    def _all_rows(self):
        return np.arange(len(self._table)) if self._rows is None else self._rows

    def _row(self, i):
        """The row of the `i`-th picture; a negative `i` counts from the end."""
        return range(len(self))[i] if self._rows is None else self._rows[i]


class IndexBuilder:
    """Makes an index of pictures that come one by one.

    Args:
        folder: what the names are relative to.

    Example:
    >>> builder = IndexBuilder("flowers")
    >>> for name, label in [("rose/1.png", 1), ("daisy/1.png", 0)]:
    ...     builder.add(name, label)
    >>> [(path.as_posix(), label) for path, label in builder.index()]
    [('flowers/rose/1.png', 1), ('flowers/daisy/1.png', 0)]
    """

    def __init__(self, folder):
        self._folder = folder
        self._names, self._ends, self._labels = bytearray(), array("q"), array("i")

    def add(self, name, label):
        """One more picture."""
        self._names += os.fsencode(name)
        self._ends.append(len(self._names))
        self._labels.append(label)

    def index(self, labels=None):
        """The `PictureIndex` of all of them; none may be added afterwards.

        Args:
            labels: array, the label in place of each number that was added; by default the number.
        """
        names, ends, added = (
            np.frombuffer(values, dtype)
            for values, dtype in (
                (self._names, "uint8"),
                (self._ends, "int64"),
                (self._labels, "int32"),
            )
        )
        added = added if labels is None else labels[added]
        return PictureIndex(self._folder, NameTable(names, ends, added))
