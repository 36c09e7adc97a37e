"""Readings of exercise 3: padding and epochs of the final model."""

from kerasdl.claims import Metric
from kerasdl.studies.exercises import coloured_digits
from kerasdl.studies.grid import Grid, Setting, Target

# Only the final model has numbers; the colours are all right with any padding.
_TOWERS = ("model.arguments.padding", "epochs")
COLOURED_DIGITS_TARGETS = (
    Target(
        "digits 99.13 %",
        coloured_digits.COLOURED_DIGITS,
        Metric("test", "digit_accuracy"),
        0.9913,
        0.0015,
        _TOWERS,
    ),
    Target(
        "both 99.13 %",
        coloured_digits.COLOURED_DIGITS,
        coloured_digits.BOTH,
        0.9913,
        0.0015,
        _TOWERS,
    ),
)


def _coloured_digits(padding, epochs):
    words = {"valid": "no padding", "same": "as many zeros as keep the size"}[padding]
    return Setting(
        f"{padding} padding, {epochs} epochs",
        f"{words}; {epochs} epochs",
        {"model.arguments.padding": padding, "epochs": epochs},
    )


COLOURED_DIGITS = Grid(
    "coloured_digits",
    COLOURED_DIGITS_TARGETS,
    tuple(
        _coloured_digits(padding, epochs) for epochs in (10, 20) for padding in ("valid", "same")
    ),
)
