"""Training on streamed pictures beside training on the same in memory: speed, and memory.

Each contender is a process (`kerasdl.benchmarks.streaming_contender`); they train an epoch in turn.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from kerasdl import studies
from kerasdl.benchmarks import paired
from kerasdl.benchmarks.rounds import Contender, train_in_turn

RECIPE = "regularization/baseline"
IMAGE_SIZE = 96
CLASSES = 10
SIDES = (100, 400)  # of the pictures, from and to, in pixels
TESTED = 100  # pictures beside those that are trained on


def measure(n=3, images=20_000):
    """Images per second of both, medians over `n` epochs each, and the memory of their processes.

    Args:
        n: epochs counted, after one that compiles.
        images: JPEG of mixed sizes that are trained on, drawn by a seed.

    Returns:
        A dictionary for JSON, as `kerasdl.benchmarks.paired.result` gives it, with `image_size`
        and, in MiB, `peak_memory`: the most that all processes of a contender had together;
        `None` on a system that does not tell (only Linux does).

    Raises:
        RuntimeError: a contender failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), images)
        outcomes = train_in_turn([_contender(kind, folder) for kind in ("stream", "memory")], n + 1)
    for outcome in outcomes:
        if outcome.failure is not None:
            raise RuntimeError(f"{outcome.contender.name} failed: {outcome.failure}")
    streamed, held = (
        [epoch["images_per_second"] for epoch in each.epochs[1:]] for each in outcomes
    )
    recipe = paired.on_all_images(studies.get(RECIPE))
    result = paired.result(recipe, "in memory", images, streamed, held)
    peaks = {each.contender.name: each.done["tree_memory_mib"] for each in outcomes}
    return result | {"image_size": IMAGE_SIZE, "peak_memory": peaks}


def sentence(result):
    """What was measured, in words."""
    one, other = result["images_per_second"], result["beside"]["images_per_second"]
    peaks = [f"{name} {mib:,.0f} MiB" for name, mib in result["peak_memory"].items() if mib]
    return (
        f"{result['recipe']} on {result['backend']}, {result['images']:,} JPEG at "
        f"{result['image_size']} pixels: streamed {one:,.0f} images/s, in memory {other:,.0f}; ratio "
        f"of paired epochs {result['ratio']:.3f} (medians, n = {result['n']}); "
        f"peak memory: {', '.join(peaks) or 'not known'}"
    )


def write_pictures(folder, images, seed=0):
    """JPEG of mixed sizes, `train/CLASS/*.jpg` and a few in `test/`: smooth noise, drawn by a seed."""
    rng = np.random.default_rng(seed)
    for part, count in (("train", images), ("test", TESTED)):
        for label in range(CLASSES):
            (folder / part / str(label)).mkdir(parents=True)
        for i in range(count):
            height, width = rng.integers(*SIDES, size=2, endpoint=True)
            pixels = rng.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3), "uint8")
            picture = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
            picture.save(folder / part / str(i % CLASSES) / f"{i:06}.jpg", quality=90)


def _contender(kind, folder):
    name = {"stream": "streamed", "memory": "in memory"}[kind]
    module = "kerasdl.benchmarks.streaming_contender"
    return Contender("ours", name, (sys.executable, "-m", module, kind, str(folder)))
