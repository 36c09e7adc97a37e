"""What the fields of a recipe may hold: one rule a field.

A rule is written once and serves three readers: `holds` decides, `expected` is the middle of the
sentence that refuses a value, and `schema` tells other programs the same in JSON Schema.
"""

import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kerasdl import losses, schedules
from kerasdl.augmentation import pipelines
from kerasdl.errors import UsageError

INPUTS = ("raw", "unit", "signed", "standardize", "imagenet")
LOSSES = losses.NAMES
AUGMENTATIONS = pipelines.NAMES
MIXES = ("mix_up", "cut_mix")
OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop")
PRECISIONS = ("float32", "bfloat16", "float16")
MOST_ACCUMULATED = 1_000_000  # batches
LARGEST_SEED = 2**32 - 1  # what the backends' generators take


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


def check(part, name=""):
    """Refuse a value that a field may not hold.

    Args:
        part: a recipe, or a part of it.
        name: of the part, as in `"optimizer"`; `""` for a recipe.

    Raises:
        UsageError: which field, what it should be, and what it is.
    """
    for field, rule in _rules_by_part()[name]:
        value = getattr(part, field)
        if not rule.holds(value):
            path = f"{name}.{field}" if name else field
            raise UsageError(f"{path} should be {rule.expected}; received {value!r:.200}.")


@functools.cache
def _rules_by_part():
    """Name of a part -> pairs of a field and its rule."""
    found = {}
    for path, rule in RULES.items():
        part, _, field = path.rpartition(".")
        found.setdefault(part, []).append((field, rule))
    return found


def check_selection(recipe):
    """Refuse to select an epoch by what the run does not log.

    Raises:
        UsageError: what `select` may be, and what it is.
    """
    # A network with several outputs also logs theirs, which are known once it is built.
    logged = ("last", "val_loss", *(f"val_{metric}" for metric in recipe.metrics))
    if isinstance(recipe.loss, str) and recipe.select not in logged:
        raise UsageError(
            f"select should be one of {', '.join(logged)}: the test set never selects; "
            f"received {recipe.select!r:.200}."
        )


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
        return (
            is_number(value) and above < value < math.inf and (at_most is None or value <= at_most)
        )

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
_BOOLEAN = Rule(lambda value: isinstance(value, bool), "True or False", {"type": "boolean"})
_SHARE = Rule(
    lambda value: is_number(value) and 0 <= value < 1,
    "a number from 0 to below 1",
    {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
)
_AVERAGED = Rule(
    lambda value: is_number(value) and 0 < value < 1,
    "a number between 0 and 1",
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
)
_FRACTION = Rule(
    lambda value: isinstance(value, float) and 0 < value < 1,
    "a fraction below 1",
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
)
# Which metrics there are, each loss says (`kerasdl.losses`); a recipe is checked against it once
# its data are known.
_METRICS = Rule(
    lambda value: isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value),
    "a tuple of names of metrics",
    {"type": "array", "items": {"type": "string"}},
)
_LOSS = one_of(LOSSES)
_SELECT = Rule(
    lambda value: isinstance(value, str) and (value == "last" or value.startswith("val_")),
    "last, or a val_* quantity: the test set never selects",
    {"type": "string", "pattern": "^(last|val_.*)$"},
)
_ARGUMENTS = mapping("a dictionary of keyword arguments")
_POSITIVE = number("a positive number", above=0)

RULES = {
    "name": path("<report>/<experiment>"),
    "data.name": text("the name of a data set"),
    "data.validation": optional(
        either(whole(1), _FRACTION, expected="a whole number, a fraction below 1")
    ),
    "data.validation_rule": one_of(("random", "last")),
    "data.options": mapping(
        "a dictionary of keyword arguments of the data set; --data-dir names its folder",
        forbidden=("data_dir", "download"),
    ),
    "data.limit_train": optional(whole(1)),
    "data.limit_test": optional(whole(1)),
    "model.builder": text("the name of a builder"),
    "model.activation": optional(text("the name of an activation")),
    "model.arguments": _ARGUMENTS,
    "loss": either(_LOSS, mapping("one for each output by its name", values=_LOSS)),
    "label_smoothing": _SHARE,
    "metrics": _METRICS,
    "optimizer.name": one_of(OPTIMIZERS),
    "optimizer.learning_rate": _POSITIVE,
    "optimizer.clip_norm": optional(_POSITIVE),
    "optimizer.weight_decay": optional(_POSITIVE),
    "optimizer.arguments": _ARGUMENTS,
    "inputs": one_of(INPUTS),
    "augmentation": optional(one_of(AUGMENTATIONS)),
    "mix.name": one_of(MIXES),
    "mix.alpha": _POSITIVE,
    "schedule.name": one_of(schedules.NAMES),
    "schedule.by": one_of(("batch", "epoch")),
    "schedule.arguments": _ARGUMENTS,
    "pretrained": optional(text("a file, hf://owner/name or hf://owner/name@revision")),
    "freeze": _BOOLEAN,
    "layer_decay": optional(number("above 0 and at most 1", above=0, at_most=1)),
    "precision": one_of(PRECISIONS),
    "epochs": whole(1),
    "batch_size": whole(1),
    "accumulation": whole(1, MOST_ACCUMULATED),
    "ema_momentum": optional(_AVERAGED),
    "seed": whole(0, LARGEST_SEED),
    "test_curves": _BOOLEAN,
    "select": _SELECT,
    "log_every": optional(whole(1)),
    "diverges": _BOOLEAN,
    "source": text("words"),
    "expected": text("words"),
    "cost": text("words"),
    "assumptions": mapping("a dictionary of field to words", values=text("words")),
}
"""Dotted path of a field -> its `Rule`, for every field of a recipe but its parts themselves."""
