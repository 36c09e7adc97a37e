"""Warnings of other packages about each other, which no user of ours can act on: kept from them."""

import contextlib
import os
import re
import sys
import warnings

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""The variable that jaxlib reads, when it is imported, as TensorFlow does."""

IGNORED = (
    # Keras 3.15's `Variable.numpy()` under NumPy 2
    ("__array__ implementation doesn't accept a copy keyword", DeprecationWarning),
    # JAX meets a compiled program that another process is writing; it compiles it itself
    ("Error reading persistent compilation cache entry", UserWarning),
)
"""How a message begins, and its category."""


@contextlib.contextmanager
def kept_away():
    """Within it the warnings in `IGNORED` are not shown, nor are they errors; all others are.

    Example:
    >>> with warnings.catch_warnings(record=True) as shown:
    ...     warnings.simplefilter("always")
    ...     with kept_away():
    ...         warnings.warn("shown", stacklevel=1)
    >>> len(shown)
    1
    """
    with warnings.catch_warnings():
        for message, category in IGNORED:
            warnings.filterwarnings("ignore", re.escape(message), category)
        yield


def quiet_loader_of_jax():
    """Have jaxlib log nothing, unless the user has said what it should; JAX raises what fails.

    On a processor with AVX-512 it logs as an error, in a thousand characters, each program that it
    finds in its cache: a setting of its compiler is no feature of the processor (jax-ml/jax issue
    38445). The program runs, with the same bits. It has an effect only before JAX is imported.
    """
    if "jax" not in sys.modules and not os.environ.get(LOG_LEVEL):
        os.environ[LOG_LEVEL] = "3"
