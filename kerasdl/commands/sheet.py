"""`kerasdl sheet`: originals beside what an augmentation pipeline makes of them."""

from pathlib import Path

from kerasdl import backend, datasets
from kerasdl.augmentation import pipelines
from kerasdl.commands import _own_data
from kerasdl.commands._numbers import add_whole_number
from kerasdl.commands._own_data import add_own_data_arguments, expect_one_source
from kerasdl.errors import UsageError
from kerasdl.files import expect_writable, written_whole
from kerasdl.recipes.rules import LARGEST_SEED

EXAMPLES = """
  kerasdl sheet crop_flip_colour
  kerasdl sheet trivial --data flowers --image-size 64
  kerasdl sheet randaugment --dataset cifar10 --images 4 --out sheet.png
"""
SIDE = 32  # pixels, which pipelines are made for


def add_arguments(parser):
    """The arguments of `kerasdl sheet`."""
    parser.add_argument(
        "pipeline",
        choices=pipelines.NAMES,
        metavar="PIPELINE",
        help=f"which augmentation: one of {', '.join(pipelines.NAMES)}",
    )
    parser.add_argument(
        "--dataset",
        choices=datasets.NAMES,
        metavar="NAME",
        help=f"one of {', '.join(datasets.NAMES)} (default: digits)",
    )
    add_own_data_arguments(parser, size="32")
    parser.add_argument(
        "--data-dir", metavar="D", help="folder of data sets (default: KERASDL_DATA)"
    )
    parser.add_argument("--out", metavar="FILE.png", help="default: sheet-<pipeline>-<dataset>.png")
    add_whole_number(parser, "--seed", 0, LARGEST_SEED, purpose="of images and draws", default=0)
    add_whole_number(parser, "--images", 1, 100, purpose="rows", default=8)
    add_whole_number(parser, "--draws", 1, 100, purpose="columns", default=10)


def run(args):
    """Draw the sheet and print where it is."""
    backend.require()
    expect_one_source(args)
    name = Path(args.data).stem if args.data else args.dataset or "digits"
    path = Path(args.out or f"sheet-{args.pipeline}-{name}.png")
    if path.suffix.lower() != ".png":
        raise UsageError(f"--out should end in .png; received {path}.")
    expect_writable(path)
    dataset = _dataset(args)

    from kerasdl.inspection import contact_sheet

    sheet = contact_sheet(
        dataset, args.pipeline, images=args.images, draws=args.draws, seed=args.seed
    )
    with written_whole(path) as temporary:
        sheet.save(temporary, format="PNG")
    print(path)
    return 0


def _dataset(args):
    """The images that are augmented: the user's own, or a data set."""
    if args.data is not None:
        size = _own_data.parsed_size(args.image_size) or SIDE
        return _own_data.load(args, image_size=size)
    name = args.dataset or "digits"
    # A padding of 4 would leave little of 8x8 pixels.
    options = {"shape": (SIDE, SIDE, 3)} if name == "digits" else {}
    return datasets.load(name, data_dir=args.data_dir, **options)
