"""Published data sets: where their files are found, and whether they are what they should be."""

import contextlib
import csv
import hashlib
import os
import pathlib
import zlib
from dataclasses import dataclass

import numpy as np

from kerasdl.datasets._download import Download, install
from kerasdl.datasets._errors import DataError, DataNotFound, existing_folder
from kerasdl.datasets._transfer import DownloadError
from kerasdl.files import cache_folder


@dataclass(frozen=True)
class Published:
    """A data set as its publisher distributes it.

    Args:
        name: as in `kerasdl.datasets.NAMES`.
        folder: the folder that holds its files, and that the cache gets.
        files: each file's accepted names.
        downloads: the `Download`s that together bring them all.
        other_folders: where other tools keep the same files.
    """

    name: str
    folder: str
    files: tuple[tuple[str, ...], ...]
    downloads: tuple[Download, ...]
    other_folders: tuple[str, ...] = ()

    def locate(self, data_dir=None, download=True):
        """The paths of its files, and in words where they are (see `kerasdl.datasets.load`)."""
        given = given_folder(data_dir)
        places = [*filter(None, [given]), cache_folder()]
        passed = f"; not in {places[0]}" if given else ""
        for place in places:
            paths = self._files_in(place)
            if paths:
                found = self._described(paths[0].parent, place)
                return paths, found + ("" if place == places[0] else passed)
        missing = (
            f"{self.name} was not found: looked for {self.folder}/{self.files[0][0]} "
            f"and the like in {' and '.join(map(str, places))}"
        )
        if not download:
            raise DataNotFound(f"{missing}; downloading was not asked for.")
        try:
            install(cache_folder() / self.folder, self.downloads)
        except DownloadError as error:
            raise DataNotFound(
                f"{missing}; {error}. Put its files into one of those folders, "
                "or name theirs with --data-dir or KERASDL_DATA."
            ) from error
        paths = self._files_in(cache_folder())
        if not paths:
            raise DataError(
                f"{cache_folder() / self.folder} should hold the files of {self.name}; "
                "it holds others, and a download does not replace them."
            )
        return paths, self._described(paths[0].parent, cache_folder()) + passed

    def _files_in(self, place):
        """One path a file; `None` where there is none of them; an error where there are some."""
        for folder in (self.folder, *self.other_folders, "."):
            candidates = [[place / folder / name for name in names] for names in self.files]
            with reading(place / folder):
                found = [next(filter(pathlib.Path.is_file, paths), None) for paths in candidates]
            missing = [names[0] for names, path in zip(self.files, found, strict=True) if not path]
            if not missing:
                return found
            if len(missing) < len(found):
                raise DataError(
                    f"{place / folder} should hold all files of {self.name}; "
                    f"missing: {', '.join(missing)}."
                )
        return None

    def _described(self, folder, place):
        """In words, where the files are: in `folder`, below or in `place`."""
        return f"files in {place}" if folder == place else f"{folder.relative_to(place)} in {place}"


def given_folder(data_dir=None):
    """The folder that the user says data sets are in; `None` where none is named.

    Args:
        data_dir: the folder; without it, the one that `KERASDL_DATA` names.

    Raises:
        DataError: there is no such folder.

    Example:
    >>> given_folder("/nowhere")
    Traceback (most recent call last):
    kerasdl.datasets._errors.DataError: data_dir should be a folder that exists; received '/nowhere'.
    """
    given = data_dir or os.environ.get("KERASDL_DATA")
    if not given:
        return None
    folder = existing_folder(given)
    if folder is None:
        given_as = "data_dir" if data_dir else "KERASDL_DATA"
        raise DataError(f"{given_as} should be a folder that exists; received {str(given)!r}.")
    return folder


@contextlib.contextmanager
def reading(path):
    """Within it, an error of reading the file `path` becomes a `DataError` that names it.

    Raises:
        DataError: the file cannot be read, is truncated or malformed.
    """
    try:
        yield
    except DataError:
        raise
    except EOFError as error:
        raise DataError(f"{path} is truncated: its compressed data ends too early.") from error
    except (OSError, zlib.error, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} cannot be read: {reason}.") from error


def read_at_most(path, limit, opener=open):
    """All bytes of a file that may be larger, or unfold to more, than the published one.

    Args:
        path: of the file.
        limit: number of bytes that the published file has, unfolded, or more.
        opener: `open`, `gzip.open` or `bz2.open`.

    Raises:
        DataError: there are more, or it cannot be read.
    """
    with reading(path):
        # What is compressed is the smaller one; else it is padded with what unfolds to nothing.
        large = path.stat().st_size > limit
        with opener(path, "rb") as file:
            data = b"" if large else file.read(limit + 1)
    if large or len(data) > limit:
        raise DataError(f"{path} should hold at most {limit:,} bytes; it holds more: another file?")
    return data


def source_of(source, parts, checksums):
    """`source`, which says so where the data are not those that were published.

    Args:
        source: where the files are, in words.
        parts: name of a part -> array whose rows are its examples, inputs and labels.
        checksums: name of a part -> `content_checksum` of the published one.
    """
    changed = [name for name, rows in parts.items() if content_checksum(rows) != checksums[name]]
    if not changed:
        return source
    return f"{source}; not as published: {', '.join(changed)}"


def rows_of(split):
    """Each example of a `Split` of uint8 images as a row: its pixels, then its label."""
    labels = split.y.astype("uint8").reshape(-1, 1)
    return np.hstack([split.x.reshape(len(split), -1), labels])


def content_checksum(rows):
    """SHA-256 of the rows of an array, in hexadecimal, whatever their order.

    Example:
    >>> rows = np.arange(6).reshape(3, 2)
    >>> content_checksum(rows) == content_checksum(rows[::-1])
    True
    """
    rows = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
    digests = sorted(hashlib.sha256(row).digest() for row in rows)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def expect_labels(labels, counts, classes, where):
    """Refuse labels out of range, and more or fewer of a class than were published.

    Args:
        labels: whole numbers, in whatever order.
        counts: how many of each class there should be, or one number for all.
        classes: names of the classes.
        where: the file or files, as the error names them.

    Raises:
        DataError: which class, how many there should be, and how many there are.
    """
    if labels.max() >= len(classes):
        raise DataError(
            f"{where} should hold labels from 0 to {len(classes) - 1}; "
            f"received {labels.max()}: another data set, or other records?"
        )
    found = np.bincount(labels, minlength=len(classes))
    wrong = np.flatnonzero(found != counts)
    if len(wrong):
        label = wrong[0]
        expected = np.broadcast_to(counts, found.shape)[label]
        raise DataError(
            f"{where} should hold {expected:,} of class {classes[label]}; received "
            f"{found[label]:,}: another split, another data set, or a changed file?"
        )
