"""What the fields of a recipe may hold: one line a field, one sentence for what does not fit."""

from collections.abc import Mapping

from kerasdl import pipelines, schedules
from kerasdl.errors import UsageError

INPUTS = ("raw", "unit", "signed", "standardize", "imagenet")
LOSSES = (
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
    "mean_squared_error",
    "gaussian_nll",
)
METRICS = ("accuracy", "mean_squared_error")
OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop")
LARGEST_SEED = 2**32 - 1  # what the backends' generators take


def check(recipe):
    """Refuse a recipe that cannot be trained.

    Raises:
        UsageError: which field, what it should be, and what it is.
    """
    for path, holds, expected in _RULES:
        value = recipe
        for key in path.split("."):
            value = getattr(value, key)
        if not holds(value):
            raise UsageError(f"{path} should be {expected}; received {value!r}.")
    if recipe.schedule is not None and recipe.schedule.name not in schedules.NAMES:
        raise UsageError(
            f"schedule.name should be {_names(schedules.NAMES)}; received {recipe.schedule.name!r}."
        )
    if recipe.schedule is not None and not isinstance(recipe.schedule.arguments, Mapping):
        raise UsageError(
            f"schedule.arguments should be {_ARGUMENTS}; received {recipe.schedule.arguments!r}."
        )
    if recipe.schedule is not None and recipe.schedule.by not in ("batch", "epoch"):
        raise UsageError(f"schedule.by should be batch or epoch; received {recipe.schedule.by!r}.")
    watched = ("last", "val_loss", *(f"val_{metric}" for metric in recipe.metrics))
    if isinstance(recipe.loss, str) and recipe.select not in watched:
        raise UsageError(
            f"select should be one of {', '.join(watched)}: the test set never selects; "
            f"received {recipe.select!r}."
        )


def whole(least, most=None):
    """A test for whole numbers from `least` on."""

    def holds(value):
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return is_whole and value >= least and (most is None or value <= most)

    return holds


def number(above, at_most=float("inf")):
    """A test for finite numbers greater than `above`."""

    def holds(value):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and above < value <= at_most and value != float("inf")

    return holds


def maybe(holds):
    """The same test, or `None`."""
    return lambda value: value is None or holds(value)


def among(names):
    """A test for one of `names`."""
    return lambda value: isinstance(value, str) and value in names


def _is(*kinds):
    return lambda value: isinstance(value, kinds)


def _validation(value):
    return whole(1)(value) or (isinstance(value, float) and 0 < value < 1)


def _options(value):
    return isinstance(value, Mapping) and not {"data_dir", "download"} & set(value)


def _losses(value):
    each = value.values() if isinstance(value, Mapping) else [value]
    return all(loss in LOSSES for loss in each)


def _metrics(value):
    return isinstance(value, tuple) and all(map(among(METRICS), value))


def _select(value):
    return value == "last" or (isinstance(value, str) and value.startswith("val_"))


def _names(names):
    return "one of " + ", ".join(names)


_ARGUMENTS = "a dictionary of keyword arguments"
_RULES = (
    ("data.name", _is(str), "the name of a data set"),
    ("data.validation", maybe(_validation), "a whole number, a fraction below 1, or None"),
    ("data.validation_rule", among(("random", "last")), "random or last"),
    ("data.options", _options, f"{_ARGUMENTS} of the data set; --data-dir names its folder"),
    ("data.limit_train", maybe(whole(1)), "a whole number, at least 1"),
    ("data.limit_test", maybe(whole(1)), "a whole number, at least 1"),
    ("model.builder", _is(str), "the name of a builder"),
    ("model.activation", maybe(_is(str)), "the name of an activation, or None"),
    ("model.arguments", _is(Mapping), _ARGUMENTS),
    ("loss", _losses, _names(LOSSES)),
    ("metrics", _metrics, f"a tuple of {' and '.join(METRICS)}"),
    ("optimizer.name", among(OPTIMIZERS), _names(OPTIMIZERS)),
    ("optimizer.learning_rate", number(0), "a positive number"),
    ("optimizer.clip_norm", maybe(number(0)), "a positive number, or None"),
    ("optimizer.weight_decay", maybe(number(0)), "a positive number, or None"),
    ("optimizer.arguments", _is(Mapping), _ARGUMENTS),
    ("inputs", among(INPUTS), _names(INPUTS)),
    ("augmentation", maybe(among(pipelines.NAMES)), _names(pipelines.NAMES) + ", or None"),
    ("pretrained", maybe(_is(str)), "a file, hf://owner/name, or None"),
    ("freeze", _is(bool), "True or False"),
    ("layer_decay", maybe(number(0, at_most=1)), "above 0 and at most 1, or None"),
    ("epochs", whole(1), "a whole number, at least 1"),
    ("batch_size", whole(1), "a whole number, at least 1"),
    ("seed", whole(0, LARGEST_SEED), f"a whole number from 0 to {LARGEST_SEED}"),
    ("test_curves", _is(bool), "True or False"),
    ("select", _select, "last, or a val_* quantity: the test set never selects"),
    ("diverges", _is(bool), "True or False"),
    ("log_every", maybe(whole(1)), "a whole number, at least 1, or None"),
)
