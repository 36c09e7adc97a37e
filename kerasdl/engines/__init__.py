"""Where the jobs of a sweep run: `kerasdl run ... --engine ENGINE`.

An engine is a module here, by the name that the command line knows it by, with a class that has a
method

    train(jobs, settings, notify) -> iterator of (job, outcome)

Its arguments are a sequence of `Job`, the `Settings` of all, and a function that prints a line of
text. It yields each job, when it has ended, with an `Outcome`. Each is trained in a process of its
own by the command line of `Settings.command`, which continues a run from its last checkpoint. What
a run leaves is its `result.json`: engines hand on nothing else, so that a sweep can be started
again, on this engine or on another. When the iterator is closed, or raises, every process that it
started ends.

A run directory has a lock: two processes never train the same run.
"""

from kerasdl.engines.job import Job, Outcome, Settings, record_failure
from kerasdl.engines.local import Local

ENGINES = ("local", "ray", "slurm")
"""Names of the engines; Ray needs the package `ray`, Slurm the package `submitit`."""

__all__ = ["ENGINES", "Job", "Local", "Outcome", "Settings", "record_failure"]
