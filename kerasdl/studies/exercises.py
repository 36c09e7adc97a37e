"""The `exercises` report: four small problems, and what architecture, optimizer and loss do.

    kerasdl train exercises/regression_gaussian

Exercise 1 separates two circles, exercise 2 reads handwritten digits.
Exercise 3 asks two questions about one picture: which digit, and on which colour.
Exercise 4 is regression: the prices of houses in Ames from four features, all divided
by their largest value in the training part. Seconds to minutes on two CPU cores.
The report says what it varies; the rest is marked (a), for assumed.
"""

from dataclasses import replace

from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe, Schedule

# PyTorch adds its epsilon of 1e-8 to the root of the mean square, Keras to the mean
# square itself: 1e-8 there is 1e-16 here.
RMSPROP = {"rho": 0.99, "epsilon": 1e-16}  # (a)

ADAM = {"epsilon": 1e-8}  # PyTorch's; Keras' is 1e-7
PYTORCH = {
    "kernel_initializer": "fan_in_uniform",  # (a)
    "bias_initializer": "fan_in_uniform",  # (a)
}
_INITIALIZERS = {
    f"model.arguments.{name}": "PyTorch's default, uniform in +-1/sqrt(fan_in)" for name in PYTORCH
}
ACTIVATIONS = ("sigmoid", "tanh", "relu")


# Exercise 1: circles.


def _circles(name, units, activation="tanh", *, optimizer=("adam", 0.01), assumed=None, **changes):
    kind, rate = optimizer
    arguments = {"adam": ADAM, "rmsprop": RMSPROP, "sgd": {}}[kind]
    logits = changes.get("loss") == "binary_crossentropy"
    none = {"model.activation": "none with the squared error: the output itself is compared"}
    return Recipe(
        **{
            "name": f"exercises/circles_{name}",
            "data": Data("circles"),  # (a)
            "model": Model(
                "MLP",
                # one output, compared with the label by the squared error (a)
                activation="sigmoid" if logits else None,
                arguments={"units": units, "activation": activation, **PYTORCH},
            ),
            "loss": "mean_squared_error",
            "optimizer": Optimizer(kind, rate, arguments=arguments),
            "epochs": 10,  # (a)
            "batch_size": 10,  # (a)
            "cost": "10 s",
            "assumptions": {
                "data": "scikit-learn's circles of 600 and 400 points: 59.4 %, of a model that "
                "cannot separate them, is about the part of the larger class",
                "epochs": "10 where the report does not say otherwise",
                "batch_size": "10 where the report does not say otherwise",
                "optimizer": "Adam, 0.01, where the report does not say otherwise; PyTorch's "
                "defaults",
                **({} if logits else none),
                **_INITIALIZERS,
                **(assumed or {}),
            },
            **changes,
        }
    )


CIRCLES_LINEAR = _circles(
    "linear",
    (),
    source="exercises, exercise 1, question 1",
    expected="59.40 %",
)

CIRCLES_TWO_LAYER = tuple(
    _circles(
        f"two_layer-{activation}",
        (75,),
        activation,
        source="exercises, exercise 1, question 1 and figure 1",
        expected="77.35 %, the best" if activation == "tanh" else "below tanh's 77.35 %",
    )
    for activation in ACTIVATIONS
)

CIRCLES_THREE_LAYER = tuple(
    _circles(
        f"three_layer-{activation}",
        (20, 20),  # (a)
        activation,
        assumed={
            "model.arguments.units": "20 units a layer where the report does not say otherwise"
        },
        source="exercises, exercise 1, question 1, models 1 to 3",
        expected=reported,
    )
    for activation, reported in zip(ACTIVATIONS, ("59.60 %", "78.20 %", "99.80 %"), strict=True)
)

CIRCLES_WIDE = _circles(
    "wide",
    (100, 150),
    "relu",
    source="exercises, exercise 1, question 1, models 4 to 6",
    expected="the best of its question",
)

CIRCLES_OPTIMIZER = tuple(
    _circles(
        f"optimizer-{name}",
        (75,),
        optimizer=(name, rate),
        assumed={"optimizer": "SGD at Adam's rate, 0.01"} if name == "sgd" else None,
        source="exercises, exercise 1, question 2 and figure 2",
        expected=reported,
    )
    for name, rate, reported in (
        ("adam", 0.01, "99.90 %"),
        ("rmsprop", 0.005, "99.80 %"),
        ("sgd", 0.01, "no number"),  # rate (a)
    )
)

CIRCLES_BATCH = tuple(
    _circles(
        f"batch-{size}",
        (75,),
        batch_size=size,
        epochs=50,
        source="exercises, exercise 1, question 2",
        expected="100 %",
        cost="30 s",
    )
    for size in (5, 10, 20)
)

CIRCLES_BCE = tuple(
    _circles(
        f"bce-{size}",
        (75,),
        optimizer=("adam", 0.025),  # (a): "0.025 or 0.05 seem more appropriate than 0.01"
        loss="binary_crossentropy",
        batch_size=size,
        assumed={"optimizer": "Adam, 0.025: the report finds 0.025 and 0.05 better than 0.01"},
        source="exercises, exercise 1, question 3 and figure 3",
        expected="at least 99.5 % in less than 10 epochs",
    )
    for size in (5, 10, 20, 40)
)

CIRCLES_BEST = _circles(
    "best",
    (75,),
    optimizer=("adam", 0.05),
    loss="binary_crossentropy",
    batch_size=40,
    source="exercises, exercise 1, question 4 and figure 4",
    expected="100 % on test",
)

CIRCLES = (
    CIRCLES_LINEAR,
    *CIRCLES_TWO_LAYER,
    *CIRCLES_THREE_LAYER,
    CIRCLES_WIDE,
    *CIRCLES_OPTIMIZER,
    *CIRCLES_BATCH,
    *CIRCLES_BCE,
    CIRCLES_BEST,
)


# Exercise 2: handwritten digits.


def _digits(name, model, *, assumed=None, **changes):
    return Recipe(
        **{
            "name": f"exercises/digits_{name}",
            "data": Data("usps", validation=0.1),  # (a)
            "model": model,
            "inputs": "unit",  # (a)
            "loss": "mean_squared_error",  # of the softmax and the one-hot label
            "optimizer": Optimizer("sgd", 0.1),
            "epochs": 10,  # (a)
            "batch_size": 10,
            "cost": "1 min",
            "assumptions": {
                "data": "USPS, 16x16; a tenth of the training images for validation",
                "inputs": "pixels in [0, 1]: what torchvision's ToTensor gives",
                "optimizer": "SGD, 0.1, where the report does not say otherwise",
                "epochs": "10 where the report does not say otherwise",
                "batch_size": "10 where the report does not say otherwise",
                **_INITIALIZERS,
                **(assumed or {}),
            },
            **changes,
        }
    )


_CONVOLUTIONS = {
    "model.arguments.kernel_size": "3x3",
    "model.arguments.padding": "as many zeros as keep the size",
}


def _convolutions(count, channels, activation):
    """3x3 (a) convolutions of that many channels with a max-pool between, then a linear layer."""
    return Model(
        "CNN",
        arguments={
            "filters": (channels,) * count,
            "kernel_size": 3,
            "padding": "same",  # (a)
            "pool_size": (2,) * (count - 1) + (None,),
            "units": (),
            "activation": activation,
            **PYTORCH,
        },
    )


DIGITS_LINEAR = _digits(
    "linear",
    Model("MLP", arguments={"units": (), **PYTORCH}),
    source="exercises, exercise 2, question 1",
    expected="88.02 %",
    cost="30 s",
)

DIGITS_CONV = tuple(
    _digits(
        f"conv-{count}-{activation}",
        _convolutions(count, 10, activation),
        assumed=_CONVOLUTIONS,
        source="exercises, exercise 2, question 1 and figure 6",
        expected="95.09 %, the best" if (count, activation) == (3, "tanh") else "below 95.09 %",
    )
    for count in (1, 2, 3)
    for activation in ("softmax", "sigmoid", "tanh")
)

DIGITS_SGD = _digits(
    "sgd",
    _convolutions(3, 20, "tanh"),
    assumed=_CONVOLUTIONS,
    source="exercises, exercise 2, question 2 and figure 7",
    expected="96.47 %",
)

DIGITS_SGD_LONG = replace(
    DIGITS_SGD,
    name="exercises/digits_sgd_long",
    epochs=20,
    source="exercises, exercise 2, question 2 and figure 8",
    expected="97.17 %",
    cost="2 min",
)

DIGITS_CROSS_ENTROPY = replace(
    DIGITS_SGD_LONG,
    name="exercises/digits_cross_entropy",
    loss="sparse_categorical_crossentropy",
    diverges=True,
    source="exercises, exercise 2, question 3",
    expected="an exploding gradient",
)

DIGITS_CLIPPED = replace(
    DIGITS_CROSS_ENTROPY,
    name="exercises/digits_clipped",
    optimizer=Optimizer("sgd", 0.1, clip_norm=1.0),  # norm (a)
    diverges=False,
    expected="the loss increases after 2 epochs",
    assumptions={**DIGITS_SGD.assumptions, "optimizer.clip_norm": "1"},
)

DIGITS_BEST = replace(
    DIGITS_CROSS_ENTROPY,
    name="exercises/digits_best",
    optimizer=Optimizer("sgd", 0.025),
    epochs=50,
    diverges=False,
    source="exercises, exercise 2, questions 3 and 4",
    expected="98.21 % on validation, 98.39 % on test",
    cost="5 min",
)

DIGITS = (
    DIGITS_LINEAR,
    *DIGITS_CONV,
    DIGITS_SGD,
    DIGITS_SGD_LONG,
    DIGITS_CROSS_ENTROPY,
    DIGITS_CLIPPED,
    DIGITS_BEST,
)


# Exercise 3: coloured digits.

COLOURED_DIGITS = Recipe(
    name="exercises/coloured_digits",
    # (a): MNIST in white on one of five colours
    data=Data("coloured_digits", validation=10_000),  # (a)
    model=Model(
        "TwoTowerCNN",
        arguments={
            "filters": (16, 32, 64),  # (a)
            "kernel_size": (5, 3, 3),
            "padding": "valid",  # (a)
            "shared": 0,  # "all layers are separate between the two"
            "kernel_initializer": "fan_in_uniform",  # (a)
            "bias_initializer": "fan_in_uniform",  # (a)
        },
    ),
    inputs="unit",  # (a)
    loss="sparse_categorical_crossentropy",  # of digit and of colour, added
    # PyTorch's epsilon; Keras' is 1e-7
    optimizer=Optimizer("adam", learning_rate=1e-3, arguments={"epsilon": 1e-8}),
    schedule=Schedule("cosine_annealing", by="epoch", arguments={"minimum": 1e-5}),
    epochs=10,  # (a)
    batch_size=64,
    source="exercises, exercise 3, questions 2 to 4",
    expected="test: digits 99.13 %, colours 100 %, both 99.13 %; better than on validation",
    cost="3 min",
    assumptions={
        "data": "MNIST digits in white on a uniform ground of one of five colours",
        "data.validation": "10,000 images, as many as there are for testing",
        "model.arguments.filters": "16, 32 and 64 channels",
        "model.arguments.padding": "none, the default of PyTorch's convolutions",
        "model.arguments.kernel_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "model.arguments.bias_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "inputs": "pixels in [0, 1]: what torchvision's ToTensor gives",
        "schedule.by": "a step an epoch, as PyTorch's CosineAnnealingLR is mostly used",
        "epochs": "10",
    },
)


def _one_convolution(name, source, expected, assumptions, **said):
    arguments = {
        **COLOURED_DIGITS.model.arguments,
        "filters": (16,),  # (a)
        "kernel_size": (5,),  # (a)
        **said,
    }
    return replace(
        COLOURED_DIGITS,
        name=f"exercises/coloured_digits_{name}",
        model=replace(COLOURED_DIGITS.model, arguments=arguments),
        source=source,
        expected=expected,
        cost="2 min",
        assumptions={
            **COLOURED_DIGITS.assumptions,
            "model.arguments.filters": "16 channels",
            "model.arguments.kernel_size": "5x5, that of the final model's first convolution",
            **assumptions,
        },
    )


COLOURED_DIGITS_ONE_CONV = tuple(
    _one_convolution(
        f"one_conv-{name}",
        "exercises, exercise 3, question 1 and figure 9",
        "colours 100 % either way",
        {},
        shared=shared,
    )
    for name, shared in (("separate", 0), ("shared", 1))
)

COLOURED_DIGITS_ACTIVATION = tuple(
    _one_convolution(
        f"activation-{activation}",
        "exercises, exercise 3, question 1 and figure 10",
        "the best" if activation == "tanh" else "below tanh",
        {"model.arguments.units": "50 hidden units"},
        units=(50,),
        activation=activation,
    )
    for activation in ACTIVATIONS
)


# Exercise 4: regression.


def _regression(name, units, activation="tanh", *, optimizer=("sgd", 0.1), assumed=None, **changes):
    kind, rate = optimizer
    arguments = {"adam": ADAM, "rmsprop": RMSPROP, "sgd": {}}[kind]
    return Recipe(
        **{
            "name": f"exercises/regression_{name}",
            "data": Data("ames_housing"),  # (a)
            "model": Model(
                "MLP",
                activation=None,
                arguments={"units": units, "activation": activation, **PYTORCH},
            ),
            "loss": "mean_squared_error",
            "optimizer": Optimizer(kind, rate, arguments=arguments),
            "metrics": (),
            "epochs": 10,  # (a)
            "batch_size": 10,
            "cost": "10 s",
            "assumptions": {
                "data": "Ames housing: overall quality, year built, basement and living area -> "
                "price, each divided by its training maximum; 70, 15 and 15 %",
                "model.arguments.units": "an output layer follows: the report counts the layers "
                "that have the stated number of neurons",
                "optimizer": "SGD, 0.1, where the report does not say otherwise; PyTorch's "
                "defaults",
                "epochs": "10 where the report does not say otherwise",
                "batch_size": "10 where the report does not say otherwise",
                **_INITIALIZERS,
                **(assumed or {}),
            },
            **changes,
        }
    )


_QUESTION_1 = "exercises, exercise 4, question 1"
_QUESTION_2 = "exercises, exercise 4, question 2"

REGRESSION_RAW = _regression(
    "raw",
    (5, 5, 5),  # (a)
    assumed={"model.arguments.units": "three layers of 5"},
    data=Data("ames_housing", options={"normalize": False}),
    diverges=True,
    source=_QUESTION_1,
    expected="an exploding gradient",
)

REGRESSION_DEPTH = tuple(
    _regression(
        f"depth-{depth}-{activation}",
        (5,) * depth,
        activation,
        source=f"{_QUESTION_1} and figure 11",
        expected="0.005699, the best"
        if (depth, activation) == (3, "tanh")
        else "the best of its depth"
        if activation == "tanh"
        else "above tanh",
    )
    for depth in (1, 2, 3, 5)
    for activation in ACTIVATIONS
)

REGRESSION_WIDTH = tuple(
    _regression(
        f"width-{depth}-{width}",
        (width,) * depth,
        source=_QUESTION_1,
        expected={(5, 20): "0.005490, the best", (3, 6): "0.005518"}.get(
            (depth, width), "little is gained beyond 10 units"
        ),
    )
    for depth in (3, 5)
    for width in (5, 6, 10, 20)
)

REGRESSION_BATCH = tuple(
    _regression(
        f"batch-{size}",
        (10,) * 5,
        batch_size=size,
        source=_QUESTION_2,
        expected="0.005119, the best" if size == 10 else "the larger the batch, the higher",
    )
    for size in (10, 50, 100)
)

REGRESSION_LR = tuple(
    _regression(
        f"lr-{rate:g}",
        (10,) * 5,
        optimizer=("sgd", rate),
        diverges=rate >= 1,
        source=_QUESTION_2,
        expected=reported,
    )
    for rate, reported in (
        (0.005, "no number"),
        (0.1, "0.005119"),
        (0.5, "bad, or nan"),
        (1.0, "nan"),
    )
)

REGRESSION_OPTIMIZER = tuple(
    _regression(
        f"optimizer-{name}",
        (10,) * 5,
        optimizer=(name, rate),
        epochs=20,
        assumed={"optimizer": "Adam at RMSprop's rate, 0.005"} if name == "adam" else None,
        source=f"{_QUESTION_2} and figure 12",
        expected="0.003820, the best" if name == "rmsprop" else "above RMSprop's 0.003820",
        cost="20 s",
    )
    # Adam's rate is RMSprop's (a)
    for name, rate in (("sgd", 0.1), ("adam", 0.005), ("rmsprop", 0.005))
)

REGRESSION_GAUSSIAN = Recipe(
    name="exercises/regression_gaussian",
    data=Data("ames_housing"),  # (a): data, features, 70/15/15 split
    model=Model(
        "MLP",
        activation=None,  # two linear outputs: mean and log-variance
        arguments={
            "units": (10, 10, 10, 10, 10),  # "the best previous model": 5 layers of 10
            "activation": "tanh",
            "kernel_initializer": "fan_in_uniform",  # (a)
            "bias_initializer": "fan_in_uniform",  # (a)
        },
    ),
    loss="gaussian_nll",
    optimizer=Optimizer("rmsprop", learning_rate=0.001, arguments=RMSPROP),
    metrics=("mean_squared_error",),  # of the mean, to compare with the exercise's other models
    epochs=100,
    batch_size=10,
    source="exercises, exercise 4, questions 3 and 4",
    expected="Gaussian negative log-likelihood -1.570448 on validation, -1.369851 on test",
    cost="2 min",
    assumptions={
        "data": "Ames housing: overall quality, year built, basement and living area -> price, "
        "each divided by its training maximum; 70, 15 and 15 %",
        "model.arguments.units": "5 hidden layers and an output layer: the report counts the "
        "layers that have the stated number of neurons",
        "model.arguments.kernel_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "model.arguments.bias_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "optimizer.arguments": "PyTorch's defaults, rho 0.99 and an epsilon of 1e-8 beside the "
        "root, which is 1e-16 under Keras' root",
        "loss": "with its constant log(2 pi) / 2: then -1.3699 is what errors of a variance of "
        "0.0038 give, the report's own mean squared error; without it, of 0.024",
    },
)

REGRESSION_GAUSSIAN_FAST = replace(
    REGRESSION_GAUSSIAN,
    name="exercises/regression_gaussian_fast",
    optimizer=replace(REGRESSION_GAUSSIAN.optimizer, learning_rate=0.005),
    expected="the loss goes back up after a while",
)

RECIPES = (
    *CIRCLES,
    *DIGITS,
    COLOURED_DIGITS,
    *COLOURED_DIGITS_ONE_CONV,
    *COLOURED_DIGITS_ACTIVATION,
    REGRESSION_RAW,
    *REGRESSION_DEPTH,
    *REGRESSION_WIDTH,
    *REGRESSION_BATCH,
    *REGRESSION_LR,
    *REGRESSION_OPTIMIZER,
    REGRESSION_GAUSSIAN,
    REGRESSION_GAUSSIAN_FAST,
)
