"""`kerasdl sheet`: originals beside what an augmentation pipeline makes of them."""

import math
from pathlib import Path

from kerasdl import backend, datasets, pipelines
from kerasdl.errors import UsageError
from kerasdl.runs import expect_writable, written_whole

CELL = 96  # pixels that a small image is enlarged to, by whole factors
GAP, MARGIN, BAND = 6, 14, 24


def add_arguments(parser):
    """The arguments of `kerasdl sheet`."""
    parser.add_argument("pipeline", choices=pipelines.NAMES, help="which augmentation")
    parser.add_argument(
        "--dataset", choices=datasets.NAMES, default="digits", help="default: digits"
    )
    parser.add_argument("--data-dir", metavar="D", help="folder of data sets (or KERASDL_DATA)")
    parser.add_argument("--out", metavar="FILE.png", help="default: sheet-<pipeline>-<dataset>.png")
    parser.add_argument("--seed", type=int, default=0, help="of images and draws (default: 0)")
    parser.add_argument("--images", type=int, default=8, help="rows (default: 8)")
    parser.add_argument("--draws", type=int, default=10, help="columns (default: 10)")


def run(args):
    """Draw the sheet and print where it is."""
    backend.require()
    for name in ("images", "draws"):
        if getattr(args, name) < 1:
            raise UsageError(f"--{name} should be at least 1; received {getattr(args, name)}.")
    path = Path(args.out or f"sheet-{args.pipeline}-{args.dataset}.png")
    if path.suffix.lower() != ".png":
        raise UsageError(f"--out should end in .png; received {path}.")
    expect_writable(path)
    # Pipelines are made for 32x32 pixels; a padding of 4 would leave little of 8x8.
    options = {"shape": (32, 32, 3)} if args.dataset == "digits" else {}
    dataset = datasets.load(args.dataset, data_dir=args.data_dir, **options)
    originals, labels = _chosen(dataset, args)
    sheet = _paint(originals, labels, _augmented(originals, args), args)
    with written_whole(path) as temporary:
        sheet.save(temporary, format="PNG")
    print(path)
    return 0


def _chosen(dataset, args):
    """Training images drawn by the seed, and their classes' names."""
    import numpy as np

    x, y = dataset.train.x, dataset.train.y
    if x.ndim != 4:
        raise UsageError(f"{dataset.name} has no images to augment.")
    rows = np.random.default_rng(args.seed).permutation(len(x))[: args.images]
    labels = [""] * len(rows)
    if not isinstance(y, dict) and dataset.classes:
        labels = [dataset.classes[int(label)] for label in y[rows]]
    return x[rows], labels


def _augmented(originals, args):
    """`args.draws` batches, each drawn anew."""
    import numpy as np
    from keras import ops

    from kerasdl import augmentation

    layers = augmentation.pipeline(args.pipeline, seed=args.seed)
    batches = []
    for _ in range(args.draws):
        batch = originals
        for layer in layers:
            batch = layer(batch, training=True)
        batches.append(ops.convert_to_numpy(batch))
    return np.stack(batches)


def _paint(originals, labels, augmented, args):
    """Originals in the left column, apart from their draws."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = originals.shape[1:3]
    factor = max(1, round(CELL / max(height, width)))
    across, down = width * factor + GAP, height * factor + GAP
    font = ImageFont.load_default(13)
    named = max((font.getlength(label) for label in labels), default=0)
    left = MARGIN + (math.ceil(named) + GAP if named else 0)
    first = left + across + MARGIN
    sheet = Image.new(
        "RGB",
        (first + across * len(augmented) - GAP + MARGIN, BAND + down * len(originals) + MARGIN),
        "white",
    )
    draw = ImageDraw.Draw(sheet)

    def write(x, y, text, anchor):
        draw.text((x, y), text, fill="black", font=font, anchor=anchor)

    def paste(image, x, y):
        image = image if image.shape[-1] == 3 else image[..., 0]
        picture = Image.fromarray(image)
        sheet.paste(
            picture.resize((width * factor, height * factor), Image.Resampling.NEAREST), (x, y)
        )

    write(left, BAND / 2, "original", "lm")
    size = "x".join(map(str, originals.shape[1:]))
    title = f"{args.pipeline}: {len(augmented)} draws of {args.dataset} {size}, seed {args.seed}"
    write(first, BAND / 2, title, "lm")
    for row, original in enumerate(originals):
        y = BAND + row * down
        write(MARGIN, y + down / 2, labels[row], "lm")
        paste(original, left, y)
        for column, batch in enumerate(augmented):
            paste(batch[row], first + column * across, y)
    return sheet
