"""`kerasdl parity`: how far a recipe's numbers agree on several backends."""

from pathlib import Path

from kerasdl import backend, recipes, studies
from kerasdl.commands._numbers import add_whole_number
from kerasdl.errors import UsageError
from kerasdl.files import expect_writable, write_json
from kerasdl.recipes.rules import PRECISIONS

EXAMPLES = """
  kerasdl parity regularization/baseline --steps 10
  kerasdl parity dropout/model2 --lockstep      each step from the same state
  kerasdl parity dropout/model2 --float64 --plot distances.png
"""
PICTURES = (".svg", ".png", ".pdf")


def add_arguments(parser):
    """The arguments of `kerasdl parity`."""
    parser.add_argument("recipe", help="name of a recipe: `kerasdl list` shows them")
    add_whole_number(parser, "--steps", 1, 10_000, purpose="updates", default=50)
    precision = parser.add_mutually_exclusive_group()
    precision.add_argument(
        "--precision",
        metavar="P",
        help=f"of the arithmetic: {', '.join(PRECISIONS)}, or float64, where rounding is small "
        "(default: the recipe's)",
    )
    precision.add_argument(
        "--float64",
        dest="precision",
        action="store_const",
        const="float64",
        help="short for --precision float64; the recipe's optimizer is kept, Adam too",
    )
    parser.add_argument(
        "--backends",
        metavar="B,B",
        help="default: all that are installed; the first is compared with",
    )
    purpose = "runs whose initial weights differ by one rounding, the yardstick"
    add_whole_number(parser, "--perturbed", 1, 100, purpose=purpose, default=5)
    parser.add_argument(
        "--lockstep",
        action="store_true",
        help="start every step from the first backend's state, so that no difference accumulates",
    )
    parser.add_argument(
        "--data-dir", metavar="D", help="folder of data sets (default: KERASDL_DATA)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="override any field of the recipe, as in --set optimizer.name=sgd "
        "(`kerasdl list --fields` shows them; default: the recipe's)",
    )
    parser.add_argument(
        "--json", metavar="FILE", help="write all distances there (default: nowhere)"
    )
    parser.add_argument(
        "--plot",
        metavar="FILE",
        help=f"draw them there; one of {', '.join(PICTURES)} (default: none)",
    )


def run(args):
    """Compare and print; the exit code is 1 where a pair of backends departs."""
    if args.plot and Path(args.plot).suffix not in PICTURES:
        raise UsageError(f"--plot should end in {', '.join(PICTURES)}; received {args.plot}.")
    for path in filter(None, (args.json, args.plot)):
        expect_writable(path)
    names = backend.installed() if args.backends is None else backend.named(args.backends)
    if len(names) < 2:
        raise UsageError(
            f"Expected two backends or more to compare; received {', '.join(names) or 'none'}."
        )
    recipe = recipes.override(studies.get(args.recipe), recipes.parse_assignments(args.set))

    from kerasdl.parity.compare import Design, compare

    comparison = compare(
        recipe,
        names,
        Design(args.steps, args.precision, args.perturbed, args.lockstep),
        data_dir=args.data_dir,
        progress=lambda line: print(line, flush=True),
    )
    print(comparison.table())
    written = comparison.to_dict()
    if args.json:
        write_json(args.json, written)
    if args.plot:
        from kerasdl.reports.backend_distances import BackendDistances

        BackendDistances.parse(recipe.name, written).figure().save(args.plot)
    return 1 if any(comparison.departures.values()) else 0
