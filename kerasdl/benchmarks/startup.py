"""How long the command line, the imports and a training take to start, each in a new process.

The clock runs from the start of the process. A round starts each of them once, so that whatever
else the machine does hurts all alike.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from kerasdl import backend, compile_cache
from kerasdl.benchmarks.rounds import counted, silent
from kerasdl.runs import directory, record

RECIPE = "regularization/baseline"
EPOCHS = 5  # of which the memory is read
PATIENCE = 600  # seconds until a process that has not got there is given up

PYTHON = [sys.executable]
COMMAND = [*PYTHON, "-m", "kerasdl"]
PROCESSES = {
    "python -c pass": [*PYTHON, "-c", "pass"],
    "kerasdl --help": [*COMMAND, "--help"],
    "kerasdl list": [*COMMAND, "list"],
    "import keras": [*PYTHON, "-c", "import keras"],
    "import kerasdl.models": [*PYTHON, "-c", "import kerasdl.models"],
}
FIRST_STEP, FIRST_STEP_CACHED = "first training step", "first training step, compiled before"


def measure(n=7, name=RECIPE, notify=silent):
    """Seconds until each is done, medians over `n` rounds, and the memory of a training.

    Args:
        n: rounds, 1 or more, after one that fills caches of the system and of JAX.
        name: of a recipe that can be trained on the bundled digits, as pictures of the size of
            CIFAR-10.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON: `startup` (name, median and quartiles of seconds), `memory` (that of
        `kerasdl.benchmarks.memory.measure`), recipe, backend, hardware, versions and date.
    """
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        cases = _cases(name, Path(folder))
        for number in counted(n + 1, notify):
            for case, time_one in cases.items():
                seconds = time_one()
                if number:  # nothing that happens only once is counted
                    found.setdefault(case, []).append(seconds)
    in_use = backend.require()
    return {
        "recipe": name,
        "backend": in_use,
        "n": n,
        "startup": [{"name": case, **_summary(seconds)} for case, seconds in found.items()],
        "memory": _memory(name),
        **record.environment(in_use, backend.accelerators()),
    }


def sentence(result):
    """What was measured, in words."""
    lines = [f"{row['name']}: {row['seconds']:.2f} s" for row in result["startup"]]
    if memory := result["memory"]:
        after = ", ".join(f"{mib:,.0f}" for mib in memory["epochs"])
        lines.append(f"memory after each epoch: {after} MiB; peak {memory['peak']:,.0f} MiB")
    lines.append(f"{result['recipe']} on {result['backend']}; medians, n = {result['n']}")
    return "\n".join(lines)


def _cases(name, folder):
    """Name -> function that starts a process anew and returns the seconds that it took."""
    cases = {case: lambda words=words: until_ended(words, {}) for case, words in PROCESSES.items()}
    cases[FIRST_STEP] = lambda: until_first_step(name, cache="off")
    if backend.require() == "jax":
        cases[FIRST_STEP_CACHED] = lambda: until_first_step(name, cache=str(folder))
    return cases


def until_ended(words, environment):
    """Seconds that a process takes.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    started = time.perf_counter()
    subprocess.run(
        words, env=os.environ | environment, capture_output=True, check=True, timeout=PATIENCE
    )
    return time.perf_counter() - started


def until_first_step(name, cache):
    """Seconds from the start of `kerasdl train` to the end of the first update.

    The process is `kerasdl train` as a user calls it. It logs each update, and is ended when it
    has logged the first.

    Args:
        name: of a recipe.
        cache: value of `KERASDL_COMPILE_CACHE`.

    Raises:
        RuntimeError: the process ended, or did not get as far as that.
    """
    words = [*COMMAND, "train", name, "--dataset", "digits", "--set", "log_every=1"]
    with tempfile.TemporaryDirectory() as out, tempfile.TemporaryFile() as printed:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*words, "--out", out],
            env=os.environ | {compile_cache.VARIABLE: cache},
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        try:
            while not _has_logged_a_step(Path(out)):
                if process.poll() is not None or time.perf_counter() - started > PATIENCE:
                    printed.seek(0)
                    raise RuntimeError(printed.read().decode("utf-8", "replace"))
                time.sleep(0.002)
            return time.perf_counter() - started
        finally:
            process.kill()
            process.wait()


def _has_logged_a_step(out):
    for path in out.glob(f"*/*/*/{directory.STEPS}"):
        return path.read_bytes().count(b"\n") > 1  # below its heading
    return False


def _memory(name):
    words = [*PYTHON, "-m", "kerasdl.benchmarks.memory", name, str(EPOCHS)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE)
    return json.loads(done.stdout.splitlines()[-1])


def _summary(seconds):
    low, middle, high = np.percentile(seconds, (25, 50, 75)).round(3).tolist()
    return {"seconds": middle, "quartiles": [low, high]}
