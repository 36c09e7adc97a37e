"""Files: written whole or not at all, read as regular ones only, JSON in them, and the cache."""

import contextlib
import errno
import hashlib
import json
import math
import os
import pathlib
import stat
import tempfile

from kerasdl.errors import UsageError, from_os_error

LARGEST_JSON = 2**24
"""Bytes of the largest JSON file that is read: hundreds of times the largest that is written."""

DEEPEST_JSON = 50
"""How many lists and dictionaries may lie in one another in a JSON file that is read."""


def make_folder(folder):
    """Make `folder`, where it is not there yet, and see that it can be written to.

    Raises:
        UsageError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise from_os_error(f"Cannot write to {folder}", error) from error


def expect_writable(path):
    """Refuse, before the work is done, a file that could not be written after it.

    Raises:
        UsageError: its folder cannot be made, or it cannot be written.
    """
    path = pathlib.Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
    except OSError as error:
        raise from_os_error(f"{path} cannot be written", error) from error


@contextlib.contextmanager
def written_whole(path, alone=False):
    """A temporary path beside `path`, which becomes `path` if all goes well.

    A process that is killed leaves its temporary file behind. Where no other process
    writes to `path`, `alone` gives that file one name, and the next writer takes it over.

    Raises:
        OSError: as it came, and says that it was of `path`, where it names no file or the
            temporary one.

    Example:
    >>> with written_whole("result.json") as temporary:
    ...     _ = temporary.write_text("{}")
    >>> pathlib.Path("result.json").unlink()
    """
    path = pathlib.Path(path)
    if not path.name:  # as of "." and "/"
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    temporary = path.with_name(f".{'tmp' if alone else os.getpid()}.{path.name}")
    try:
        yield temporary
        with open(temporary, "rb+") as file:  # Windows syncs only what may be written
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if error.filename in (None, str(temporary), temporary):  # a full disk names no file
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        with contextlib.suppress(OSError):  # of a name that is too long, there is no file
            temporary.unlink(missing_ok=True)


def _sync_folder(folder):
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_json(path, entries):
    """Write `entries` as indented JSON (`json_text`)."""
    with written_whole(path) as temporary:
        temporary.write_text(json_text(entries), encoding="utf-8")


def json_text(entries):
    """Indented JSON, in which what is not finite is a string ("nan", "inf").

    Example:
    >>> print(json_text({"loss": float("inf")}), end="")
    {
      "loss": "inf"
    }
    """
    text = json.dumps(_with_words(entries), indent=2, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def _with_words(value):
    """`value` with words for the numbers that JSON has none for."""
    if isinstance(value, dict):
        return {key: _with_words(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_words(entry) for entry in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    return value


def read_json(path):
    """What `write_json` wrote, or another program: a value of any kind.

    Args:
        path: of a file of at most 16 MiB (`LARGEST_JSON`).

    Raises:
        UsageError: there is no such file, it is larger, or it is not JSON whose numbers are
            finite in 64 bits.
    """
    return parse_json(read_bytes(path, at_most=LARGEST_JSON), path)


def parse_json(content, origin):
    """The value of a JSON text that somebody else may have written.

    Args:
        content: bytes, in UTF-8.
        origin: where they come from, which begins the sentence of an error.

    Raises:
        UsageError: it is not JSON, its brackets are nested too deeply to be read, or one of its
            numbers is not finite in 64 bits.

    Example:
    >>> parse_json(b'{"seed": 0}', "result.json")
    {'seed': 0}
    """
    try:
        text = content.decode("utf-8")
        value = json.loads(text, parse_constant=_finite, parse_float=_finite, parse_int=_whole)
        if "\\u" in text:  # half of a character may be escaped, which no file can hold
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise _too_deep(origin) from None
    except ValueError as error:
        raise UsageError(f"{origin} is not JSON: {error}.") from error
    if _is_deeper(value, DEEPEST_JSON):
        raise _too_deep(origin)
    return value


def _too_deep(origin):
    return UsageError(
        f"{origin} is nested too deeply: at most {DEEPEST_JSON} levels of JSON are read."
    )


def _is_deeper(value, levels):
    """Whether lists and dictionaries lie in one another more than `levels` deep."""
    inside = [value]
    for _ in range(levels + 1):
        found = [each for each in inside if isinstance(each, (dict, list))]
        inside = [e for each in found for e in (each.values() if isinstance(each, dict) else each)]
    return bool(inside)


def _finite(digits):
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits:.20} is no finite number")
    return value


def _whole(digits):
    _finite(digits)
    return int(digits)


def read_bytes(path, at_most=None):
    """The content of a regular file.

    Args:
        path: what stands there otherwise, a folder or a pipe whose writer may never come, is
            refused.
        at_most: number of bytes; a larger file is refused. `None` for any size.

    Raises:
        UsageError: there is no such file, it is no regular one, larger, or cannot be read.

    Example:
    >>> _ = (tmp / "three").write_bytes(b"abc")
    >>> read_bytes(tmp / "three", at_most=3)
    b'abc'
    """
    with open_regular(path) as file:
        try:
            content = file.read() if at_most is None else file.read(at_most + 1)
        except OSError as error:
            raise from_os_error(f"{path} cannot be read", error) from error
    if at_most is not None and len(content) > at_most:
        raise UsageError(f"{path} should have at most {at_most:,} bytes; it has more.")
    return content


def open_regular(path):
    """An open binary file to read from, of a regular file: no folder, no pipe, no device.

    Raises:
        UsageError: there is no such file, it is no regular one, or cannot be opened.
    """
    try:
        # Opened so, a pipe does not wait for somebody to write to it.
        file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _AT_ONCE))  # noqa: SIM115
    except FileNotFoundError:
        raise UsageError(f"There is no {path}.") from None
    except (OSError, ValueError) as error:  # ValueError: a path that holds a null character
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UsageError(f"{path} should be a regular file; it is a pipe or a device.")
    return file


_AT_ONCE = getattr(os, "O_NONBLOCK", 0)


def _unreadable(path, error):
    if isinstance(error, OSError):
        return from_os_error(f"{path} cannot be read", error)
    return UsageError(f"{path!r} cannot be read: {error}.")


def cache_folder():
    """The folder where downloads are kept: `KERASDL_CACHE`, or the system's place for them.

    Example:
    >>> isinstance(cache_folder(), pathlib.Path)
    True
    """
    import platformdirs

    return expanded(
        os.environ.get("KERASDL_CACHE") or platformdirs.user_cache_dir("kerasdl", appauthor=False)
    )


def expanded(path):
    """A path in which `~` and `~user` at its beginning are the user's home.

    Raises:
        UsageError: there is no such user.

    Example:
    >>> expanded("~nobody-of-this-name/data")
    Traceback (most recent call last):
    kerasdl.errors.UsageError: ~nobody-of-this-name/data names the home of a user ...
    """
    try:
        return pathlib.Path(path).expanduser()
    except RuntimeError:
        raise UsageError(
            f"{path} names the home of a user whom this machine does not know; give the whole path."
        ) from None


def file_fingerprint(path):
    """`"sha256:<hex>"` of the bytes of a file.

    Raises:
        UsageError: it cannot be read.

    Example:
    >>> _ = (tmp / "empty").write_bytes(b"")
    >>> file_fingerprint(tmp / "empty")[:15]
    'sha256:e3b0c442'
    """
    with open_regular(path) as file:
        try:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        except OSError as error:
            raise from_os_error(f"{path} cannot be read", error) from error
