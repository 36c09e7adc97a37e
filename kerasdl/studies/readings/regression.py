"""Readings of exercise 4: how many houses, and which layers are counted."""

from kerasdl.claims import MedianOfLast, Metric
from kerasdl.studies.exercises import regression
from kerasdl.studies.grid import Grid, Setting, Target

# The recipes give the median of the last epochs; within: a seventh of a loss, what seeds differ by.
_HOUSES = ("data.options", "data.limit_train", "model.arguments.units")
_LOSS = MedianOfLast("val_loss", 5)


def _regression_target(claim, recipe, value, within, layers, *, measure=_LOSS):
    """A number of a network with so many layers of so many units."""
    count, width = layers
    units = {"beside": (width,) * count, "counted": (width,) * (count - 1)}
    return Target(claim, recipe, measure, value, within, _HOUSES, {"model.arguments.units": units})


REGRESSION_TARGETS = (
    _regression_target("3 layers: 0.005699", regression.THREE_TANH, 0.005699, 0.0009, (3, 5)),
    _regression_target("3 layers of 6: 0.005518", regression.WIDTH[3][6], 0.005518, 0.0009, (3, 6)),
    _regression_target(
        "5 layers of 20: 0.005490", regression.WIDTH[5][20], 0.00549, 0.0009, (5, 20)
    ),
    _regression_target(
        "batches of 10, 0.1: 0.005119", regression.BATCH[10], 0.005119, 0.0009, (5, 10)
    ),
    _regression_target("RMSprop, 0.005: 0.003820", regression.RMSPROP, 0.00382, 0.0006, (5, 10)),
    _regression_target(
        "Gaussian loss -1.570448 on validation", regression.GAUSSIAN, -1.570448, 0.1, (5, 10)
    ),
    _regression_target(
        "Gaussian loss -1.369851 on test",
        regression.GAUSSIAN,
        -1.369851,
        0.1,
        (5, 10),
        measure=Metric("test", "loss"),
    ),
)

_HOUSES_IN_WORDS = {
    2051: "70 % of the 2,930 houses of Ames",
    1022: "70 % of the 1,460 houses that a Kaggle competition gives of them",
    500: "500 houses",
}


def _regression(houses, counted, split=0):
    drawn = f", split {split}" if split else ""
    return Setting(
        f"{houses:,} houses, output {'counted' if counted else 'beside'}{drawn}",
        f"training on {_HOUSES_IN_WORDS[houses]}; the output layer is "
        f"{'one of the stated layers' if counted else 'beside the stated layers'}"
        f"{f'; another draw of the three parts, {split}' if split else ''}",
        {
            "data.options": {"seed": split} if split else {},
            "data.limit_train": None if houses == 2051 else houses,
            "model.arguments.units": "counted" if counted else "beside",
        },
    )


# None is chosen: no reading gives more than two of seven numbers. A network of one layer has no
# place for the activation that the report varies if its output is that layer: so it is beside.
REGRESSION = Grid(
    "regression",
    REGRESSION_TARGETS,
    (
        *(
            _regression(houses, counted)
            for houses in (2051, 1022, 500)
            for counted in (False, True)
        ),
        *(_regression(2051, False, split) for split in (1, 2, 3)),
    ),
)
