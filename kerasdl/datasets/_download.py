"""The files of a data set, downloaded and unpacked: a folder that is complete, or is not there."""

import contextlib
import gzip
import io
import pathlib
import shutil
import tarfile
import time
import urllib.parse
import uuid
import zlib
from dataclasses import dataclass

from kerasdl.datasets._transfer import DownloadError, Limits, fetch

LARGEST_UNFOLDED = 1 << 28  # bytes of an archive; CIFAR-10's has 184 million
ABANDONED = 24 * 3600  # seconds after which what a killed process left is deleted


@dataclass(frozen=True)
class Download:
    """One file to download.

    Args:
        urls: the publisher's, then mirrors.
        checksum: `algorithm:hexadecimal digest`, published with it.
        members: of a tar archive, the files to take out of it, without their
            folders; empty for a file that is kept as it is.
    """

    urls: tuple[str, ...]
    checksum: str
    members: tuple[str, ...] = ()


def install(folder, downloads, limits=Limits()):  # noqa: B008 (it is frozen)
    """Download files into `folder`, which appears complete or not at all.

    They are prepared in a folder of another name beside it, which is renamed at the end. Of two
    processes that do so, the first one's folder stays.

    Args:
        folder: path of the folder to make.
        downloads: `Download`s.
        limits: of the time and the size of each.

    Raises:
        DownloadError: no answer, an answer that stops, takes too long, is too large or has
            another checksum, an archive without the expected members or with others than
            files and folders below it, a folder that cannot be written.
    """
    folder = pathlib.Path(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _delete_abandoned(folder)
        workspace = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.part"
        workspace.mkdir()
        try:
            for item in downloads:
                path = workspace / _file_name(item.urls[0])
                fetch(item.urls, item.checksum, path, limits)
                if item.members:
                    _extract(path, item.members)
            _rename(workspace, folder)
        finally:
            shutil.rmtree(workspace, ignore_errors=True)
    except OSError as error:
        raise DownloadError(
            f"the download could not be written to {folder.parent} "
            f"({error.strerror or error}; KERASDL_CACHE names another folder)"
        ) from error


def _file_name(url):
    return pathlib.PurePosixPath(urllib.parse.urlparse(url).path).name


def _extract(archive, members):
    """Take the named files out of a gzipped tar archive, beside it, and delete the archive.

    It is read once from front to end, and no further than `LARGEST_UNFOLDED` bytes. Of it nothing
    but bytes is used: where they go is our choice.
    """
    missing = set(members)
    try:
        with gzip.open(archive) as packed:
            unpacked = _Bounded(packed, LARGEST_UNFOLDED)
            with tarfile.open(fileobj=unpacked, mode="r|") as tar:
                for member in tar:
                    _expect_harmless(member, archive)
                    if member.name in missing:
                        target = archive.parent / pathlib.PurePosixPath(member.name).name
                        with tar.extractfile(member) as source, target.open("wb") as file:
                            shutil.copyfileobj(source, file, 1 << 20)
                        missing.remove(member.name)
            while unpacked.read(1 << 20):  # to its end, where its checksum stands
                pass
    except _MALFORMED as error:
        raise DownloadError(f"{archive.name} is not the expected archive ({error})") from error
    if missing:
        raise DownloadError(
            f"{archive.name} is not the expected archive (it lacks {', '.join(sorted(missing))})"
        )
    archive.unlink()


_MALFORMED = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile)
_MALFORMED += (ValueError, OverflowError, RecursionError)  # of its numbers and of names of names


def _expect_harmless(member, archive):
    """Refuse an archive for a member that is no plain file or folder below the archive's own."""
    path = pathlib.PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise DownloadError(f"{archive.name} holds {member.name!r:.80}, outside its own folder")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise DownloadError(f"{member.name!r:.80} in {archive.name} is not a regular file")


class _Bounded(io.RawIOBase):
    """A file of bytes that gives no more than `most` of them.

    Raises:
        DownloadError: there are more.
    """

    def __init__(self, file, most):
        self.file, self.left, self.most = file, most, most

    def read(self, size=-1):
        chunk = self.file.read(self.left + 1 if size < 0 else min(size, self.left + 1))
        self.left -= len(chunk)
        if self.left < 0:
            raise DownloadError(f"the archive unfolds to more than {self.most:,} bytes")
        return chunk


def _rename(workspace, folder):
    try:
        workspace.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was first
            raise


def _delete_abandoned(folder):
    """Delete what killed processes left; what is younger may be another process at work."""
    for leftover in folder.parent.glob(f".{folder.name}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > ABANDONED:
                shutil.rmtree(leftover)
