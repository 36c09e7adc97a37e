"""What the fields of a recipe may hold: one rule a field.

A rule is written once and serves three readers: `holds` decides, `expected` is the middle of the
sentence that refuses a value, and `schema` tells other programs the same in JSON Schema.
"""

import functools

from kerasdl import losses, schedules
from kerasdl.augmentation import pipelines
from kerasdl.errors import UsageError
from kerasdl.recipes.value_rules import (
    LARGEST_NUMBER,
    Rule,
    either,
    is_number,
    mapping,
    number,
    one_of,
    optional,
    path,
    text,
    whole,
)

INPUTS = ("raw", "unit", "signed", "standardize", "cifar10", "imagenet")
LOSSES = losses.NAMES
AUGMENTATIONS = pipelines.NAMES
PLATEAU = "reduce_on_plateau"  # no schedule of time
TEST_TIME_AUGMENTATIONS = ("mirror", "mirror_translate")
MIXES = ("mix_up", "cut_mix")
OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop", "muon")
PRECISIONS = ("float32", "bfloat16", "float16")
MOST_ACCUMULATED = 1_000_000  # batches
LARGEST_SEED = 2**32 - 1  # what the backends' generators take


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
    for dotted, rule in RULES.items():
        part, _, field = dotted.rpartition(".")
        found.setdefault(part, []).append((field, rule))
    return found


def monitored(recipe):
    """What of validation decides anything in a run: dictionary of field to `val_*` quantity."""
    found = {} if recipe.select == "last" else {"select": recipe.select}
    if recipe.early_stopping is not None:
        found["early_stopping.monitor"] = recipe.early_stopping.monitor
    if recipe.schedule is not None and recipe.schedule.name == PLATEAU:
        found["schedule.arguments.monitor"] = recipe.schedule.arguments.get("monitor", "val_loss")
    return found


def check_monitored(recipe):
    """Refuse to decide anything by what the run does not log.

    Raises:
        UsageError: which field, what it may be, and what it is.
    """
    # A network with several outputs also logs theirs, which are known once it is built.
    logged = ("val_loss", *(f"val_{metric}" for metric in recipe.metrics))
    for field, quantity in monitored(recipe).items():
        if isinstance(recipe.loss, str) and quantity not in logged:
            known = ", ".join((*(("last",) if field == "select" else ()), *logged))
            raise UsageError(
                f"{field} should be one of {known}: the test set never selects; "
                f"received {quantity!r:.200}."
            )


BOOLEAN = Rule(lambda value: isinstance(value, bool), "True or False", {"type": "boolean"})
SHARE = Rule(
    lambda value: is_number(value) and 0 <= value < 1,
    "a number from 0 to below 1",
    {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
)
BETWEEN_0_AND_1 = Rule(
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
_VALIDATED = Rule(
    lambda value: isinstance(value, str) and value.startswith("val_"),
    "a val_* quantity: the test set never selects",
    {"type": "string", "pattern": "^val_.*$"},
)
NOT_NEGATIVE = Rule(
    lambda value: is_number(value) and 0 <= value <= LARGEST_NUMBER,
    "a number, at least 0",
    {"type": "number", "minimum": 0},
)
_CLASS_WEIGHT = either(
    one_of(("balanced",)),
    mapping("", values=number("a positive number", above=0)),
    expected="balanced, or a dictionary of class name to a positive number",
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
    "test_time_augmentation": optional(one_of(TEST_TIME_AUGMENTATIONS)),
    "loss": either(_LOSS, mapping("one for each output by its name", values=_LOSS)),
    "label_smoothing": SHARE,
    "class_weight": optional(_CLASS_WEIGHT),
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
    "early_stopping.patience": whole(1),
    "early_stopping.monitor": _VALIDATED,
    "early_stopping.min_delta": NOT_NEGATIVE,
    "schedule.name": one_of((*schedules.NAMES, PLATEAU)),
    "schedule.by": one_of(("batch", "epoch")),
    "schedule.arguments": _ARGUMENTS,
    "pretrained": optional(text("a file, hf://owner/name or hf://owner/name@revision")),
    "freeze": BOOLEAN,
    "layer_decay": optional(number("above 0 and at most 1", above=0, at_most=1)),
    "precision": one_of(PRECISIONS),
    "jit_compile": BOOLEAN,
    "epochs": whole(1),
    "batch_size": whole(1),
    "accumulation": whole(1, MOST_ACCUMULATED),
    "ema_momentum": optional(BETWEEN_0_AND_1),
    "seed": whole(0, LARGEST_SEED),
    "test_curves": BOOLEAN,
    "select": _SELECT,
    "log_every": optional(whole(1)),
    "diverges": BOOLEAN,
    "source": text("words"),
    "expected": text("words"),
    "cost": text("words"),
    "assumptions": mapping("a dictionary of field to words", values=text("words")),
}
"""Dotted path of a field -> its `Rule`, for every field of a recipe but its parts themselves."""
