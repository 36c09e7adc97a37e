"""What the three hand-written training loops share: workloads, command line, epochs and timing.

Needs NumPy alone. A script of a framework gives `main` the names of its variants and a trainer
(see `Trainer`); `main` draws the images, feeds the batches, and prints one JSON object a line:

    {"ready": true, "compile_seconds": ..., "parameters": ...}     after the first step
    {"epoch": 1, "images_per_second": ..., "loss": ..., "accuracy": ...}
    {"done": true, "peak_memory_mib": ...}

With `--wait` an epoch begins when a line arrives on standard input, and the end of the input ends
the process: so a benchmark can let several processes train in turn.
"""

import ctypes
import dataclasses
import json
import resource
import sys
import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from options import SEVERAL, parse, variants_of


@dataclass(frozen=True)
class Workload:
    """A network and how it is trained; the values are those of a recipe of kerasdl.

    Attributes:
        recipe: name of that recipe.
        image_shape: `(height, width, channels)` of its uint8 images.
        classes: number of classes.
        inputs: how pixels are scaled: `"unit"` to [0, 1], `"signed"` to [-1, 1], `"standardize"`
            to mean 0 and deviation 1 in each channel.
        optimizer: `"sgd"`, `"adam"` (betas 0.9 and 0.999, epsilon 1e-8), or `"muon"`: airbench94's,
            Muon for convolutions and SGD for the rest, with its rates for losses summed over the
            batch, which stay those of its first step.
        learning_rate: constant; of Muon.
        momentum: of SGD.
        label_smoothing: the share of each label that all classes have in equal parts.
        batch_size: images a step.
        images: images an epoch, unless said; some seconds of work.
        together: updates in one call of the variant `"several"`, for steps so short that the call of
            one takes a good part of it.
        sizes: those that the network takes as arguments: `side` of its images, `depth` in blocks;
            `None` where it has one size.
    """

    recipe: str
    image_shape: tuple
    classes: int
    inputs: str
    optimizer: str
    learning_rate: float
    batch_size: int
    images: int
    momentum: float = 0.0
    label_smoothing: float = 0.0
    together: int = 1
    sizes: tuple | None = ("side",)

    def scale_and_shift(self, images):
        """Two float32 vectors, an entry a channel: the network sees `pixel * scale + shift`."""
        channels = np.ones(self.image_shape[-1], "float32")
        if self.inputs == "unit":
            return channels / 255, channels * 0
        if self.inputs == "signed":
            return channels / 127.5, -channels
        mean, deviation = images.mean((0, 1, 2)), images.std((0, 1, 2))
        return (1 / deviation).astype("float32"), (-mean / deviation).astype("float32")


WORKLOADS = {
    "regularization": Workload(
        "regularization/baseline", (32, 32, 3), 10, "unit", "sgd", 0.1, batch_size=128, images=6400
    ),
    "dropout": Workload(
        "dropout/model2",
        *((32, 32, 3), 10, "standardize", "sgd", 1e-3),
        momentum=0.9,
        batch_size=32,
        images=6400,
    ),
    "mlp": Workload(
        "mlp_vs_cnn/mlp", (32, 32, 3), 100, "signed", "adam", 1e-4, batch_size=256, images=6400
    ),
    "vit": Workload(
        "transformers/vit_patch_size-7",
        *((28, 28, 1), 10, "unit", "adam", 1e-3),
        batch_size=128,
        images=12800,
        sizes=("side", "depth"),
    ),
    "resnet18": Workload(
        "mlp_vs_cnn/resnet18_scratch",
        *((32, 32, 3), 100, "standardize", "adam", 1e-4),
        batch_size=128,
        images=640,
        sizes=(),
    ),
    "digits": Workload(
        "exercises/digits_best",
        *((28, 28, 1), 10, "unit", "sgd", 0.025),
        batch_size=10,
        images=10_000,
        together=20,
    ),
    "fast": Workload(
        "cifar10/fast",
        *((32, 32, 3), 10, "standardize", "muon", 0.24),
        label_smoothing=0.2,
        batch_size=2000,
        images=4000,
        sizes=None,
    ),
}


class Trainer(Protocol):
    """What a framework's script makes of a workload; called with the `Setting` to train."""

    parameters: int
    """Number of trainable parameters."""

    def step(self, images, labels):
        """Update the weights once.

        Args:
            images: `(batch, height, width, channels)`, uint8.
            labels: `(batch,)`, int32.
        """

    def several(self, images, labels):
        """As many updates, for the variant `"several"`.

        Args:
            images: `(updates, batch, height, width, channels)`, uint8.
            labels: `(updates, batch)`, int32.
        """

    def totals(self):
        """Sum of the losses of all images and number of correct ones since the last call."""


@dataclass(frozen=True)
class Setting:
    """What a trainer is to train, and how.

    Attributes:
        name: of the workload.
        workload: a `Workload`.
        sizes: arguments of its network, a dictionary; what is left out is as in the recipe.
        variant: one of the variants of the framework.
        bfloat16: whether activations and products are bfloat16; weights, statistics and logits
            are float32 all the same.
        scale: float32, an entry a channel.
        shift: likewise; the network sees `pixel * scale + shift`.
    """

    name: str
    workload: Workload
    sizes: dict
    variant: str
    bfloat16: bool
    scale: np.ndarray
    shift: np.ndarray


def noise(workload, count):
    """Images, uint8, and labels, int32, that are noise."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, *workload.image_shape), dtype="uint8")
    return images, rng.integers(0, workload.classes, count, dtype="int32")


def keep_freed_memory():
    """Keep what a step frees for the next one, where the C library is glibc.

    It gives large blocks back to Linux by default, which hands them out anew page by page.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        trim_threshold, mmap_max = -1, -4  # of malloc.h
        mallopt(trim_threshold, -1)  # never
        mallopt(mmap_max, 0)  # no blocks apart from the heap


def main(description, variants, make_trainer):
    """The command line of a framework's script.

    Args:
        description: for `--help`.
        variants: names, the plain one first; `"several"` is one of workloads with short steps only.
        make_trainer: called with a `Setting`, gives a `Trainer`.
    """
    arguments = parse(description, variants, WORKLOADS)
    if arguments.list_variants:
        print("\n".join(variants_of(WORKLOADS.get(arguments.workload), variants)))
        return
    keep_freed_memory()
    workload, batch_size = WORKLOADS[arguments.workload], arguments.batch_size
    sizes = {"side": arguments.image_size, "depth": arguments.depth}
    if arguments.image_size is not None:
        shape = (arguments.image_size, arguments.image_size, workload.image_shape[-1])
        workload = dataclasses.replace(workload, image_shape=shape)
    images, labels = noise(workload, arguments.images)
    setting = Setting(
        arguments.workload,
        workload,
        {name: sizes[name] for name in workload.sizes or () if sizes[name] is not None},
        arguments.variant,
        arguments.precision == "bfloat16",
        *workload.scale_and_shift(images),
    )
    trainer = make_trainer(setting)
    began = time.perf_counter()
    trainer.step(images[:batch_size], labels[:batch_size])
    together = workload.together if arguments.variant == SEVERAL else 1
    if len(images) >= together * batch_size > batch_size:
        first = np.arange(together * batch_size).reshape(together, batch_size)
        trainer.several(images[first], labels[first])
    trainer.totals()
    compile_seconds = time.perf_counter() - began
    _write(ready=True, compile_seconds=compile_seconds, parameters=trainer.parameters)
    rng = np.random.default_rng(1)
    for epoch in _epochs(arguments):
        _write(epoch=epoch, **_train_epoch(trainer, images, labels, batch_size, rng, together))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in KiB, on macOS in bytes
    _write(done=True, peak_memory_mib=peak / (2**20 if sys.platform == "darwin" else 2**10))


def _train_epoch(trainer, images, labels, batch_size, rng, together):
    """One epoch in a new order; the last images, where they fill no batch, are left out."""
    began = time.perf_counter()
    order = rng.permutation(len(images))
    batches = order[: len(images) // batch_size * batch_size].reshape(-1, batch_size)
    count = batches.size
    while together > 1 and len(batches) >= together:
        rows, batches = batches[:together], batches[together:]
        trainer.several(images[rows], labels[rows])
    for rows in batches:
        trainer.step(images[rows], labels[rows])
    loss, correct = trainer.totals()
    seconds = time.perf_counter() - began
    return {
        "images_per_second": count / seconds,
        "loss": loss / count,
        "accuracy": correct / count,
    }


def _epochs(arguments):
    """Numbers of the epochs from 1, each when it is to begin."""
    if not arguments.wait:
        yield from range(1, arguments.epochs + 1)
        return
    for epoch, _ in enumerate(sys.stdin, start=1):
        yield epoch


def _write(**entries):
    print(json.dumps(entries), flush=True)
