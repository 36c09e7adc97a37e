"""`kerasdl evaluate`: accuracy, per class too, and the confusion matrix of a trained model."""

from dataclasses import replace
from pathlib import Path

from kerasdl import backend, datasets, runs
from kerasdl.errors import UsageError
from kerasdl.recipes.recipe import from_dict

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
    path = path / runs.MODEL if path.is_dir() else path

    from kerasdl import evaluation
    from kerasdl.archive import load_model

    model, about = load_model(path)
    dataset = _dataset(about, args, path)
    split = getattr(dataset, args.part)
    if split is None:
        raise UsageError(f"{dataset.name} has no {args.part} part; try --part test.")
    _expect_input(model, split, dataset)
    probabilities = model.predict(split.x, batch_size=500, verbose=0)
    if dataset.classes is None:
        error = float(((probabilities - split.y) ** 2).mean())
        print(f"{path} on {args.part} of {dataset.name}: mean squared error {error:.6f}")
        return 0

    several = isinstance(split.y, dict)
    for name in split.y if several else [""]:
        labels = split.y[name] if several else split.y
        given = probabilities[name] if several else probabilities
        classes = dataset.classes[name] if several else dataset.classes
        if not several:
            evaluation.expect_labels(model, labels, dataset.name)
            classes = about.get("classes") if about.get("dataset") == dataset.name else classes
        matrix = evaluation.confusion(labels, given)
        what = f"{name} of {dataset.name}" if several else dataset.name
        accuracy = evaluation.accuracy(matrix)
        print(f"{path} on {args.part} of {what} ({len(labels)} examples, {dataset.source})")
        if "notice" in about:
            print(f"NOTICE: {about['notice']}")
        print(f"accuracy {accuracy:.4f}\n")
        print("Label, its accuracy, and how often it was taken for which class:")
        print(evaluation.table(matrix, classes))
        suffix = f"-{name}" if several else ""
        target = Path(args.picture or path.with_name(f"confusion-{args.part}{suffix}.png"))
        try:
            evaluation.picture(matrix, classes, f"{what}, accuracy {accuracy:.4f}", target)
        except OSError as error:
            raise UsageError(f"Cannot write {target}: {error.strerror or error}.") from error
        print(f"\npicture: {target}")
    return 0


def _dataset(about, args, path):
    if "recipe" in about:
        recipe = from_dict(about["recipe"])
        if args.dataset not in (None, recipe.data.name):
            options = {"name": args.dataset, "options": {}, "validation": None}
            recipe = replace(recipe, select="last", data=replace(recipe.data, **options))
        from kerasdl.building import prepare_data

        return prepare_data(recipe, data_dir=args.data_dir)
    if args.dataset is None:
        raise UsageError(f"{path} does not say what it was trained on; name it with --dataset.")
    return datasets.load(args.dataset, data_dir=args.data_dir)


def _expect_input(model, split, dataset):
    wanted, found = tuple(model.input_shape[1:]), split.x.shape[1:]
    if wanted != found:
        raise UsageError(
            f"The model takes inputs of shape {wanted}; those of {dataset.name} have {found}."
        )
