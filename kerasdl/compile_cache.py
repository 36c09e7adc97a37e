"""What JAX has compiled, kept for the processes that come after.

JAX compiles a training step anew in every process, which takes seconds; it can keep what it has
compiled in a folder. TensorFlow (without XLA, as Keras trains on a CPU) and PyTorch (without
`torch.compile`) run operation by operation: there is nothing to keep.

The commands that train or evaluate keep it in the user's cache. `KERASDL_COMPILE_CACHE=off` turns
that off, and `KERASDL_COMPILE_CACHE=FOLDER` moves it. A user who has set JAX's own
`JAX_COMPILATION_CACHE_DIR` or `JAX_ENABLE_COMPILATION_CACHE` keeps what was set.
"""

import hashlib
import importlib
import math
import os
import platform
import sys
import zlib
from pathlib import Path

from kerasdl import backend, files

VARIABLE = "KERASDL_COMPILE_CACHE"
LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"  # the variable that XLA reads when it is first loaded
OF_JAX = ("JAX_COMPILATION_CACHE_DIR", "JAX_ENABLE_COMPILATION_CACHE")

# Seconds. What compiles faster is compiled anew: reading it would gain nothing. JAX's default of
# one second leaves out half of what the first step of a small network waits for.
LEAST_COMPILE_TIME = 0.1
MOST_BYTES = 1 << 30  # of a folder, from which on its oldest files are removed

ENTRIES = "*-cache"  # JAX's names: one file a program
CHECKED = "checked"  # an empty file: when it was last seen that the entries can be read
RESOLUTION = 2  # seconds, of the times of files, on the coarsest of file systems
ZSTANDARD = bytes.fromhex("28b52ffd")  # how such a file begins; JAX writes others with zlib


def quiet():
    """Have XLA log nothing, unless the user has said what it should; call it before JAX is imported.

    On a processor with AVX-512 it logs as an error, in a thousand characters, each program that it
    finds in the cache: a setting of its compiler is no feature of the processor (jax-ml/jax issue
    38445). The program runs, with the same bits, and what fails is raised by JAX. The variable is read
    by TensorFlow too, where this process or one that it starts imports it later.
    """
    if backend.require() == "jax" and "jax" not in sys.modules and not os.environ.get(LOG_LEVEL):
        os.environ[LOG_LEVEL] = "3"


def enable():
    """Keep what JAX compiles from now on, and use what was kept; elsewhere nothing happens.

    A compiled program divides its sums among as many threads as it was compiled for, so programs
    for another number of threads are kept apart, and results have the bits that they have without.

    Returns:
        The folder, or `None` where nothing is kept.

    Example:
    >>> enable()  # doctest: +SKIP
    PosixPath('/home/user/.cache/kerasdl/compiled/5f0c8d8e-2')
    """
    named = os.environ.get(VARIABLE, "")
    if backend.require() != "jax" or named == "off" or any(map(os.environ.get, OF_JAX)):
        return None
    root = Path(named) if named else files.cache_folder() / "compiled"
    folder = root / f"{_processor()}-{backend.threads()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(folder)
        _remove_unreadable(folder)
    except OSError:  # a cache is no reason to fail
        return None
    import jax

    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", LEAST_COMPILE_TIME)
    # Files that are shared with other processes but not compiled programs, such as tuning results.
    jax.config.update("jax_persistent_cache_enable_xla_caches", "none")
    return folder


def _make_room(folder):
    """Remove the oldest files of `folder`, down to half of `MOST_BYTES`, where it has more.

    JAX's own limit (`jax_compilation_cache_max_size`) writes a second file for each program, and
    fails for good where a process was killed between the two.
    """
    found = []
    for path in folder.iterdir():
        try:
            status = path.stat()
        except OSError:  # another process has removed it
            continue
        found.append((status.st_mtime, status.st_size, path))
    size = sum(size for _, size, _ in found)
    if size <= MOST_BYTES:
        return
    for _, length, path in sorted(found):
        path.unlink(missing_ok=True)
        size -= length
        if size <= MOST_BYTES // 2:
            return


def _remove_unreadable(folder):
    """Remove entries that were cut off, of those written since this was last done.

    JAX writes an entry in place, so a process that is killed may leave half of one. JAX warns of
    it in every later process, and compiles that program anew each time, since it never writes an
    entry that is there. One that another process is still writing is removed too: it is lost.
    """
    checked = folder / CHECKED
    try:
        since = checked.stat().st_mtime - RESOLUTION
    except FileNotFoundError:
        since = -math.inf
    try:
        checked.touch()  # before they are read: what is written meanwhile is for the next process
    except OSError:  # a folder that can only be read, with what others have compiled
        return
    for path in folder.glob(ENTRIES):
        try:
            if path.stat().st_mtime >= since and not _can_be_unpacked(path.read_bytes()):
                path.unlink(missing_ok=True)
        except OSError:  # removed by another process, or in use by it on Windows
            continue


def _can_be_unpacked(content):
    """Whether the bytes of an entry are whole, as far as their compression shows it."""
    unpack = zlib.decompress
    if content.startswith(ZSTANDARD):
        unpack = _zstandard()
    try:
        unpack(content)
    except Exception:  # each library has an error of its own
        return False
    return True


def _zstandard():
    """What unpacks Zstandard, from the same modules as JAX takes it from; else `len`, of any bytes."""
    for name in ("compression.zstd", "zstandard"):
        try:
            return importlib.import_module(name).decompress
        except ImportError:
            continue
    return len


def _processor():
    """Eight hex digits: programs are compiled for the instructions that a processor has."""
    described = platform.machine() + platform.processor() + sys.platform
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            described += next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:
        pass
    return hashlib.sha256(described.encode()).hexdigest()[:8]
