"""Readings of batch normalization in the lab of `regularization` and `transformers`.

Both reports only say that they add it. The lab's sheet has it immediately after each convolution;
an author may have it after the activation. The learning rate, which `regularization` gives for its first
network, is varied too. Not varied: momentum and epsilon, for which the sheet's PyTorch has 0.9 and
1e-5 unless they are written, and biases before it, which it takes off again, so that their gradient is 0.
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
        f"batch normalization {words}; SGD at {rate:g}",
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
