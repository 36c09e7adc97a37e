"""What runs where, as a table that moves on a terminal, below the lines about runs that have ended."""

import contextlib
import sys
import time

from kerasdl import studies, sweep, text
from kerasdl.engines import worker
from kerasdl.errors import UsageError
from kerasdl.runs import directory

INTERVAL = 2  # seconds between two looks at the run directories
MOST_ROWS = 20
RECENT = 5  # epochs whose duration tells how long the others take


@contextlib.contextmanager
def shown(jobs, out):
    """Within it, a table of the jobs that are being trained is shown on a terminal.

    Args:
        jobs: sequence of `Job`; where it is empty, there is no table.
        out: root of the run directories.

    Yields:
        A function that prints a line above the table, or, where there is no terminal, just prints.
    """
    if not jobs or text.terminal_width(sys.stdout) is None:
        yield lambda line: print(line, flush=True)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    table = RunningJobs(jobs, out)
    with Live(
        console=console,
        get_renderable=table.render,
        refresh_per_second=1 / INTERVAL,
        transient=True,
    ):
        yield lambda line: console.print(line, soft_wrap=True)


class RunningJobs:
    """The jobs that are being trained: where, which epoch, and how long they still take.

    Args:
        jobs: sequence of `Job`.
        out: root of the run directories.
    """

    def __init__(self, jobs, out):
        self._jobs, self._out = list(jobs), out
        self._began = time.monotonic()
        self._done_before = None

    def render(self):
        """The table as a text, for Rich."""
        from rich.text import Text

        return Text("\n".join(self.lines()), no_wrap=True, overflow="ellipsis")

    def lines(self):
        """A line about all jobs, and one for each that is being trained."""
        remaining = [job for job in self._jobs if not self._is_done(job)]
        rows, share = [("job", "on", "epoch", "ETA")], 0.0
        for job in remaining:
            where = worker.place(job, self._out)
            if not where:
                continue
            done, epochs, left = self._progress(job)
            share += done / epochs
            rows.append(
                (str(job), where, f"{done}/{epochs}", "" if left is None else text.clock(left))
            )
        done = len(self._jobs) - len(remaining)
        if self._done_before is None:
            self._done_before = done + share
        gained, running = done + share - self._done_before, len(rows) - 1
        waiting = len(remaining) - running
        summary = f"{done} of {len(self._jobs)} done, {running} running, {waiting} waiting"
        if gained > 0:
            left = (time.monotonic() - self._began) / gained * (len(self._jobs) - done - share)
            summary += f", ETA {text.clock(left)}"
        shown, _ = text.columns_of_text(rows[: MOST_ROWS + 1])
        more = [f"and {running - MOST_ROWS} more"] if running > MOST_ROWS else []
        return [summary, *(shown if running else []), *more]

    def _is_done(self, job):
        """Whether a run that counts for it has ended; what cannot be read has not."""
        with contextlib.suppress(UsageError):
            return sweep.is_done(job, self._out)
        return False

    def _progress(self, job):
        """Epochs done, all epochs, and seconds for the rest, `None` where no epoch has been timed."""
        epochs = studies.get(job.recipe).epochs
        folder = job.folder(self._out)
        if not (folder / directory.LOG).is_file():
            return 0, epochs, None
        try:
            log = directory.read_log(folder)
            seconds = float(log["seconds"].tail(RECENT).mean())
        except (UsageError, KeyError, TypeError, ValueError):
            return 0, epochs, None
        return len(log), epochs, seconds * (epochs - len(log))
