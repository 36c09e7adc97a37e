"""`kerasdl bench`: images per second of ours beside the plain alternative."""

import json

from kerasdl import backend, studies
from kerasdl.commands._numbers import add_whole_number
from kerasdl.errors import UsageError
from kerasdl.files import expect_writable, written_whole

BATCH = 256


def add_arguments(parser):
    """The arguments of `kerasdl bench`."""
    choices = ("augmentation", "checkpoints", "draws", "training")
    parser.add_argument("what", choices=choices, help="what is measured")
    add_whole_number(parser, "--n", 1, 10_000, purpose="rounds, or epochs", default=15)
    purpose = f"augmentation: 32x32x3 images a batch; {BATCH} without it"
    add_whole_number(parser, "--batch-size", 1, 65_536, purpose=purpose)
    parser.add_argument(
        "--recipes",
        nargs=2,
        metavar="RECIPE",
        help="training: one recipe beside another, in place of a plain Keras script",
    )
    parser.add_argument(
        "--recipe", help="draws: whose random numbers are compared (default: dropout/model2)"
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="as in reports/bench/augmentation-jax.json; `kerasdl report` makes a page of them",
    )


def run(args):
    """Measure and print."""
    if args.what != "augmentation" and args.batch_size is not None:
        raise UsageError("--batch-size is for `kerasdl bench augmentation`: a recipe has its own.")
    if args.what != "training" and args.recipes is not None:
        raise UsageError("--recipes is for `kerasdl bench training`.")
    if args.what != "draws" and args.recipe is not None:
        raise UsageError("--recipe is for `kerasdl bench draws`.")
    backend.require()
    if args.json:
        expect_writable(args.json)
    for name in filter(None, [args.recipe, *(args.recipes or ())]):
        studies.get(name)  # an unknown one is named before a backend is imported

    if args.what == "training":
        from kerasdl.benchmarks import paired, training

        results = (
            training.compare(*args.recipes, args.n) if args.recipes else training.measure(args.n)
        )
        shown = paired.sentence(results)
    elif args.what == "draws":
        from kerasdl.benchmarks import draws, paired

        results = draws.measure(args.recipe or draws.RECIPES[0], args.n)
        shown = paired.sentence(results)
    elif args.what == "checkpoints":
        from kerasdl.benchmarks import checkpoints, paired

        results = checkpoints.measure(args.n)
        shown = paired.sentence(results)
    else:
        from kerasdl.benchmarks import augmentation
        from kerasdl.reports import speed

        results = augmentation.measure(args.n, args.batch_size or BATCH)
        shown = speed.augmentation_text(results)
    if args.json:
        with written_whole(args.json) as temporary:
            temporary.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(shown)
    return 0
