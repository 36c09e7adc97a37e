"""Run directories: what a run leaves behind, and where. Free of any backend.

    OUT/<report>/<experiment>/<backend>-seed<N>[-<8 hex digits>]/
        recipe.json   what was run
        log.csv       a row an epoch
        model.keras   the trained model, raw inputs to probabilities
        result.json   what came out, on which hardware, with which versions

Files are written whole or not at all: under another name first, then renamed.
"""

import contextlib
import importlib.metadata
import json
import os
import pathlib
import platform
import tempfile

from kerasdl.errors import UsageError

RECIPE, LOG, MODEL, RESULT = "recipe.json", "log.csv", "model.keras", "result.json"
STEPS, CHECKPOINT, LOCK = "steps.csv", "checkpoint.npz", ".lock"
ENDED = ("finished", "diverged")  # a status in result.json; others: begun, interrupted, failed
PICTURES = "confusion-*.png"  # what `kerasdl evaluate` draws
FILES = (RECIPE, LOG, STEPS, MODEL, RESULT, CHECKPOINT)


def directory(out, name, backend, seed, override=""):
    """Where a run's files are; `override` is the hash of what was changed in the recipe."""
    run = f"{backend}-seed{seed}" + (f"-{override}" if override else "")
    return pathlib.Path(out).joinpath(*name.split("/"), run)


def expect_free(folder):
    """Refuse a directory that holds a run.

    Raises:
        UsageError: it is there already.
    """
    if folder.exists():
        raise UsageError(
            f"{folder} is there already: --resume continues it, --overwrite starts anew, "
            "and --out or --seed writes elsewhere."
        )


def claim(folder):
    """Make `folder` ready for a run.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"Cannot write to {folder}: {error.strerror or error}.") from error


def clear(folder):
    """Delete the files of the run in `folder`."""
    for old in (*map(folder.joinpath, FILES), *folder.glob(PICTURES)):
        old.unlink(missing_ok=True)


@contextlib.contextmanager
def occupied(folder):
    """Keeps other processes out of a run directory, until the block or this process ends.

    Where the system (Windows) or the file system has no `flock`, nothing is kept out.

    Raises:
        UsageError: another process is training there.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    path = folder / LOCK
    while True:
        with open(path, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    f"Another process is training in {folder}: wait for it, or write elsewhere "
                    "with --out or --seed."
                ) from None
            except OSError:
                pass  # a file system without locks
            else:
                if not _is_still(path, file):
                    continue  # who held the lock has removed this file; there may be another
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_still(path, file):
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


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
        with open(temporary, "rb") as file:
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


def read_result(folder):
    """The `result.json` in `folder`; an empty dictionary where there is none.

    Raises:
        UsageError: it is not what a run leaves behind.
    """
    path = pathlib.Path(folder) / RESULT
    if not path.exists():
        return {}
    result = read_json(path)
    if not isinstance(result, dict) or not all(
        isinstance(result.get(key), str) for key in ("recipe", "status")
    ):
        raise UsageError(f"{path} should tell a recipe and a status; it was not written by a run.")
    return result


def clock(seconds):
    """How long, as in `4:05` or `1:04:05`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def versions(backend):
    """Versions of what decides the numbers."""
    packages = {"kerasdl", "keras", "numpy", backend}
    found = {"python": platform.python_version()}
    for package in sorted(packages):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def hardware(devices=()):
    """The processor and how many cores this process may use, and the accelerators given."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        name = next((line.split(":")[1].strip() for line in file if "model name" in line), name)
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count()
    return ", ".join([f"{name}, {cores} cores", *devices])


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    return value
