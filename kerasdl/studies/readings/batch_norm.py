"""Readings of batch normalization in the lab of `regularization` and `transformers`.

Both reports only say that they add it. The lab's sheet has it immediately after each convolution, in
PyTorch, whose moving statistics keep 0.9 of themselves and whose epsilon is 1e-5; what else an author
may have written is varied one by one, as is the learning rate, which `regularization` gives for its
first network.
"""

from kerasdl.claims import Highest, Last
from kerasdl.studies.grid import ABOVE, Grid, Setting, Target
from kerasdl.studies.regularization import lab_ladder
from kerasdl.studies.transformers import cnn_ladder

# What a setting calls its network -> what it changes, and in words.
_CHANGES = {
    "as in the sheet": ({}, "after each convolution, momentum 0.9, epsilon 1e-5"),
    "after the activation": (
        {"batch_norm_after": "activation"},
        "after the activation of each convolution",
    ),
    "momentum 0.99": (
        {"batch_norm_momentum": 0.99},
        "moving statistics that keep 0.99 of themselves, as Keras has it",
    ),
    "epsilon 1e-3": ({"batch_norm_epsilon": 1e-3}, "an epsilon of 1e-3, as Keras has it"),
    "without biases": (
        {"use_bias": False},
        "convolutions without biases, which batch normalization takes off again",
    ),
}
_OPEN = ("model.arguments", "optimizer.learning_rate")


def _target(claim, recipe, measure, value, **more):
    networks = {
        name: {**recipe.model.arguments, **changes} for name, (changes, _) in _CHANGES.items()
    }
    within = 0 if more else lab_ladder.READ  # both accuracies are read off figures
    readings = {"model.arguments": networks}
    return Target(claim, recipe, measure, value, within, _OPEN, readings, **more)


BATCH_NORM_TARGETS = (
    _target(
        "with batch norm, test accuracy is 85 %",
        lab_ladder.BATCHNORM,
        lab_ladder.BEST_TEST,
        0.85,
    ),
    _target(
        "training accuracy is above 92 %", lab_ladder.BATCHNORM, Last("accuracy"), 0.92, side=ABOVE
    ),
    _target(
        "with batch norm, test accuracy reaches 80 %",
        cnn_ladder.BATCHNORM,
        Highest("test_accuracy"),
        0.80,
    ),
)


def _batch_norm(network, rate=0.1):
    words = _CHANGES[network][1]
    ending = "" if rate == 0.1 else f", SGD {rate:g}"
    return Setting(
        f"{network}{ending}",
        f"batch normalization {words}; SGD at {rate:g}"
        if network in ("as in the sheet", "after the activation")
        else f"batch normalization after each convolution, {words}; SGD at {rate:g}",
        {"model.arguments": network, "optimizer.learning_rate": rate},
    )


# None is chosen before one was run: the recipes follow the sheet.
BATCH_NORM = Grid(
    "batch_norm",
    BATCH_NORM_TARGETS,
    (
        *(_batch_norm(network) for network in _CHANGES),
        _batch_norm("as in the sheet", 0.01),
        _batch_norm("as in the sheet", 0.03),
    ),
)
