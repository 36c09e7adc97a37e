"""Where pictures are and what they show: the paths and labels of a million files in little memory."""

import os
import pathlib
from array import array

import numpy as np


class PictureIndex:
    """Paths of pictures and their labels: a sequence of pairs, in 20 bytes a picture beside its name.

    `IndexBuilder` makes it.

    Args:
        folder: what the names are relative to.
        names: all of them in one `bytes` or `bytearray`, as `os.fsencode` gives them.
        ends: int64, where each name ends.
        labels: int32, one a name.
        rows: which of the names it is of, and in which order; by default all of them.
    """

    def __init__(self, folder, names, ends, labels, rows=None):
        self.folder = str(folder)
        self._names, self._ends, self._labels = names, ends, labels
        self._rows = np.arange(len(ends)) if rows is None else rows

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, i):
        """The path and the label of the `i`-th picture."""
        return pathlib.Path(self.folder, self.name(i)), int(self._labels[self._rows[i]])

    def __iter__(self):
        return map(self.__getitem__, range(len(self)))

    def name(self, i):
        """The name of the `i`-th picture, relative to the folder."""
        row = self._rows[i]
        begin = self._ends[row - 1] if row else 0
        return os.fsdecode(bytes(self._names[begin : self._ends[row]]))

    @property
    def labels(self):
        """Labels in its order, int32."""
        return self._labels[self._rows]

    def take(self, positions):
        """The index of those pictures that a slice, a mask or an array of positions names."""
        return PictureIndex(
            self.folder, self._names, self._ends, self._labels, self._rows[positions]
        )

    def absolute(self):
        """The same, found from any working directory."""
        folder = os.path.abspath(self.folder)
        return PictureIndex(folder, self._names, self._ends, self._labels, self._rows)


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
        """The `PictureIndex` of all of them.

        Args:
            labels: array, the label in place of each number that was added; by default the number.
        """
        added = np.array(self._labels, "int32")
        added = added if labels is None else labels[added]
        return PictureIndex(self._folder, self._names, np.array(self._ends, "int64"), added)
