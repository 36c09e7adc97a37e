"""A job on a machine of a cluster: trained there in a process of its own, and continued when killed.

The machines share the folder of the run directories. It has to be a file system: a run is locked,
renamed into place and appended to, none of which an object store can do.
"""

import concurrent.futures
import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from kerasdl import files, processes
from kerasdl.engines.job import Job, Outcome, Settings, train_job
from kerasdl.errors import UsageError
from kerasdl.runs import directory

POLL = 1  # seconds between two looks at a run that another process is training
# Seconds for which the main thread waits without a break. Ray cancels a task by `interrupt_main`,
# which does not wake it as a signal does.
UNINTERRUPTED = 0.2
PAUSE = 60  # seconds after which a run goes on that somebody else has interrupted
ATTEMPTS = 10  # times that a run whose process was killed is started again, unless said otherwise
# What of this machine's environment a run needs to find the same data and to reach the same
# trackers as here. Keys and passwords are not sent: each machine has its own.
VARIABLES = (
    "KERASDL_DATA",
    "KERASDL_CACHE",
    "KERASDL_COMPILE_CACHE",
    "MLFLOW_TRACKING_URI",
    "WANDB_MODE",
    "WANDB_PROJECT",
)


@dataclass(frozen=True)
class Resources:
    """What each run has of a machine.

    Attributes:
        cpus: cores; as many threads compute.
        gpus: GPUs; a fraction shares one with other runs, 0 hides them.
    """

    cpus: int = 1
    gpus: float = 0.0

    def variables(self):
        """Environment variables by which the backends keep to it.

        Example:
        >>> Resources(gpus=0.5).variables()["XLA_PYTHON_CLIENT_MEM_FRACTION"]
        '0.45'
        """
        found = processes.pool_sizes(min(self.cpus, len(processes.usable_cores())))
        if not self.gpus:
            found["CUDA_VISIBLE_DEVICES"] = ""
        elif self.gpus < 1:  # PyTorch takes what it needs; JAX and TensorFlow take nearly all
            found["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{0.9 * self.gpus:.2f}"
            found["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
        return found


@dataclass(frozen=True)
class Task:
    """A job as it is sent to another machine.

    Attributes:
        job: the `Job`.
        settings: the `Settings`, with absolute paths.
        resources: the `Resources` that it has there.
        retries: how often it is started again after it was killed.
        folder: the folder in which the sweep was started.
        variables: environment variables of the sweep's machine that the run needs.
    """

    job: Job
    settings: Settings
    resources: Resources = Resources()
    retries: int = ATTEMPTS
    folder: str = field(default_factory=os.getcwd)
    variables: dict = field(
        default_factory=lambda: {k: os.environ[k] for k in VARIABLES if k in os.environ}
    )


def tasks(jobs, settings, resources, retries):
    """A `Task` for each job; makes the folders by which a machine knows that it shares them.

    Raises:
        UsageError: a folder cannot be made.
    """
    data_dir = None if settings.data_dir is None else str(Path(settings.data_dir).resolve())
    settings = replace(settings, out=str(Path(settings.out).resolve()), data_dir=data_dir)
    for folder in dict.fromkeys(job.output(settings.out).parent for job in jobs):
        files.make_folder(folder)
    for job in jobs:
        if not is_occupied(job.folder(settings.out)):  # of a worker that was killed
            place_file(job, settings.out).unlink(missing_ok=True)
    return [Task(job, settings, resources, retries) for job in jobs]


def place_file(job, out):
    """The file beside the run directory of a job that says, while it is trained, where."""
    folder = job.folder(out)
    return folder.with_name(f"{folder.name}.host")


def place(job, out):
    """The machine on which a job is being trained, in a word; `""` where it is on none.

    Example:
    >>> place(Job("dropout/model1", "jax", 0), "runs")
    ''
    """
    with contextlib.suppress(OSError):
        return place_file(job, out).read_text(encoding="utf-8").strip()
    return ""


class Worker:
    """Trains the job of a task on this machine; in a child process, which ends with this one.

    Args:
        task: a `Task`.
        place: the name of this machine.
        blocked: signals that are for this process alone, though the cluster sends them to all.
    """

    def __init__(self, task, place, blocked=()):
        self._task, self._place, self._blocked = task, place, blocked
        self._children = processes.Children(1)
        self._stopped = threading.Event()

    def train(self):
        """Train the job to its end, from its last checkpoint on, as often as its process is killed.

        Waits while another process is training the same run: one that lost its sweep, or its node,
        and saves where it is. The training is watched by another thread, so that this one can be
        interrupted.

        Returns:
            An `Outcome`.

        Raises:
            UsageError: this machine does not share the folder of the run directories.
        """
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            try:
                training = pool.submit(self._train)
                while not concurrent.futures.wait([training], UNINTERRUPTED).done:
                    pass
                return training.result()
            except BaseException:
                self.stop()
                raise

    def stop(self):
        """Have the run saved and ended; returns when it has."""
        self._stopped.set()
        self._children.stop()

    def _train(self):
        if self._blocked:
            signal.pthread_sigmask(signal.SIG_BLOCK, self._blocked)  # children inherit it
        job, settings = self._task.job, self._task.settings
        folder = job.output(settings.out).parent
        if not folder.is_dir():
            raise UsageError(
                f"{self._place} has no folder {folder}: --out should be in a folder that all "
                "machines of the cluster share."
            )
        if Path(self._task.folder).is_dir():  # what trackers are given may be relative to it
            os.chdir(self._task.folder)
        began, where = time.monotonic(), place_file(job, settings.out)
        where.write_text(f"{self._place}\n", encoding="utf-8")
        try:
            message = self._until_done(job, settings)
        finally:
            where.unlink(missing_ok=True)
        return Outcome(time.monotonic() - began, message, self._place)

    def _until_done(self, job, settings):
        """Start the process until it ends by itself, or too often; the last line that it printed."""
        variables = self._task.variables | self._task.resources.variables()
        message, killed = "not started", 0
        while not self._stopped.is_set() and killed <= self._task.retries:
            if is_occupied(job.folder(settings.out)):
                self._stopped.wait(POLL)
                continue
            ending = train_job(job, settings, self._children, variables)
            if ending is None:
                break
            message = ending.message
            if directory.OCCUPIED in message:  # another process was faster
                continue
            if ending.code >= 0 and not ending.interrupted:
                break
            killed += 1
            if ending.interrupted:  # the machine may be about to go down, and this process with it
                self._stopped.wait(PAUSE)
        return message


def is_occupied(folder):
    """Whether a process is training in a run directory."""
    path = folder / directory.LOCK
    if path.is_symlink() or not path.exists():
        return False
    try:
        with directory.occupied(folder):
            return False
    except UsageError:
        return True
