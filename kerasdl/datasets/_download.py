"""The files of a data set, downloaded and unpacked: a folder that is complete, or is not there."""

import contextlib
import pathlib
import shutil
import tarfile
import time
import urllib.parse
import uuid
from dataclasses import dataclass

from kerasdl.datasets._transfer import ANSWER_WITHIN, DownloadError, fetch

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


def install(folder, downloads, answer_within=ANSWER_WITHIN):
    """Download files into `folder`, which appears complete or not at all.

    They are prepared in a folder of another name beside it, which is renamed at the end. Of two
    processes that do so, the first one's folder stays.

    Args:
        folder: path of the folder to make.
        downloads: `Download`s.
        answer_within: seconds for an answer to begin, and for a pause in it.

    Raises:
        DownloadError: no answer, an answer that stops or has another checksum,
            an archive without the expected members, a folder that cannot be written.
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
                fetch(item.urls, item.checksum, path, answer_within)
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
    """Take the named regular files out of a tar archive, beside it, and delete the archive."""
    try:
        with tarfile.open(archive) as tar:
            for name in members:
                member = tar.getmember(name)
                if not member.isfile():
                    raise DownloadError(f"{name} in {archive.name} is not a regular file")
                # Of the archive nothing but bytes is used: where they go is our choice.
                with (
                    tar.extractfile(member) as source,
                    (archive.parent / pathlib.PurePosixPath(name).name).open("wb") as file,
                ):
                    shutil.copyfileobj(source, file, 1 << 20)
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise DownloadError(f"{archive.name} is not the expected archive ({error})") from error
    archive.unlink()


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
