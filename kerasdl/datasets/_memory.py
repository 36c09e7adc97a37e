"""How much memory arrays may take."""

import pathlib

PROC, CGROUP = pathlib.Path("/proc/meminfo"), pathlib.Path("/sys/fs/cgroup")


def available_memory():
    """Bytes that this process may still take without swapping; `None` where the system cannot say.

    On Linux what the kernel calls available, and no more than the control group (a container, a
    cluster's job) allows.
    """
    try:
        lines = PROC.read_text(encoding="ascii").splitlines()
        available = next(line for line in lines if line.startswith("MemAvailable:"))
        found = int(available.split()[1]) << 10
    except (OSError, StopIteration, ValueError):
        return None
    try:
        most = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no control group, or "max"
        return found
    return max(0, min(found, most - used))


def in_gib(size):
    """A number of bytes in words.

    Example:
    >>> in_gib(3 << 29)
    '1.5 GiB'
    """
    return f"{size / 2**30:,.1f} GiB"
