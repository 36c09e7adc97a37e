"""Training on streamed pictures beside training on the same in memory: speed, and memory.

Each contender is a process (`kerasdl.benchmarks.streaming_contender`); they train an epoch in turn.
"""

import csv
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from kerasdl import recipes, studies
from kerasdl.benchmarks import paired
from kerasdl.benchmarks.rounds import Contender, silent, train_in_turn

RECIPE = "cifar10/batchnorm"  # that README trains on pictures of one's own
INPUTS = "signed"  # pixels in [-1, 1]: statistics of a million files would be half an hour's work
IMAGE_SIZE = 96
CLASSES = 10
SIDES = (100, 400)  # of the pictures, from and to, in pixels
TESTED = 100  # pictures beside those that are trained on
EPOCH = 2_048  # pictures of an epoch that is timed, or more of large batches
UNTIMED = 6  # batches of each epoch: more than are decoded ahead
LISTED = 1_000_000  # rows of a table that lists the same pictures again and again
BATCHES_OF_LISTED = 12  # after which the memory of a training on the table is read


def measure(n, images, batch_size, *, epoch=EPOCH, listed=LISTED, notify=silent):
    """Images per second of both, medians over `n` epochs each, and the memory of their processes.

    Args:
        n: epochs of each.
        images: JPEG of mixed sizes, drawn by a seed: one side holds all, the other lists them;
            at least `fewest_images(batch_size)`.
        batch_size: images a batch.
        epoch: the first so many of them, or `fewest_images`, are trained on in an epoch.
        listed: rows of a table of these pictures, whose training takes no more memory if it does
            not grow with their number.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON, as `kerasdl.benchmarks.paired.result` gives it, with `image_size`,
        `epoch` and, in MiB, `peak_memory`: the most that all processes of a contender had together
        (proportional set size); and `listed`, with the same of the first batches of a training on
        `images` pictures and on a table of so many rows. `None` on a system that does not tell
        (only Linux does).

    Raises:
        RuntimeError: a contender failed.
    """
    epoch = min(images, max(epoch, fewest_images(batch_size)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pictures(folder, images)
        recipe = trained_recipe(batch_size)
        batches = min(BATCHES_OF_LISTED, images // recipe.batch_size - 1)
        shared, listings = ("--batch-size", str(batch_size)), []
        for count in (images, listed):
            table = folder / f"{count}.csv"
            write_table(table, folder, count)
            options = (*shared, "--epoch", str(count), "--first-batches", str(batches))
            (outcome,) = _trained([_contender("stream", table, options)], 0, silent)
            listings.append({"pictures": count, "peak_memory": outcome.done["tree_memory_mib"]})
        options = (*shared, "--epoch", str(epoch))
        contenders = [_contender(side, folder, options) for side in ("stream", "memory")]
        outcomes = _trained(contenders, n, notify)
    streamed, held = ([line["images_per_second"] for line in each.epochs] for each in outcomes)
    result = paired.result(recipe, "in memory", images, streamed, held)
    peaks = {each.contender.name: each.done["tree_memory_mib"] for each in outcomes}
    sizes = {"image_size": IMAGE_SIZE, "epoch": epoch}
    return result | sizes | {"peak_memory": peaks, "listed": listings}


def trained_recipe(batch_size):
    """What both sides train: all pictures of the training part, none kept for validation."""
    changes = {"inputs": INPUTS, "batch_size": batch_size}
    return paired.on_all_images(recipes.override(studies.get(RECIPE), changes))


def fewest_images(batch_size):
    """The least number of pictures that `measure` takes: a timed batch after those that are not."""
    return (UNTIMED + 2) * batch_size


def sentence(result):
    """What was measured, in words."""
    one, other = result["images_per_second"], result["beside"]["images_per_second"]
    peaks = [f"{name} {mib:,.0f} MiB" for name, mib in result["peak_memory"].items() if mib]
    peaks += [
        f"the first batches of {each['pictures']:,} streamed {each['peak_memory']:,.0f} MiB"
        for each in result["listed"]
        if each["peak_memory"]
    ]
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


def write_table(path, folder, rows):
    """A table of so many rows for training, which lists the pictures of a folder in turn.

    Args:
        path: of the table, in the folder.
        folder: as `write_pictures` writes it.
        rows: number of rows; a few more are for testing.
    """
    parts = {
        part: sorted(
            file.relative_to(path.parent).as_posix() for file in folder.glob(f"{part}/*/*")
        )
        for part in ("train", "test")
    }
    with path.open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("path", "label", "part"))
        for part, count in (("train", rows), ("test", TESTED)):
            names = parts[part]
            for i in range(count):
                name = names[i % len(names)]
                table.writerow((name, name.split("/")[1], part))


def _trained(contenders, rounds, notify):
    """The outcome of each contender, if none failed."""
    outcomes = train_in_turn(contenders, rounds, notify)
    for outcome in outcomes:
        if outcome.failure is not None:
            raise RuntimeError(f"{outcome.contender.name} failed: {outcome.failure}")
    return outcomes


def _contender(side, source, options):
    name = {"stream": "streamed", "memory": "in memory"}[side]
    module = "kerasdl.benchmarks.streaming_contender"
    return Contender("ours", name, (sys.executable, "-m", module, side, str(source), *options))
