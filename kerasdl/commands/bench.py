"""`kerasdl bench`: images per second of ours beside the plain alternative."""

import argparse
import json
from pathlib import Path

from kerasdl import backend
from kerasdl.benchmarks import page
from kerasdl.errors import UsageError
from kerasdl.runs import expect_writable, written_whole

FOLDER = "reports/bench"


def add_arguments(parser):
    """The arguments of `kerasdl bench`."""
    parser.add_argument("what", choices=("augmentation", "training"), help="what is measured")
    parser.add_argument("--n", type=_positive, default=15, help="rounds, or epochs (default: 15)")
    parser.add_argument(
        "--batch-size", type=_positive, default=256, help="32x32x3 images (default: 256)"
    )
    parser.add_argument(
        "--recipes",
        nargs=2,
        metavar="RECIPE",
        help="training: one recipe beside another, in place of a plain Keras script",
    )
    parser.add_argument("--json", metavar="FILE", help=f"as in {FOLDER}/augmentation-jax.json")
    parser.add_argument(
        "--render",
        metavar="FILE.md",
        help=f"measure nothing: make one page of all {FOLDER}/augmentation-*.json",
    )
    parser.add_argument(
        "--from", dest="folder", metavar="FOLDER", default=FOLDER, help=f"default: {FOLDER}"
    )


def run(args):
    """Measure and print, or make the page of what was measured."""
    if args.render:
        return _render(Path(args.folder), Path(args.render))
    backend.require()
    if args.json:
        expect_writable(args.json)

    if args.what == "training":
        from kerasdl.benchmarks import training

        results = (
            training.compare(*args.recipes, args.n) if args.recipes else training.measure(args.n)
        )
        shown = training.sentence(results)
    else:
        from kerasdl.benchmarks import augmentation

        results = augmentation.measure(args.n, args.batch_size)
        shown = page.table(results)
    if args.json:
        _write(Path(args.json), json.dumps(results, indent=1) + "\n")
    print(shown)
    return 0


def _render(folder, path):
    found = sorted(folder.glob("augmentation-*.json"))
    if not found:
        raise UsageError(
            f"There is no augmentation-*.json in {folder}: "
            f"make one with kerasdl bench augmentation --json {folder}/augmentation-jax.json."
        )
    try:
        text = page.page([json.loads(file.read_text()) for file in found])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} holds a file that no bench wrote: {error}.") from error
    _write(path, text)
    print(path)
    return 0


def _write(path, text):
    expect_writable(path)
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _positive(word):
    if not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"should be a whole number, at least 1; received {word}")
    return int(word)
