"""Learning-rate schedules: pure functions of the step, one module a schedule.

A schedule stands inside an optimizer (`keras.optimizers.SGD(schedule)`), in the
callback `kerasdl.callbacks.ScheduleLearningRate`, or is called by hand:
`schedule(step)` of Python numbers and NumPy arrays is computed in float64 by
NumPy, of a backend's tensors in float32 by that backend, under its compiler too.

Times are real numbers of whatever unit all arguments share. Recipes count in
epochs; `PerEpoch` turns such a schedule into one over optimizer steps. `Warmup` and
`Join` put schedules together.

A new schedule is a new module: `inverse_time.py` with a class `InverseTime`, a
subclass of `Schedule`, is `"inverse_time"` in a recipe. Importing this package
imports no backend: a class is loaded when it is first used. To load a model that
was saved with a schedule, import the schedule first, or all of them by
`from kerasdl.schedules import *`.
"""

from kerasdl import discovery
from kerasdl.errors import UsageError

NAMES = discovery.modules(__name__)
"""What `schedule.name` of a recipe may be."""

_MODULES = {discovery.class_name(name): name for name in NAMES} | {
    "Join": "_composition",
    "PerEpoch": "_per_epoch",
    "Schedule": "_schedule",
    "Warmup": "_composition",
}

__all__ = ["NAMES", "get", "takes", *_MODULES]

__getattr__, __dir__ = discovery.exports(__name__, **_MODULES)


def takes(name):
    """The arguments of the schedule called `name`: argument -> whether it is required.

    Raises:
        UsageError: the name is unknown (the known ones are listed).

    Example:
    >>> takes("exponential")
    {'learning_rate': True, 'factor': True, 'every': False, 'warmup': False, 'warmup_start': False}
    """
    return _find(name).arguments() | {"warmup": False, "warmup_start": False}


def get(name, *, warmup=0, warmup_start=0.0, **arguments):
    """A schedule from the literals of a recipe.

    Args:
        name: one of `NAMES`.
        warmup: length of a linear warm-up before the schedule, which begins when
            the warm-up ends: its own `duration` does not include the warm-up.
        warmup_start: learning rate at the start of the warm-up (see `Warmup`).
        **arguments: of the schedule, all times in one unit.

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
        expected = [n if required else f"{n} (optional)" for n, required in known.items()]
        raise UsageError(
            f"Expected the arguments {', '.join(expected)} of the schedule {name}. "
            + (f"Received: {', '.join(unknown)}" if unknown else f"Missing: {', '.join(missing)}")
        )
    schedule = _find(name)(**arguments)
    if not warmup and not warmup_start:
        return schedule
    return __getattr__("Warmup")(schedule, warmup, warmup_start)


def _find(name):
    """The class of the schedule called `name`."""
    if name not in NAMES:
        raise UsageError(f"Expected one of the schedules {', '.join(NAMES)}. Received: {name!r}")
    return __getattr__(discovery.class_name(name))
