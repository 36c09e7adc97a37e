"""One file over HTTP: from the first mirror that gives the right one, or given up soon."""

import contextlib
import hashlib
import http.client
import queue
import sys
import threading
import urllib.error
import urllib.request

ANSWER_WITHIN = 10  # seconds until an answer begins, all mirrors together; and the longest pause


class DownloadError(Exception):
    """Why a download came to nothing, as the end of a sentence."""


def fetch(urls, checksum, path, answer_within=ANSWER_WITHIN):
    """Write a file to `path`, from the first of `urls` that gives it.

    Args:
        urls: the publisher's, then mirrors.
        checksum: `algorithm:hexadecimal digest`.
        path: `pathlib.Path` of the file to write.
        answer_within: seconds for an answer to begin, all mirrors together, and for a pause in it.

    Raises:
        DownloadError: why each of them failed.
    """
    reasons = []
    for url in urls:
        try:
            return _fetch(url, path, checksum, answer_within / len(urls))
        except _Refused as error:
            reasons.append(f"{url}: {error}")
    raise DownloadError(f"it could not be downloaded ({'; '.join(reasons)})")


class _Refused(Exception):
    """Why one mirror has failed, as the end of a sentence."""


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
