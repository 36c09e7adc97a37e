"""Pictures of the user's own on the command line: `--data FOLDER` or `--data FILE.csv`."""

import re

from kerasdl import datasets
from kerasdl.commands._numbers import add_whole_number
from kerasdl.commands._status_line import StatusLine
from kerasdl.errors import UsageError
from kerasdl.text import printable

LARGEST_SIDE = 4096
MOST_WORKERS = 1024


def add_own_data_arguments(parser, size="the recipe's"):
    """Where the pictures are, and how they are read.

    Args:
        parser: of the command.
        size: what decides the size of the pictures without `--image-size`, in words; `None` where
            it cannot be chosen.
    """
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="pictures of your own: a folder CLASS/*.png or train/CLASS/*.png (beside it val/ and "
        "test/, at will), or a CSV file with the columns path, label and, at will, part "
        "(default: the data set)",
    )
    if size is not None:
        parser.add_argument(
            "--image-size",
            metavar="N|HxW",
            help=f"with --data: pixels that pictures are resized to (default: {size})",
        )
    parser.add_argument(
        "--skip-unreadable",
        action="store_true",
        help="with --data: leave out pictures that cannot be read, and name them",
    )
    parser.add_argument(
        "--stream",
        action="store_true",
        help="with --data: leave pictures in their files, and decode them when they are used; needs "
        "grain (default: where they would take more than half of the memory available)",
    )
    add_whole_number(
        parser,
        "--workers",
        0,
        MOST_WORKERS,
        purpose="with --stream: processes that decode; 0: in threads; default: one a core, 8 at most",
    )


def expect_one_source(args):
    """Refuse options of `--data` without it, a data set beside it, and an empty path."""
    if getattr(args, "data", None) == "":
        raise UsageError("--data should be a folder or a CSV file; received an empty path.")
    if getattr(args, "data", None) is not None and getattr(args, "dataset", None) is not None:
        raise UsageError("--data and --dataset exclude each other: both say what is used.")
    for option in ("image_size", "skip_unreadable", "stream", "workers"):
        if getattr(args, "data", None) is None and getattr(args, option, None) not in (None, False):
            raise UsageError(f"--{option.replace('_', '-')} is for pictures of your own, --data.")


def listing(path, classes=None):
    """The pictures at a path, not decoded yet: of a folder, or of a CSV file.

    Args:
        path: as `--data` has it.
        classes: names of the classes, in the order of the labels; by default those found.
    """
    of = datasets.list_csv if path.lower().endswith(".csv") else datasets.list_folder
    listed = of(path, classes)
    if len(listed.classes) < 2:
        raise UsageError(
            f"{printable(path)} should hold two classes or more, to be told apart; it holds "
            f"{', '.join(listed.classes)} alone. In a folder, each class is a subfolder."
        )
    return listed


def load(args, **options):
    """The data set of `--data`, while a line on the terminal shows how far its decoding is.

    Args:
        args: of the command.
        **options: of `kerasdl.datasets.PictureOptions`, beside what `args` say.
    """
    options |= {"skip_unreadable": args.skip_unreadable, "workers": args.workers}
    stream = True if args.stream else None
    listed = listing(args.data, options.get("classes"))
    with StatusLine() as line:
        shown = 0

        def notify(done, total):
            nonlocal shown
            if done * 200 // total > shown or done == 1:
                shown = done * 200 // total
                line.show(f"reading pictures  {done:,}/{total:,}")

        options = datasets.PictureOptions(**options, stream=stream, notify=notify)
        dataset = datasets.load_pictures(listed, options)
    if dataset.train.is_streamed and not args.stream:
        print(
            "NOTICE: in memory these pictures would take more than half of what is available, so "
            "they are streamed, as with --stream.",
            flush=True,
        )
    return dataset


def is_of(fingerprint, dataset, args, options):
    """Whether a fingerprint is that of these pictures, in memory or streamed.

    Args:
        fingerprint: as a run has recorded it.
        dataset: the data set of `load(args, **options)`.
        args: of the command.
        options: of `kerasdl.datasets.PictureOptions`.
    """
    if fingerprint == dataset.fingerprint():
        return True
    if dataset.train.is_streamed:
        return fingerprint == dataset.fingerprint(pixels=True)
    options = options | {"skip_unreadable": args.skip_unreadable, "stream": True, "workers": 0}
    listed = listing(args.data, options.get("classes"))
    streamed = datasets.load_pictures(listed, datasets.PictureOptions(**options))
    return fingerprint == streamed.fingerprint()


def load_for(recipe, args):
    """The data set of `--data` as a recipe takes it: in its size, with its validation part.

    Raises:
        UsageError: the recipe takes no pictures.
    """
    shape = picture_shape(recipe, args.image_size)
    return load(
        args,
        image_size=shape[:2],
        channels=shape[2],
        validation=recipe.data.validation,
        seed=recipe.seed,
    )


def picture_shape(recipe, size):
    """(height, width, channels) of the pictures that a recipe is trained on.

    Args:
        recipe: that is trained.
        size: the text of `--image-size`, or `None`.
    """
    shape = datasets.info(recipe.data.name, **recipe.data.options).shape
    if len(shape) != 3:
        raise UsageError(
            f"--data is of pictures, and {recipe.name} takes {recipe.data.name}, which are none: "
            "choose a recipe for images."
        )
    return *(parsed_size(size) or shape[:2]), shape[2]


def parsed_size(text):
    """(height, width) from the text 48x64 or 32."""
    if text is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,3})(?:x([1-9][0-9]{0,3}))?", text.lower())
    sides = tuple(int(side or found[1]) for side in found.groups()) if found else (0,)
    if min(sides) < 1 or max(sides) > LARGEST_SIDE:
        raise UsageError(
            f"--image-size should be like 64 or 48x64, with sides of at most {LARGEST_SIDE}; "
            f"received {text!r:.40}."
        )
    return sides
