"""`kerasdl train`: train a recipe, on whichever backend `KERAS_BACKEND` names."""

from dataclasses import replace
from pathlib import Path

from kerasdl import backend, compile_cache, datasets, determinism, files, recipes, studies, trackers
from kerasdl.allocation import keep_freed_memory
from kerasdl.commands import _own_data
from kerasdl.commands._announcements import (
    describe_class_weights,
    describe_curves,
    describe_mirrors,
    describe_missing_classes,
    describe_statistics,
    name_similar_run,
    print_notice_of_precision,
)
from kerasdl.commands._numbers import add_whole_number
from kerasdl.commands._tracking import add_track_argument, train_tracked
from kerasdl.errors import UsageError
from kerasdl.recipes.rules import LARGEST_SEED, PRECISIONS
from kerasdl.recipes.unmirrored import unmirrored

EXAMPLES = """
  kerasdl train cifar10/default --dataset auto         digits without CIFAR-10
  kerasdl train cifar10/batchnorm --epochs 3 --seed 1
  kerasdl train dropout/model2 --set data.validation=0.2 --set epochs=5
  kerasdl train cifar10/batchnorm --data flowers --image-size 64
  kerasdl train cifar10/default --resume               after Ctrl-C
  kerasdl train --config mine.toml                     as kerasdl init wrote it
fields of --set: `kerasdl list --fields` (of the optimizer: --fields optimizer)
"""
MOST = 1_000_000_000  # examples

OF_RECIPE = "; default: the recipe's"

# The digits stand in for CIFAR-10 as pictures of its shape, so that every CIFAR recipe fits them.
DIGITS_AS_CIFAR = {"name": "digits", "options": {"shape": (32, 32, 3)}}


def add_arguments(parser):
    """The arguments of `kerasdl train`."""
    add_recipe_arguments(parser)
    _own_data.add_own_data_arguments(parser)
    add_data_arguments(parser)
    add_run_arguments(parser)


def add_recipe_arguments(parser):
    """Which recipe, and on which data set."""
    parser.add_argument(
        "recipe",
        nargs="?",
        help="name of a recipe: `kerasdl list` shows them; with --config, none",
    )
    parser.add_argument(
        "--config",
        metavar="FILE.toml",
        help="a recipe from a file, as `kerasdl init` writes it (default: none)",
    )
    parser.add_argument(
        "--dataset",
        help=f"another data set: {', '.join(datasets.NAMES)}; auto: the recipe's, or the "
        "bundled digits where it cannot be had and is images of one class each (default: the recipe's)",
    )


def add_data_arguments(parser):
    """How a recipe is changed, as far as `kerasdl lr-range` knows it too."""
    parser.add_argument(
        "--data-dir", metavar="D", help="folder of data sets (default: KERASDL_DATA)"
    )
    add_whole_number(parser, "--batch-size", 1, 1_000_000, purpose=f"images an update{OF_RECIPE}")
    add_whole_number(parser, "--seed", 0, LARGEST_SEED, purpose=f"of all that is random{OF_RECIPE}")
    parser.add_argument(
        "--pretrained",
        metavar="FILE",
        help="begin from a .safetensors file, or hf://owner/name[@revision], in the names of "
        f"timm, torchvision or Hugging Face{OF_RECIPE}",
    )
    parser.add_argument(
        "--precision",
        metavar="P",
        help=f"of the network's arithmetic: {', '.join(PRECISIONS)}; weights are float32 in all"
        f"{OF_RECIPE}",
    )
    add_whole_number(
        parser, "--limit-train", 1, MOST, purpose="first N training examples; default: all"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="override any field of the recipe, as in --set optimizer.learning_rate=0.01; "
        "`kerasdl list --fields` shows them (default: none)",
    )


def add_run_arguments(parser):
    """What makes a run: its length, and where it goes."""
    add_whole_number(
        parser, "--epochs", 1, 1_000_000, purpose=f"passes over the training part{OF_RECIPE}"
    )
    add_whole_number(parser, "--limit-test", 1, MOST, purpose="first N test examples; default: all")
    parser.add_argument(
        "--out", default="runs", metavar="DIR", help="root of the run directories (default: runs)"
    )
    existing = parser.add_mutually_exclusive_group()
    for choice, purpose in (("resume", "continue an interrupted run"), ("overwrite", "start anew")):
        existing.add_argument(
            f"--{choice}", dest="existing", action="store_const", const=choice, help=purpose
        )
    parser.set_defaults(existing="refuse")
    parser.add_argument(
        "--checkpoint-every",
        metavar="N|Ns",
        help="save the run after so many updates, as in 100, or seconds, as in 30s (default: every "
        "20 seconds and every epoch, if that takes less than 1 %% of the time)",
    )
    add_deterministic_argument(parser)
    add_track_argument(parser)


def add_deterministic_argument(parser):
    """For every command that trains."""
    parser.add_argument(
        "--deterministic",
        action="store_true",
        help="the same bits from every run on this machine, with the same number of threads; "
        "what the backend cannot compute so on a GPU is refused",
    )


def run(args):
    """Train, and print a closing summary."""
    name = backend.require()
    compile_cache.quiet()
    trackers.parse(args.track)  # what is unknown or missing is said before a backend is imported
    if args.deterministic:
        determinism.enable()
    experiment = resolve_experiment(args)
    recipe = experiment.recipe
    compile_cache.enable()
    keep_freed_memory()

    from kerasdl.callbacks import Checkpoint, Progress

    checkpoint = Checkpoint(args.checkpoint_every, notify=print)
    print(
        f"{recipe.name} on {experiment.dataset.name} ({experiment.dataset.source}), "
        f"{name} backend, seed {recipe.seed}, {_epochs(recipe.epochs)}",
        flush=True,
    )
    if settings := experiment.identity.keras:
        described = ", ".join(f"{name}={value}" for name, value in settings.items())
        print(f"NOTICE: Keras is not set to its defaults: {described}.", flush=True)
    print_notice_of_precision(recipe)
    print(describe_curves(experiment), flush=True)
    for describe in (
        describe_class_weights,
        describe_mirrors,
        describe_missing_classes,
        describe_statistics,
    ):
        if sentence := describe(experiment):
            print(sentence, flush=True)
    if args.existing == "resume":
        name_similar_run(experiment)
    run = train_tracked(experiment, args, [checkpoint, Progress()])
    _summarize(run, recipe)
    return 0 if run.result["status"] == "finished" or recipe.diverges else 1


def resolve_experiment(args):
    """The experiment that the command line names.

    `--dataset auto` falls back on the bundled digits where they fit the recipe, and says so; a data
    set that is named is never replaced.
    """
    if getattr(args, "data", None) is not None:
        return _on_own_data(args)
    _own_data.expect_one_source(args)
    recipe = _recipe(args)
    automatic = args.dataset == "auto"
    if args.dataset is not None and not automatic:
        recipe = _on(recipe, args.dataset)  # `--set` may change it further
    recipe = _overridden(recipe, args)
    # What is wrong with files and folders is said before a backend is imported.
    _expect_weights(recipe.pretrained)
    files.make_folder(Path(args.out))
    try:
        loaded = _loaded(recipe, args.data_dir)
    except datasets.DataNotFound as error:
        if not automatic:
            raise
        from kerasdl.training.stand_in import resolve_on_digits

        experiment = resolve_on_digits(recipe, error, out=args.out)
        print(f"NOTICE: {experiment.notice}", flush=True)
        return experiment

    from kerasdl.training import resolve

    return resolve(recipe, loaded=loaded, out=args.out)


def _recipe(args):
    """The recipe that is named, or that `--config` holds."""
    file = getattr(args, "config", None)
    if (args.recipe is None) == (file is None):
        received = "none" if file is None else f"{args.recipe} and --config {file}"
        raise UsageError(f"Name a recipe, or give --config FILE.toml, one of both; got {received}.")
    if file is None:
        return studies.get(args.recipe)
    from kerasdl.recipes import config  # and with it tomllib, which other runs do without

    return config.from_toml(file)


def _on_own_data(args):
    """The experiment of a recipe on the pictures that `--data` names."""
    _own_data.expect_one_source(args)
    recipe = _overridden(_recipe(args), args)
    _expect_weights(recipe.pretrained)
    files.make_folder(Path(args.out))
    dataset = _own_data.load_for(recipe, args)

    from kerasdl.training import resolve

    return resolve(recipe, dataset=dataset, out=args.out)


def _loaded(recipe, data_dir=None):
    return datasets.load(recipe.data.name, data_dir=data_dir, **recipe.data.options)


def _expect_weights(source):
    """Refuse a file of weights that is not there; whether it fits, its network decides."""
    if source is not None and not source.startswith("hf://") and not Path(source).is_file():
        raise UsageError(f"There is no file of weights {source}.")


def _overridden(recipe, args):
    changes = {
        "epochs": args.epochs,
        "batch_size": args.batch_size,
        "seed": args.seed,
        "pretrained": args.pretrained,
        "precision": args.precision,
        "data.limit_train": args.limit_train,
        "data.limit_test": args.limit_test,
    }
    changes = {field: value for field, value in changes.items() if value is not None}
    return recipes.override(recipe, changes | recipes.parse_assignments(args.set))


def _on(recipe, name):
    if name not in datasets.NAMES:
        raise UsageError(
            f"--dataset should be one of {', '.join(datasets.NAMES)} or auto; received {name!r}."
        )
    if name == recipe.data.name:
        return recipe
    stand_in = name == "digits" and recipe.data.name.startswith("cifar")
    changes = DIGITS_AS_CIFAR if stand_in else {"name": name, "options": {}}
    recipe = replace(recipe, data=replace(recipe.data, **changes))
    return unmirrored(recipe) if name == "digits" else recipe


def _summarize(run, recipe):
    result = run.result
    minutes, seconds = divmod(round(result["seconds"]), 60)
    metrics = result["metrics"]
    length = _epochs(result["epochs"])
    print(f"\n{result['status']} after {length}: test {_listed(metrics['test'])}")
    if "test_augmented" in metrics:
        print(f"with test-time augmentation: test {_listed(metrics['test_augmented'])}")
    if "notice" in result:
        print(f"measured on {result['dataset']}, not on the data of {recipe.name}")
    if "selected_epoch" in result:
        print(f"weights of epoch {result['selected_epoch']}, the best by {recipe.select}")
    print(
        f"{minutes} min {seconds} s of training, {result['images_per_second']:.0f} images/s, "
        f"{result['parameters']:,} parameters, {result['hardware']}"
    )
    print(f"files in {run.directory}")


def _epochs(count):
    return f"{count} epoch" if count == 1 else f"{count} epochs"


def _listed(metrics):
    return ", ".join(f"{name} {float(value):.4f}" for name, value in metrics.items())
