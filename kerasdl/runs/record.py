"""What a run writes down about the machine and the code that made it."""

import contextlib
import importlib.metadata
import os
import platform


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
