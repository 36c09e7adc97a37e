"""Run directories: what a run leaves behind, and where.

    OUT/<report>/<experiment>/<backend>-seed<N>[-<8 hex digits>]/
        recipe.json   what was run
        log.csv       a row an epoch
        model.keras   the trained model, raw inputs to probabilities
        result.json   what came out, on which hardware, with which versions

Files are written whole or not at all: under another name first, then renamed.
"""

import contextlib
import errno
import io
import pathlib
import re
import shutil

from kerasdl.errors import UsageError
from kerasdl.files import read_bytes, read_json
from kerasdl.runs.result_schema import RESULT_SCHEMA
from kerasdl.runs.validation import first_fault

RECIPE, LOG, MODEL, RESULT = "recipe.json", "log.csv", "model.keras", "result.json"
STEPS, LOCK = "steps.csv", ".lock"
TRACKED = "tracked.json"  # the identity of the run in each tracker, and how many epochs it has
ENDED = ("finished", "diverged")  # a status in result.json; others: begun, interrupted, failed
PICTURES = "confusion-*.png"  # what `kerasdl evaluate` draws
PAGE = "page.html"  # what `kerasdl page` writes
EXPORTS = "model.*"  # what `kerasdl export` writes, beside the model itself
LARGEST_LOG = 2**26  # bytes of a log.csv that is read
FILES = (RECIPE, LOG, STEPS, MODEL, RESULT, TRACKED)
CHECKPOINTS = "checkpoint-*.ckpt"  # of a run that has not ended
OCCUPIED = "Another process is training in"  # how the refusal of a second process begins
# As `files.written_whole` and `models.saving.save_model` name what they write, before it is whole.
_LEFTOVER = re.compile(
    r"\.(\d+|tmp)\.(recipe\.json|log\.csv|steps\.csv|model(\.saving)?\.keras|result\.json|tracked\.json)"
)
OLD_CHECKPOINT = "checkpoint.npz"  # the same, up to version 0.2


def locate(out, name, backend, seed, suffix=""):
    """Where a run's files are; `suffix` names what differs from the recipe (`Identity.suffix`)."""
    return pathlib.Path(out).joinpath(*name.split("/"), run_name(backend, seed, suffix))


def run_name(backend, seed, suffix=""):
    """Name of a run directory.

    Example:
    >>> run_name("jax", 3), run_name("jax", 3, "0123abcd")
    ('jax-seed3', 'jax-seed3-0123abcd')
    """
    return f"{backend}-seed{seed}" + (f"-{suffix}" if suffix else "")


def model_file(path):
    """The `.keras` file that a user names: itself, or the run directory that holds it."""
    path = pathlib.Path(path)
    return path / MODEL if path.is_dir() else path


def expect_free(folder):
    """Refuse a directory that holds a run.

    Raises:
        UsageError: there is something in it beside the lock.
    """
    if folder.exists() and not (
        folder.is_dir() and all(path.name == LOCK for path in folder.iterdir())
    ):
        raise UsageError(
            f"{folder} is there already: --resume continues it, --overwrite starts anew (in Python: "
            "existing='resume', existing='overwrite'), and another --out or --seed (out=, seed=) "
            "writes elsewhere."
        )


def clear(folder):
    """Delete the files of the run in `folder`.

    First what a run is resumed from, then what says that it has ended: after a kill in between,
    `--resume` begins anew.
    """
    states = [*folder.glob(CHECKPOINTS), folder / OLD_CHECKPOINT]
    others = [folder / name for name in (*FILES, PAGE) if name != RESULT]
    for old in (*states, folder / RESULT, *others, *folder.glob(PICTURES), *folder.glob(EXPORTS)):
        if (old / "saved_model.pb").is_file() and not old.is_symlink():
            shutil.rmtree(old)
        elif not old.is_dir() or old.is_symlink():
            old.unlink(missing_ok=True)


@contextlib.contextmanager
def occupied(folder):
    """Keeps other processes out of a run directory, until the block or this process ends.

    On a file system that refuses locks nobody is kept out.

    Args:
        folder: a run directory that is there.

    Raises:
        UsageError: another process is training there, or the lock is a symbolic link.
    """
    import filelock  # a command that only reads runs has no use for it

    path = folder / LOCK
    # Another process may open the file just before its holder removes it. filelock notices, and
    # tries again: it needs a moment for that.
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0.2, poll_interval=0.02)
    except filelock.Timeout:
        raise UsageError(
            f"{OCCUPIED} {folder}: wait for it, or write elsewhere with --out or --seed."
        ) from None
    except OSError as error:
        if path.is_symlink():  # which filelock does not follow: it could lead anywhere
            raise UsageError(
                f"{path} should be a file, or not be there; it is a symbolic link: remove it."
            ) from error
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
            raise
    else:
        _delete_leftovers(folder)
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):  # on Windows filelock removes it, once closed
            path.unlink(missing_ok=True)
        lock.release()


def _delete_leftovers(folder):
    """Delete what killed processes had not finished writing; call it while no other may write."""
    for path in folder.glob(".*"):
        if _LEFTOVER.fullmatch(path.name) and not path.is_dir():
            path.unlink(missing_ok=True)


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
        raise UsageError(f"{path} should hold a recipe and a status; it was not written by a run.")
    if fault := first_fault(result, RESULT_SCHEMA):
        raise UsageError(f"{path} was not written by a run: {fault}.")
    return result


def read_log(folder, file=LOG):
    """The `log.csv` in `folder`, or its `steps.csv`, a `pandas.DataFrame`.

    Raises:
        UsageError: it is not what a run leaves behind.
    """
    import pandas as pd

    path = pathlib.Path(folder) / file
    content = read_bytes(path, at_most=LARGEST_LOG)
    try:
        log = pd.read_csv(io.BytesIO(content))
    except ValueError as error:
        raise UsageError(f"{path} cannot be read: {error}; --overwrite trains anew.") from error
    if not {"epoch", "loss"} <= set(log) or log.empty:
        raise UsageError(
            f"{path} should have columns epoch, loss and others, a row an epoch or so many batches; "
            "--overwrite trains anew."
        )
    return log
