"""One side of `kerasdl bench streaming`, in a process of its own.

    python -m kerasdl.benchmarks.streaming_contender stream FOLDER|TABLE --batch-size N [--epoch N]

It follows the protocol of `kerasdl.benchmarks.rounds`, and reads a line before each epoch.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile
import threading
import time
from types import SimpleNamespace

from kerasdl import recipes, training
from kerasdl.benchmarks.contender import ENDLESS, EpochLines
from kerasdl.benchmarks.streaming import IMAGE_SIZE, UNTIMED, trained_recipe
from kerasdl.datasets import PictureOptions, list_csv, list_folder, load_pictures

INTERVAL = 0.5  # seconds between two readings of the memory


def main(words=None):
    """Train one side; returns the exit code."""
    began = time.perf_counter()
    parser = argparse.ArgumentParser(prog="python -m kerasdl.benchmarks.streaming_contender")
    parser.add_argument("side", choices=("stream", "memory"))
    parser.add_argument("source", type=pathlib.Path, help="a folder of pictures, or a table")
    parser.add_argument("--epoch", type=int, help="pictures of an epoch, the first ones; else all")
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--first-batches", type=int, default=1, help="of which it is ready")
    args = parser.parse_args(words)
    memory = TreeMemory()
    recipe = recipes.override(trained_recipe(args.batch_size), {"epochs": ENDLESS})
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as runs:
        list_source = list_folder if args.source.is_dir() else list_csv
        options = PictureOptions(image_size=IMAGE_SIZE, stream=args.side == "stream")
        held = load_pictures(list_source(args.source), options)
        data = held.limited(train=args.epoch)  # of arrays, a view: all of them stay in memory
        epoch = SimpleNamespace(images=len(data.train), batch_size=recipe.batch_size)
        lines = LinesWithMemory(epoch, out, began, memory, args.first_batches)
        training.train(recipe, dataset=data, out=runs, callbacks=[lines])
    return 0


class LinesWithMemory(EpochLines):
    """The same lines, with the memory of this process and of those that it has started.

    The first batches of an epoch are not timed: some were decoded while the other side trained.

    Args:
        setting, stream, began: as of `EpochLines`.
        memory: a `TreeMemory`.
        first_batches: after how many batches it is ready.
    """

    needs_each_update = True

    def __init__(self, setting, stream, began, memory, first_batches=1):
        super().__init__(setting, stream, began, epochs=None)
        self._memory, self._first_batches = memory, first_batches

    def on_train_batch_begin(self, batch, logs=None):
        if batch >= self._first_batches:
            super().on_train_batch_begin(batch, logs)
        if batch == UNTIMED:
            self._timed_images = self.setting.images - UNTIMED * self.setting.batch_size
            self._untimed = time.perf_counter() - self._epoch_began

    def _print(self, **entries):
        super()._print(**entries, tree_memory_mib=self._memory.peak)


class TreeMemory:
    """Reads the memory of this process and of its descendants, as long as it lives.

    What they share counts once (proportional set size).

    Attributes:
        peak: the most so far, in MiB; `None` on a system that does not tell.
    """

    def __init__(self):
        self.peak = tree_memory()
        if self.peak is not None:
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while True:
            time.sleep(INTERVAL)
            self.peak = max(self.peak, tree_memory() or 0)


def tree_memory(pid="self"):
    """MiB of a process and of its descendants; `None` where /proc does not tell.

    Example:
    >>> tree_memory() > 1  # on Linux
    True
    """
    process = pathlib.Path("/proc") / str(pid)
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
        total = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        lists = [path.read_text().split() for path in process.glob("task/*/children")]
    except (OSError, StopIteration):  # not on Linux, or it has ended
        return None
    children = (tree_memory(child) for each in lists for child in each)
    return round(total + sum(filter(None, children)), 1)


if __name__ == "__main__":
    sys.exit(main())
