"""Named pipelines: from `kerasdl.pipelines`, which is literals, to layers."""

import importlib
import re
import zlib

from kerasdl import pipelines
from kerasdl.errors import UsageError


def pipeline(name, seed=None):
    """The layers of a named pipeline, to be put in front of a model or mapped over data.

    Args:
        name: one of `kerasdl.pipelines.NAMES`.
        seed: integer; every layer gets one of its own that follows from it.
            `None` leaves each to Python's generator.

    Returns:
        A list of layers whose names, as `augment_1_random_pad_crop`, are always
        the same and unique within a model.

    Raises:
        UsageError: an unknown name.

    Example:
    >>> [layer.name for layer in pipeline("crop_flip", seed=0)]
    ['augment_1_random_pad_crop', 'augment_2_random_horizontal_flip']
    """
    if name not in pipelines.PIPELINES:
        raise UsageError(
            f"An augmentation pipeline should be one of {', '.join(pipelines.NAMES)}; "
            f"received {name!r}."
        )
    layers = importlib.import_module("kerasdl.augmentation")
    return [
        getattr(layers, layer)(
            **settings,
            seed=None if seed is None else zlib.crc32(f"{seed}/{position}".encode()),
            name=f"augment_{position}_{re.sub('(?<!^)(?=[A-Z])', '_', layer).lower()}",
        )
        for position, (layer, settings) in enumerate(pipelines.PIPELINES[name], start=1)
    ]
