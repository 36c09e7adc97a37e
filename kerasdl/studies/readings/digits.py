"""Readings of exercise 2: which digits, and what the activations are of."""

from kerasdl.claims import At, Last, Metric
from kerasdl.studies.exercises import digits
from kerasdl.studies.grid import Grid, Setting, Target

ACCURACY = Last("val_accuracy")

# What "softmax, sigmoid and tanh" are activations of, and which digits are read.
_DIGITS = ("data.name", "data.validation", "data.limit_train")
_HIDDEN = "model.arguments.activation"
_NETWORK = (*_DIGITS, _HIDDEN, "model.activation", "optimizer.learning_rate")
DIGITS_TARGETS = (
    Target(
        "one linear layer: 88.02 %",
        digits.LINEAR,
        ACCURACY,
        0.8802,
        0.02,
        (*_DIGITS, "optimizer.learning_rate"),
    ),
    Target(
        "three convolutions with tanh: 95.09 %", digits.THREE_TANH, ACCURACY, 0.9509, 0.01, _NETWORK
    ),
    # The tenth epoch of the 20 is that of 10: the rate is constant.
    Target(
        "20 channels: 96.47 %",
        digits.SGD_LONG,
        At("val_accuracy", 10),
        0.9647,
        0.006,
        _NETWORK,
    ),
    Target("20 epochs: 97.17 %", digits.SGD_LONG, ACCURACY, 0.9717, 0.006, _NETWORK),
    Target(
        "at 0.025, 50 epochs: 98.21 % on validation",
        digits.BEST,
        ACCURACY,
        0.9821,
        0.004,
        (*_DIGITS, _HIDDEN),
    ),
    Target(
        "the same on test: 98.39 %",
        digits.BEST,
        Metric("test", "accuracy"),
        0.9839,
        0.004,
        (*_DIGITS, _HIDDEN),
    ),
)

_IMAGES = {
    "MNIST": {"data.name": "mnist", "data.validation": 10_000, "data.limit_train": 10_000},
    "USPS": {"data.name": "usps", "data.validation": 0.1, "data.limit_train": None},
}
_IMAGES_IN_WORDS = {
    "MNIST": "MNIST in parts of 10,000",
    "USPS": "USPS with its own test part, a tenth of the rest for validation",
}
# After the convolutions, and at the output under a squared error; crossentropy has a softmax there.
_ACTIVATIONS = {
    "hidden": ("tanh", "softmax"),
    "output": ("linear", "tanh"),
    "hidden and output": ("tanh", "tanh"),
    "output, ReLU hidden": ("relu", "tanh"),
}
_ACTIVATIONS_IN_WORDS = {
    "hidden": "tanh after the convolutions, softmax at the output",
    "output": "nothing after the convolutions, tanh at the output",
    "hidden and output": "tanh after the convolutions and at the output",
    "output, ReLU hidden": "ReLU after the convolutions, tanh at the output",
}
_CHOSEN = ("MNIST", "output, ReLU hidden", False)


def _digits(data, place, summed):
    hidden, output = _ACTIVATIONS[place]
    return Setting(
        f"{data}, activation {place}{', loss summed' if summed else ''}",
        f"{_IMAGES_IN_WORDS[data]}; {_ACTIVATIONS_IN_WORDS[place]}; the squared error is "
        f"{'added up over the ten classes' if summed else 'a mean over the ten classes'}",
        {
            **_IMAGES[data],
            "model.arguments.activation": hidden,
            "model.activation": output,
            # Summed over ten classes the loss is ten times its mean: SGD's rate, ten times 0.1.
            "optimizer.learning_rate": 1.0 if summed else 0.1,
        },
        chosen=(data, place, summed) == _CHOSEN,
    )


DIGITS = Grid(
    "digits",
    DIGITS_TARGETS,
    tuple(
        _digits(data, place, summed)
        for data in _IMAGES
        for summed in (False, True)
        for place in _ACTIVATIONS
    ),
)
