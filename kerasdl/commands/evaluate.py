"""`kerasdl evaluate`: accuracy, per class too, and the confusion matrix of a trained model."""

from dataclasses import replace
from pathlib import Path

from kerasdl import backend, compile_cache, datasets, recipes
from kerasdl.commands import _own_data
from kerasdl.errors import UsageError
from kerasdl.files import expect_writable
from kerasdl.keras_file import read_contents
from kerasdl.runs import directory
from kerasdl.structure import by_output

EXAMPLES = """
  kerasdl evaluate runs/cifar10/default/jax-seed0
  kerasdl evaluate RUN --part train
  kerasdl evaluate RUN --data flowers         trained on pictures of your own
  kerasdl evaluate RUN --data more-flowers --part all
  kerasdl evaluate model.keras --dataset digits
"""
PARTS = ("test", "validation", "train", "all")


def add_arguments(parser):
    """The arguments of `kerasdl evaluate`."""
    parser.add_argument("run", metavar="RUN_OR_FILE", help="run directory, or .keras file")
    parser.add_argument(
        "--dataset",
        choices=datasets.NAMES,
        metavar="NAME",
        help=f"one of {', '.join(datasets.NAMES)} (default: what it was trained on)",
    )
    _own_data.add_own_data_arguments(parser, size=None)
    parser.add_argument(
        "--data-dir", metavar="D", help="folder of data sets (default: KERASDL_DATA)"
    )
    parser.add_argument(
        "--part", choices=PARTS, default="test", help="default: test; all: every example"
    )
    parser.add_argument(
        "--picture", metavar="FILE.png", help="default: confusion-<part>.png beside the model"
    )


def run(args):
    """Print the tables, draw the pictures."""
    backend.require()
    _own_data.expect_one_source(args)
    path = directory.model_file(args.run)
    read_contents(path)  # what is wrong with it is said before a backend is imported
    picture = Path(args.picture or path.with_name(f"confusion-{args.part}.png"))
    expect_writable(picture)

    from kerasdl.inspection import confusion
    from kerasdl.inspection.graph import functional
    from kerasdl.models.saving import load_model
    from kerasdl.training.batches import naming_pictures, predictions_of

    compile_cache.enable()
    model, metadata = load_model(path)
    model = functional(model)
    if model is None:
        raise UsageError(f"{path} should hold a functional or sequential model.")
    dataset = _dataset(path, model, metadata, args)
    names = ("train", "validation", "test") if args.part == "all" else (args.part,)
    splits = [split for name in names if (split := getattr(dataset, name)) is not None]
    if not splits:
        raise UsageError(f"{dataset.name} has no {args.part} part; try --part test.")
    _expect_fit(path, model, splits[0], dataset)
    with naming_pictures(dataset):
        predictions = _joined([predictions_of(model, split) for split in splits])
    targets = _joined([split.y for split in splits])
    if "notice" in metadata:
        print(f"NOTICE: {metadata['notice']}")
    heading = f"{path} on {args.part} of {dataset.name} ({sum(map(len, splits))} examples, {dataset.source})"
    for name, labels in targets.items():
        heading_here = f"{heading}: {name}" if name else heading
        classes = by_output(dataset.classes).get(name)
        if classes is None:
            _show_error(heading_here, labels, predictions[name])
            continue
        names = {"labels": classes}
        own_names = by_output(metadata.get("classes")).get(name)
        if own_names is not None and len(own_names) == len(classes):
            names["predictions"] = own_names
        title = f"{name} of {dataset.name}" if name else dataset.name
        picture_here = picture.with_stem(f"{picture.stem}-{name}") if name else picture
        matrix = confusion.confusion_matrix(labels, predictions[name])
        _show_confusion(heading_here, matrix, names, title, picture_here)
    return 0


def _show_error(heading, targets, predictions):
    # A Gaussian head gives a mean and a log-variance; its mean is compared.
    error = float(((predictions[:, : targets.shape[1]] - targets) ** 2).mean())
    print(f"{heading}\nmean squared error {error:.6f}")


def _show_confusion(heading, matrix, names, title, picture):
    from kerasdl.inspection import confusion

    accuracy = confusion.accuracy(matrix)
    print(f"{heading}\naccuracy {accuracy:.4f}\n")
    print("Label, its accuracy, and how often it was taken for which class:")
    print(confusion.confusion_table(matrix, **names))
    confusion.draw_confusion(matrix, picture, title=f"{title}, accuracy {accuracy:.4f}", **names)
    print(f"\npicture: {picture}\n")


def _joined(parts):
    """Output -> array, those of several parts of the data one after the other."""
    import numpy as np

    parts = [by_output(part) for part in parts]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _own_pictures(path, model, metadata, args):
    """The pictures that `--data` names, in the parts of the run if it was trained on them."""
    shape = tuple(model.inputs[0].shape[1:])
    if len(shape) != 3 or None in shape or shape[2] not in (1, 3):
        raise UsageError(f"{path} takes no pictures of one size: its input has shape {shape}.")
    parts = {}
    if "recipe" in metadata:
        recipe = recipes.from_dict(metadata["recipe"])
        parts = {"validation": recipe.data.validation, "seed": recipe.seed}
    classes = metadata.get("classes")
    parts |= {"image_size": shape[:2], "channels": shape[2]}
    parts["classes"] = tuple(classes) if isinstance(classes, (list, tuple)) else None
    dataset = _own_data.load(args, **parts)
    identity = directory.read_result(path.parent).get("identity")
    recorded = identity.get("data") if isinstance(identity, dict) else None
    if recorded and args.part != "all" and not _own_data.is_of(recorded, dataset, args, parts):
        print(
            f"NOTICE: these are other pictures than {path} was trained on, so {args.part} is a part "
            "drawn from them: --part all takes every one."
        )
    return dataset


def _dataset(path, model, metadata, args):
    """The data that the model was trained on, in their parts; or all of the data set named."""
    if args.data is not None:
        return _own_pictures(path, model, metadata, args)
    if "recipe" in metadata:
        recipe = recipes.from_dict(metadata["recipe"])
        own_data = metadata.get("own_data", metadata["dataset"] != recipe.data.name)
        if own_data and args.dataset is None:
            raise UsageError(
                f"{path} was trained on data of the user's own, {metadata['dataset']}: "
                "name its pictures with --data, a data set with --dataset, or evaluate it from "
                "Python."
            )
        if not own_data and args.dataset in (None, recipe.data.name):
            from kerasdl.training import resolve

            # What the weights began from need not be there any more.
            return resolve(replace(recipe, pretrained=None), data_dir=args.data_dir).dataset
    if args.dataset is None:
        raise UsageError(f"{path} does not say what it was trained on; name it with --dataset.")
    shape = model.inputs[0].shape[1:]
    # The digits come in the shape that is asked for.
    images = args.dataset == "digits" and len(shape) == 3 and None not in shape
    options = {"shape": shape} if images else {}
    return datasets.load(args.dataset, data_dir=args.data_dir, **options)


def _expect_fit(path, model, split, dataset):
    """Refuse data that are not of the model's inputs and outputs."""
    expected, received = [tuple(x.shape[1:]) for x in model.inputs], [split.x.shape[1:]]
    if expected != received:
        raise UsageError(
            f"{path} takes inputs of shape {_listed(expected)}; those of {dataset.name} have "
            f"{_listed(received)}."
        )
    if isinstance(model.output, (list, tuple)) or any(len(x.shape) != 2 for x in model.outputs):
        raise UsageError(
            "The model should give (batch, classes), or a dictionary of these; "
            f"it gives {_listed(x.shape for x in model.outputs)}."
        )
    outputs, targets = by_output(model.output), by_output(split.y)
    if set(outputs) != set(targets):
        raise UsageError(
            f"The model has {_names(outputs)}; {dataset.name} has labels for {_names(targets)}."
        )
    for name, output in outputs.items():
        classes = by_output(dataset.classes).get(name)
        _expect_units(f"{path}, {name}," if name else path, output, targets[name], classes, dataset)


def _expect_units(path, output, targets, classes, dataset):
    units = output.shape[-1]
    if classes is None:
        if units not in (targets.shape[1], 2 * targets.shape[1]):
            raise UsageError(
                f"{path} gives {units} values; {dataset.name} has {targets.shape[1]} to compare "
                "them with."
            )
        return
    count = 2 if units == 1 else units  # one sigmoid tells two classes apart
    if count != len(classes):
        raise UsageError(
            f"{path} gives {count} classes; {dataset.name} has {len(classes)}: name a data set of "
            f"{count} classes with --dataset."
        )


def _listed(shapes):
    return ", ".join(str(tuple(shape)) for shape in shapes)


def _names(outputs):
    return ", ".join(sorted(name for name in outputs if name)) or "one output"
