"""Learning-rate schedules: pure functions of the step.

A schedule stands inside an optimizer (`keras.optimizers.SGD(schedule)`), in the
callback `kerasdl.callbacks.ScheduleLearningRate`, or is called by hand:
`schedule(step)` of Python numbers and NumPy arrays is computed in float64 by
NumPy, of a backend's tensors in float32 by that backend, under its compiler too.

Times are real numbers of whatever unit all arguments share. Recipes count in
epochs; `PerEpoch` turns such a schedule into one over optimizer steps.

Beside the schedules with names (`NAMES`), `Warmup` and `Join` compose them.
Importing this package imports no backend: the classes are loaded when first used.
"""

import importlib

from kerasdl.errors import UsageError

_BY_NAME = {
    "constant": "Constant",
    "step": "Step",
    "multi_step": "MultiStep",
    "exponential": "Exponential",
    "polynomial": "Polynomial",
    "cosine_annealing": "CosineAnnealing",
    "cosine_warm_restarts": "CosineWarmRestarts",
    "one_cycle": "OneCycle",
    "triangular": "Triangular",
}

NAMES = tuple(_BY_NAME)
"""What a recipe may write, without importing a backend."""

_MODULES = {
    "base": ("Schedule",),
    "decay": (
        "Constant",
        "CosineAnnealing",
        "Exponential",
        "MultiStep",
        "Polynomial",
        "Step",
    ),
    "cycles": ("CosineWarmRestarts", "OneCycle", "Triangular"),
    "compose": ("Join", "PerEpoch", "Warmup"),
}
_CLASSES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["NAMES", "get", "takes", *sorted(_CLASSES)]


def __getattr__(name):
    if name not in _CLASSES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_CLASSES[name]}"), name)


def takes(name):
    """What the schedule `name` takes: argument to whether it is required.

    Raises:
        UsageError: the name is unknown (the known ones are listed).

    Example:
    >>> takes("exponential")
    {'learning_rate': True, 'factor': True, 'every': False, 'warmup': False, 'warmup_start': False}
    """
    if name not in _BY_NAME:
        raise UsageError(f"Expected one of the schedules {', '.join(NAMES)}. Received: {name!r}")
    arguments = __getattr__(_BY_NAME[name]).arguments()
    return arguments | {"warmup": False, "warmup_start": False}


def get(name, *, warmup=0, warmup_start=0.0, **arguments):
    """A schedule from the literals of a recipe.

    Args:
        name: one of `NAMES`.
        warmup: length of a linear warm-up before the schedule, which begins when
            the warm-up ends: its own `duration` does not include the warm-up.
        warmup_start: learning rate at the warm-up's first step.
        arguments: of the schedule, all times in one unit.

    Raises:
        UsageError: the name or an argument is unknown (the known ones are
            listed), an argument is missing or out of range.

    Example:
    >>> schedule = get("cosine_annealing", learning_rate=0.1, duration=45, warmup=5)
    >>> schedule(0), schedule(5), schedule(50)
    (0.0, 0.1, 0.0)
    """
    known = takes(name)
    unknown = [n for n in arguments if n not in known]
    missing = [n for n, required in known.items() if required and n not in arguments]
    if unknown or missing:
        words = [n if required else f"{n} (optional)" for n, required in known.items()]
        raise UsageError(
            f"Expected the arguments {', '.join(words)} of the schedule {name}. "
            + (f"Received: {', '.join(unknown)}" if unknown else f"Missing: {', '.join(missing)}")
        )
    schedule = __getattr__(_BY_NAME[name])(**arguments)
    if not warmup and not warmup_start:
        return schedule
    return __getattr__("Warmup")(schedule, warmup, warmup_start)
