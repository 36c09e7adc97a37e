"""Training as `kerasdl train` does it, in a process of its own that times the parts of each step.

    python -m kerasdl.benchmarks.step_parts vit --precision float32 --wait

It prints the lines of `kerasdl.benchmarks.contender`. That of an epoch also has `milliseconds`: what
each part took of a step. That of the first has `operations` instead, on PyTorch: how long PyTorch's
own operations took in a step, by its profiler.
"""

import argparse
import contextlib
import sys
import tempfile
import time

import keras

from kerasdl import allocation, training
from kerasdl.benchmarks import paired
from kerasdl.benchmarks.contender import ENDLESS, EpochLines
from kerasdl.benchmarks.workload import PRECISIONS, WORKLOADS, Setting
from kerasdl.errors import UsageError

INNER = ("forward", "loss", "gradients", "optimizer", "metrics")
REST, STEP, BETWEEN, ALL = "rest of the step", "step", "between steps", "all"
PROFILED = 10  # steps


def main(words=None):
    """Train; returns the exit code."""
    began = time.perf_counter()
    args = _parser().parse_args(words)
    try:
        setting = Setting.of(args.workload, args.precision, args.images, batch_size=args.batch_size)
        lines = StepLines(setting, sys.stdout, began, epochs=None if args.wait else args.epochs)
        dataset = paired.noise(setting.images, setting.shape, setting.classes)
        with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as out:
            allocation.keep_freed_memory()  # as `kerasdl train` does
            training.train(setting.recipe(ENDLESS), dataset=dataset, out=out, callbacks=[lines])
    except UsageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


class StepLines(EpochLines):
    """Prints what the parts of a step took, with what an epoch measured.

    On TensorFlow and JAX a step is one call, which asks for its batch too. JAX returns from it
    before it has computed: each step is waited for, so that nothing is done beside it.
    """

    def on_train_begin(self, logs=None):
        self._seconds, self._undo = {}, contextlib.ExitStack()
        self._profiler, self._operations = None, {}
        time_parts(self.model, self._seconds, self._undo)

    def on_train_end(self, logs=None):
        self._undo.close()

    def on_epoch_begin(self, epoch, logs=None):
        self._seconds.clear()
        super().on_epoch_begin(epoch, logs)
        self._is_first = epoch == 0

    def on_train_batch_begin(self, batch, logs=None):
        super().on_train_batch_begin(batch, logs)
        if self._is_first and keras.backend.backend() == "torch":
            if batch == 1:
                self._profiler = OperationTimer()
            elif batch == 1 + PROFILED:
                self._stop_profiler(steps=PROFILED)

    def _stop_profiler(self, steps):
        """Not at the end of a step: Keras calls that in another thread, which has no profiler."""
        self._operations = {"operations": round(self._profiler.stop() / steps, 4)}
        self._profiler = None

    def measured(self, epoch, seconds):
        """In the first epoch, which is not counted, `operations`; then `milliseconds`."""
        if epoch == 0:
            if self._profiler is not None:
                self._stop_profiler(steps=self.params["steps"] - 1)
            return self._operations
        parts = {**self._seconds, ALL: seconds, BETWEEN: seconds - self._seconds[STEP]}
        inner = [parts[name] for name in INNER if name in parts]
        if inner:
            parts[REST] = parts.pop(STEP) - sum(inner)
        order = [name for name in (ALL, STEP, *INNER, REST, BETWEEN) if name in parts]
        factor = 1000 / self.params["steps"]
        return {"milliseconds": {name: round(factor * parts[name], 4) for name in order}}


def time_parts(network, seconds, undo):
    """Have a network that is being fitted add up how long it is at what.

    Args:
        network: a compiled `keras.Model` whose `fit` has begun.
        seconds: dictionary: part -> seconds, to which is added.
        undo: `contextlib.ExitStack` that ends it.
    """
    name = keras.backend.backend()

    def time_part(part, owner, attribute):
        function = getattr(owner, attribute)

        def timed(*args, **kwargs):
            began = time.perf_counter()
            result = function(*args, **kwargs)
            if name == "jax":
                import jax

                jax.block_until_ready(result)
            seconds[part] = seconds.get(part, 0.0) + time.perf_counter() - began
            return result

        if attribute in vars(owner):
            undo.callback(setattr, owner, attribute, function)
        else:
            undo.callback(delattr, owner, attribute)
        setattr(owner, attribute, timed)

    time_part(STEP, network, "train_function")
    if name == "torch":
        import torch

        places = (
            (network, "call"),
            (network, "compute_loss"),
            (torch.Tensor, "backward"),
            (network.optimizer, "apply"),
            (network, "compute_metrics"),
        )
        for part, place in zip(INNER, places, strict=True):
            time_part(part, *place)


class OperationTimer:
    """PyTorch's profiler, from now on, of its operations on a CPU."""

    def __init__(self):
        from torch import profiler

        self._profiler = profiler.profile(activities=[profiler.ProfilerActivity.CPU])
        self._profiler.start()

    def stop(self):
        """Milliseconds that operations took: what one calls within it is counted once."""
        self._profiler.stop()
        operations = (
            each for each in self._profiler.key_averages() if each.key.startswith("aten::")
        )
        return sum(each.self_cpu_time_total for each in operations) / 1000


def _parser():
    parser = argparse.ArgumentParser(prog="python -m kerasdl.benchmarks.step_parts")
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    for name in ("batch-size", "images"):
        parser.add_argument(f"--{name}", type=int, help="as in the recipe without it")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--wait", action="store_true", help="for a line before each epoch")
    return parser


if __name__ == "__main__":
    sys.exit(main())
