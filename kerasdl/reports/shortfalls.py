"""Which rows of the page of speed fall short of what they are held to, why, and what was tried.

Written by hand: the tests hold the list against the measured rows, so that none is left out and none
stays when it no longer falls short.
"""

import dataclasses
from dataclasses import dataclass

from kerasdl.reports.markup import Prose
from kerasdl.reports.tables import Table

BESIDE_LOOPS, BESIDE_OTHERS = 0.95, 1.0
"""What ratios are held to: beside the best loop by hand; beside plain Keras and other libraries."""


@dataclass(frozen=True)
class Shortfall:
    """Rows of one backend that fall short for the same reason.

    Attributes:
        backend: its name for people.
        rows: as the tables call them: workload and precision, or the operation and how it ran.
        reason: where the time goes.
        tried: what was tried, kept or not.
    """

    backend: str
    rows: tuple
    reason: str
    tried: str


DRAWING = (
    "Drawing for the most part: with its draws given the layer is far faster (“drawn before”). The others draw by "
    "PyTorch's generator in one operation; Threefry, which gives the same numbers on the three "
    "backends, is many operations on small arrays."
)
DRAWING_TRIED = (
    "Kept: NumPy for draws of few numbers; normal numbers in blocks that fit the caches; only images "
    "that drew an operation are changed. Not done: PyTorch's own generator, whose numbers no other "
    "backend has."
)

SHORTFALLS = (
    Shortfall(
        "TensorFlow",
        ("vit, float32", "vit, bfloat16"),
        "In float32 the faster loop is compiled by XLA, ours runs operation by operation, as Keras does on "
        "a CPU. In bfloat16 the loop that runs so too is faster than ours, for which we found no one cause. With "
        "`jit_compile` ours is the faster in both (“compiled”).",
        "`jit_compile` by default: left, since it takes seconds more until the first step, and rounds "
        "otherwise than what the pages of parity compare. Kept: attention, patches and dense layers as "
        "products of two matrices, GELU with a gradient that reuses its error function.",
    ),
    Shortfall(
        "PyTorch",
        ("digits, float32",),
        "A step takes about 2 ms, and what PyTorch's own operations take of it is more than the whole "
        "step of the loop (`bench step`): kernels lie in Keras' order of axes and are permuted to "
        "PyTorch's, forward and back; Keras' data loader makes the batches.",
        "Kept: a training step without Keras' loss and metrics, the forward pass as a list of calls, weights "
        "looked up once, no callback where none wants a batch. No gain: `jit_compile`. Left: kernels in "
        "PyTorch's order in memory, because fused Adam asks for moments in the same order.",
    ),
    Shortfall(
        "PyTorch",
        ("vit, float32",),
        "The fastest loop is compiled by `torch.compile`; the others are faster than ours too: at a width "
        "of 32 operations are short, and what Keras does between them counts.",
        "Kept: attention and Adam in PyTorch's fused forms, layers called without Keras' scopes, the step "
        "as for digits. With `jit_compile` a third of the distance goes, but the first step takes longer.",
    ),
    Shortfall(
        "PyTorch",
        (
            "fast, bfloat16",
            "mlp, bfloat16",
            "regularization, bfloat16",
            "resnet18, bfloat16",
            "resnet18, float32",
        ),
        "Measured before the shorter training step, on an Intel, where the epochs of most contenders differ "
        "by more than the distance. Not looked into further.",
        "Kept: convolutions and pools that leave the layout as it is, a ReLU in place, the memory of a "
        "step kept (“memory kept”). `jit_compile` is a gain for mlp alone.",
    ),
    Shortfall(
        "TensorFlow",
        ("mlp, bfloat16",),
        "The quartiles of the two are wider than the distance. Not looked into further.",
        "Kept: the memory of a step. No gain: `jit_compile`.",
    ),
    Shortfall(
        "JAX",
        ("digits, float32",),
        "The faster loop makes 20 updates in one compiled call; that of an update a call is nearer. Keras' `fit` "
        "hands all weights in and out at each update.",
        "Kept: callbacks hear of a batch only where they ask for it. No gain: several updates in a call of "
        "Keras, each of which is compiled, and called, on its own.",
    ),
    Shortfall(
        "JAX",
        ("resnet18, float32",),
        "Beside plain Keras alone: the same layers but for the pool, of which this network has none; the "
        "quartiles of both are wider than the difference.",
        "Nothing: the ratio to the loop by hand is above what it is held to.",
    ),
    Shortfall(
        "TensorFlow",
        ("rotation by 15 degrees in a plain `tf.function`",),
        "TensorFlow's own resampling of a projective map, for Keras and the loop by hand; ours is the same "
        "operation, and the matrix of each image and the fill outside are operations besides.",
        "Kept: that operation in place of many small ones.",
    ),
    Shortfall(
        "TensorFlow",
        ("pad and crop with XLA", "horizontal flip with XLA"),
        "Pad and crop: drawing for the most part; with its draws given it is nearer. Flip: not drawing, "
        "since given its draws it is no faster. Not looked into further.",
        "Kept: slices for the crops. `fit` on a CPU does not compile with XLA: the rows before are what users get.",
    ),
    Shortfall(
        "PyTorch",
        ("horizontal flip", "erasing", "Gaussian noise"),
        DRAWING,
        DRAWING_TRIED,
    ),
    Shortfall(
        "PyTorch",
        ("rotation by 15 degrees",),
        "Drawing, and the sampling itself (“drawn before” is slower than Kornia): both call `grid_sample`, ours with "
        "the border continued and then filled outside, so that pixels at the border are as Pillow has them.",
        "Kept: fewer arrays. Tried, not faster: chunks of a batch that fit the caches.",
    ),
    Shortfall(
        "JAX",
        ("colour",),
        "Beside Keras alone; within the noise between rounds.",
        "Nothing.",
    ),
)

_COLUMNS = (
    ("backend", lambda short: short.backend),
    ("row", lambda short: Prose("; ".join(short.rows))),
    ("where the time goes", lambda short: Prose(short.reason)),
    ("what was tried", lambda short: Prose(short.tried)),
)


def gather(training, augmentation):
    """The table of what falls short in the measured rows, as far as it was looked into.

    Args:
        training: what `kerasdl.reports.training_speed.gather` gave.
        augmentation: what `kerasdl.reports.augmentation_speed.gather` gave.
    """
    measured = short_rows(training, augmentation)
    found = [
        dataclasses.replace(each, rows=rows)
        for each in SHORTFALLS
        if (rows := tuple(row for row in each.rows if (each.backend, row) in measured))
    ]
    return Table.of(_COLUMNS, found)


def short_rows(training, augmentation):
    """Pairs of a backend and a row, of all measured rows that fall short; arguments as of `gather`."""
    found = set()
    for each in training:
        for workload, precision, _, _, _, fit, _, loop, *_ in each.table.rows:
            if _below(fit, BESIDE_OTHERS) or _below(loop, BESIDE_LOOPS):
                found.add((each.backend, f"{workload}, {precision}"))
    for each in augmentation:
        backend, _, way = each.title.partition(" ")
        for case, *_, ratio in each.table.rows:
            if _below(ratio, BESIDE_OTHERS):
                found.add((backend, f"{case} {way}".rstrip()))
    return found


def _below(ratio, least):
    return ratio != "-" and float(ratio) < least
