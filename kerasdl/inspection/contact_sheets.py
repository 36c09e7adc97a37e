"""Contact sheets: training images beside what an augmentation pipeline makes of them."""

import math

import numpy as np
from keras import ops
from PIL import Image, ImageDraw, ImageFont

from kerasdl import augmentation
from kerasdl.errors import UsageError
from kerasdl.structure import ONLY, by_output

CELL = 96  # pixels to which small images are enlarged, by whole factors
GAP, MARGIN, TITLE_HEIGHT = 6, 14, 24  # pixels


def contact_sheet(dataset, pipeline, *, images=8, draws=10, seed=0):
    """Training images, each at the head of a row of its augmentations.

    Args:
        dataset: a `kerasdl.datasets.Dataset` of images.
        pipeline: name of a pipeline of `kerasdl.augmentation`.
        images: how many rows; the images are drawn by the seed.
        draws: how many columns beside the original.
        seed: of the images and of the draws.

    Returns:
        A `PIL.Image.Image` in RGB.

    Raises:
        UsageError: the data set has no images, or there is no such pipeline.

    Example:
    >>> from kerasdl import datasets
    >>> digits = datasets.load("digits", shape=(32, 32, 3))
    >>> sheet = contact_sheet(digits, "crop", images=2, draws=5)
    >>> sheet.mode
    'RGB'
    """
    originals, labels = _training_images(dataset, images, seed)
    augmented = _augmentations(originals, pipeline, draws, seed)
    size = "x".join(map(str, originals.shape[1:]))
    title = f"{pipeline}: {draws} draws of {dataset.name} {size}, seed {seed}"
    return _paint(originals, labels, augmented, title)


def _training_images(dataset, images, seed):
    """Some training images, and the name of each one's class or `""`."""
    x, y = dataset.train.x, dataset.train.y
    if x.ndim != 4:
        raise UsageError(f"{dataset.name} has no images to augment.")
    rows = np.random.default_rng(seed).permutation(len(x))[:images]
    labels = [""] * len(rows)
    if classes := by_output(dataset.classes).get(ONLY):
        labels = [classes[int(label)] for label in y[rows]]
    return x[rows], labels


def _augmentations(originals, pipeline, draws, seed):
    """The images augmented so many times: `(draws, images, height, width, channels)`."""
    layers = augmentation.pipeline(pipeline, seed=seed)
    batches = []
    for _ in range(draws):
        batch = originals
        for layer in layers:
            batch = layer(batch, training=True)
        batches.append(ops.convert_to_numpy(batch))
    return np.stack(batches)


def _paint(originals, labels, augmented, title):
    """The sheet: labels, originals, then a column for each draw, under a title."""
    height, width = originals.shape[1:3]
    factor = max(1, round(CELL / max(height, width)))
    across, down = width * factor + GAP, height * factor + GAP
    font = ImageFont.load_default(13)
    label_width = max((font.getlength(label) for label in labels), default=0)
    left = MARGIN + (math.ceil(label_width) + GAP if label_width else 0)
    first = left + across + MARGIN  # of the draws
    sheet_width = first + across * len(augmented) - GAP + MARGIN
    sheet_height = TITLE_HEIGHT + down * len(originals) + MARGIN
    sheet = Image.new("RGB", (sheet_width, sheet_height), "white")
    draw = ImageDraw.Draw(sheet)

    def write(x, y, text, anchor):
        draw.text((x, y), text, fill="black", font=font, anchor=anchor)

    def paste(image, x, y):
        image = image if image.shape[-1] == 3 else image[..., 0]
        picture = Image.fromarray(image)
        sheet.paste(
            picture.resize((width * factor, height * factor), Image.Resampling.NEAREST), (x, y)
        )

    write(left, TITLE_HEIGHT / 2, "original", "lm")
    write(first, TITLE_HEIGHT / 2, title, "lm")
    for row, original in enumerate(originals):
        y = TITLE_HEIGHT + row * down
        write(MARGIN, y + down / 2, labels[row], "lm")
        paste(original, left, y)
        for column, batch in enumerate(augmented):
            paste(batch[row], first + column * across, y)
    return sheet
