"""Show which ReLUs and max-pools two backends decide otherwise in one step, and what that explains.

    python scripts/flipped_decision.py regularization/augment
    python scripts/flipped_decision.py exercises/coloured_digits --step 20

Both backends make the step from the weights that the first one has there; with `--own-weights` each
from those that its own earlier steps led to, as `kerasdl parity` without `--lockstep`. What a layer is given
agrees to rounding; where the two largest values of a window, or a value and zero, are no further
apart than that, the backends may choose differently, and the whole gradient goes elsewhere. The
second backend then makes the step again with the first one's choices in place of its own: each that
differs alone, and all of them. What they explain is then gone from the difference of the gradients.

Needs both backends and the recipe's data set. After the first step, what is found depends on the
number of cores: rounding does.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from kerasdl import backend, recipes, studies
from kerasdl.__main__ import guarded
from kerasdl.errors import UsageError
from kerasdl.files import write_json
from kerasdl.processes import Children

WORKER = Path(__file__).parent / "decisions" / "differences.py"


def main():
    """Parse the command line, make the step on both backends, and print what differs."""
    parser = argparse.ArgumentParser(
        description=__doc__.strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", help="name of a recipe: `kerasdl list` shows them")
    parser.add_argument("--step", type=int, default=1, help="from 1 (default: 1)")
    parser.add_argument(
        "--backends", default="tensorflow,jax", metavar="B,B", help="default: tensorflow,jax"
    )
    parser.add_argument(
        "--own-weights",
        action="store_true",
        help="each backend from its own weights (default: both from the first one's)",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="override a field"
    )
    parser.add_argument("--data-dir", metavar="D", help="folder of data sets (or KERASDL_DATA)")
    return guarded(run, parser.parse_args(), program="flipped_decision.py", is_long=True)


def run(args):
    """Compare the step, and print; the exit code is 0 whether or not a decision differs."""
    names = backend.named(args.backends)
    if len(names) != 2 or args.step < 1:
        raise UsageError(
            "Expected two backends and a step from 1; received "
            f"--backends {args.backends} --step {args.step}."
        )
    recipe = recipes.override(studies.get(args.recipe), recipes.parse_assignments(args.set))
    if recipe.precision != "float32":
        raise UsageError(f"Expected a recipe in float32; {recipe.name} is in {recipe.precision}.")
    with tempfile.TemporaryDirectory(prefix="kerasdl-decisions-") as root:
        job = {
            "recipe": recipes.to_dict(recipe),
            "data_dir": args.data_dir,
            "step": args.step,
            "own_weights": args.own_weights,
            "weights": str(Path(root, "weights.npz")),
            "observed": str(Path(root, "observed.npz")),
            "found": str(Path(root, "found.json")),
        }
        for name in names:
            _make_step(name, job | {"compare": name == names[1]}, Path(root))
        found = json.loads(Path(job["found"]).read_text(encoding="utf-8"))
    titles = [backend.BACKENDS[name] for name in names]
    start = "each from its own weights" if args.own_weights else "from equal weights"
    print(f"{recipe.name}, step {args.step}, {titles[1]} beside {titles[0]}, {start}.")
    print("\n".join(table(found, *titles)))
    return 0


def _make_step(name, job, folder):
    spec = folder / f"{name}.json"
    write_json(spec, job)
    children = Children(at_once=1)
    environment = {"KERAS_BACKEND": name, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        ending = children.run(
            [sys.executable, str(WORKER), str(spec)], folder / f"{name}.txt", environment
        )
    except BaseException:
        children.stop()
        raise
    if ending.code:
        raise UsageError(f"The step on {backend.BACKENDS[name]} failed: {ending.message}")


def table(found, first, second):
    """What was found, as lines.

    Args:
        found: what `differences.compare` gives.
        first: name of the backend that is compared with.
        second: name of the other.
    """
    yield "Distances are relative to the largest entry. A choice is a place of a window, row by row; of a"
    yield "ReLU, 0 is zero and 1 what it is given. Counted where a gradient comes."
    yield ""
    heads = f"{'decisions':>10} {'differ':>7} {'given':>8} {'gradient behind':>16} {'before':>8}"
    yield f"{'layer':34} {heads}"
    for each in found["layers"]:
        yield (
            f"{each['name']:34} {each['decisions']:10,} {each['differ']:7,} {each['given']:8.1e} "
            f"{each['behind']:16.1e} {each['before']:8.1e}"
        )
    for number, each in enumerate(found["decisions"], start=1):
        yield ""
        yield from _decision(number, each, (first, second))
    yield ""
    numbers = range(1, len(found["decisions"]) + 1)
    yield f"Gradients of weights, with decisions taken as on {first}:"
    heads = ["none", *(f"only {number}" for number in numbers), "all", "control"]
    yield " ".join([" " * 34, *(f"{head:>8}" for head in heads)])
    for each in found["gradients"]:
        values = [each["computed"], *each["alone"], each["all"], each["own"]]
        yield " ".join([f"{each['name']:34}", *(f"{value:8.1e}" for value in values)])
    yield f"control: {second} with its own decisions given, beside {second}."


def _decision(number, each, titles):
    image, *place = each["place"]
    yield f"{number}. {each['layer']}, image {image}, at {tuple(place)}, whose gradient is {each['gradient']:.1e}:"
    first, second = each["chosen"]
    for title, values, chosen in zip(titles, each["values"], each["chosen"], strict=True):
        one, other = (str(np.float32(value)) for value in values)
        apart = abs(values[0] - values[1]) / each["largest"]
        yield (
            f"   {title:10} takes choice {chosen}: choice {first} is {one}, choice {second} is {other} "
            f"(apart by {apart:.0e})"
        )


if __name__ == "__main__":
    sys.exit(main())
