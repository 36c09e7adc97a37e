"""Many runs, each in a process of its own: what is done is skipped, what was begun continues.

A process has one backend, and repeated training in one leaks memory. The children
hold the reading end of a pipe of ours: when this process dies, however it dies, the
pipe closes and they stop as if interrupted. So starting again is always safe.
"""

import concurrent.futures
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace

from kerasdl import files, studies, text
from kerasdl.errors import UsageError
from kerasdl.recipes.rules import LARGEST_SEED
from kerasdl.runs import directory
from kerasdl.runs.finished import reason_left_out

INTERRUPTED = 130  # exit code, as a shell's
PATIENCE = 10  # seconds until a child is asked again to stop
_CHILD = "import sys; from kerasdl import sweep; sys.exit(sweep.child(sys.argv[1:]))"


@dataclass(frozen=True)
class Job:
    """One run: a recipe's name, a backend and a seed."""

    recipe: str
    backend: str
    seed: int

    def folder(self, out):
        """Its run directory under the root `out`."""
        return directory.locate(out, self.recipe, self.backend, self.seed)

    def result(self, out):
        """Its `result.json`, or an empty dictionary."""
        return directory.read_result(self.folder(out))

    def ended(self, out):
        """Whether it, or a recipe with the same settings, came to its end with the settings of now.

        Raises:
            UsageError: it ended with settings that the recipe has no more.
        """
        for name in (self.recipe, *studies.twins(self.recipe)):
            job = replace(self, recipe=name)
            if job.result(out).get("status") in directory.ENDED:
                why = reason_left_out(job.folder(out))
                if not why:
                    return True
                if name == self.recipe:
                    raise UsageError(
                        f"{job.folder(out)} is no run of {name} ({why}): move it away, or write "
                        "elsewhere with --out."
                    )
        return False

    def __str__(self):
        return f"{self.recipe} {self.backend} seed {self.seed}"


class _Children:
    """The processes of a sweep: those that run, and those that were asked to stop."""

    def __init__(self):
        self.running, self.stopped = set(), {}

    def stop(self, futures):
        """Ask every child to stop, one that was being started too, and wait for `futures`."""
        while not all(future.done() for future in futures):
            for process in list(self.running):
                if process not in self.stopped:
                    process.terminate()
                    self.stopped[process] = time.monotonic()
                elif time.monotonic() - self.stopped[process] > PATIENCE:
                    process.stdin.close()  # it may have missed the signal: see `child`
            concurrent.futures.wait(futures, timeout=0.1)


def sweep(jobs, out, *, data_dir=None, at_once=1, say=print):
    """Train all `jobs` that have not ended, and say a line for each.

    Of recipes with the same settings one is trained: its run counts for all.

    Args:
        jobs: sequence of `Job`.
        out: root of the run directories.
        data_dir: where the data sets are, or `None`.
        at_once: how many processes.
        say: called with each line.

    Returns:
        The jobs that failed; each has its error in its `result.json` and all that
        it printed in a `.txt` file beside its directory.

    Raises:
        UsageError: a run is there that has other settings, or cannot be read.
        KeyboardInterrupt: as it came, after the children were stopped.
    """
    waiting = [job for job in jobs if not job.ended(out)]
    done = len(jobs) - len(waiting)
    if done:
        say(f"{done} of {len(jobs)} runs are done already")
    waiting, same = _apart(waiting)
    for job, like in same.items():
        say(f"{job} has the settings of {like.recipe}, which counts for both")
    done += len(same)
    began, failed, children, futures = time.monotonic(), [], _Children(), {}
    pool = concurrent.futures.ThreadPoolExecutor(at_once)
    try:
        for job in waiting:
            futures[pool.submit(_train, job, out, data_dir, at_once, children)] = job
        for count, future in enumerate(concurrent.futures.as_completed(futures), start=1):
            job, (seconds, error) = futures[future], future.result()
            result = job.result(out)
            if result.get("status") not in directory.ENDED:
                failed.append(job)
            left = (time.monotonic() - began) / count * (len(waiting) - count)
            say(
                f"[{done + count}/{len(jobs)}] {job}: {_outcome(result, error)}; "
                f"{text.clock(seconds)}, ETA {text.clock(left)}"
            )
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        children.stop(futures)
        raise
    pool.shutdown()
    return failed + [job for job, like in same.items() if like in failed]


def child(argv):
    """`kerasdl ARGV`, interrupted when the other end of standard input closes."""
    from kerasdl.__main__ import main

    parent = os.fdopen(os.dup(0), "rb")

    def watch():
        parent.read()
        os.kill(os.getpid(), signal.SIGTERM)  # a shell's background jobs ignore SIGINT
        time.sleep(30)  # enough to write down that the run was interrupted
        os._exit(INTERRUPTED)

    threading.Thread(target=watch, daemon=True).start()
    return main(argv)


def _train(job, out, data_dir, at_once, children):
    began, folder, before = time.monotonic(), job.folder(out), job.result(out)
    words = ["train", job.recipe, "--seed", str(job.seed), "--out", str(out), "--resume"]
    if data_dir is not None:
        words += ["--data-dir", str(data_dir)]
    environment = os.environ | {"KERAS_BACKEND": job.backend}
    if at_once > 1:  # so many processes share the cores
        share = str(max(1, (os.cpu_count() or 1) // at_once))
        environment = {"OMP_NUM_THREADS": share} | environment
    files.make_folder(folder.parent)
    printed = folder.with_name(f"{folder.name}.txt")
    with open(printed, "ab") as file:
        start = file.tell()
        process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, *words],
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # a Ctrl-C is for this process, which tells its children
        )
        children.running.add(process)
        code = process.wait()
        process.stdin.close()
        children.running.discard(process)
    error = _why(printed, start, code)
    if code and process not in children.stopped:
        _record(job, out, before, code, error)
    return time.monotonic() - began, error


def _apart(jobs):
    """Jobs that differ in more than their names, and `job -> the one like it` for the others."""
    chosen, same = {}, {}
    for job in jobs:
        key = (min((job.recipe, *studies.twins(job.recipe))), job.backend, job.seed)
        if key in chosen:
            same[job] = chosen[key]
        else:
            chosen[key] = job
    return list(chosen.values()), same


def _why(printed, start, code):
    """The last line that a process printed since `start`, or how it ended without a word."""
    with open(printed, "rb") as file:
        file.seek(start)
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if code > 0 and lines else f"the process ended with code {code}"


def _record(job, out, before, code, error):
    """Write down why a run left no result: data that are missing, a killed process.

    Not over one that ended, or that another process is at, nor over what the run itself
    wrote down; one that we stopped stays interrupted. `before` is what was there.
    """
    if code in (INTERRUPTED, -signal.SIGTERM, -signal.SIGINT):
        return
    folder = job.folder(out)
    files.make_folder(folder)
    with contextlib.suppress(UsageError), directory.occupied(folder):
        now = job.result(out)
        if now.get("status") in directory.ENDED or (
            now.get("status") == "failed" and now != before
        ):
            return
        files.write_json(
            folder / directory.RESULT,
            now
            | {
                "recipe": job.recipe,
                "backend": job.backend,
                "seed": job.seed,
                "status": "failed",
                "error": error,
            },
        )


def _outcome(result, error):
    status = result.get("status", "failed")
    if status not in directory.ENDED:
        return f"{status}: {result.get('error', error)}"
    measured = result["metrics"]["test"]
    key = next((key for key in ("accuracy", "mean_squared_error") if key in measured), "loss")
    return f"{status}, test {key} {float(measured[key]):.4f}"


def seeds(text):
    """`"0,1,2"` as whole numbers.

    Raises:
        UsageError: it is no such list.
    """
    words = text.split(",")
    found = [int(w) for w in words if w.strip().isascii() and w.strip().isdecimal()]
    if len(found) < len(words) or max(found) > LARGEST_SEED:
        raise UsageError(
            f"--seeds should be whole numbers up to {LARGEST_SEED}, as in 0,1,2; received {text!r}."
        )
    return tuple(dict.fromkeys(found))
