"""Downloads that end: verified by checksum, unpacked safely, installed whole or not at all."""

import contextlib
import hashlib
import http.client
import pathlib
import queue
import shutil
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass

ANSWER_WITHIN = 10  # seconds until an answer begins, all mirrors together; and the longest pause
ABANDONED = 24 * 3600  # seconds after which what a killed process left is swept away


class DownloadError(Exception):
    """Why a download came to nothing, as the end of a sentence."""


@dataclass(frozen=True)
class Download:
    """One file to fetch.

    Args:
        urls: the publisher, then mirrors.
        checksum: `algorithm:hexadecimal digest`, published with it.
        members: of a tar archive, the files to take out of it, without their
            folders; empty for a file that is kept as it is.
    """

    urls: tuple[str, ...]
    checksum: str
    members: tuple[str, ...] = ()


def install(folder, downloads, answer_within=ANSWER_WITHIN):
    """Fetch `downloads` into `folder`, which appears complete or not at all.

    All is prepared in a folder of another name beside it, and renamed at the
    end; of two processes the first one's stays.

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
        _sweep(folder)
        workspace = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.part"
        workspace.mkdir()
        try:
            for item in downloads:
                path = (
                    workspace / pathlib.PurePosixPath(urllib.parse.urlparse(item.urls[0]).path).name
                )
                fetch(item, path, answer_within)
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


def fetch(item, path, answer_within=ANSWER_WITHIN):
    """Fetch one `Download` to `path`, from the first mirror that gives the right file."""
    reasons = []
    for url in item.urls:
        try:
            return _fetch(url, path, item.checksum, answer_within / len(item.urls))
        except _Refused as error:
            reasons.append(f"{url}: {error}")
    raise DownloadError(f"it could not be downloaded ({'; '.join(reasons)})")


class _Refused(Exception):
    """Why one mirror is given up."""


def _fetch(url, path, checksum, seconds):
    algorithm, expected = checksum.split(":")
    digest, received = hashlib.new(algorithm, usedforsecurity=False), 0
    with _open(url, seconds) as response, path.open("wb") as file:
        size = response.length or 0
        with _progress(url, size) as advance:
            while chunk := _read(response, received):
                file.write(chunk)
                digest.update(chunk)
                received += len(chunk)
                advance(len(chunk))
    if size and received != size:
        raise _Refused(f"the transfer ended after {received:,} of {size:,} bytes")
    if digest.hexdigest() != expected:
        raise _Refused(f"its {algorithm} should be {expected}; received {digest.hexdigest()}")


def _open(url, seconds):
    """The beginning of an answer.

    Looking up a name heeds no timeout, and each of a host's addresses gets one
    of its own: so a thread asks, and this one holds the clock.
    """
    answers, given_up = queue.SimpleQueue(), threading.Event()

    def ask():
        try:
            response = urllib.request.urlopen(url, timeout=seconds)
        except Exception as error:
            answers.put(error)
        else:
            if given_up.is_set():
                response.close()
            answers.put(response)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        given_up.set()
        raise _Refused(f"no answer within {seconds:g} seconds") from None
    if isinstance(answer, urllib.error.HTTPError):
        answer.close()
        raise _Refused(f"the server answers {answer.code} {answer.reason}") from answer
    if isinstance(answer, TimeoutError) or isinstance(getattr(answer, "reason", 0), TimeoutError):
        raise _Refused(f"no answer within {seconds:g} seconds") from answer
    if isinstance(answer, Exception):
        raise _Refused(str(getattr(answer, "reason", None) or answer)) from answer
    return answer


def _read(response, received):
    try:
        return response.read1(1 << 18)
    except (OSError, http.client.HTTPException) as error:
        raise _Refused(f"the transfer stopped after {received:,} bytes ({error})") from error


@contextlib.contextmanager
def _progress(url, size):
    """A bar on a terminal; one line, once, in a log."""
    if not sys.stderr.isatty():
        print(f"Downloading {url} ({size / 1e6:.1f} MB)", file=sys.stderr)
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(url.rsplit("/", 1)[-1], total=size or None)
        yield lambda count: bar.advance(task, count)


def _extract(archive, members):
    """Take the named regular files out of a tar archive, beside it, and drop the archive."""
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


def _sweep(folder):
    for leftover in folder.parent.glob(f".{folder.name}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > ABANDONED:
                shutil.rmtree(leftover)
