"""Losses by the names that recipes use: one module a loss.

A module such as `gaussian_nll.py` holds all that a loss decides about an output of a network: its
Keras loss, the metrics it can report, how many units the output needs, whether it is trained on
logits, and what labels become: a subclass of `Output`, given by the module's function
`output(classes, values)`. A new loss is a new module. Importing this package imports no backend.

Keras' own losses are used where there is one; `GaussianNLL` is ours.
"""

import importlib

from kerasdl import discovery
from kerasdl.errors import UsageError

NAMES = discovery.modules(__name__)
"""What `loss` of a recipe may be."""

__all__ = ["NAMES", "GaussianNLL", "Output", "output"]

__getattr__, __dir__ = discovery.exports(
    __name__, GaussianNLL="gaussian_nll", Output="_output"
)


def output(name, classes, values=1):
    """What the loss called `name` makes of an output of a network.

    Args:
        name: one of `NAMES`.
        classes: number of classes, or `None` for regression.
        values: number of target values of an example in a regression.

    Returns:
        An `Output`.

    Raises:
        UsageError: there is no such loss (the known ones are listed), or it does not fit
            such targets.

    Example:
    >>> output("gaussian_nll", classes=None).units
    2
    """
    if name not in NAMES:
        raise UsageError(f"loss should be one of {', '.join(NAMES)}; received {name!r}.")
    return importlib.import_module(f"{__name__}.{name}").output(classes, values)
