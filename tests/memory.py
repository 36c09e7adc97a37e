"""A bound on the memory of what a test does, as Python and NumPy count it."""

import contextlib
import tracemalloc


@contextlib.contextmanager
def memory_below(most):
    """Within it, no more than `most` bytes are held at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
