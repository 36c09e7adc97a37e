"""Memory that is freed stays in the process, where glibc can keep it."""

import platform
import sys

import pytest

from kerasdl import allocation

pytestmark = pytest.mark.no_backend

on_glibc = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="needs glibc"
)

# 64 MiB are written and freed ten times; the kernel counts the pages that it handed out for them.
PROGRAM = """
import resource
import numpy as np
from kerasdl import allocation

print(allocation.keep_freed_memory() if {keeps} else None)
for round in range(11):
    np.ones(64 << 17)
    if round == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
HUGE_PAGES_OF_ONE_ROUND = 64 // 2  # where the system hands out pages of 2 MiB


@on_glibc
def test_what_is_freed_is_used_again(python):
    kept, faults = python("-c", PROGRAM.format(keeps=True)).stdout.split()
    assert kept == "True"
    assert int(faults) < HUGE_PAGES_OF_ONE_ROUND
    _, faults = python("-c", PROGRAM.format(keeps=False)).stdout.split()
    assert int(faults) >= 10 * HUGE_PAGES_OF_ONE_ROUND  # else this test shows nothing


@on_glibc
@pytest.mark.parametrize(
    ("variable", "value"),
    [("MALLOC_MMAP_MAX_", "65536"), ("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=131072")],
)
def test_what_the_user_chose_stays(python, variable, value):
    kept, faults = python("-c", PROGRAM.format(keeps=True), **{variable: value}).stdout.split()
    assert kept == "False"
    assert int(faults) >= 10 * HUGE_PAGES_OF_ONE_ROUND


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert not allocation.keep_freed_memory()
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())  # as of musl
    assert not allocation.keep_freed_memory()
