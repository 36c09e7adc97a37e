"""Kinds of rules for a value: what it may be, in three forms."""

import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LARGEST_NUMBER = sys.float_info.max  # a whole number of Python's may be larger, and is no float


@dataclass(eq=False)
class Rule:
    """What a field may hold.

    Attributes:
        holds: function of a value: whether the field may hold it.
        expected: what the field should be, in words.
        schema: the same in JSON Schema, for the value as it stands in JSON.
    """

    holds: Callable
    expected: str
    schema: Mapping


def text(expected):
    """Any string."""
    return Rule(lambda value: isinstance(value, str), expected, {"type": "string"})


def path(expected):
    """Words joined by slashes that can name folders: none begins with a dot."""
    pattern = r"\w[\w.-]*(/\w[\w.-]*)*"
    return Rule(
        lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None,
        expected,
        {"type": "string", "pattern": f"^{pattern}$"},
    )


def one_of(names):
    """One of some strings."""
    expected = " or ".join(names) if len(names) == 2 else f"one of {', '.join(names)}"
    return Rule(
        lambda value: isinstance(value, str) and value in names, expected, {"enum": list(names)}
    )


def whole(least, most=None):
    """A whole number from `least` to `most`."""

    def holds(value):
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return is_whole and value >= least and (most is None or value <= most)

    schema = {"type": "integer", "minimum": least}
    if most is None:
        return Rule(holds, f"a whole number, at least {least}", schema)
    return Rule(holds, f"a whole number from {least} to {most}", schema | {"maximum": most})


def number(expected, above, at_most=None):
    """A finite number greater than `above`, and no greater than `at_most`."""

    def holds(value):
        most = LARGEST_NUMBER if at_most is None else at_most
        return is_number(value) and above < value <= most

    schema = {"type": "number", "exclusiveMinimum": above}
    return Rule(holds, expected, schema if at_most is None else schema | {"maximum": at_most})


def mapping(expected, *, forbidden=(), values=None):
    """A dictionary of literals that JSON can hold, with strings for keys.

    Args:
        expected: what it should be, in words.
        forbidden: keys that it may not have.
        values: the rule of its values, or `None`.
    """

    def holds(value):
        return (
            isinstance(value, Mapping)
            and is_literal(value)
            and not set(forbidden) & set(value)
            and (values is None or all(map(values.holds, value.values())))
        )

    schema = {"type": "object"}
    if forbidden:
        schema["propertyNames"] = {"not": {"enum": list(forbidden)}}
    if values is not None:
        schema["additionalProperties"] = values.schema
    return Rule(holds, expected, schema)


def either(first, second, expected=None):
    """What one of two rules allows."""
    return Rule(
        lambda value: first.holds(value) or second.holds(value),
        expected or f"{first.expected}, or {second.expected}",
        {"anyOf": [*first.schema.get("anyOf", [first.schema]), second.schema]},
    )


def optional(rule):
    """The same, or `None`."""
    return either(rule, _NONE)


def is_number(value):
    """Whether `value` is an integer or a float; `True` and `False` are neither."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_literal(value):
    """Whether JSON can hold `value` and give it back.

    Example:
    >>> is_literal({"filters": ((32, 32), 64)}), is_literal({"filters": {32, 64}})
    (True, False)
    """
    if value is None or isinstance(value, (bool, int, str)):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, (list, tuple)):
        return all(map(is_literal, value))
    return (
        isinstance(value, Mapping)
        and all(isinstance(key, str) for key in value)
        and all(map(is_literal, value.values()))
    )


_NONE = Rule(lambda value: value is None, "None", {"type": "null"})
