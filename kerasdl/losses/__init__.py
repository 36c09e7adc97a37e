"""Losses by the names that recipes use: one module a loss.

A new loss is a new module: `gaussian_nll.py` is `"gaussian_nll"` in a recipe. Its function
`output(classes, values)` gives an instance of a subclass of `Output`, which holds all that a loss decides about an
output of a network: the Keras loss, the metrics it can have beside it, how many units the output
needs, whether it is trained on logits, and the form of its targets. Importing this package imports
no backend.

Losses are Keras' own where there is one; `GaussianNLL` is not.
"""

import importlib

from kerasdl import discovery
from kerasdl.errors import UsageError

NAMES = discovery.modules(__name__)
"""What `loss` in a recipe may be."""

__all__ = ["NAMES", "GaussianNLL", "Output", "output"]

__getattr__, __dir__ = discovery.exports(__name__, GaussianNLL="gaussian_nll", Output="_output")


def output(name, classes, values=1):
    """An output of a network that is trained on the loss called `name`.

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
