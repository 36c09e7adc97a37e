"""Signals that ask a process to end, so that it ends in order: once, and with its files written."""

import contextlib
import signal
import threading

# Ctrl-C, a cluster's scheduler, a terminal that is closed, Ctrl-\; Windows has the first two.
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
RESUME = "--resume continues (in Python: existing='resume')"
_handlers = []  # of the blocks that are open, the outermost first


@contextlib.contextmanager
def handled_by(handler, for_good=False):
    """Within it, `handler(signal number, frame)` is called when this process is asked to end.

    A signal that was ignored before stays so, as in `nohup`. Only the main thread can handle
    signals: in another one nothing is changed.

    Args:
        handler: function of the number of a signal and a frame.
        for_good: whether signals that `ignore` was called for stay ignored after the block: for
            a process that ends soon after it, which a late signal should not disturb.

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
    gives_back = not _handlers and not for_good
    _handlers.append(handler)
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        _handlers.pop()
        for number, old in before.items():
            # After `ignore`, inner blocks leave signals ignored; the outermost one decides.
            if gives_back or signal.getsignal(number) is handler:
                signal.signal(number, old)


def ignore():
    """Ignore whatever asks this process to end, until the outermost `handled_by` ends.

    What is written while an exception passes is then written whole, however often a key is pressed.
    """
    for name in NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def interrupt(number=None, frame=None):
    """Raise `KeyboardInterrupt`, once: `ignore` what asks after that."""
    ignore()
    raise KeyboardInterrupt
