"""Show on one line how far a run is."""

import io
import sys
import threading
import time

import keras

from kerasdl.callbacks._batch_methods import has_batch_methods
from kerasdl.text import clock, terminal_width

FILE_WIDTH = 80  # of the live line in a stream that is no terminal, if it is asked for there
LEFT_OUT_FIRST = ("rate", "seconds", "lr")  # of a line that is too long: log.csv has them


class Progress(keras.callbacks.Callback):
    """Shows how far the epoch and the run are, and when they will end.

    Every epoch ends with one line of its logs and the time that is left:

        epoch  3/50  loss 1.2345  accuracy 0.5670  val_accuracy 0.5560  lr 0.1  20.1 s  2490 images/s  ETA 15:40

    On a terminal that is narrower, names are shortened, then rate and time are left out (`log.csv`
    has them), and what is still too long goes on in a second line; and a line that is redrawn a few
    times a second shows the running epoch. A file or a pipe gets only the lines above. Redrawing happens where Keras
    hands out a batch's logs anyway (on JAX in a thread beside training), and never
    waits for the device. The time that is left includes evaluation; it leaves out the
    first epoch, which compiles, as soon as there is another. This callback stands last
    in the list, and `fit` has `verbose=0`.

    Args:
        stream: where to write; standard output if `None`.
        live: whether to show the running epoch; by default where the stream is a terminal.
        interval: seconds between two redrawings.

    Example:
    >>> history = model.fit(x, y, epochs=1, verbose=0, callbacks=[Progress()])
    epoch 1/1  loss ...
    """

    async_safe = True  # so that Keras on JAX keeps handing out logs in a thread

    def __init__(self, stream=None, live=None, interval=0.2):
        super().__init__()
        self.stream = stream
        self.live = live
        self.interval = interval
        self._drawing = threading.Lock()

    def on_train_begin(self, logs=None):
        self._stream = self.stream or sys.stdout or io.StringIO()
        self._live = self._stream.isatty() if self.live is None else self.live
        self._durations = []
        self._began = None
        self._width = 0

    @property
    def needs_batch_end(self):
        """Whether the running epoch is shown, or a class of the user's does more."""
        return self._live or self.needs_each_update

    @property
    def needs_each_update(self):
        """Whether a class of the user's has methods for batches."""
        return has_batch_methods(self, beside=Progress)

    def on_epoch_begin(self, epoch, logs=None):
        now = time.perf_counter()
        if self._began is not None:
            self._durations.append(now - self._began)
        self._began = now
        self._due = now + self.interval
        self._epoch = epoch
        self._batch = -1

    def on_train_batch_end(self, batch, logs=None):
        if not self._live or time.perf_counter() < self._due or batch < self._batch:
            return
        if not self._drawing.acquire(blocking=False):
            return
        try:
            now = time.perf_counter()
            self._due = now + self.interval
            self._batch = batch
            self._redraw(self._running(batch + 1, now - self._began, logs or {}))
        finally:
            self._drawing.release()

    def on_epoch_end(self, epoch, logs=None):
        logs = dict(logs or {})
        elapsed = time.perf_counter() - self._began
        rate = logs.pop("images_per_second", None)
        seconds = logs.pop("seconds", elapsed)
        words = {"name": self._name(), **_words(logs)}
        words["seconds"] = f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"
        if rate is not None:
            words["rate"] = f"{rate:.0f} images/s"
        left = self._epochs() - epoch - 1
        if left > 0:
            words["left"] = f"ETA {clock(left * self._typical(elapsed))}"
        if self._live:
            self._redraw("")
            self._stream.write("\r")
        self._width = 0
        self._stream.write(_fitted(words, terminal_width(self._stream)) + "\n")
        self._stream.flush()

    def _running(self, done, elapsed, logs):
        """The line of the running epoch after `done` steps."""
        words = [self._name()]
        steps = (self.params or {}).get("steps")
        if not steps:
            return "  ".join([*words, f"step {done}", *_words(logs).values()])
        left = elapsed / done * (steps - done)
        words += [f"{100 * done // steps:3d} %", *_words(logs).values(), f"ETA {clock(left)}"]
        epochs = self._epochs() - self._epoch - 1
        if epochs > 0:
            words.append(f"run {clock(left + epochs * self._typical(elapsed + left))}")
        return "  ".join(words)

    def _redraw(self, line):
        line = line[: (terminal_width(self._stream) or FILE_WIDTH) - 1]
        self._stream.write("\r" + line.ljust(self._width))
        self._width = len(line)
        self._stream.flush()

    def _name(self):
        epochs = str(self._epochs())
        return f"epoch {self._epoch + 1:>{len(epochs)}}/{epochs}"

    def _epochs(self):
        return (self.params or {}).get("epochs") or self._epoch + 1

    def _typical(self, current):
        """Seconds an epoch takes; the first one compiles."""
        durations = [*self._durations, current][1:] or [current]
        return sum(durations) / len(durations)


def _words(logs):
    """Name -> `name value`; of an evaluation its loss only where it has no metric."""
    shown = {}
    for part in ("", "val_", "test_"):
        names = [n for n in logs if _part(n) == part and n != "learning_rate"]
        names.sort(key=lambda n: not n.endswith("loss"))
        metrics = [n for n in names if not n.endswith("loss")]
        shown |= {n: f"{logs[n]:.4f}" for n in (names if not part or not metrics else metrics)}
    if "learning_rate" in logs:
        shown["lr"] = f"{logs['learning_rate']:.4g}"
    return {name: f"{name} {value}" for name, value in shown.items()}


def _fitted(words, columns):
    """The words of an epoch's line, so that no line is longer than so many columns.

    Args:
        words: name -> word, in their order.
        columns: `None` for any number.
    """
    line = "  ".join(words.values())
    if columns is None or len(line) <= columns:
        return line
    words = {
        name: word.replace("accuracy", "acc").replace("images/s", "img/s")
        for name, word in words.items()
    }
    for name in LEFT_OUT_FIRST:
        if len("  ".join(words.values())) > columns:
            words.pop(name, None)
    lines = [""]
    for word in words.values():
        longer = f"{lines[-1]}  {word}" if lines[-1] else word
        if lines[-1].strip() and len(longer) > columns:
            lines.append(f"    {word}")
        else:
            lines[-1] = longer
    return "\n".join(lines)


def _part(name):
    """The prefix of a log that says which part of the data it is of."""
    return next((part for part in ("val_", "test_") if name.startswith(part)), "")
