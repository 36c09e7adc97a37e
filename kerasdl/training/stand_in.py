"""The bundled digits in place of images that cannot be had, as `--dataset auto` asks."""

from dataclasses import replace

from kerasdl import datasets
from kerasdl.datasets import DataError, DataNotFound
from kerasdl.errors import UsageError
from kerasdl.recipes.unmirrored import unmirrored
from kerasdl.training.experiment import resolve


def resolve_on_digits(recipe, reason, out="runs"):
    """The experiment of a recipe on the bundled digits, shown in the shape of the recipe's own data.

    They stand in for images of one class each, and are not mirrored where the recipe's
    augmentation has a form without that; what is not that, or what takes more examples
    than there are digits, has no stand-in.

    Args:
        recipe: a `Recipe` whose data were not found.
        reason: the `DataNotFound` that says so.
        out: root of all run directories.

    Returns:
        An `Experiment`, whose `notice` says what stands in for what.

    Raises:
        DataNotFound: the recipe cannot run on them.

    Example:
    >>> from kerasdl import studies
    >>> reason = datasets.DataNotFound("It is nowhere.")
    >>> experiment = resolve_on_digits(studies.get("transformers/vit_embed_dim-8"), reason)
    >>> experiment.dataset.name, experiment.input_shape
    ('digits', (28, 28, 1))
    """
    name = recipe.data.name
    try:
        shape = _shape_of_images(recipe.data)
        data = replace(recipe.data, name="digits", options={"shape": shape})
        experiment = resolve(unmirrored(replace(recipe, data=data)), out=out)
    except UsageError as error:
        raise DataNotFound(
            f"{recipe.name} cannot run on the bundled digits in place of {name} "
            f"({str(error).rstrip('.')}): {reason}"
        ) from error
    notice = (
        f"{name} was not found, so this run uses the handwritten digits bundled with "
        f"scikit-learn, shown as {'x'.join(map(str, shape))}. ({reason})"
    )
    return replace(experiment, notice=notice)


def _shape_of_images(data):
    """Shape of the images that a recipe names, after checking that each has one class."""
    info = datasets.info(data.name, **data.options)
    kind = {type(None): "a regression", dict: "several outputs"}.get(type(info.classes))
    if kind is None and len(info.shape) == 3:
        return info.shape
    raise DataError(f"they are images of one class each, it is {kind or 'of features'}")
