"""The same runs on Ray and on the local pool, with the same cores: seconds until all have ended.

Both are what `kerasdl run` does: a process a run, with its imports, its compilation, its checkpoints.
They take turns. Ray is started on this machine and ended after the sweep; its seconds count with both
and without.
"""

import statistics
import tempfile
import time

import numpy as np

from kerasdl import backend, engines, processes, sweep
from kerasdl.benchmarks.rounds import counted, silent
from kerasdl.engines.ray import Ray
from kerasdl.runs import record

RECIPE = "exercises/circles_batch-20"  # 50 epochs: about ten seconds on a core, beside its start
RUNS = 6
ENGINES = ("local", "ray", "ray with its start")


def measure(n=3, runs=RUNS, notify=silent):
    """Seconds that a sweep takes on each engine, medians over `n` rounds.

    Args:
        n: rounds, in each of which the sweep runs on both, and begins anew.
        runs: number of runs, of so many seeds.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON: `engines` (name, median and quartiles of seconds, of Ray where it
        runs already and where it is started and ended for the sweep), `ratio` and
        `ratio_with_start` (the medians of the ratios of a round, seconds of the local pool over
        those of Ray), recipe, runs, cores, n, backend, hardware, versions (Ray's too) and date.

    Raises:
        RuntimeError: a run failed.
    """
    name, cores = backend.require(), len(processes.usable_cores())
    jobs = [sweep.Job(RECIPE, name, seed) for seed in range(runs)]
    seconds = {engine: [] for engine in ENGINES}

    def on_local():
        seconds["local"].append(_seconds(jobs, engines.Local(cores)))

    def on_ray():
        engine, began = Ray("local"), time.perf_counter()  # with these cores, one a run
        with engine.connected():
            seconds["ray"].append(_seconds(jobs, engine))
        seconds["ray with its start"].append(time.perf_counter() - began)

    for number in counted(n, notify):
        for train in (on_local, on_ray) if number % 2 == 0 else (on_ray, on_local):
            train()
    return {
        "recipe": RECIPE,
        "backend": name,
        "runs": runs,
        "cores": cores,
        "n": n,
        "engines": [{"name": each, **_summary(found)} for each, found in seconds.items()],
        "ratio": _ratio(seconds["local"], seconds["ray"]),
        "ratio_with_start": _ratio(seconds["local"], seconds["ray with its start"]),
        **record.environment(name, backend.accelerators(), packages=("ray",)),
    }


def sentence(result):
    """What was measured, in words."""
    seconds = ", ".join(f"{each['name']} {each['seconds']:.1f} s" for each in result["engines"])
    return (
        f"{result['runs']} runs of {result['recipe']} on {result['backend']}, {result['cores']} cores: "
        f"{seconds}; throughput of Ray beside the local pool {result['ratio']:.3f}, with its start "
        f"{result['ratio_with_start']:.3f} (medians, n = {result['n']})"
    )


def _seconds(jobs, engine):
    """Seconds that an engine takes for all jobs, from nothing."""
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        sweep.train_all(jobs, out, engine=engine, notify=lambda line: None)
        seconds = time.perf_counter() - began
        for job in jobs:
            result = job.result(out)
            if result.get("status") != "finished":
                raise RuntimeError(f"{job} failed: {result.get('error', 'it has no result')}")
    return seconds


def _ratio(local, ray):
    return round(statistics.median(a / b for a, b in zip(local, ray, strict=True)), 4)


def _summary(seconds):
    low, middle, high = np.percentile(seconds, (25, 50, 75)).round(2).tolist()
    return {"seconds": middle, "quartiles": [low, high]}
