"""What every engine trains: a run as a command line, and what it leaves when it ends."""

import contextlib
import sys
from dataclasses import dataclass

from kerasdl import files
from kerasdl.errors import UsageError
from kerasdl.runs import directory


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

    def output(self, out):
        """The file beside its run directory to which all that it prints is appended."""
        folder = self.folder(out)
        return folder.with_name(f"{folder.name}.txt")

    def __str__(self):
        return f"{self.recipe} {self.backend} seed {self.seed}"


@dataclass(frozen=True)
class Settings:
    """How the jobs of a sweep are trained; the same for all.

    Attributes:
        out: root of the run directories.
        data_dir: where the data sets are, or `None`.
        deterministic: whether every run has to have the same bits each time.
        track: trackers that follow each run, as `kerasdl.trackers.parse` takes them.
    """

    out: str
    data_dir: str | None = None
    deterministic: bool = False
    track: tuple = ()

    def command(self, job):
        """The words that train a job, with this Python, from its last checkpoint on.

        The process ends with the one that started it.

        Example:
        >>> Settings("runs").command(Job("dropout/model1", "jax", 0))[4:]
        ['train', 'dropout/model1', '--seed', '0', '--out', 'runs', '--resume']
        """
        words = [sys.executable, "-m", "kerasdl", "--stop-with-parent", "train", job.recipe]
        words += ["--seed", str(job.seed), "--out", str(self.out), "--resume"]
        words += ["--deterministic"] if self.deterministic else []
        words += [] if self.data_dir is None else ["--data-dir", str(self.data_dir)]
        return words + [word for each in self.track for word in ("--track", each)]


@dataclass(frozen=True)
class Outcome:
    """How an engine's work on a job ended; whether the run did is in its `result.json`.

    Attributes:
        seconds: from its start to its end.
        message: the last line that its process printed, or why there was none.
        place: the machine, in a word; `""` for this one.
    """

    seconds: float
    message: str
    place: str = ""


def train_job(job, settings, children, variables=None):
    """Train a job in a child process, to its end.

    Args:
        job: a `Job`.
        settings: a `Settings`.
        children: the `kerasdl.processes.Children` to start it among.
        variables: name -> value, for what the process has in its environment besides.

    Returns:
        A `kerasdl.processes.Ending`; `None` where the children were stopped before it began. If
        it ended without being asked to, its `result.json` says why.
    """
    before, output = job.result(settings.out), job.output(settings.out)
    files.make_folder(output.parent)
    environment = {**(variables or {}), "KERAS_BACKEND": job.backend}
    ending = children.run(settings.command(job), output, environment)
    if ending is not None and ending.code and not ending.interrupted:
        record_failure(job, settings.out, before, ending.message)
    return ending


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
