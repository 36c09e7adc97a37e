"""Where the jobs of a sweep run: `kerasdl run ... --engine ENGINE`.

An engine is a module here, by the name that the command line knows it by, with a class that has a
method

    train(jobs, settings, notify) -> iterator of (job, outcome)

It takes a sequence of `Job`, the `Settings` of all, and a function that is called with a line where
there is something to say; and gives each job, when it has ended, with an `Outcome`. It trains each
in a process of its own, by the words of `Settings.command`, which continue a run from its last
checkpoint. What the run leaves is its `result.json`: engines hand on nothing else, so that a sweep
can be started again, on this engine or on another. When the iterator is closed, or its `train`
raises, every process that it started ends.

A run directory has a lock: two processes never train the same run.
"""

from kerasdl.engines.job import Job, Outcome, Settings, record_failure
from kerasdl.engines.local import Local

ENGINES = ("local", "ray", "slurm")
"""Names of the engines; those after the first need a package of their name, or submitit."""

__all__ = ["ENGINES", "Job", "Local", "Outcome", "Settings", "record_failure"]
