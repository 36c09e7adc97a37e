"""Warnings of other packages about each other, which no user of ours can act on: kept from them."""

import contextlib
import re
import warnings

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
