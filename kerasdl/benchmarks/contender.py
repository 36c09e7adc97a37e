"""One side of `kerasdl bench training`, in a process of its own: our recipe, or Keras' `fit`.

    python -m kerasdl.benchmarks.contender ours regularization --epochs 3

It prints a line of JSON when its first step is done, one an epoch, and one at the end, as the
hand-written loops in `scripts/native/` do. With `--wait` it reads a line from its standard input
before each epoch, and ends where there is none.
"""

import argparse
import contextlib
import dataclasses
import json
import sys
import tempfile
import threading
import time

import keras
import numpy as np

from kerasdl import allocation, backend, callbacks, text, training
from kerasdl.benchmarks import paired
from kerasdl.benchmarks.plain import plain_labels, plain_network
from kerasdl.benchmarks.workload import PRECISIONS, WORKLOADS, Setting
from kerasdl.errors import UsageError

ENDLESS = 10_000  # epochs: `EpochLines` ends the training


def main(words=None):
    """Train one side; returns the exit code."""
    began = time.perf_counter()
    args = _parser().parse_args(words)
    try:
        setting = Setting.of(
            args.workload,
            args.precision,
            args.images,
            batch_size=args.batch_size,
            image_size=args.image_size,
            depth=args.depth,
        )
        lines = EpochLines(setting, sys.stdout, began, epochs=None if args.wait else args.epochs)
        with contextlib.redirect_stdout(sys.stderr):  # nothing else between the lines
            if args.side == "ours" and not args.gives_memory_back:
                allocation.keep_freed_memory()  # as `kerasdl train` does
            if args.jit_compile:
                _train_ours(setting, lines, jit_compile=True)
            else:
                SIDES[args.side](setting, lines)
    except UsageError as error:
        print(text.one_line(error), file=sys.stderr)
        return error.exit_code
    return 0


def use_precision(precision):
    """Let layers that are built from now on compute in `precision`, as a plain script would."""
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")


def _train_ours(setting, lines, jit_compile=False):
    """As `kerasdl train` does: with its order, its draws, its logs and its checkpoints."""
    recipe = dataclasses.replace(setting.recipe(ENDLESS), jit_compile=jit_compile)
    dataset = paired.noise(setting.images, setting.shape, setting.classes)
    with tempfile.TemporaryDirectory() as out:
        training.train(recipe, dataset=dataset, out=out, callbacks=[lines])


def _train_plain(setting, lines):
    """As a script of plain Keras does: arrays given to `fit`, and all else left as it is."""
    use_precision(setting.precision)
    train = paired.noise(setting.images, setting.shape, setting.classes).train
    network = plain_network(setting.workload, setting.shape, setting.classes, setting.depth)
    network.fit(
        train.x,
        plain_labels(setting.workload, train.y, setting.classes),
        batch_size=setting.batch_size,
        epochs=ENDLESS,
        verbose=0,
        callbacks=[callbacks.Throughput(setting.images), lines],
    )


SIDES = {"ours": _train_ours, "keras": _train_plain}


class EpochLines(callbacks.Progress):
    """Prints what an epoch measured as a line of JSON, and waits until the next one may begin.

    `kerasdl.training.train` puts a `Progress` last, so that logs and checkpoints of an epoch are
    written before its line is: nothing is computed while another contender has its turn.

    Args:
        setting: of the workload.
        stream: of the lines.
        began: `time.perf_counter()` when the contender began, after its imports.
        epochs: number of epochs to train; `None` to wait for a line of standard input before each.
    """

    def __init__(self, setting, stream, began, epochs):
        super().__init__(stream, live=False)
        self.setting, self.began, self.epochs = setting, began, epochs
        self._first_step = threading.Event()
        self._is_ready = False

    needs_each_update = False

    @property
    def needs_batch_end(self):
        """Until the first step has ended."""
        return not self._is_ready

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_began = time.perf_counter()
        self._timed_images, self._untimed = self.setting.images, 0.0

    def on_train_batch_end(self, batch, logs=None):
        # Keras on JAX calls this in a thread beside training, when the logs have been computed.
        self._first_step.set()

    def on_train_batch_begin(self, batch, logs=None):
        if self._is_ready or batch == 0:
            return
        self._first_step.wait()
        self._become_ready()
        # The rest of the epoch counts as the first one.
        self._timed_images -= batch * self.setting.batch_size
        self._untimed = time.perf_counter() - self._epoch_began

    def _become_ready(self):
        """After the first call of the training function, of one step or of several."""
        self._is_ready = True
        weights = self.model.trainable_variables
        self._print(
            ready=True,
            compile_seconds=round(time.perf_counter() - self.began, 3),
            parameters=int(sum(np.prod(weight.shape, dtype=int) for weight in weights)),
            accelerators=backend.accelerators(),
        )
        self._wait()

    def on_epoch_end(self, epoch, logs=None):
        if not self._is_ready:  # the whole epoch was one call, and counts
            self._become_ready()
        self._print(
            epoch=epoch + 1,
            images_per_second=round(self._timed_images / (logs["seconds"] - self._untimed), 1),
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            peak_memory_mib=_peak_memory(),
            **self.measured(epoch, logs["seconds"]),
        )
        self._wait()

    def measured(self, epoch, seconds):
        """Further entries of the line of an epoch, counted from 0, whose training took so long."""
        return {}

    def _wait(self):
        """Return when the next epoch may begin; end the process where there is to be none."""
        if self.epochs is None:
            may_begin = bool(sys.stdin.readline())
        else:
            may_begin, self.epochs = self.epochs > 0, self.epochs - 1
        if not may_begin:
            self._print(done=True, peak_memory_mib=_peak_memory())
            raise SystemExit(0)

    def _print(self, **entries):
        print(json.dumps(entries), file=self.stream, flush=True)


def _peak_memory():
    """The most memory that this process has had, in MiB; `None` where the system cannot say."""
    try:
        import resource
    except ImportError:  # on Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def _parser():
    parser = argparse.ArgumentParser(prog="python -m kerasdl.benchmarks.contender")
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    for name in ("batch-size", "images", "image-size", "depth"):
        parser.add_argument(f"--{name}", type=int, help="as in the recipe without it")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--wait", action="store_true", help="for a line before each epoch")
    parser.add_argument(
        "--gives-memory-back", action="store_true", help="what is freed, as without kerasdl"
    )
    parser.add_argument("--jit-compile", action="store_true", help="as the recipe's field has it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
