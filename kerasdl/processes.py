"""Child processes, each on its own share of the cores, that stop when their parent does.

A child holds the reading end of a pipe of its parent's as its standard input. When the parent
dies, however it dies, the pipe closes, and a child that called `stop_with_parent` ends as if it
had been interrupted.
"""

import contextlib
import errno
import itertools
import os
import queue
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

INTERRUPTED = 130  # exit code, as a shell's
PATIENCE = 10  # seconds from asking a child to stop to closing its pipe
GRACE = 30  # seconds that an interrupted child has to write down how far it came
_OWN_EXCEPTION = re.compile(r"^kerasdl(\.\w+)+: ")  # the class; what follows is a whole sentence


@dataclass(frozen=True)
class Ending:
    """How a child process ended.

    Attributes:
        code: its exit code, or minus the signal that ended it.
        message: the last line that it printed; its code, where it was killed or printed nothing.
        stopped: whether it was asked to stop.
    """

    code: int
    message: str
    stopped: bool

    @property
    def interrupted(self):
        """Whether it ended because it was asked to, by its parent or by anybody else."""
        return self.stopped or self.code in (INTERRUPTED, -signal.SIGTERM, -signal.SIGINT)


class Children:
    """Runs commands in child processes, a limited number at a time.

    The cores that this process may use are shared among the children that run at the same time.
    Threads call `run`; when any thread calls `stop`, every child ends.

    Args:
        at_once: how many children run at the same time.
        equal: whether all have the same number of cores; a rest then lies idle.
    """

    def __init__(self, at_once, equal=False):
        self._shares = queue.SimpleQueue()
        for cores in share_cores(usable_cores(), at_once, equal):
            self._shares.put(cores)
        self._lock = threading.Lock()
        self._running, self._stopping = set(), False

    def run(self, command, output, environment):
        """Run a command to its end; waits where `at_once` children run already.

        Args:
            command: sequence of words.
            output: file to which all that the child prints is appended.
            environment: name -> value, for what the child has beside the environment of this
                process.

        Returns:
            An `Ending`; `None` where `stop` was called before the command was started.
        """
        cores = self._shares.get()
        try:
            with open(output, "ab") as file:
                begin = file.tell()
                with self._lock:
                    if self._stopping:
                        return None
                    process = _start(command, file, environment, cores)
                    self._running.add(process)
                code = process.wait()
                with self._lock:
                    self._running.discard(process)
                process.stdin.close()
        finally:
            self._shares.put(cores)
        return Ending(code, _message(code, output, begin), self._stopping)

    def stop(self):
        """Ask every child to stop, wait until all have, and start none again."""
        with self._lock:
            self._stopping = True
            running = tuple(self._running)
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0, deadline - time.monotonic()))
            process.stdin.close()  # a child that missed the signal sees this: `stop_with_parent`
        for process in running:
            process.wait()


def stop_with_parent():
    """From now on, end this process as if interrupted when its standard input closes."""
    pipe = os.fdopen(os.dup(0), "rb")

    def watch():
        pipe.read()
        os.kill(os.getpid(), signal.SIGTERM)  # a shell's background jobs ignore SIGINT
        time.sleep(GRACE)
        os._exit(INTERRUPTED)

    threading.Thread(target=watch, daemon=True).start()


class OutlivesReader:
    """A text stream on which writing goes on, unread, when nobody reads it any more.

    Its reader has left, as in `... | head`, or its terminal was closed.

    Args:
        stream: of a file descriptor, as `sys.stdout` is.

    Example:
    >>> import sys
    >>> out = OutlivesReader(sys.stdout)
    >>> print("read", file=out)
    read
    """

    def __init__(self, stream):
        self._stream = stream

    def write(self, text):
        """Write `text`, or nothing."""
        with self._reader_may_leave():
            self._stream.write(text)
        return len(text)

    def flush(self):
        """Hand on what was written."""
        with self._reader_may_leave():
            self._stream.flush()

    def __getattr__(self, name):
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _reader_may_leave(self):
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def usable_cores():
    """The numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def share_cores(cores, shares, equal=False):
    """Divide cores among processes that run at the same time.

    Args:
        cores: set of the numbers of cores.
        shares: number of processes.
        equal: whether cores are left out, so that the sets are equally large.

    Returns:
        List of `shares` sets. They are disjoint and as equal as can be; where there are fewer
        cores than processes, each process has one core, and some have the same one.

    Example:
    >>> share_cores({0, 1, 2, 3, 4}, 2)
    [{0, 1}, {2, 3, 4}]
    >>> share_cores({0, 1, 2, 3, 4}, 2, equal=True)
    [{0, 1}, {2, 3}]
    >>> share_cores({4, 6}, 3)
    [{4}, {6}, {4}]
    """
    cores = sorted(cores)
    if shares > len(cores):
        return [{cores[i % len(cores)]} for i in range(shares)]
    if equal:
        cores = cores[: len(cores) // shares * shares]
    bounds = [i * len(cores) // shares for i in range(shares + 1)]
    return [set(cores[begin:end]) for begin, end in itertools.pairwise(bounds)]


def pool_sizes(threads):
    """The environment variables by which the backends size their pools of threads.

    They are for where a process has more cores than it is to use: a system without sets of cores, or
    a cluster that only counts them.

    Example:
    >>> pool_sizes(2)["OMP_NUM_THREADS"]
    '2'
    """
    names = (
        "OMP_NUM_THREADS",  # PyTorch, and oneDNN in TensorFlow
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
        "NPROC",  # XLA
    )
    return dict.fromkeys(names, str(threads))


def _start(command, file, environment, cores):
    # Unbuffered, a line that Python prints is not written after the error that followed it.
    environment = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
    if not hasattr(os, "sched_setaffinity"):
        environment = pool_sizes(len(cores)) | environment
    with _on_cores(cores):
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # a Ctrl-C reaches the parent only, which stops its children
        )


@contextlib.contextmanager
def _on_cores(cores):
    """Within it this thread, and with it the processes that it starts, runs on `cores` only.

    PyTorch, TensorFlow and XLA make their pools of threads as large as the set of cores that the
    system lets a process use; of environment variables, each reads another one.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)  # of this thread, as the next line
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _message(code, path, begin):
    """What a user should read of an ending; the last line says nothing of a killed process."""
    with open(path, "rb") as file:
        file.seek(begin)
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    if code > 0 and lines:
        return _OWN_EXCEPTION.sub("", lines[-1])
    return f"the process ended with code {code}"
