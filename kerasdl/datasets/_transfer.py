"""One file over HTTP: from the first mirror that gives the right one, or given up soon."""

import contextlib
import hashlib
import http.client
import queue
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """What a download may take.

    Args:
        answer: seconds until an answer begins, all mirrors together, and of a pause in it.
        duration: seconds of one answer.
        size: bytes of one file.
    """

    answer: float = 10
    duration: float = 3600
    size: int = 1 << 28  # the largest, CIFAR-10, has 170 million


class DownloadError(Exception):
    """Why a download came to nothing, as the end of a sentence."""


def fetch(urls, checksum, path, limits=Limits()):
    """Write a file to `path`, from the first of `urls` that gives it.

    Args:
        urls: the publisher's, then mirrors.
        checksum: `algorithm:hexadecimal digest`.
        path: `pathlib.Path` of the file to write.
        limits: of the time and the size.

    Raises:
        DownloadError: why each of them failed.
    """
    reasons = []
    for url in urls:
        try:
            return _fetch(url, path, checksum, replace(limits, answer=limits.answer / len(urls)))
        except _Refused as error:
            reasons.append(f"{url}: {error}")
    raise DownloadError(f"it could not be downloaded ({'; '.join(reasons)})")


class _Refused(Exception):
    """Why one mirror has failed, as the end of a sentence."""


def _fetch(url, path, checksum, limits):
    algorithm, expected = checksum.split(":")
    digest, received = hashlib.new(algorithm, usedforsecurity=False), 0
    end = time.monotonic() + limits.duration
    with _open(url, limits.answer) as response, path.open("wb") as file:
        size = response.length or 0
        _expect_at_most(size, limits.size)
        with _progress(url, size) as advance:
            while chunk := _read(response, received):
                file.write(chunk)
                digest.update(chunk)
                received += len(chunk)
                advance(len(chunk))
                _expect_at_most(received, limits.size)
                if time.monotonic() > end:
                    raise _Refused(
                        f"the transfer took longer than {limits.duration:g} seconds, and had "
                        f"brought {received:,} bytes"
                    )
    if size and received != size:
        raise _Refused(f"the transfer ended after {received:,} of {size:,} bytes")
    if digest.hexdigest() != expected:
        raise _Refused(f"its {algorithm} should be {expected}; received {digest.hexdigest()}")


def _expect_at_most(size, most):
    if size > most:
        raise _Refused(f"it should have at most {most:,} bytes; it has {size:,} or more")


def _open(url, seconds):
    """The response to a request, once it begins.

    The timeout of `urlopen` does not cover the lookup of the host's name, and counts anew for each
    of its addresses: so a thread asks, and this one waits no longer than `seconds`.
    """
    answers, given_up = queue.SimpleQueue(), threading.Event()

    def ask():
        try:
            # The addresses are literals of this package: no other scheme comes in.
            response = urllib.request.urlopen(url, timeout=seconds)  # nosec B310
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
    """The next bytes of a response, none at its end."""
    try:
        return response.read1(1 << 18)
    except (OSError, http.client.HTTPException) as error:
        raise _Refused(f"the transfer stopped after {received:,} bytes ({error})") from error


@contextlib.contextmanager
def _progress(url, size):
    """A progress bar on a terminal; elsewhere, as in a log, one line."""
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
