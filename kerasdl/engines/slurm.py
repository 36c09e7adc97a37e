"""The jobs of a sweep as a job array of Slurm, through submitit: `kerasdl run ... --engine slurm`.

Ninety seconds before its time is up, Slurm signals a run, which is saved and put back into the queue;
so it is where a job with more right to the node needs it. It goes on from there when it has a node
again. Where a node fails, Slurm puts the run back by itself.
"""

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from kerasdl.engines.job import Outcome, record_failure
from kerasdl.engines.worker import ATTEMPTS, Resources, Worker, place_file, tasks
from kerasdl.errors import UsageError

NEEDS = ("submitit",)
FOLDER = ".slurm"  # under the root of the run directories: what is submitted, and what it printed
MINUTES = 60  # that a run has before it is put back, unless said otherwise
POLL = 2  # seconds between two looks at the jobs that have not ended


class Slurm:
    """Trains jobs as a job array of Slurm.

    Args:
        minutes: the time limit of each; a run that needs more is continued.
        resources: `Resources` of each run; its GPUs are whole.
        at_once: how many run at the same time; as many as Slurm allows if `None`.
        retries: how often a run is put back, or started again after its process was killed.
        options: further options of `sbatch`, name -> value, as in `{"partition": "gpu"}`.
        cluster: `"slurm"`, or `"local"` for submitit's processes on this machine, as in tests.
    """

    def __init__(
        self, minutes=MINUTES, resources=None, *, at_once=None, retries=ATTEMPTS, options=None,
        cluster="slurm",
    ):  # fmt: skip
        self.minutes, self.resources = minutes, resources or Resources()
        self.at_once, self.retries, self.options = at_once, retries, options or {}
        self.cluster = cluster

    def train(self, jobs, settings, notify):
        """As `kerasdl.engines` says.

        Raises:
            UsageError: Slurm is not on this machine, or refuses the jobs.
        """
        pending = tasks(jobs, settings, self.resources, self.retries)
        if not pending:
            return
        executor = self._executor(Path(pending[0].settings.out) / FOLDER)
        try:
            submitted = executor.map_array(Resumable(), pending)
        except (subprocess.CalledProcessError, RuntimeError) as error:
            detail = (getattr(error, "stderr", None) or str(error)).strip().splitlines() or [""]
            raise UsageError(
                f"Slurm should take the jobs; sbatch refused them ({detail[-1]:.300}): check "
                "--sbatch, --time, --cpus-per-task and --gpus-per-task."
            ) from error
        running = dict(zip(submitted, pending, strict=True))
        if self.cluster == "slurm":
            array = submitted[0].job_id.partition("_")[0]
            notify(f"Slurm job {array}, {len(pending)} runs; `squeue -j {array}` shows them")
        try:
            while running:
                ended = [each for each in running if each.done()]
                for each in ended:
                    task = running.pop(each)
                    yield task.job, _outcome(each, task)
                if not ended:
                    time.sleep(POLL)
        except BaseException:
            self._cancel(submitted, running)
            raise

    def _cancel(self, submitted, running):
        """End the jobs: Slurm asks each of them to, which is then saved, and kills it after a while."""
        if self.cluster == "slurm":
            scancel = shutil.which("scancel") or "scancel"
            subprocess.run([scancel, submitted[0].job_id.partition("_")[0]], check=False)
            return
        for each in running:
            each.cancel(check=False)

    def _executor(self, folder):
        """A `submitit.AutoExecutor` for the runs."""
        import submitit

        if self.cluster == "slurm" and shutil.which("sbatch") is None:
            raise UsageError(
                "--engine slurm needs Slurm's sbatch and srun on this machine: start the sweep on a "
                "login node of the cluster, or leave --engine out."
            )
        # It warns whenever Slurm keeps no accounts, and then goes by its own files.
        logging.getLogger("submitit").setLevel(logging.ERROR)
        limit = {f"{self.cluster}_max_num_timeout": self.retries}
        executor = submitit.AutoExecutor(folder, cluster=self.cluster, **limit)
        executor.update_parameters(
            name="kerasdl",
            timeout_min=self.minutes,
            cpus_per_task=self.resources.cpus,
        )
        if self.resources.gpus:
            executor.update_parameters(gpus_per_node=int(self.resources.gpus))
        if self.cluster == "slurm":
            executor.update_parameters(
                slurm_additional_parameters={"requeue": True, **self.options}
            )
            if self.at_once:
                executor.update_parameters(slurm_array_parallelism=self.at_once)
        return executor


class Resumable:
    """Trains the job of a task where Slurm runs this, and is put back into the queue when told to.

    submitit calls it with the task, and `checkpoint` when Slurm has signalled.
    """

    def __init__(self):
        self._worker = None

    def __call__(self, task):
        """Train; returns an `Outcome`."""
        self._worker = Worker(task, socket.gethostname(), blocked=(_warning(),))
        return self._worker.train()

    def checkpoint(self, task):
        """Have the run saved and ended; returns what is to be submitted again."""
        import submitit

        if self._worker is not None:
            self._worker.stop()
        return submitit.helpers.DelayedSubmission(Resumable(), task)


def _warning():
    """The signal that Slurm sends to every process of a run before its time is up, as submitit asks."""
    return getattr(signal, f"SIG{os.environ.get('SUBMITIT_PREEMPT_SIGNAL', 'USR2')}")


def _outcome(submitted, task):
    """What a task gave; where it gave nothing, the failure is recorded."""
    import submitit

    try:
        return submitted.result()
    except (submitit.core.utils.UncompletedJobError, submitit.core.utils.FailedJobError) as error:
        lines = [line for line in str(error).splitlines() if line.strip(" -")]
        message = next((line for line in reversed(lines) if "Error: " in line), "".join(lines[:1]))
        job, out = task.job, task.settings.out
        record_failure(job, out, job.result(out), message)
        with contextlib.suppress(OSError):
            place_file(job, out).unlink()
        return Outcome(0.0, message)
