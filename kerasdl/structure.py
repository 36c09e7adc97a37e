"""A value for each output: of a single output as it is, of several as a dictionary by their names.

So Keras takes and gives them, and so data sets hold labels and names of classes. Inside, a single
output is a mapping of one, whose name is `ONLY`: these functions turn one form into the other.
"""

from collections.abc import Mapping

ONLY = ""
"""Name of a single output."""


def by_output(value):
    """A dictionary of output name to value.

    Args:
        value: a dictionary by output, or the value of a single output.

    Example:
    >>> by_output(("cat", "dog")), by_output({"digit": 10, "colour": 5})
    ({'': ('cat', 'dog')}, {'digit': 10, 'colour': 5})
    """
    return dict(value) if isinstance(value, Mapping) else {ONLY: value}


def as_given(values):
    """What `by_output` was given: the value of a single output, or the dictionary.

    Example:
    >>> as_given({"": 10}), as_given({"digit": 10})
    (10, {'digit': 10})
    """
    return values[ONLY] if ONLY in values else dict(values)


def map_outputs(function, value):
    """`function` of the value of each output, in the form in which `value` is given.

    Example:
    >>> map_outputs(len, ("cat", "dog")), map_outputs(len, {"pet": ("cat", "dog")})
    (2, {'pet': 2})
    """
    return as_given({name: function(each) for name, each in by_output(value).items()})
