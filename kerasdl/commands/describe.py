"""`kerasdl describe`: what each layer of a network costs, and what it sees."""

import sys
from dataclasses import replace
from pathlib import Path

from kerasdl import backend, datasets, files, studies, text
from kerasdl.commands import _own_data
from kerasdl.errors import UsageError, from_os_error
from kerasdl.keras_file import read_contents
from kerasdl.runs import directory

EXAMPLES = """
  kerasdl describe regularization/baseline
  kerasdl describe cifar10/default --data flowers --image-size 64
  kerasdl describe runs/cifar10/default/jax-seed0 --format csv --out layers.csv
"""
FORMATS = ("text", "csv", "markdown")
LARGEST_SIDE = 65_536


def add_arguments(parser):
    """The arguments of `kerasdl describe`."""
    parser.add_argument(
        "what", metavar="RECIPE_OR_FILE", help="name of a recipe, .keras file, or run directory"
    )
    _own_data.add_own_data_arguments(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("--out", metavar="FILE", help="write there (default: print)")
    parser.add_argument(
        "--input-shape",
        metavar="HxWxC",
        help="of one example, for a model that takes any size, as in 48x64x3 (default: the model's)",
    )


def run(args):
    """Print the table, or write it."""
    backend.require()
    shape = _shape(args.input_shape)
    _expect_recipe_for_data(args)
    file = directory.model_file(args.what)
    if file.suffix == ".keras" or file.is_file():
        read_contents(file)  # what is wrong with it is said before a backend is imported

        from kerasdl.models.saving import load_model

        model, metadata = load_model(file)
        trained_with = _class_weight(metadata)
    else:
        recipe, info = _recipe_and_info(args)
        model, trained_with = _network(recipe, info), recipe.class_weight

    from kerasdl.inspection import describe

    table = describe(model, shape)
    if args.out is None and args.format == "text":
        print(table.to_text(text.terminal_width(sys.stdout)))
        if trained_with is not None:
            print(f"trained with class_weight={text.printable(trained_with)}")
        return 0
    written = getattr(table, f"to_{args.format}")()
    if args.out is None:
        print(written)
        return 0
    try:
        with files.written_whole(Path(args.out)) as temporary:
            temporary.write_text(written + "\n", encoding="utf-8")
    except OSError as error:
        raise from_os_error(f"Cannot write {args.out}", error) from error
    return 0


def _class_weight(metadata):
    """The `class_weight` of the recipe in a model file; `None` without either."""
    recipe = metadata.get("recipe")
    return recipe.get("class_weight") if isinstance(recipe, dict) else None


def _expect_recipe_for_data(args):
    """Refuse pictures of the user's own where a model, which has its input shape, is described."""
    _own_data.expect_one_source(args)
    if args.data is not None and args.what not in studies.names():
        raise UsageError(
            f"--data is for a recipe, whose network it gives its size; received {args.what}."
        )


def _recipe_and_info(args):
    """The recipe, and what its network has to fit: its data set, or the user's own pictures."""
    recipe = studies.get(args.what)
    if args.data is None:
        return recipe, datasets.info(recipe.data.name, **recipe.data.options)
    shape = _own_data.picture_shape(recipe, args.image_size)
    return recipe, datasets.Info(shape, _own_data.listing(args.data).classes)


def _network(recipe, info):
    """The network that a run of `recipe` saves, built without its data."""
    import inspect

    from kerasdl import models
    from kerasdl.training.network import build_network
    from kerasdl.training.outputs import resolve_outputs

    builder = getattr(models, recipe.model.builder, None)
    takes = inspect.signature(builder).parameters if builder else ()
    # Nothing is run, so no weights need be drawn.
    undrawn = {key: "zeros" for key in ("kernel_initializer", "bias_initializer") if key in takes}
    network = replace(recipe.model, arguments={**recipe.model.arguments, **undrawn})

    outputs = resolve_outputs(recipe, info.class_counts, info.values)
    channels = info.shape[-1]
    statistics = (0.0,) * channels, (1.0,) * channels  # which no cost depends on
    recipe = replace(recipe, model=network)
    return build_network(recipe, outputs, info.shape, statistics, training=False)


def _shape(words):
    """The shape `(48, 64, 3)` from the text 48x64x3."""
    if words is None:
        return None
    try:
        shape = tuple(int(word) for word in words.lower().split("x"))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1 or max(shape) > LARGEST_SIDE or len(shape) > 4:
        raise UsageError(
            f"--input-shape should be like 48x64x3, with sides of at most {LARGEST_SIDE}; "
            f"received {words!r:.40}."
        )
    return shape
