"""The jobs of a sweep as tasks of a Ray cluster: `kerasdl run ... --engine ray`.

A task takes its share of a node's CPUs and GPUs, and starts the same command line there that this
machine would. Ray starts a task again, elsewhere, whose worker or node is lost; the run goes on from
its last checkpoint. When the driver dies, Ray ends its workers, and the runs end with them.
"""

import collections
import contextlib
import logging
import os
import signal
import socket
import threading

from kerasdl import processes
from kerasdl.engines.job import Outcome, record_failure
from kerasdl.engines.worker import ATTEMPTS, Resources, Worker, place_file, tasks
from kerasdl.errors import UsageError

NEEDS = ("ray",)
OBJECT_STORE = 80 * 2**20  # bytes, near the least that Ray takes: tasks hand on a line or two
GRACE = processes.PATIENCE + processes.GRACE  # seconds for runs to be saved that are stopped


class Ray:
    """Trains jobs as tasks of a Ray cluster.

    Args:
        address: of a running cluster, as `ray.init` takes it: `"auto"`, `"HOST:PORT"`,
            `"ray://HOST:PORT"`. `None`: what `RAY_ADDRESS` says, or a Ray of our own on this machine.
        resources: `Resources` of each run.
        at_once: how many run at the same time; as many as the cluster has room for if `None`.
        retries: how often a run is started again that lost its process, its worker or its node.
    """

    def __init__(self, address=None, resources=None, at_once=None, retries=ATTEMPTS):
        self.address = address or os.environ.get("RAY_ADDRESS") or "local"
        self.resources = resources or Resources()
        self.at_once, self.retries = at_once, retries

    def train(self, jobs, settings, notify):
        """As `kerasdl.engines` says.

        Raises:
            UsageError: there is no cluster at the address, or a folder cannot be written to.
        """
        waiting = collections.deque(tasks(jobs, settings, self.resources, self.retries))
        if not waiting:
            return
        with self.connected() as ray:
            self._expect_room(ray, notify)
            options = {
                "num_cpus": self.resources.cpus,
                "num_gpus": self.resources.gpus,
                "max_retries": self.retries,
            }
            remote = ray.remote(_train)
            running, limit = {}, self.at_once or len(waiting)
            try:
                while waiting or running:
                    while waiting and len(running) < limit:
                        task = waiting.popleft()
                        started = remote.options(name=str(task.job), **options).remote(task)
                        running[started] = task
                    for reference in ray.wait(list(running), num_returns=1)[0]:
                        task = running.pop(reference)
                        yield task.job, _outcome(ray, reference, task)
            except BaseException:
                for reference in running:
                    ray.cancel(reference)
                if running:
                    ray.wait(list(running), num_returns=len(running), timeout=GRACE)
                raise

    @contextlib.contextmanager
    def connected(self):
        """Within it, Ray is connected to the cluster; a connection of the caller's own is kept."""
        import ray

        if ray.is_initialized():
            yield ray
            return
        options = {"logging_level": logging.ERROR, "log_to_driver": False}
        if self.address == "local":
            options |= {
                "num_cpus": len(processes.usable_cores()),
                "include_dashboard": False,
                "object_store_memory": OBJECT_STORE,
            }
        with _signal_handlers_kept():
            try:
                ray.init(address=self.address, **options)
            except (ConnectionError, ValueError, RuntimeError, OSError) as error:
                raise UsageError(
                    "--address should be of a running Ray cluster, auto or HOST:PORT; nothing "
                    f"answers at {self.address} ({str(error).splitlines()[0]:.200}): start one "
                    "with `ray start --head`, or leave --address out to use this machine alone."
                ) from error
        try:
            yield ray
        finally:
            ray.shutdown()

    def _expect_room(self, ray, notify):
        """See whether a node is large enough for a run: of our own Ray, none will be added."""
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        cpus, gpus = self.resources.cpus, self.resources.gpus
        if any(node.get("CPU", 0) >= cpus and node.get("GPU", 0) >= gpus for node in nodes):
            return
        largest = max((node.get("CPU", 0), node.get("GPU", 0)) for node in nodes)
        sentence = (
            f"No node of the Ray cluster has {cpus} CPUs and {gpus:g} GPUs for a run; the largest "
            f"has {largest[0]:g} and {largest[1]:g}"
        )
        if self.address == "local":
            raise UsageError(f"{sentence}: lower --cpus-per-task or --gpus-per-task.")
        notify(f"{sentence}: waiting for one to join")


@contextlib.contextmanager
def _signal_handlers_kept():
    """Within it Ray may set its own handler of SIGTERM, which does not end training in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _train(task):
    """Train a job on the node where Ray runs this."""
    import ray

    return Worker(task, _node_name(ray)).train()


def _node_name(ray):
    """The name that the node was given, or that of its machine."""
    here = ray.get_runtime_context().get_node_id()
    for node in ray.nodes():
        if node["NodeID"] == here and node.get("NodeName") != node["NodeManagerAddress"]:
            return node["NodeName"]
    return socket.gethostname()


def _outcome(ray, reference, task):
    """What a task gave; where Ray has given it up, the failure is recorded."""
    try:
        return ray.get(reference)
    except (ray.exceptions.RayError, UsageError) as error:
        cause = getattr(error, "cause", None) or error
        message = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        job, out = task.job, task.settings.out
        record_failure(job, out, job.result(out), message)
        place_file(job, out).unlink(missing_ok=True)
        return Outcome(0.0, message)
