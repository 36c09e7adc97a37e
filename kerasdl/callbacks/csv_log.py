"""Log a run into CSV files: a line an epoch and, on request, a line every few steps."""

import math

import keras

from kerasdl.callbacks._learning_rates import last_learning_rate
from kerasdl.callbacks._step_means import StepMeans, running_values
from kerasdl.callbacks._table import Table
from kerasdl.errors import UsageError

LAST = ("learning_rate", "seconds", "images_per_second")  # columns, after all metrics


class CSVLog(keras.callbacks.Callback):
    """Writes the logs of every epoch as a line of a CSV file.

    The columns are `epoch` (from 1), `loss`, the metrics, `val_*`, `test_*`,
    `learning_rate`, `seconds`, `images_per_second`, as far as the logs have them;
    NaN and infinity are `nan` and `inf`, which pandas reads as floats. A line is
    on disk when the epoch ends. A kill while a line is written loses at most that
    line, and the next start with `append=True` repairs the file. This callback stands
    after those whose logs it writes.

    With `append=True` an existing table is continued: no second header; rows of
    epochs that are trained again are replaced; other metrics than the table's are an
    error, which leaves the file as it was. Without, an existing file is replaced.

    With `steps_path` and `every`, a second file gets a line every `every` steps:
    `step` (from 1, over all epochs), `epoch`, `loss`, the metrics and
    `learning_rate`. These are means over the steps since the line before, not
    Keras' running means since the start of the epoch. Lines are counted within an
    epoch, and its end closes the last one, which may be shorter: every step is in
    exactly one line, and a resumed epoch starts afresh. On JAX a line costs one
    synchronisation with the device; without these arguments nothing is done
    during an epoch.

    Args:
        path: the CSV file; folders are made.
        append: continue an existing table.
        steps_path: the second CSV file.
        every: number of steps between two lines of the second file.
        constants: dictionary of columns that are the same in every line, and come last.

    Raises:
        UsageError: with `append`, the existing file is no such table (when training
            begins), or has other columns (when its first epoch ends).

    Example:
    >>> log = CSVLog("runs/log.csv", steps_path="runs/steps.csv", every=100)
    >>> history = model.fit(x, y, epochs=2, callbacks=[log], verbose=0)
    >>> list(pandas.read_csv("runs/log.csv").columns)
    ['epoch', 'loss', 'accuracy']
    """

    def __init__(self, path, append=False, steps_path=None, every=None, constants=None):
        super().__init__()
        if (steps_path is None) != (every is None):
            raise UsageError(
                "Expected steps_path and every together. "
                f"Received: steps_path={steps_path!r}, every={every!r}"
            )
        if every is not None and every < 1:
            raise UsageError(f"Expected every to be a positive whole number. Received: {every!r}")
        self.path = path
        self.append = append
        self.every = every
        self.constants = dict(constants or {})
        self._table = Table(path, append)
        self._steps = None if steps_path is None else Table(steps_path, append)

    def on_train_begin(self, logs=None):
        self._table.begin()
        if self._steps is not None:
            self._steps.begin()
            self._means = StepMeans()
            self._execution = self.model.steps_per_execution
            self._done = 0

    def on_epoch_end(self, epoch, logs=None):
        if self._steps is not None:
            self._close_steps(logs or {})
        self._table.write(_row({"epoch": epoch + 1}, logs or {}) | self.constants)

    def get_state(self):
        """What `Checkpoint` saves: the tables, and where the open line of the second began.

        Whole, since a log may be lost too: a row is about 70 bytes, so 1,000 epochs add 70 kB to
        each file, and a line of the second table 35 bytes; CIFARNet and its optimizer are 16 MB.
        """
        state = {"table": self._table.text()}
        if self._steps is not None:
            state |= {"steps": self._steps.text(), "written": self._written}
            state |= {f"means/{i}": array for i, array in enumerate(self._means.state(self.model))}
        return state

    def set_state(self, state):
        """Bring the files back to what they were, whatever has become of them since."""
        self._table.replace(state["table"])
        if self._steps is not None:
            self._steps.replace(state["steps"])

    def set_state_within_epoch(self, state):
        """Go on with the open line of the second file."""
        if self._steps is not None:
            self._written = state["written"]
            count = len(self.model.metrics_variables)
            self._means.set_state(self.model, [state[f"means/{i}"] for i in range(count)])

    # The second file is written in `on_train_batch_begin`, not in `on_train_batch_end`:
    # overriding the latter makes Keras on JAX fetch every batch's logs from the device.
    # The property `self.model` is read only where a line is written: on JAX that moves
    # the training state into the model.

    def on_epoch_begin(self, epoch, logs=None):
        if self._steps is None:
            return
        steps = (self.params or {}).get("steps")
        self._first = epoch * steps if steps else self._done
        self._epoch = epoch + 1
        self._begun = self._written = 0
        self._open = True
        self._means.restart(self.model)

    def on_train_batch_begin(self, batch, logs=None):
        if self._steps is None:
            return
        if batch - self._written >= self.every:
            self._write_steps(batch)
        self._begun = batch + self._execution

    def on_test_begin(self, logs=None):
        # Keras' own validation within `fit` is about to reset the metrics.
        if self._steps is not None and getattr(self, "_open", False):
            self._close_steps()

    def _close_steps(self, logs=None):
        if not self._open:
            return
        self._open = False
        done = min(self._begun, (self.params or {}).get("steps") or math.inf)
        self._done = self._first + done
        if done > self._written and (logs is None or self._undisturbed(logs)):
            self._write_steps(done)
        self._steps.sync()

    def _undisturbed(self, logs):
        """Whether the metrics are of training still, and not of another callback's evaluation."""
        loss, logged = running_values(self.model).get("loss"), logs.get("loss")
        return loss == logged or (math.isnan(loss) and math.isnan(logged))

    def _write_steps(self, done):
        logs = self._means.read(self.model)
        logs["learning_rate"] = last_learning_rate(self.model.optimizer)
        row = _row({"step": self._first + done, "epoch": self._epoch}, logs)
        self._steps.write(row | self.constants, sync=False)
        self._written = done


def _row(first, logs):
    """`first` and the logs in the order of the columns."""

    def position(name):
        if name in LAST:
            return 3 + LAST.index(name), False, name
        part = 1 if name.startswith("val_") else 2 if name.startswith("test_") else 0
        return part, name.removeprefix("val_").removeprefix("test_") != "loss", name

    return first | {name: logs[name] for name in sorted(logs, key=position)}
