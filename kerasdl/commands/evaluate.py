"""`kerasdl evaluate`: accuracy, per class too, and the confusion matrix of a trained model."""

from dataclasses import replace
from pathlib import Path

from kerasdl import backend, datasets
from kerasdl.errors import UsageError
from kerasdl.recipes.recipe import from_dict
from kerasdl.runs import directory

PARTS = ("test", "validation", "train")


def add_arguments(parser):
    """The arguments of `kerasdl evaluate`."""
    parser.add_argument("run", metavar="RUN_OR_FILE", help="run directory, or .keras file")
    parser.add_argument("--dataset", choices=datasets.NAMES, help="another than it was trained on")
    parser.add_argument("--data-dir", metavar="D", help="folder of data sets (or KERASDL_DATA)")
    parser.add_argument("--part", choices=PARTS, default="test", help="default: test")
    parser.add_argument(
        "--picture", metavar="FILE.png", help="default: confusion-<part>.png beside the model"
    )


def run(args):
    """Print the tables, draw the picture."""
    backend.require()
    path = Path(args.run)
    path = path / directory.MODEL if path.is_dir() else path

    from kerasdl.inspection import confusion as evaluation
    from kerasdl.models.saving import load_model

    model, about = load_model(path)
    dataset = _dataset(about, args, path, model)
    split = getattr(dataset, args.part)
    if split is None:
        raise UsageError(f"{dataset.name} has no {args.part} part; try --part test.")
    _expect_input(model, split, dataset)
    _expect_outputs(model, split, dataset)
    given = model.predict(split.x, batch_size=500, verbose=0)
    if "notice" in about:
        print(f"NOTICE: {about['notice']}")
    of = f"{path} on {args.part} of {dataset.name} ({len(split)} examples, {dataset.source})"
    if dataset.classes is None:
        # a Gaussian head gives a mean and a log-variance; its mean is what is compared
        error = float(((given[:, : split.y.shape[1]] - split.y) ** 2).mean())
        print(f"{of}\nmean squared error {error:.6f}")
        return 0
    if not isinstance(split.y, dict):
        evaluation.expect_labels(model.output, split.y, dataset.name)
        picture = args.picture or path.with_name(f"confusion-{args.part}.png")
        _show(of, given, split.y, dataset.classes, dataset.name, Path(picture))
        return 0
    for name, labels in split.y.items():
        evaluation.expect_labels(model.output[name], labels, f"{dataset.name}, {name}")
        picture = Path(args.picture or path.with_name(f"confusion-{args.part}.png"))
        picture = picture.with_stem(f"{picture.stem}-{name}")
        title = f"{name} of {dataset.name}"
        _show(f"{of}: {name}", given[name], labels, dataset.classes[name], title, picture)
    return 0


def _show(heading, probabilities, labels, classes, title, target):
    from kerasdl.inspection import confusion as evaluation

    matrix = evaluation.confusion(labels, probabilities)
    accuracy = evaluation.accuracy(matrix)
    print(f"{heading}\naccuracy {accuracy:.4f}\n")
    print("Label, its accuracy, and how often it was taken for which class:")
    print(evaluation.table(matrix, classes))
    try:
        evaluation.picture(matrix, classes, f"{title}, accuracy {accuracy:.4f}", target)
    except OSError as error:
        raise UsageError(f"Cannot write {target}: {error.strerror or error}.") from error
    print(f"\npicture: {target}\n")


def _dataset(about, args, path, model):
    shape = model.input_shape[1:]
    # the digits come in the shape that is asked for
    images = args.dataset == "digits" and len(shape) == 3 and None not in shape
    options = {"shape": shape} if images else {}
    if "recipe" in about:
        recipe = from_dict(about["recipe"])
        if args.dataset is None and about["dataset"] != recipe.data.name:
            raise UsageError(
                f"{path} was trained on data of the user's own, {about['dataset']}: "
                "name a data set with --dataset, or evaluate it from Python."
            )
        if args.dataset not in (None, recipe.data.name):
            data = replace(recipe.data, name=args.dataset, options=options, validation=None)
            recipe = replace(recipe, select="last", data=data)
        from kerasdl.training.network import prepare_data

        return prepare_data(recipe, data_dir=args.data_dir)
    if args.dataset is None:
        raise UsageError(f"{path} does not say what it was trained on; name it with --dataset.")
    return datasets.load(args.dataset, data_dir=args.data_dir, **options)


def _expect_input(model, split, dataset):
    wanted, found = tuple(model.input_shape[1:]), split.x.shape[1:]
    if wanted != found:
        raise UsageError(
            f"The model takes inputs of shape {wanted}; those of {dataset.name} have {found}."
        )


def _expect_outputs(model, split, dataset):
    """Vectors, as many as there are labels, by the same names."""
    shapes = [output.shape for output in model.outputs]
    if isinstance(model.output, (list, tuple)) or any(len(shape) != 2 for shape in shapes):
        raise UsageError(
            "The model should give (batch, classes), or a dictionary of these; "
            f"it gives {', '.join(map(str, shapes))}."
        )
    given = sorted(model.output) if isinstance(model.output, dict) else []
    wanted = sorted(split.y) if isinstance(split.y, dict) else []
    if given != wanted:
        raise UsageError(
            f"The model has {', '.join(given) or 'one output'}; {dataset.name} has labels for "
            f"{', '.join(wanted) or 'one output'}."
        )
