"""Files that are written whole or not at all, JSON in them, and the folder of downloads."""

import contextlib
import hashlib
import json
import os
import pathlib
import tempfile

from kerasdl.errors import UsageError


def make_folder(folder):
    """Make `folder`, where it is not there yet, and see that it can be written to.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"Cannot write to {folder}: {error.strerror or error}.") from error


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
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextlib.contextmanager
def written_whole(path, alone=False):
    """A temporary path beside `path`, which becomes `path` if all goes well.

    A process that is killed leaves its temporary file behind. Where no other process
    writes to `path`, `alone` gives that file one name, and the next writer takes it over.

    Example:
    >>> with written_whole("result.json") as temporary:
    ...     _ = temporary.write_text("{}")
    >>> pathlib.Path("result.json").unlink()
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{'tmp' if alone else os.getpid()}.{path.name}")
    try:
        yield temporary
        with open(temporary, "rb+") as file:  # Windows syncs only what may be written
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    finally:
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
    """Write `entries` as indented JSON; what is not finite becomes a string ("nan", "inf")."""
    with written_whole(path) as temporary:
        text = json.dumps(_finite(entries), indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path):
    """What `write_json` wrote.

    Raises:
        UsageError: there is no such file, or it is not JSON.
    """
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no {path}.") from None
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from error


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    return value


def cache_folder():
    """The folder where downloads are kept: `KERASDL_CACHE`, or the system's place for them.

    Example:
    >>> isinstance(cache_folder(), pathlib.Path)
    True
    """
    import platformdirs

    return pathlib.Path(
        os.environ.get("KERASDL_CACHE") or platformdirs.user_cache_dir("kerasdl", appauthor=False)
    ).expanduser()


def file_fingerprint(path):
    """`"sha256:<hex>"` of the bytes of a file.

    Raises:
        UsageError: it cannot be read.

    Example:
    >>> _ = (tmp / "empty").write_bytes(b"")
    >>> file_fingerprint(tmp / "empty")[:15]
    'sha256:e3b0c442'
    """
    try:
        with open(path, "rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
