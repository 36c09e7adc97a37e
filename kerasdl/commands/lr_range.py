"""`kerasdl lr-range`: which learning rates a recipe can be trained with."""

from kerasdl import backend
from kerasdl.commands import train
from kerasdl.files import expect_writable, written_whole


def add_arguments(parser):
    """The arguments of `kerasdl lr-range`."""
    train.add_recipe_arguments(parser)
    train.add_data_arguments(parser)
    parser.add_argument("--start", type=float, default=1e-6, metavar="RATE", help="default 1e-6")
    parser.add_argument("--end", type=float, default=1.0, metavar="RATE", help="default 1")
    parser.add_argument("--steps", type=int, default=100, metavar="N", help="default 100")
    parser.add_argument(
        "--out", default=".", metavar="DIR", help="folder for lr_range.csv and lr_range.png"
    )
    parser.set_defaults(epochs=None, limit_test=None)


def run(args):
    """Test, print the suggestion, and leave a table and a plot."""
    from pathlib import Path

    backend.require()
    recipe, dataset, notice = train.chosen(args)
    if notice:
        print(f"NOTICE: {notice}", flush=True)
    out = Path(args.out)
    expect_writable(out / "lr_range.csv")

    import keras

    from kerasdl.callbacks import learning_rate_range
    from kerasdl.pretrained import find, load_pretrained
    from kerasdl.training import network as building
    from kerasdl.training.initialization import initialize

    dataset = building.prepare_data(recipe, dataset)
    keras.utils.set_random_seed(recipe.seed)
    network = building.build_network(recipe, dataset, training=True)
    building.compile_network(network, recipe, dataset)
    initialize(network, recipe.seed)
    if recipe.pretrained is not None:
        load_pretrained(network, find(recipe.pretrained))
    batches = building.make_batches(
        dataset.train, recipe, dataset, batch_size=recipe.batch_size, shuffled=True
    )
    print(
        f"{recipe.name} on {dataset.name}, {keras.backend.backend()} backend, seed {recipe.seed}: "
        f"{args.steps} steps with learning rates from {args.start:g} to {args.end:g}",
        flush=True,
    )
    found = learning_rate_range(network, batches, args.start, args.end, args.steps)
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
