"""The model of a command that looks at one, and the data that it is looked at with."""

from dataclasses import dataclass, replace
from pathlib import Path

from kerasdl import compile_cache, datasets, recipes
from kerasdl.allocation import keep_freed_memory
from kerasdl.commands import _own_data
from kerasdl.errors import UsageError
from kerasdl.runs import directory
from kerasdl.structure import as_given, by_output

PARTS = ("test", "validation", "train", "all")


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A trained model and some examples that fit it.

    Attributes:
        path: of its `.keras` file.
        model: a functional `keras.Model`.
        metadata: what the file says of it beside.
        dataset: the `Dataset` that the examples are of.
        splits: the parts of it that the examples are in, tuple of `Split`.
        part: which these are, one of `PARTS`.
    """

    path: Path
    model: object
    metadata: dict
    dataset: datasets.Dataset
    splits: tuple
    part: str

    @property
    def split(self):
        """The examples as one `Split`.

        Raises:
            UsageError: they are streamed, and of several parts.
        """
        if len(self.splits) == 1:
            return self.splits[0]
        if any(split.is_streamed for split in self.splits):
            raise UsageError(
                f"{self.dataset.name} is streamed: choose one part of it with --part, or leave "
                "--stream out."
            )
        import numpy as np

        y = as_given(joined([split.y for split in self.splits]))
        return datasets.Split(np.concatenate([split.x for split in self.splits]), y)

    @property
    def heading(self):
        """Which model, on which examples of which data."""
        origin = f"{sum(map(len, self.splits))} examples, {self.dataset.source}"
        return f"{self.path} on {self.part} of {self.dataset.name} ({origin})"


def add_evaluated_arguments(parser):
    """Which examples a model is looked at with."""
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


def load_evaluated(path, args):
    """The model in a file, and the examples that the arguments name.

    Raises:
        UsageError: the model cannot be loaded, the data cannot be had, or do not fit it.
    """
    compile_cache.quiet()
    from kerasdl.inspection.graph import functional
    from kerasdl.models.saving import load_model

    compile_cache.enable()
    keep_freed_memory()
    model, metadata = load_model(path)
    model = functional(model)
    if model is None:
        raise UsageError(f"{path} should hold a functional or sequential model.")
    dataset = _dataset(path, model, metadata, args)
    names = ("train", "validation", "test") if args.part == "all" else (args.part,)
    splits = tuple(part for name in names if (part := getattr(dataset, name)) is not None)
    if not splits:
        raise UsageError(f"{dataset.name} has no {args.part} part; try --part test.")
    _expect_fit(path, model, splits[0], dataset)
    return Evaluated(path, model, metadata, dataset, splits, args.part)


def joined(parts):
    """Output -> array, those of several parts of the data one after the other.

    Args:
        parts: list of arrays, or of dictionaries of arrays by output.
    """
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
