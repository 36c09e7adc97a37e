"""Train many runs, each in a process of its own; starting a sweep again completes it.

A process has one backend, and repeated training in one process leaks memory. A run that has
ended is not trained again, one that was interrupted continues, and one that failed is tried
again.
"""

import contextlib
import time
from dataclasses import replace

from kerasdl import engines, studies, text
from kerasdl.engines import Job  # what a sweep is made of
from kerasdl.errors import UsageError
from kerasdl.runs import directory
from kerasdl.runs.finished import reason_left_out

__all__ = ["Job", "is_done", "train_all", "without_twins"]


def train_all(
    jobs, out, *, data_dir=None, engine=None, deterministic=False, track=(), notify=print
):
    """Train all jobs that are not done.

    Of recipes with the same settings one is trained: its run counts for all.

    Args:
        jobs: sequence of `Job`.
        out: root of the run directories.
        data_dir: where the data sets are, or `None`.
        engine: where they are trained (see `kerasdl.engines`); one process at a time on this
            machine if `None`.
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
    settings = engines.Settings(out, data_dir, deterministic, tuple(track))
    engine = engine or engines.Local()
    began, failed = time.monotonic(), []
    with contextlib.closing(engine.train(waiting, settings, notify)) as outcomes:
        for count, (job, outcome) in enumerate(outcomes, start=1):
            result = job.result(out)
            if result.get("status") not in directory.ENDED:
                failed.append(job)
            left = (time.monotonic() - began) / count * (len(waiting) - count)
            place = f" on {outcome.place}" if outcome.place else ""
            notify(
                f"[{done + count}/{len(jobs)}] {job}: {_measured(result, outcome.message)}; "
                f"{text.clock(outcome.seconds)}{place}, ETA {text.clock(left)}"
            )
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


def _measured(result, message):
    status = result.get("status", "failed")
    if status not in directory.ENDED:
        return f"{status}: {result.get('error', message)}"
    measured = result["metrics"]["test"]
    key = next((key for key in ("accuracy", "mean_squared_error") if key in measured), "loss")
    return f"{status}, test {key} {float(measured[key]):.4f}"
