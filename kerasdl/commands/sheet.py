"""`kerasdl sheet`: originals beside what an augmentation pipeline makes of them."""

from pathlib import Path

from kerasdl import backend, datasets
from kerasdl.augmentation import pipelines
from kerasdl.errors import UsageError
from kerasdl.files import expect_writable, written_whole


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
    if args.seed < 0:
        raise UsageError(f"--seed should be a whole number from 0 on; received {args.seed}.")
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

    from kerasdl.inspection import contact_sheet

    sheet = contact_sheet(
        dataset, args.pipeline, images=args.images, draws=args.draws, seed=args.seed
    )
    with written_whole(path) as temporary:
        sheet.save(temporary, format="PNG")
    print(path)
    return 0
