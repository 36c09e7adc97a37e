"""Train many runs, each in a process of its own; starting a sweep again completes it.

A process has one backend, and repeated training in one process leaks memory. A run that has
ended is not trained again, one that was interrupted continues, and one that failed is tried
again.
"""

import concurrent.futures
import contextlib
import sys
import time
from dataclasses import dataclass, replace

from kerasdl import files, studies, text
from kerasdl.errors import UsageError
from kerasdl.processes import Children
from kerasdl.runs import directory
from kerasdl.runs.finished import reason_left_out


@dataclass(frozen=True)
class Job:
    """One run: a recipe's name, a backend and a seed.

    Example:
    >>> str(Job("regularization/baseline", "jax", 0))
    'regularization/baseline jax seed 0'
    """

    recipe: str
    backend: str
    seed: int

    def folder(self, out):
        """Its run directory under the root `out`."""
        return directory.locate(out, self.recipe, self.backend, self.seed)

    def result(self, out):
        """Its `result.json` under the root `out`; an empty dictionary where there is none."""
        return directory.read_result(self.folder(out))

    def __str__(self):
        return f"{self.recipe} {self.backend} seed {self.seed}"


def train_all(jobs, out, *, data_dir=None, at_once=1, deterministic=False, track=(), notify=print):
    """Train all jobs that are not done.

    Of recipes with the same settings one is trained: its run counts for all. Jobs that run at
    the same time share the cores.

    A sweep that is deterministic gives each job the same number of cores, however many jobs are
    left: on it depend the last bits.

    Args:
        jobs: sequence of `Job`.
        out: root of the run directories.
        data_dir: where the data sets are, or `None`.
        at_once: how many processes run at the same time.
        deterministic: whether every run has to have the same bits each time.
        track: trackers that follow each run, as `kerasdl.trackers.parse` takes them.
        notify: called with a line about each job.

    Returns:
        List of the jobs that failed. The `result.json` of each has its error, and a `.txt` file
        beside its run directory all that it printed.

    Raises:
        UsageError: a run in the way has other settings, is not deterministic, or cannot be read.
        KeyboardInterrupt: as it came, after every process was stopped.
    """
    waiting = [job for job in jobs if not is_done(job, out, deterministic)]
    done = len(jobs) - len(waiting)
    if done:
        notify(f"{done} of {len(jobs)} runs are done already")
    waiting, covered = without_twins(waiting)
    for job, twin in covered.items():
        notify(f"{job} has the settings of {twin.recipe}, whose run counts for both")
    done += len(covered)
    if not deterministic:
        at_once = max(1, min(at_once, len(waiting)))
    options = ["--out", str(out), "--resume", *(["--deterministic"] if deterministic else [])]
    options += [] if data_dir is None else ["--data-dir", str(data_dir)]
    options += [word for each in track for word in ("--track", each)]
    began, failed, children = time.monotonic(), [], Children(at_once, equal=deterministic)
    pool = concurrent.futures.ThreadPoolExecutor(at_once)
    try:
        futures = {pool.submit(_train, job, out, options, children): job for job in waiting}
        for count, future in enumerate(concurrent.futures.as_completed(futures), start=1):
            job, (seconds, message) = futures[future], future.result()
            result = job.result(out)
            if result.get("status") not in directory.ENDED:
                failed.append(job)
            left = (time.monotonic() - began) / count * (len(waiting) - count)
            notify(
                f"[{done + count}/{len(jobs)}] {job}: {_outcome(result, message)}; "
                f"{text.clock(seconds)}, ETA {text.clock(left)}"
            )
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        children.stop()
        raise
    finally:
        pool.shutdown()
    return failed + [job for job, twin in covered.items() if twin in failed]


def is_done(job, out, deterministic=False):
    """Whether a run that counts for the job has ended: its own, or a twin recipe's.

    Args:
        job: a `Job`.
        out: root of the run directories.
        deterministic: whether only a deterministic run counts.

    Raises:
        UsageError: the job's own directory holds a run that has ended and does not count.
    """
    for name in (job.recipe, *studies.twins(job.recipe)):
        folder = replace(job, recipe=name).folder(out)
        result = directory.read_result(folder)
        if result.get("status") not in directory.ENDED:
            continue
        reason = reason_left_out(folder)
        if not reason and deterministic and not result.get("deterministic"):
            reason = "it was trained without --deterministic"
        if not reason:
            return True
        if name == job.recipe:
            raise UsageError(
                f"{folder} is no run of {name} ({reason}): move it away, or write elsewhere "
                "with --out."
            )
    return False


def without_twins(jobs):
    """Of jobs that differ only in the name of their recipe, choose the first.

    Returns:
        List of the chosen jobs, and a dictionary from each of the others to the job chosen in
        its place.
    """
    chosen, covered = {}, {}
    for job in jobs:
        settings = min((job.recipe, *studies.twins(job.recipe)))
        first = chosen.setdefault((settings, job.backend, job.seed), job)
        if first != job:
            covered[job] = first
    return list(chosen.values()), covered


def _train(job, out, options, children):
    """Train one job in a child process; seconds, and the last line that it printed."""
    began, folder, before = time.monotonic(), job.folder(out), job.result(out)
    command = [sys.executable, "-m", "kerasdl", "--stop-with-parent", "train", job.recipe]
    command += ["--seed", str(job.seed), *options]
    files.make_folder(folder.parent)
    printed = folder.with_name(f"{folder.name}.txt")
    ending = children.run(command, printed, {"KERAS_BACKEND": job.backend})
    if ending is None:
        return 0.0, "not started"
    if ending.code and not ending.interrupted:
        record_failure(job, out, before, ending.message)
    return time.monotonic() - began, ending.message


def record_failure(job, out, before, error):
    """Write down why a process ended that wrote no result: missing data, too little memory.

    A run that ended is left as it is, and so is one that another process trains, and one that
    recorded its own failure.

    Args:
        job: a `Job`.
        out: root of the run directories.
        before: the `result.json` of before the process was started.
        error: what went wrong, in a line.
    """
    folder = job.folder(out)
    files.make_folder(folder)
    with contextlib.suppress(UsageError), directory.occupied(folder):
        result = job.result(out)
        recorded_itself = result.get("status") == "failed" and result != before
        if result.get("status") in directory.ENDED or recorded_itself:
            return
        failure = {
            "recipe": job.recipe,
            "backend": job.backend,
            "seed": job.seed,
            "status": "failed",
            "error": error,
        }
        files.write_json(folder / directory.RESULT, result | failure)


def _outcome(result, message):
    status = result.get("status", "failed")
    if status not in directory.ENDED:
        return f"{status}: {result.get('error', message)}"
    measured = result["metrics"]["test"]
    key = next((key for key in ("accuracy", "mean_squared_error") if key in measured), "loss")
    return f"{status}, test {key} {float(measured[key]):.4f}"
