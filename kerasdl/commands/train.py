"""`kerasdl train`: train a recipe, on whichever backend `KERAS_BACKEND` names."""

from dataclasses import replace
from pathlib import Path

from kerasdl import backend, compile_cache, datasets, determinism, files, recipes, studies, trackers
from kerasdl.commands._numbers import add_whole_number
from kerasdl.errors import UsageError
from kerasdl.recipes.rules import LARGEST_SEED, PRECISIONS

MOST = 1_000_000_000  # examples

# The digits stand in for CIFAR-10 as pictures of its shape, so that every CIFAR recipe fits them.
DIGITS_AS_CIFAR = {"name": "digits", "options": {"shape": (32, 32, 3)}}


def add_arguments(parser):
    """The arguments of `kerasdl train`."""
    add_recipe_arguments(parser)
    add_data_arguments(parser)
    add_run_arguments(parser)


def add_recipe_arguments(parser):
    """Which recipe, and on which data set."""
    parser.add_argument("recipe", help="name of a recipe: `kerasdl list` shows them")
    parser.add_argument(
        "--dataset",
        help=f"another data set: {', '.join(datasets.NAMES)}; auto: the recipe's, or the "
        "bundled digits where it cannot be had and is images of one class each",
    )


def add_data_arguments(parser):
    """How a recipe is changed, as far as `kerasdl lr-range` knows it too."""
    parser.add_argument("--data-dir", metavar="D", help="folder of data sets (or KERASDL_DATA)")
    add_whole_number(parser, "--batch-size", 1, 1_000_000, purpose="images an update")
    add_whole_number(parser, "--seed", 0, LARGEST_SEED, purpose="of all that is random")
    parser.add_argument(
        "--pretrained",
        metavar="FILE",
        help="begin from a .safetensors file, or hf://owner/name[@revision], in the names of "
        "timm, torchvision or Hugging Face",
    )
    parser.add_argument(
        "--precision",
        metavar="P",
        help=f"of the network's arithmetic: {', '.join(PRECISIONS)}; weights are float32 in all",
    )
    add_whole_number(parser, "--limit-train", 1, MOST, purpose="first N training examples")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="override any field of the recipe, as in --set optimizer.learning_rate=0.01",
    )


def add_run_arguments(parser):
    """What makes a run: its length, and where it goes."""
    add_whole_number(parser, "--epochs", 1, 1_000_000, purpose="passes over the training part")
    add_whole_number(parser, "--limit-test", 1, MOST, purpose="first N test examples")
    parser.add_argument("--out", default="runs", metavar="DIR", help="root of the run directories")
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


def add_track_argument(parser):
    """For every command whose runs may be tracked."""
    parser.add_argument(
        "--track",
        action="append",
        default=[],
        metavar="TRACKER[:TARGET]",
        help="follow the run in tensorboard[:FOLDER], wandb[:PROJECT] or mlflow[:URI]; may be given "
        "several times",
    )


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
    trackers.parse(args.track)  # what is unknown or missing is said before a backend is imported
    if args.deterministic:
        determinism.enable()
    experiment = resolve_experiment(args)
    recipe = experiment.recipe
    compile_cache.enable()

    from kerasdl.callbacks import Checkpoint, Progress

    checkpoint = Checkpoint(args.checkpoint_every, notify=print)
    print(
        f"{recipe.name} on {experiment.dataset.name} ({experiment.dataset.source}), "
        f"{name} backend, seed {recipe.seed}, {recipe.epochs} epochs",
        flush=True,
    )
    if settings := experiment.identity.keras:
        described = ", ".join(f"{name}={value}" for name, value in settings.items())
        print(f"NOTICE: Keras is not set to its defaults: {described}.", flush=True)
    print_notice_of_precision(recipe)
    if args.existing == "resume":
        _name_shorter_run(experiment)
    run = _train_tracked(experiment, args, [checkpoint, Progress()])
    _summarize(run, recipe)
    return 0 if run.result["status"] == "finished" or recipe.diverges else 1


def _train_tracked(experiment, args, callbacks):
    """Train, followed by the trackers that are named."""
    from kerasdl.callbacks import Track
    from kerasdl.runs import directory
    from kerasdl.training import train

    if not args.track:
        return train(experiment, existing=args.existing, callbacks=callbacks)

    import tempfile

    from kerasdl.trackers import pictures

    with trackers.followers(args.track, pictures.tracked_run(experiment)) as followers:
        callbacks = [*callbacks, Track(followers)]
        run = train(experiment, existing=args.existing, callbacks=callbacks)
        if followers.are_following:
            with tempfile.TemporaryDirectory() as folder:
                drawn = pictures.draw(experiment, run.model, Path(folder), notify=print)
                kept = (directory.RECIPE, directory.LOG, directory.RESULT, directory.MODEL)
                followers.show(drawn, [run.directory / name for name in kept])
    return run


def print_notice_of_precision(recipe):
    """Say where the recipe's precision gains no speed."""
    from kerasdl.training.precision import emulation_notice

    if sentence := emulation_notice(recipe.precision):
        print(f"NOTICE: {sentence}", flush=True)


def resolve_experiment(args):
    """The experiment that the command line names.

    `--dataset auto` falls back on the bundled digits where they fit the recipe, and says so; a data
    set that is named is never replaced.
    """
    recipe = studies.get(args.recipe)
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


def _name_shorter_run(experiment):
    """Say why a run that is to be resumed begins anew, where the same with fewer epochs is there."""
    from kerasdl.runs.identity import shorter_run

    if experiment.folder.exists():
        return
    if found := shorter_run(experiment.folder, experiment.recipe, experiment.identity):
        folder, epochs = found
        print(
            f"{folder} holds this run with {epochs} epochs: more epochs are another run, which "
            "begins with the first (its schedule may be another, and a run that has finished keeps "
            "no state of its optimizer).",
            flush=True,
        )


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
    return replace(recipe, data=replace(recipe.data, **changes))


def _summarize(run, recipe):
    result = run.result
    minutes, seconds = divmod(round(result["seconds"]), 60)
    metrics = result["metrics"]
    print(f"\n{result['status']} after {result['epochs']} epochs: test {_listed(metrics['test'])}")
    if "test_augmented" in metrics:
        print(f"with test-time augmentation: test {_listed(metrics['test_augmented'])}")
    if "notice" in result:
        print(f"NOTICE: {result['notice']}")
    if "selected_epoch" in result:
        print(f"weights of epoch {result['selected_epoch']}, the best by {recipe.select}")
    print(
        f"{minutes} min {seconds} s of training, {result['images_per_second']:.0f} images/s, "
        f"{result['parameters']:,} parameters, {result['hardware']}"
    )
    print(f"files in {run.directory}")


def _listed(metrics):
    return ", ".join(f"{name} {float(value):.4f}" for name, value in metrics.items())
