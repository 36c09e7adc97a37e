"""Save a run while it is trained, and continue it after a kill as if nothing had happened."""

import contextlib
import math
import re
import time
import warnings

import keras

from kerasdl import interruption, random_state
from kerasdl.callbacks._attributes import Attributes
from kerasdl.callbacks._captured import (
    Captured,
    by_name,
    capture_callbacks,
    capture_variables,
    shapes_of,
    variables_of,
)
from kerasdl.callbacks._snapshots import DamagedSnapshot, Snapshots
from kerasdl.callbacks._step_means import running_values
from kerasdl.errors import UsageError

SHARE = 0.01  # of the training time that saving may take, where `every` is left open
SECONDS = 20.0  # between two saves then
AT_ONCE = 1.0  # seconds within which several signals are one


class Checkpoint(keras.callbacks.Callback):
    """Saves all that the next update depends on: at the end of epochs, and within them.

    That is: weights and moving statistics, the state of every generator, the optimizer's
    variables, the running metrics, the position in the order of the examples, and the state of
    the other callbacks: what `get_state()` gives, or else their attributes, as far as these are
    numbers, texts, arrays, and lists and dictionaries of them; `notify` is told of others.
    A run that is continued from the file is, bit for bit, the run that was not killed: in its
    weights and its logs, times aside. The last two files are kept, each with a checksum; where
    one is damaged, `notify` is told so, and the one before it is taken.

    Args:
        every: number of updates (`100`, `"100"`) or of seconds (`"30s"`) between two saves
            within an epoch; each epoch's end is saved too. `None` for every 20 seconds and
            every epoch, as long as saving takes at most one hundredth of the time.
        notify: function that is called with a sentence on where a run continues, and on files
            that are damaged. `None` is silent about the former, and warns of the latter.

    Raises:
        UsageError: `every` is neither.

    Example:
    >>> checkpoint = Checkpoint(every="30s")
    >>> checkpoint.seconds
    30.0
    """

    def __init__(self, every=None, notify=None):
        super().__init__()
        self.updates, self.seconds = _parsed(every)
        self.thrifty = every is None
        self.notify = notify or (lambda sentence: None)
        self.warn = notify or warnings.warn
        self._asked_at = None  # by a signal, to stop

    def attach(self, folder, owner, steps, parts=(), others=()):
        """Say what is saved where.

        Afterwards `first` is a callback that has to stand before all others, as this one stands
        after them.

        Args:
            folder: of the run.
            owner: dictionary for JSON, what the run is: a file of another is refused.
            steps: number of updates in an epoch.
            parts: callbacks to save along. Each has `get_state()`, a dictionary of NumPy arrays
                and of values that JSON can hold, and `set_state(state)`, which is called before
                training begins; `set_state_within_epoch(state)`, if there is one, is called
                when an epoch that was begun has begun again.
            others: callbacks of any kind, to save along too. Their state is set after they have
                begun the training and, where it goes on within an epoch, that epoch.
        """
        self.snapshots, self.owner, self.steps = Snapshots(folder), owner, steps
        self.parts = by_name(part for part in parts if part is not None)
        self.others = by_name(others)
        self.first = _BeforeOthers(self)
        self.has_stopped = False
        self._resumed, self._random, self._asked_at = None, None, None
        self._at = None  # epoch and step of the last save
        self._saved_at, self._cost = time.perf_counter(), 0.0

    def restore(self, model):
        """Bring a compiled `model`, and the parts, to the state in the newest sound file.

        Returns:
            Epochs that are done, and updates of the epoch after them; `(0, 0)`, with the model
            unchanged, where there is no file. `has_stopped` says whether training ended there,
            because a callback had stopped it.

        Raises:
            UsageError: the file is of another run or network.
        """
        if (found := self._newest_sound()) is None:
            self._expect_none_of_old()
            return 0, 0
        path, captured = found
        entries = captured.entries
        model.optimizer.build(model.trainable_variables)
        if entries["owner"] != self.owner or entries["shapes"] != shapes_of(model):
            raise UsageError(
                f"{path} was saved while another network was trained, or on another backend: "
                "--overwrite starts anew, --out writes elsewhere."
            )
        epoch, step = entries["epoch"], entries["step"]
        self._at = epoch, step
        self.has_stopped = entries["stopped"]
        self._resumed = captured
        captured.assign(variables_of(model), "state")
        captured.give(self.parts, "parts", "set_state")
        within = f", update {step} of {self.steps}" if step else ""
        self.notify(
            f"continuing after epoch {epoch}, with which training ended"
            if self.has_stopped
            else f"continuing with epoch {epoch + 1}{within}"
        )
        for sentence in captured.lost(self.others):
            self.notify(sentence)
        return epoch, step

    def on_train_begin(self, logs=None):
        """Give the other callbacks their state; those before this one have begun anew."""
        for each in self.others.values():
            if isinstance(each, Attributes):
                each.observe()
        if self._resumed is not None:
            self._resumed.give(self.others, "others", "set_state")

    def on_epoch_begin(self, epoch, logs=None):
        """Go on in the middle of the epoch, if that is where the file was saved."""
        self._epoch = epoch
        self._counted_from = 0
        captured, self._resumed = self._resumed, None
        if captured is None or not captured.entries["step"] or epoch != captured.entries["epoch"]:
            return
        self._counted_from = captured.entries["step"]
        # Keras and the callbacks before this one have begun the epoch from its start.
        captured.assign(variables_of(self.model), "state")
        captured.assign(self.model.metrics_variables, "metrics")
        captured.give(self.parts, "parts", "set_state_within_epoch")
        captured.give(self.others, "others", "set_state")
        captured.give(self.others, "others", "set_state_within_epoch")
        self._random = captured.below("random/")

    def before_update(self, batch):
        """Save after so many updates or seconds: before any callback knows of the next update."""
        if self._random is not None:  # now: PyTorch's loader draws when an epoch begins
            random_state.set_state(self._random)
            self._random = None
        if batch == 0 or self._at == (self._epoch, batch):
            return
        if self._asked_at is not None:
            self._save(self._epoch, batch)
            self._stop(self._epoch, batch)
        elif self._is_due(batch):
            self._save(self._epoch, batch)

    def on_epoch_end(self, epoch, logs=None):
        """Save, unless the last save was a moment ago or the loss is no number any more."""
        # A run that is resumed has to diverge again, to be stopped for it.
        is_sound = math.isfinite((logs or {}).get("loss", 0.0))
        # The last one is not trained again, whatever comes after it.
        is_last = epoch + 1 == self.params.get("epochs") or self.model.stop_training
        is_asked = self._asked_at is not None
        if is_sound and (is_last or is_asked or not self.thrifty or self._is_cheap()):
            self._save(epoch + 1, 0)
        if is_asked:
            self._stop(epoch + 1, 0)

    @contextlib.contextmanager
    def ends_in_order(self):
        """Within it, the first Ctrl-C or SIGTERM lets the update end, saves, and interrupts.

        The second one interrupts at once (see `kerasdl.interruption` for the signals), unless it
        comes within a second: a key is held down, or a scheduler signals a process and its group.
        """

        def ask(number, frame):
            now = time.monotonic()
            if self._asked_at is None:
                self._asked_at = now
            elif now - self._asked_at > AT_ONCE:
                interruption.interrupt()

        with interruption.handled_by(ask):
            yield

    def clear(self):
        """Remove the files, once the run has ended."""
        self.snapshots.clear()

    def _newest_sound(self):
        """Path and content of the newest file that is not damaged; `None` without one."""
        paths = self.snapshots.paths()
        for path in paths:
            try:
                captured = Captured(*self.snapshots.read(path))
                if not captured.is_whole():
                    raise DamagedSnapshot("is damaged: it holds something else")
                return path, captured
            except DamagedSnapshot as error:
                self.warn(f"{path} {error}")
        if paths:
            self.warn("no checkpoint is sound: training begins anew")
        return None

    def _expect_none_of_old(self):
        old = self.snapshots.folder / "checkpoint.npz"
        if old.exists():
            raise UsageError(
                f"{old} was saved by kerasdl 0.2, whose random draws were others: end the run with "
                "that version, or --overwrite starts anew."
            )

    def _is_due(self, batch):
        if self.updates is not None:
            return batch - self._counted_from >= self.updates
        passed = time.perf_counter() - self._saved_at >= self.seconds
        return passed and (not self.thrifty or self._is_cheap())

    def _is_cheap(self):
        return (time.perf_counter() - self._saved_at) * SHARE >= self._cost

    def _is_sound(self):
        """Whether the loss of the running epoch is a number."""
        return math.isfinite(running_values(self.model).get("loss", 0.0))

    def _save(self, epoch, step):
        if self._at == (epoch, step) or (step and not self._is_sound()):
            return
        started = time.perf_counter()
        model = self.model
        arrays = capture_variables(variables_of(model), "state")
        arrays |= capture_variables(model.metrics_variables, "metrics")
        arrays |= {f"random/{name}": array for name, array in random_state.state().items()}
        entries = {
            "owner": self.owner,
            "epoch": epoch,
            "step": step,
            "stopped": bool(model.stop_training),
            "shapes": shapes_of(model),
            "unknown": {
                name: lost
                for name, each in self.others.items()
                if isinstance(each, Attributes) and (lost := each.unknown())
            },
        }
        for group, callbacks in (("parts", self.parts), ("others", self.others)):
            captured = capture_callbacks(callbacks, group)
            entries |= captured.entries
            arrays |= captured.arrays
        self.snapshots.write(epoch * self.steps + step, entries, arrays)
        self._at, self._counted_from = (epoch, step), step
        self._saved_at = time.perf_counter()
        self._cost = self._saved_at - started

    def _stop(self, epoch, step):
        interruption.ignore()
        if self._at != (epoch, step):
            raise KeyboardInterrupt("not saved, since the loss is no number any more")
        within = f", update {step}" if step else ""
        raise KeyboardInterrupt(
            f"saved at epoch {epoch + (step > 0)}{within}: {interruption.RESUME}"
        )


class _BeforeOthers(keras.callbacks.Callback):
    """Lets a `Checkpoint` save before the other callbacks know of an update."""

    def __init__(self, checkpoint):
        super().__init__()
        self._checkpoint = checkpoint

    # Not `on_train_batch_end`: overriding it makes Keras on JAX fetch every batch's logs.

    def on_train_batch_begin(self, batch, logs=None):
        self._checkpoint.before_update(batch)


def _parsed(every):
    """Updates and seconds, one of which is `None`."""
    if every is None:
        return None, SECONDS
    text = str(every).strip()
    if re.fullmatch(r"[0-9]{1,9}", text) and int(text) > 0:
        return int(text), None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?s", text) and float(text[:-1]) > 0:
        return None, float(text[:-1])
    raise UsageError(
        "A checkpoint is saved every so many updates, as in 100, or seconds, as in 30s; "
        f"received {every!r}."
    )
