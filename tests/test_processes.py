"""Child processes: their share of the cores, how they end, and that none outlives its parent."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import keras
import pytest

from kerasdl import processes
from kerasdl.processes import Children, Ending, share_cores

BACKEND = keras.backend.backend()
pinned = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system gives a process no set of cores"
)


@pytest.mark.parametrize("cores", [{0}, {0, 1}, {1, 4, 5, 9}, set(range(7))])
@pytest.mark.parametrize("shares", [1, 2, 3, 4, 10])
def test_cores_are_shared_evenly(cores, shares):
    found = share_cores(cores, shares)
    assert len(found) == shares
    assert set().union(*found) == cores if shares >= len(cores) else True
    assert max(map(len, found)) - min(map(len, found)) <= 1
    if shares <= len(cores):
        assert sum(map(len, found)) == len(cores)
        assert set().union(*found) == cores
    else:
        assert {len(share) for share in found} == {1}


@pytest.mark.parametrize("cores", [{0}, {0, 1}, {1, 4, 5, 9}, set(range(7))])
@pytest.mark.parametrize("shares", [1, 2, 3, 4, 10])
def test_equal_shares_leave_cores_out(cores, shares):
    found = share_cores(cores, shares, equal=True)
    assert [len(share) for share in found] == [max(1, len(cores) // shares)] * shares
    if shares <= len(cores):
        assert len(set().union(*found)) == sum(map(len, found))


def run(children, folder, code, **environment):
    """Run Python code as a child: its ending, and what it printed."""
    output = folder / f"{threading.get_ident()}.txt"
    ending = children.run([sys.executable, "-c", code], output, environment)
    return ending, output.read_text()


# How many threads compute, as the backend says or as Linux names them, and on which cores each
# thread of the process may run.
POOL = """
import json, os
from pathlib import Path
import numpy as np
import keras
import kerasdl.backend

x = keras.ops.convert_to_tensor(np.ones((500, 500), "float32"))
keras.ops.convert_to_numpy(keras.ops.matmul(x, x))
backend = keras.backend.backend()
tasks = list(Path("/proc/self/task").iterdir())
if backend == "torch":
    import torch
    threads = torch.get_num_threads()
else:
    name = {"jax": "tf_XLAEigen", "tensorflow": "tf_Compute"}[backend]
    threads = sum((task / "comm").read_text().strip() == name for task in tasks)
    threads = max(1, threads)  # TensorFlow 2.16 makes no pool of one, and computes in the caller
cores = [sorted(os.sched_getaffinity(int(task.name))) for task in tasks]
print(json.dumps({"threads": threads, "cores": cores, "named": kerasdl.backend.threads()}))
"""


@pinned
def test_the_backend_computes_on_its_share_of_the_cores(tmp_path):
    """With as many children as cores, each has one core and one thread that computes."""
    usable = os.sched_getaffinity(0)
    children, found = Children(len(usable)), []

    def probe():
        ending, printed = run(children, tmp_path, POOL, KERAS_BACKEND=BACKEND)
        assert ending.code == 0, printed
        found.append(json.loads(printed.splitlines()[-1]))

    threads = [threading.Thread(target=probe) for _ in usable]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result["threads"] for result in found] == [1] * len(usable)
    assert [result["named"] for result in found] == [1] * len(usable)
    assert sorted(result["cores"][0] for result in found) == [[core] for core in sorted(usable)]
    for result in found:  # no thread has left the core of its process
        assert result["cores"] == [result["cores"][0]] * len(result["cores"])
    assert os.sched_getaffinity(0) == usable


@pinned
def test_cores_that_the_user_took_away_are_not_used(tmp_path):
    usable = os.sched_getaffinity(0)
    kept = {max(usable)}
    os.sched_setaffinity(0, kept)
    try:
        _, printed = run(Children(2), tmp_path, "import os; print(os.sched_getaffinity(0))")
    finally:
        os.sched_setaffinity(0, usable)
    assert printed == f"{kept}\n"


def test_without_sets_of_cores_the_pools_are_sized_by_variables(tmp_path, monkeypatch):
    """As on macOS and Windows. What the user set stays."""
    for name in ("sched_setaffinity", "sched_getaffinity"):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "5")
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC")
    code = f"import os; print(*[os.environ[name] for name in {names}])"
    _, printed = run(Children(2), tmp_path, code)
    assert printed == "3 5 3 3\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print('a'); print('b')", Ending(0, "the process ended with code 0", False)),
        ("print('a'); raise ValueError('no')", Ending(1, "ValueError: no", False)),
        (
            "from kerasdl.datasets import DataError; raise DataError('It is no picture: a.txt.')",
            Ending(1, "It is no picture: a.txt.", False),
        ),
        ("raise SystemExit(3)", Ending(3, "the process ended with code 3", False)),
        (
            "import os; print('a', flush=True); os.kill(os.getpid(), 9)",
            Ending(-9, "the process ended with code -9", False),
        ),
    ],
)
def test_how_a_child_ended(tmp_path, code, expected):
    children = Children(1)
    assert run(children, tmp_path, code)[0] == expected
    assert run(children, tmp_path, "raise SystemExit(4)")[0].message.endswith("code 4")  # appended


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (Ending(130, "", False), True),
        (Ending(-signal.SIGTERM, "", False), True),
        (Ending(1, "", True), True),  # the error that stopping it raised
        (Ending(2, "", False), False),  # its data are gone
        (Ending(-9, "", False), False),  # killed for want of memory
    ],
)
def test_which_endings_are_interruptions(ending, expected):
    assert ending.interrupted == expected


DEAF = """
import pathlib, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
sys.stdin.read()
sys.exit(1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_child_that_misses_the_signal_sees_its_pipe_close(monkeypatch, tmp_path):
    monkeypatch.setattr(processes, "PATIENCE", 0.2)
    children, started, endings = Children(1), tmp_path / "started", []
    command = [sys.executable, "-c", DEAF, str(started)]

    def start():
        endings.append(children.run(command, tmp_path / "out.txt", {}))

    thread = threading.Thread(target=start)
    thread.start()
    wait_until(started.exists)
    children.stop()
    thread.join()
    assert endings == [Ending(1, "the process ended with code 1", True)]
    assert children.run(command, tmp_path / "out.txt", {}) is None


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_process_ends_with_its_parent(tmp_path):
    child = "from kerasdl import processes; processes.stop_with_parent(); import time; "
    child += "print('here', flush=True); time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"here\n"
        process.stdin.close()
        assert process.wait(60) == -signal.SIGTERM


def wait_until(condition, seconds=600):
    """Wait until `condition()`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
