"""What a run writes down about the machine and the code that made it."""

import contextlib
import datetime
import functools
import importlib.metadata
import os
import pathlib
import platform
import re
import subprocess

import kerasdl

CPUINFO = pathlib.Path("/proc/cpuinfo")
"""The file in which Linux describes the processor."""

LOW_PRECISION_FLAGS = {
    "bfloat16": {"avx512_bf16", "amx_bf16", "bf16"},
    "float16": {"avx512_fp16", "amx_fp16", "asimdhp"},
}
"""Precision -> flags of processors that multiply numbers of that type: of x86, then of ARM."""


def environment(backend, devices=(), packages=()):
    """On what numbers are being measured, and when: a part of every result file.

    Args:
        backend: name of the package that does the arithmetic.
        devices: names of the accelerators.
        packages: names of others that decide the numbers; those that are not installed are left
            out.

    Returns:
        Dictionary: `versions` (package -> version, Python's among them), `hardware` (in words)
        and `date` (as in `2026-11-21`).

    Example:
    >>> list(environment("numpy"))
    ['versions', 'hardware', 'date']
    """
    return {
        "versions": versions(backend, *packages),
        "hardware": hardware(devices),
        "date": datetime.date.today().isoformat(),
    }


def versions(*packages):
    """Versions of Python, kerasdl, Keras, NumPy and of those `packages` that are installed."""
    packages = {"kerasdl", "keras", "numpy", *packages}
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
    count = "1 core" if cores == 1 else f"{cores} cores"
    return ", ".join([f"{name}, {count}", *devices])


def processor_flags(cpuinfo=CPUINFO):
    """The names that Linux has for what the processor can do; none where that is not known.

    Args:
        cpuinfo: path of the file in which Linux describes it.

    Example:
    >>> processor_flags(pathlib.Path("no such file"))
    set()
    """
    try:
        described = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    found = re.search(r"^(?:flags|Features)[^\S\n]*:(.*)$", described, re.MULTILINE)
    return set(found[1].split()) if found else set()


def changed_environment(before, now):
    """How one environment differs from another in what decides the last bits of a run.

    Args:
        before: dictionary with `threads`, `hardware` and `versions`, as in a `result.json`.
        now: likewise.

    Returns:
        List of texts such as `"keras 3.15.1, now 3.16.0"`.

    Example:
    >>> before = {"threads": 2, "hardware": "a processor", "versions": {"keras": "3.15.1"}}
    >>> changed_environment(before, before | {"threads": 1})
    ['threads 2, now 1']
    """
    before, now = (
        {key: entries[key] for key in ("threads", "hardware") if key in entries}
        | entries.get("versions", {})
        for entries in (before, now)
    )
    return [
        f"{key} {before.get(key, 'unknown')}, now {value}"
        for key, value in now.items()
        if value != before.get(key)
    ]


@functools.cache
def code():
    """Version of kerasdl and, where it runs from its repository, the commit.

    Returns:
        Dictionary: `version`; `commit`, forty hex digits, and `modified`, whether files of the
        package differ from that commit, where both are known.

    Example:
    >>> code()["version"] == kerasdl.__version__
    True
    """
    found = {"version": kerasdl.__version__}
    package = pathlib.Path(kerasdl.__file__).parent
    # An installed copy may lie inside somebody else's repository.
    if (package.parent / ".git").exists():
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            found["commit"] = _git(package, "rev-parse", "HEAD").strip()
            found["modified"] = bool(_git(package, "status", "--porcelain", "--", "."))
    return found


def _git(folder, *words):
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
