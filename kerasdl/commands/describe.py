"""`kerasdl describe`: what each layer of a network costs, and what it sees."""

from dataclasses import replace
from pathlib import Path

from kerasdl import backend, files, studies
from kerasdl.errors import UsageError
from kerasdl.runs import directory

FORMATS = ("text", "csv", "markdown")
# Shape of an example and number of classes (`None`: one target), so that a recipe is described
# without its data set.
SHAPES = {
    "cifar10": ((32, 32, 3), 10),
    "cifar100": ((32, 32, 3), 100),
    "mnist": ((28, 28, 1), 10),
    "usps": ((16, 16, 1), 10),
    "digits": ((8, 8, 1), 10),
    "circles": ((2,), 2),
    "ames_housing": ((4,), None),
    "coloured_digits": ((28, 28, 3), {"digit": 10, "colour": 5}),
}


def add_arguments(parser):
    """The arguments of `kerasdl describe`."""
    parser.add_argument(
        "what", metavar="RECIPE_OR_FILE", help="name of a recipe, .keras file, or run directory"
    )
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--out", metavar="FILE", help="write there instead of printing")
    parser.add_argument(
        "--input-shape",
        metavar="HxWxC",
        help="of one example, for a model that takes any size, as in 48x64x3",
    )


def run(args):
    """Print the table, or write it."""
    backend.require()
    shape = _shape(args.input_shape)

    from kerasdl.inspection import describe

    table = describe(_model(args.what), shape)
    text = getattr(table, f"to_{args.format}")()
    if args.out is None:
        print(text)
        return 0
    try:
        with files.written_whole(Path(args.out)) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"Cannot write {args.out}: {error.strerror or error}.") from error
    return 0


def _model(what):
    """The network of a recipe, or of a file where there is one of that name."""
    path = Path(what)
    path = path / directory.MODEL if path.is_dir() else path
    if path.suffix == ".keras" or path.is_file():
        from kerasdl.models.saving import load_model

        return load_model(path)[0]
    return _network(studies.get(what))


def _network(recipe):
    """The network that `recipe` saves, built for data of the right shape."""
    import inspect

    from kerasdl import models
    from kerasdl.training.network import build_network
    from kerasdl.training.outputs import resolve_outputs

    builder = getattr(models, recipe.model.builder, None)
    takes = inspect.signature(builder).parameters if builder else ()
    # Nothing is run, so no weights need be drawn.
    undrawn = {key: "zeros" for key in ("kernel_initializer", "bias_initializer") if key in takes}
    network = replace(recipe.model, arguments={**recipe.model.arguments, **undrawn})

    shape, classes = SHAPES[recipe.data.name]
    shape = tuple(recipe.data.options.get("shape", shape))
    outputs = resolve_outputs(
        recipe, classes, dict.fromkeys(classes, 1) if isinstance(classes, dict) else 1
    )
    mean, deviation = (0.0,) * shape[-1], (1.0,) * shape[-1]
    return build_network(
        replace(recipe, model=network), outputs, shape, (mean, deviation), training=False
    )


def _shape(text):
    """`(48, 64, 3)` for 48x64x3."""
    if text is None:
        return None
    try:
        shape = tuple(int(word) for word in text.lower().split("x"))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise UsageError(f"--input-shape should be like 48x64x3; received {text!r}.")
    return shape
