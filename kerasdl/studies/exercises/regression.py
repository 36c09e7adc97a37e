"""Exercise 4: the prices of houses in Ames from four features.

All of them are divided by their largest value in the training part.
"""

from dataclasses import replace

from kerasdl.claims import (
    Alike,
    Claim,
    Difference,
    Diverges,
    Growth,
    Increasing,
    MedianOfLast,
    Metric,
    Near,
    Omission,
    RiseAboveLowest,
    Top,
    Within,
)
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.studies import pytorch
from kerasdl.studies.study import Family, without

NETWORK = {
    "units": (5, 5, 5),
    "activation": "tanh",
    **pytorch.INITIALIZERS,  # (a)
}

RAW = Recipe(
    name="exercises/regression_raw",
    data=Data("ames_housing", options={"normalize": False}),  # (a)
    # units and activation (a): tanh was chosen later, and keeps the gradient below 2
    model=Model("MLP", activation=None, arguments={**NETWORK, "activation": "relu"}),
    loss="mean_squared_error",
    optimizer=Optimizer("sgd", learning_rate=0.1),
    metrics=(),
    epochs=10,  # (a)
    batch_size=10,
    diverges=True,
    source="exercises, exercise 4, question 1",
    expected="an exploding gradient",
    cost="10 s",
    assumptions={
        "data": "Ames housing: overall quality, year built, basement and living area -> price, in "
        "their own units; 70, 15 and 15 %",
        "model.arguments.units": "three layers of 5",
        "model.arguments.activation": "ReLU: tanh was chosen after the data were normalized; its "
        "saturated units, at most 5 and a bias, keep a step of 0.1 below what diverges",
        "optimizer": "SGD, 0.1, where the report does not say otherwise; PyTorch's defaults",
        "epochs": "10 where the report does not say otherwise",
        "batch_size": "10 where the report does not say otherwise",
        **pytorch.INITIALIZERS_ASSUMED,
    },
)

_OPEN = without(RAW.assumptions, "model.arguments.activation") | {
    "data": "Ames housing: overall quality, year built, basement and living area -> price, each "
    "divided by its training maximum; 70, 15 and 15 %",
}

# On normalized data, as all that follows; the depth is varied.
DEPTH = {
    depth: {
        activation: replace(
            RAW,
            name=f"exercises/regression_depth-{depth}-{activation}",
            data=Data("ames_housing"),  # (a)
            model=Model(
                "MLP",
                activation=None,
                arguments={**NETWORK, "units": (5,) * depth, "activation": activation},
            ),
            diverges=False,
            source="exercises, exercise 4, question 1 and figure 11",
            expected="0.005699, the best" if (depth, activation) == (3, "tanh") else expected,
            assumptions={
                **_OPEN,
                "model.arguments.units": "an output layer follows: one layer with an activation, which "
                "the report varies, is no output; counting it gives no more of the report's numbers",
            },
        )
        for activation, expected in (
            ("sigmoid", "above tanh"),
            ("tanh", "the best of its depth"),
            ("relu", "above tanh"),
        )
    }
    for depth in (1, 2, 3, 5)
}
THREE_TANH = DEPTH[3]["tanh"]
FIVE_TANH = DEPTH[5]["tanh"]

_EXPECTED_OF_WIDTH = {(5, 20): "0.005490, the best", (3, 6): "0.005518"}
WIDTH = {
    depth: {
        width: replace(
            THREE_TANH,
            name=f"exercises/regression_width-{depth}-{width}",
            model=Model("MLP", activation=None, arguments={**NETWORK, "units": (width,) * depth}),
            source="exercises, exercise 4, question 1",
            expected=_EXPECTED_OF_WIDTH.get((depth, width), "little is gained beyond 10 units"),
            assumptions={
                **THREE_TANH.assumptions,
                "optimizer": f"{RAW.assumptions['optimizer']}. Question 2 has 0.005119 for 5 layers of 10 "
                "in batches of 10 at 0.1, where 0.005490 is the best of question 1: so that trained "
                "otherwise, or the two are as far apart as two runs are",
            },
        )
        for width in (5, 6, 10, 20)
    }
    for depth in (3, 5)
}
FIVE_OF_TEN = WIDTH[5][10]  # the network of question 2

# Question 2 gives the rate of its best model, 0.1, and varies it.
_RATE_GIVEN = without(FIVE_OF_TEN.assumptions, "optimizer")
_SGD_ASSUMED = _RATE_GIVEN | {"optimizer.name": "SGD, where the report names no other"}

BATCH = {
    size: replace(
        FIVE_OF_TEN,
        name=f"exercises/regression_batch-{size}",
        batch_size=size,
        source="exercises, exercise 4, question 2",
        expected=expected,
        assumptions=_SGD_ASSUMED,
    )
    for size, expected in (
        (10, "0.005119, the best"),
        (50, "the larger the batch, the higher"),
        (100, "the larger the batch, the higher"),
    )
}

LEARNING_RATE = {
    label: replace(
        FIVE_OF_TEN,
        name=f"exercises/regression_lr-{label}",
        optimizer=Optimizer("sgd", learning_rate=float(label)),
        diverges=label == "1",
        source="exercises, exercise 4, question 2",
        expected=expected,
        assumptions=_SGD_ASSUMED,
    )
    for label, expected in (
        ("0.005", "no number"),
        ("0.1", "0.005119"),
        ("0.5", "bad, or nan"),
        ("1", "nan"),
    )
}

SGD = replace(
    FIVE_OF_TEN,
    name="exercises/regression_optimizer-sgd",
    epochs=20,
    source="exercises, exercise 4, question 2 and figure 12",
    expected="above RMSprop's 0.003820",
    cost="20 s",
    assumptions=_SGD_ASSUMED,
)
ADAM = replace(
    SGD,
    name="exercises/regression_optimizer-adam",
    optimizer=Optimizer("adam", learning_rate=0.005, arguments=pytorch.ADAM),  # rate (a)
    assumptions=_RATE_GIVEN | {"optimizer.learning_rate": "0.005, RMSprop's"},
)
RMSPROP = replace(
    SGD,
    name="exercises/regression_optimizer-rmsprop",
    optimizer=Optimizer("rmsprop", learning_rate=0.005, arguments=pytorch.RMSPROP),
    expected="0.003820, the best",
    assumptions=_RATE_GIVEN | {"optimizer.arguments": "PyTorch's defaults"},
)

# "A 0.5 learning rate always gives bad performances or a nan error": with every optimizer.
HALF = {
    name: replace(
        SGD,
        name=f"exercises/regression_half-{name}",
        optimizer=Optimizer(name, learning_rate=0.5, arguments=arguments),
        expected="bad, or nan",
        # "always": of every optimizer that the report names, at its defaults
        assumptions=_RATE_GIVEN | {"optimizer.arguments": "PyTorch's defaults"},
    )
    for name, arguments in (("sgd", {}), ("adam", pytorch.ADAM), ("rmsprop", pytorch.RMSPROP))
}

GAUSSIAN = Recipe(
    name="exercises/regression_gaussian",
    data=Data("ames_housing"),  # (a): data, features, 70/15/15 split
    model=Model(
        "MLP",
        activation=None,  # two linear outputs: mean and log-variance
        arguments={
            "units": (10, 10, 10, 10, 10),  # "the best previous model": 5 layers of 10
            "activation": "tanh",
            **pytorch.INITIALIZERS,  # (a)
        },
    ),
    loss="gaussian_nll",
    optimizer=Optimizer("rmsprop", learning_rate=0.001, arguments=pytorch.RMSPROP),
    metrics=("mean_squared_error",),  # of the mean, to compare with the exercise's other models
    epochs=100,
    batch_size=10,
    source="exercises, exercise 4, questions 3 and 4",
    expected="Gaussian negative log-likelihood -1.570448 on validation, -1.369851 on test",
    cost="2 min",
    assumptions={
        "data": _OPEN["data"],
        "model.arguments.units": "5 hidden layers and an output layer: the report counts the "
        "layers that have the stated number of neurons",
        **pytorch.INITIALIZERS_ASSUMED,
        "optimizer.arguments": "PyTorch's defaults, rho 0.99 and an epsilon of 1e-8 beside the "
        "root, which is 1e-16 under Keras' root",
        "loss": "with its constant log(2 pi) / 2: then -1.3699 is what errors of a variance of "
        "0.0038 give, the report's own mean squared error; without it, of 0.024",
    },
)

GAUSSIAN_FAST = replace(
    GAUSSIAN,
    name="exercises/regression_gaussian_fast",
    optimizer=replace(GAUSSIAN.optimizer, learning_rate=0.005),
    expected="the loss goes back up after a while",
)

RECIPES = (
    RAW,
    *(recipe for activations in DEPTH.values() for recipe in activations.values()),
    *(recipe for widths in WIDTH.values() for recipe in widths.values()),
    *BATCH.values(),
    *LEARNING_RATE.values(),
    SGD,
    ADAM,
    RMSPROP,
    *HALF.values(),
    GAUSSIAN,
    GAUSSIAN_FAST,
)

FAMILIES = (
    *(Family(f"regression_depth-{depth}", activations) for depth, activations in DEPTH.items()),
    *(Family(f"regression_width-{depth}", widths) for depth, widths in WIDTH.items()),
    Family("regression_batch", BATCH),
    Family("regression_lr", LEARNING_RATE),
    Family("regression_optimizer", {"sgd": SGD, "adam": ADAM, "rmsprop": RMSPROP}),
    Family("regression_half", HALF),
)

LOSS = MedianOfLast("val_loss", 5)
RISE = RiseAboveLowest("val_loss", medians_of=5)  # the curve jumps from epoch to epoch

READ = 0.0000005  # six decimals

CLAIMS = (
    Claim(
        "prices that are not normalized: the gradient explodes",
        "exercise 4, question 1",
        Diverges(RAW),
        chosen=("model.arguments.activation",),
    ),
    *(
        Claim(
            f"{depth} layer{'s' if depth > 1 else ''}: tanh has the lowest loss",
            "exercise 4, question 1, figure 11",
            Top(activations["tanh"], tuple(activations.values()), LOSS, lowest=True),
        )
        for depth, activations in DEPTH.items()
    ),
    Claim(
        "3 layers: 0.005699",
        "exercise 4, question 1",
        Near(THREE_TANH, LOSS, 0.005699, READ),
    ),
    Claim(
        "3 layers are the best",
        "exercise 4, question 1",
        Top(
            THREE_TANH,
            tuple(activations["tanh"] for activations in DEPTH.values()),
            LOSS,
            lowest=True,
        ),
    ),
    Claim(
        "5 layers converge more steeply than 3",
        "exercise 4, question 1, figure 11",
        Increasing((FIVE_TANH, THREE_TANH), Growth("loss", 1)),
    ),
    *(
        Claim(
            f"{depth} layers: the more neurons, the lower the loss",
            "exercise 4, question 1",
            Increasing((widths[20], widths[10], widths[6], widths[5]), LOSS),
        )
        for depth, widths in WIDTH.items()
    ),
    Claim(
        "5 layers of 20: 0.005490",
        "exercise 4, question 1",
        Near(WIDTH[5][20], LOSS, 0.00549, READ),
    ),
    Claim(
        "3 layers of 6: 0.005518",
        "exercise 4, question 1",
        Near(WIDTH[3][6], LOSS, 0.005518, READ),
    ),
    Claim(
        "5 layers of 20 are the best",
        "exercise 4, question 1",
        Top(WIDTH[5][20], (*WIDTH[3].values(), *WIDTH[5].values()), LOSS, lowest=True),
    ),
    *(
        Claim(
            f"{depth} layers: little is gained beyond 10 units",
            "exercise 4, question 1",
            Alike((widths[10], widths[20]), LOSS, 0.0005),
        )
        for depth, widths in WIDTH.items()
    ),
    Claim(
        "batches of 10, 0.1: 0.005119",
        "exercise 4, question 2",
        Near(BATCH[10], LOSS, 0.005119, READ),
    ),
    Claim(
        "batches of 10 and a rate of 0.1 are the best",
        "exercise 4, question 2",
        Top(
            BATCH[10],
            (BATCH[50], BATCH[100], *(LEARNING_RATE[rate] for rate in ("0.005", "0.5", "1"))),
            LOSS,
            lowest=True,
        ),
    ),
    Claim(
        "the larger the batch, the higher the loss",
        "exercise 4, question 2",
        Increasing(tuple(BATCH.values()), LOSS),
    ),
    Claim(
        "a learning rate of 1 gives nan",
        "exercise 4, question 2",
        Diverges(LEARNING_RATE["1"]),
    ),
    *(
        Claim(
            f"{name}: a learning rate of 0.5 is bad, or nan",
            "exercise 4, question 2",
            # bad: further above the best of that optimizer than the best of all, 0.003820, is high
            Increasing(
                (optimizer, HALF[optimizer.optimizer.name]), LOSS, by=0.00382, or_fails=True
            ),
        )
        for name, optimizer in (("SGD", SGD), ("Adam", ADAM), ("RMSprop", RMSPROP))
    ),
    Claim(
        "RMSprop, 0.005: 0.003820",
        "exercise 4, question 2",
        Near(RMSPROP, LOSS, 0.00382, READ),
    ),
    Claim(
        "RMSprop is the best",
        "exercise 4, question 2, figure 12",
        Top(RMSPROP, (SGD, ADAM), LOSS, lowest=True),
    ),
    Claim(
        "Gaussian loss -1.570448 on validation",
        "exercise 4, question 3",
        Near(GAUSSIAN, LOSS, -1.570448, READ),
        chosen=("loss",),
    ),
    Claim(
        "Gaussian loss -1.369851 on test",
        "exercise 4, question 4",
        Near(GAUSSIAN, Metric("test", "loss"), -1.369851, READ),
        chosen=("loss",),
    ),
    Claim(
        "the loss on test is in the range of validation's",
        "exercise 4, question 4",
        # the report's own two differ by 0.2006
        Within(
            GAUSSIAN,
            Difference(Metric("test", "loss"), Metric("validation", "loss")),
            least=-0.3,
            most=0.3,
        ),
    ),
    Claim(
        "at 0.005 the loss goes back up",
        "exercise 4, question 3",
        Within(GAUSSIAN_FAST, RISE, least=0.1),
    ),
    Claim(
        "at 0.005 the loss goes back up by more than at 0.001",
        "exercise 4, question 3, read otherwise",
        Increasing((GAUSSIAN, GAUSSIAN_FAST), RISE),  # at 0.001 it converges
    ),
)

OMISSIONS = (
    Omission(
        "curves of 3 and of 5 layers",
        "exercise 4, figure 11",
        "the copy of the report has no picture; which is steeper is a claim",
    ),
    Omission(
        "losses by number of neurons, of 3 and of 5 layers",
        "exercise 4, question 1, a table",
        "the copy of the report has lost it; the text gives two of its numbers",
    ),
    Omission(
        "3 layers of 6 have far fewer parameters than 5 of 20",
        "exercise 4, question 1",
        "counting, not measuring: 121 and 1,801 weights and biases",
    ),
    Omission(
        "losses by learning rate and batch size",
        "exercise 4, question 2, a table",
        "the copy of the report has lost it; the text gives the best",
    ),
    Omission(
        "curves by optimizer and learning rate",
        "exercise 4, figure 12",
        "the copy of the report has no picture; the best, and the rate of 0.5, are claims",
    ),
)
