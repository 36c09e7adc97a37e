"""A line on standard error that shows how far a command is, and is gone when the command is done."""

import contextlib
import sys
import threading
import time

from kerasdl import text


class StatusLine:
    """A line that is redrawn where standard error is a terminal; elsewhere nothing is written.

    Args:
        stream: where to write; standard error if `None`.

    Example:
    >>> with StatusLine() as line:
    ...     line.show("step 1/100")
    """

    def __init__(self, stream=None):
        self._stream = stream or sys.stderr
        self._columns = text.terminal_width(self._stream)
        self._length = 0

    @property
    def is_shown(self):
        """Whether there is a terminal to show it."""
        return self._columns is not None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._length:
            self.show("")
            self._stream.write("\r")
            self._stream.flush()

    def show(self, line):
        """Replace what it shows."""
        if not self.is_shown:
            return
        line = text.cut(line, self._columns - 1)
        self._stream.write("\r" + line.ljust(self._length))
        self._stream.flush()
        self._length = len(line)


@contextlib.contextmanager
def elapsed_time(task, interval=1.0):
    """Within it, a status line shows what is done, for how long, and how far it is.

    Args:
        task: what is done, in a few words.
        interval: seconds between two redrawings.

    Yields:
        A function to be called with the number of the round that begins, and of all: it notes them
        for the next redrawing, and takes no time.
    """
    shown = [task]

    def begin_round(number, total):
        shown[0] = f"{task}, round {number}/{total}"

    with StatusLine() as line:
        if not line.is_shown:
            yield begin_round
            return
        began, ended = time.monotonic(), threading.Event()

        def redraw():
            while True:
                line.show(f"{shown[0]}  {text.clock(time.monotonic() - began)}")
                if ended.wait(interval):
                    return

        thread = threading.Thread(target=redraw, daemon=True)
        thread.start()
        try:
            yield begin_round
        finally:
            ended.set()
            thread.join()
