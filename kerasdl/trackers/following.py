"""Keep trackers up to date with the `log.csv` of a run, whatever becomes of either."""

import contextlib
import csv
import importlib
import importlib.util
import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kerasdl import files, text
from kerasdl.errors import UsageError
from kerasdl.runs import directory


@dataclass(frozen=True)
class TrackedRun:
    """What trackers are told of a run.

    Attributes:
        recipe: name of the recipe.
        name: of the run, unique within its recipe: backend, seed and what was changed.
        folder: the run directory.
        settings: the configuration: dotted path -> number, text, or list of these.
    """

    recipe: str
    name: str
    folder: Path
    settings: Mapping


def parse(words):
    """The trackers that a command line names.

    Args:
        words: such as `["tensorboard", "mlflow:sqlite:///runs.db"]`.

    Returns:
        Dictionary of name to target.

    Raises:
        UsageError: a tracker is unknown, named twice, or its package is not installed.

    Example:
    >>> parse(["neptune"])
    Traceback (most recent call last):
    kerasdl.errors.UsageError: --track should be one of mlflow, tensorboard, wandb; received 'neptune'.
    """
    from kerasdl.trackers import TRACKERS

    found = {}
    for word in words:
        name, _, target = word.partition(":")
        if name not in TRACKERS:
            raise UsageError(
                f"--track should be one of {', '.join(TRACKERS)}; received {name!r:.40}."
            )
        if name in found:
            raise UsageError(f"--track should name {name} once.")
        missing = [each for each in _module(name).NEEDS if importlib.util.find_spec(each) is None]
        if missing:
            raise UsageError(
                f"--track {name} needs {' and '.join(missing)}: "
                f"try pip install {' '.join(missing)}."
            )
        found[name] = target
    return found


@contextlib.contextmanager
def followers(words, run, notify=print):
    """Within it a run is tracked; at its end the trackers learn how it ended.

    Args:
        words: as of `parse`.
        run: the `TrackedRun`.
        notify: called with a sentence where a tracker fails. It is then left alone; nothing that a
            tracker raises goes on.

    Yields:
        `Followers`.

    Raises:
        UsageError: as `parse`.
    """
    following = Followers(parse(words), run, notify)
    try:
        yield following
    finally:
        following.end()


class Followers:
    """The trackers of one run. What each has of it already stands in its `tracked.json`.

    So a run that is resumed goes on in the same tracked run, and what a kill kept from a tracker, or
    a `--track` that came later, is told from `log.csv`.

    Args:
        targets: dictionary of a tracker's name to its target.
        run: the `TrackedRun`.
        notify: called with a sentence where a tracker fails.
    """

    def __init__(self, targets, run, notify=print):
        self._targets, self._run, self._notify = dict(targets), run, notify
        self._trackers, self._identities, self._epochs = {}, {}, {}

    @property
    def are_following(self):
        """Whether there is a tracker that has begun and not failed."""
        return bool(self._trackers)

    def begin(self, first_epoch):
        """Begin, or go on, with the epochs after the first `first_epoch`."""
        known = self._read()
        for name, target in self._targets.items():
            with self._guarded(name):
                before = known.get(name, {})
                tracker = _module(name).Tracker(target, self._run)
                self._trackers[name] = tracker
                done = min(before.get("epochs", 0), first_epoch)
                self._identities[name] = tracker.begin(before.get("identity"), done)
                self._epochs[name] = done
        self.catch_up()

    def catch_up(self):
        """Tell each tracker the rows of `log.csv` that it does not have yet."""
        rows = _rows(self._run.folder / directory.LOG) if self._trackers else []
        for name, tracker in tuple(self._trackers.items()):
            for epoch, values in rows:
                if epoch > self._epochs.get(name, 0) and name in self._trackers:
                    with self._guarded(name):
                        tracker.log(epoch, values)
                        self._epochs[name] = epoch
        self._write()

    def show(self, pictures, artifacts):
        """Tell each tracker what a run that has ended leaves behind.

        Args:
            pictures: dictionary of name to PNG file.
            artifacts: files.
        """
        for name, tracker in tuple(self._trackers.items()):
            with self._guarded(name):
                for each, path in pictures.items():
                    tracker.picture(each, path)
                for path in artifacts:
                    tracker.artifact(path)

    def end(self):
        """Tell each tracker how the run has ended, by its `result.json`."""
        status = "failed"
        with contextlib.suppress(UsageError):
            status = directory.read_result(self._run.folder).get("status", status)
        for name, tracker in tuple(self._trackers.items()):
            with self._guarded(name):
                tracker.end(status)
        self._trackers.clear()

    @contextlib.contextmanager
    def _guarded(self, name):
        """Within it a tracker is spoken to, which is left alone after any trouble of its own."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except Exception as error:  # whatever tracker, network and disk make of it
            self._trackers.pop(name, None)
            reason = text.one_line(error) or type(error).__name__
            self._notify(f"NOTICE: {name} does not follow this run any further: {reason:.300}")

    def _read(self):
        """Dictionary of a tracker's name to the `identity` of the run there and its `epochs`."""
        path = self._run.folder / directory.TRACKED
        with contextlib.suppress(UsageError):
            entries = files.read_json(path) if path.exists() else {}
            if isinstance(entries, dict) and all(map(_is_entry, entries.values())):
                return entries
        return {}

    def _write(self):
        entries = {
            name: {"identity": self._identities[name], "epochs": self._epochs[name]}
            for name in self._epochs
        }
        try:
            files.write_json(self._run.folder / directory.TRACKED, self._read() | entries)
        except OSError as error:
            self._notify(f"NOTICE: {error.filename} cannot be written: {error.strerror}")


def _module(name):
    return importlib.import_module(f"kerasdl.trackers.{name}")


def _is_entry(entry):
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("identity"), str)
        and type(entry.get("epochs")) is int
    )


def _rows(path):
    """The whole lines of a `log.csv`: pairs of an epoch and its numbers by column."""
    with contextlib.suppress(UsageError, ValueError, KeyError):
        content = files.read_bytes(path, at_most=directory.LARGEST_LOG)
        lines = content[: content.rfind(b"\n") + 1].decode("utf-8")
        return [
            (int(row["epoch"]), dict(_numbers(row)))
            for row in csv.DictReader(io.StringIO(lines, newline=""))
        ]
    return []


def _numbers(row):
    for column, word in row.items():
        if column != "epoch" and word:
            with contextlib.suppress(ValueError):  # a column of words
                yield column, float(word)
