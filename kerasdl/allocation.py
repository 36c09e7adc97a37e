"""Memory that one training step frees, kept in the process for the next step.

By default glibc gives large blocks back to Linux as soon as they are freed, and gets them anew page
by page, each filled with zeros: every step, for every activation. `kerasdl bench training` has what
it brings to keep them ("memory kept"). Such memory belongs to the process until it ends.
"""

import ctypes
import os
import sys

# Numbers of `mallopt` in glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4

_OF_GLIBC = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_")


def keep_freed_memory():
    """Keep from now on what this process frees; where there is no glibc, nothing happens.

    The commands that train or evaluate do so. A program of one's own may, before it trains.
    A user who has set one of glibc's own variables (`MALLOC_TRIM_THRESHOLD_`, `MALLOC_MMAP_MAX_`,
    `MALLOC_MMAP_THRESHOLD_`, or `glibc.malloc` in `GLIBC_TUNABLES`) keeps what was set.

    Returns:
        Whether it is kept.

    Example:
    >>> keep_freed_memory()  # doctest: +SKIP
    True
    """
    chosen = any(map(os.environ.get, _OF_GLIBC))
    mallopt = _mallopt()
    if mallopt is None or chosen or "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return False
    never_trim, never_map = mallopt(_TRIM_THRESHOLD, -1), mallopt(_MMAP_MAX, 0)
    return bool(never_trim and never_map)


def can_keep():
    """Whether the C library is one that can be told to keep memory, as glibc can."""
    return _mallopt() is not None


def _mallopt():
    return getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
