"""`kerasdl lr-range`: which learning rates a recipe can be trained with."""

from kerasdl import backend, compile_cache, determinism
from kerasdl.allocation import keep_freed_memory
from kerasdl.commands import _own_data, train
from kerasdl.commands._announcements import print_notice_of_precision
from kerasdl.commands._numbers import add_whole_number
from kerasdl.commands._status_line import StatusLine
from kerasdl.files import expect_writable, written_whole

EXAMPLES = """
  kerasdl lr-range cifar10/batchnorm --dataset digits
  kerasdl lr-range regularization/baseline --end 3 --steps 200 --out range
"""


def add_arguments(parser):
    """The arguments of `kerasdl lr-range`."""
    train.add_recipe_arguments(parser)
    _own_data.add_own_data_arguments(parser)
    train.add_data_arguments(parser)
    parser.add_argument("--start", type=float, default=1e-6, metavar="RATE", help="default: 1e-6")
    parser.add_argument("--end", type=float, default=1.0, metavar="RATE", help="default: 1")
    add_whole_number(parser, "--steps", 10, 100_000, purpose="updates", default=100)
    parser.add_argument(
        "--out",
        default=".",
        metavar="DIR",
        help="folder for lr_range.csv and lr_range.png (default: this one)",
    )
    train.add_deterministic_argument(parser)
    parser.set_defaults(epochs=None, limit_test=None)


def run(args):
    """Test, print the suggestion, and leave a table and a plot."""
    from pathlib import Path

    name = backend.require()
    compile_cache.quiet()
    if args.deterministic:
        determinism.enable()
    out = Path(args.out)
    expect_writable(out / "lr_range.csv")
    experiment = train.resolve_experiment(args)
    recipe = experiment.recipe
    compile_cache.enable()
    keep_freed_memory()

    from kerasdl.callbacks import learning_rate_range
    from kerasdl.training.network import build

    network = build(experiment).trained
    print(
        f"{recipe.name} on {experiment.dataset.name}, {name} backend, seed {recipe.seed}: "
        f"{args.steps} steps with learning rates from {args.start:g} to {args.end:g}",
        flush=True,
    )
    print_notice_of_precision(recipe)
    groups = recipe.optimizer.arguments.get("groups", ())
    if own := [group["weights"] for group in groups if "learning_rate" in group]:
        print(f"weights that have learning rates of their own keep these: {', '.join(own)}")
    rates = args.start, args.end
    with determinism.explain_refusals(), StatusLine() as line:
        batches = _showing(experiment.training_batches, args.steps, line)
        found = learning_rate_range(network, batches, rates, args.steps)
    with written_whole(out / "lr_range.csv") as temporary:
        found.table.to_csv(temporary, index=False)
    found.plot(out / "lr_range.png")
    if found.diverged:
        print(f"the loss exploded after {len(found.table)} steps")
    if found.suggestion is None:
        print("suggestion: none, the loss never falls; try a lower --start")
    else:
        print(
            f"suggestion: {found.suggestion:.2g}, a tenth of the learning rate of the lowest loss"
        )
    print(f"upper bound: {found.lowest:.2g}, the learning rate of the lowest loss")
    print(f"files: {out / 'lr_range.csv'}, {out / 'lr_range.png'}")
    return 0


def _showing(batches, steps, line):
    """The same batches, each of which is counted on a status line when it is asked for."""
    if not line.is_shown:
        return batches

    import keras

    class Counted(keras.utils.PyDataset):
        asked = 0

        def __len__(self):
            return len(batches)

        def __getitem__(self, i):
            self.asked = min(self.asked + 1, steps)
            line.show(f"step {self.asked}/{steps}")
            return batches[i]

    return Counted()
