"""A CSV file that survives kills, and is continued when a run is resumed."""

import csv
import io
import math
import os
import pathlib

import numpy as np

from kerasdl.errors import UsageError
from kerasdl.files import read_bytes, written_whole


class Table:
    """A CSV file that grows by whole lines, one or several an epoch, with a column `epoch`.

    The header is written with the first row. A row that brings a new column
    widens the table (rows before it stay empty there); one that lacks a column
    is empty there. Anything but the addition of a line is written to a temporary
    file, which then takes the table's place: at any moment the file on disk is a
    whole table, save perhaps for its last line.

    Args:
        path: where the file is.
        append: continue an existing table. Its rows from the epoch of the first
            new row on are replaced, because that epoch is being trained again; an
            unfinished last line, which a kill has left, is dropped. The file changes
            only when the first new row is written.
    """

    def __init__(self, path, append=False):
        self.path = pathlib.Path(path)
        self.append = append
        self._columns = None
        self._replaced = False  # by what belongs to the state that training goes on from

    def begin(self):
        """Prepare for the rows of one run.

        Raises:
            UsageError: with `append`, the existing file is no such table.
        """
        self._columns = None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.append or self._replaced:
            self._read()
        else:
            self.path.unlink(missing_ok=True)

    def write(self, row, sync=True):
        """Add one row.

        Args:
            row: dictionary of column to number or text, in the order of the columns;
                values that are neither are left out.
            sync: wait until the line is on disk.

        Raises:
            UsageError: with `append`, the first row has other columns than the
                existing table, which is left as it was.
        """
        row = {name: text for name, value in row.items() if (text := _text(value)) is not None}
        if self._columns is None:
            continued = self.append or self._replaced
            self._columns, rows = self._continue(row) if continued else (list(row), [])
            self._rewrite([*rows, row])
        elif not set(row) <= set(self._columns) or not self.path.exists():
            _, rows = self._read()
            self._columns = _merge(self._columns, list(row))
            self._rewrite([*rows, row])
        else:
            with open(self.path, "ab") as file:
                file.write(self._lines([row]))
                if sync:
                    file.flush()
                    os.fsync(file.fileno())

    def text(self):
        """The whole lines of the file, as text; `""` where there is none."""
        if not self.path.exists():
            return ""
        content = read_bytes(self.path)
        return content[: content.rfind(b"\n") + 1].decode("utf-8", "replace")

    def replace(self, text):
        """Make the file hold `text`, which `text()` gave."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not text:
            self.path.unlink(missing_ok=True)
        elif text != self.text():
            with written_whole(self.path, alone=True) as temporary:
                temporary.write_bytes(text.encode())
        self._replaced = True

    def sync(self):
        """Wait until every line is on disk."""
        if self._columns is not None:
            with open(self.path, "ab") as file:
                os.fsync(file.fileno())

    def _continue(self, row):
        """Columns and rows of the existing table that stay when `row` is the first new one."""
        columns, rows = self._read()
        if not columns:
            return list(row), []
        if self._replaced:  # it is the table of this run, whose columns may come and go
            return _merge(columns, list(row)), rows
        # A column with empty fields in the table may be missing from the row.
        optional = {name for name in columns if any(old[name] == "" for old in rows)}
        missing = [name for name in columns if name not in row and name not in optional]
        new = [name for name in row if name not in columns]
        if missing or new:
            raise UsageError(
                f"{self.path} cannot be continued: expected the columns {', '.join(columns)}; "
                f"received {', '.join(row)}"
                + (f"; missing: {', '.join(missing)}" if missing else "")
                + (f"; new: {', '.join(new)}" if new else "")
                + ". The file was left as it was."
            )
        return columns, [old for old in rows if int(old["epoch"]) < int(row["epoch"])]

    def _read(self):
        """Columns and rows (dicts of text), without an unfinished last line."""
        if not self.path.exists():
            return [], []
        content = read_bytes(self.path)
        content = content[: content.rfind(b"\n") + 1]
        lines = list(csv.reader(io.StringIO(content.decode("utf-8", "replace"), newline="")))
        if not lines:
            return [], []
        columns, *lines = lines
        if "epoch" not in columns or len(set(columns)) < len(columns):
            raise UsageError(
                f"{self.path} cannot be continued: expected a table with a column 'epoch' and no "
                f"column twice; received the header {','.join(columns)[:200]!r}."
            )
        if lines and not _is_row(lines[-1], columns):
            lines.pop()
        for number, line in enumerate(lines, start=2):
            if not _is_row(line, columns):
                raise UsageError(
                    f"{self.path} cannot be continued: expected {len(columns)} fields and a whole "
                    f"number as epoch in line {number}; received {','.join(line)[:200]!r}."
                )
        return columns, [dict(zip(columns, line, strict=True)) for line in lines]

    def _rewrite(self, rows):
        """Replace the file by a table of these rows."""
        header = dict(zip(self._columns, self._columns, strict=True))
        with written_whole(self.path, alone=True) as temporary:
            temporary.write_bytes(self._lines([header, *rows]))

    def _lines(self, rows):
        """Rows as CSV, in bytes."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        for row in rows:
            writer.writerow([row.get(name, "") for name in self._columns])
        return text.getvalue().encode()


def _is_row(line, columns):
    """Whether `line` has a field for each column, and a whole number as its epoch."""
    return len(line) == len(columns) and line[columns.index("epoch")].isdecimal()


def _merge(columns, row):
    """The columns in their order, with each new one of `row` after its left neighbour there."""
    columns = list(columns)
    for place, name in enumerate(row):
        if name not in columns:
            columns.insert(columns.index(row[place - 1]) + 1 if place else 0, name)
    return columns


def _text(value):
    """A number as text, text on one line, or `None` for anything else.

    A value that is exactly a float32, as Keras' metrics are, gets the fewest
    digits that give the same float32 back; any other gets those that give the
    same float64 back.
    """
    if isinstance(value, str):
        return " ".join(value.split())  # a row is a line
    if isinstance(value, int | np.integer):
        return str(int(value))
    try:
        value = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(value):
        return str(value)  # nan, inf, -inf: pandas reads them as such
    if abs(value) < 3e38 and float(np.float32(value)) == value:
        return str(np.float32(value))
    return repr(value)
