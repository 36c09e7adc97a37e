"""Signals that ask a process to end, so that it ends in order: once, and with its files written."""

import contextlib
import signal
import threading

# Ctrl-C, a cluster's scheduler, a terminal that is closed, Ctrl-\; Windows has the first two.
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
_handlers = []  # of the blocks that are open, the outermost first


@contextlib.contextmanager
def handled_by(handler):
    """Within it, `handler(signal number, frame)` is called when this process is asked to end.

    A signal that was ignored before stays so, as in `nohup`. Only the main thread can handle
    signals: in another one nothing is changed.

    Example:
    >>> asked = []
    >>> with handled_by(lambda number, frame: asked.append(number)):
    ...     signal.raise_signal(signal.SIGINT)
    >>> asked == [signal.SIGINT]
    True
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: old for number, old in before.items() if old != signal.SIG_IGN}
    is_outermost = not _handlers
    _handlers.append(handler)
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        _handlers.pop()
        for number, old in before.items():
            # What `interrupt` ignores stays ignored until the outermost block ends.
            if is_outermost or signal.getsignal(number) is handler:
                signal.signal(number, old)


def interrupt(number=None, frame=None):
    """Raise `KeyboardInterrupt`; until the outermost `handled_by` ends, ignore what else asks.

    What is written while the exception passes is written whole, however often a key is pressed.
    """
    for name in NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise KeyboardInterrupt
