"""Exercise 2: handwritten digits, read by one to three convolutions."""

from dataclasses import replace

from kerasdl.claims import (
    Alike,
    At,
    Claim,
    Diverges,
    Growth,
    Increasing,
    Last,
    Metric,
    Near,
    Omission,
    Top,
    Within,
)
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.studies import pytorch
from kerasdl.studies.study import Family, without

LINEAR = Recipe(
    name="exercises/digits_linear",
    # (a): 98.39 % is no whole number of USPS's 2,007 test images, nor are the five percentages of
    # validation of fewer than 2,405
    data=Data("mnist", validation=10_000, limit_train=10_000),
    model=Model(
        "MLP",
        arguments={
            "units": (),
            **pytorch.INITIALIZERS,  # (a)
        },
    ),
    inputs="unit",  # (a)
    loss="mean_squared_error",  # of the softmax and the one-hot label
    optimizer=Optimizer("sgd", learning_rate=0.1),
    epochs=10,  # (a)
    batch_size=10,
    source="exercises, exercise 2, question 1",
    expected="88.02 %",
    cost="1 min",
    assumptions={
        "data": "MNIST, 10,000 images each for training, validation and test: 98.39 % is no whole number "
        "of USPS's 2,007 test images, nor are the five percentages of validation of fewer than 2,405; and "
        "USPS's test images are harder than its training images, where the report's test is above its "
        "validation",
        "inputs": "pixels in [0, 1]: what torchvision's ToTensor gives",
        "optimizer": "SGD, 0.1, where the report does not say otherwise",
        "epochs": "10 where the report does not say otherwise",
        "batch_size": "10 where the report does not say otherwise",
        **pytorch.INITIALIZERS_ASSUMED,
    },
)

# Convolutions with a max-pool between them, then a linear layer and the activation that varies.
CONVOLUTIONS = {
    count: {
        activation: replace(
            LINEAR,
            name=f"exercises/digits_conv-{count}-{activation}",
            model=Model(
                "CNN",
                arguments={
                    "filters": (10,) * count,
                    "kernel_size": 3,  # (a)
                    "padding": "same",  # (a)
                    "pool_size": (2,) * (count - 1) + (None,),
                    "units": (),
                    "activation": "relu",  # (a)
                    **pytorch.INITIALIZERS,  # (a)
                },
                activation=activation,  # (a)
            ),
            source="exercises, exercise 2, question 1 and figure 6",
            expected="95.09 %, the best" if (count, activation) == (3, "tanh") else "below 95.09 %",
            cost="1 min",
            assumptions={
                **LINEAR.assumptions,
                "model.arguments.kernel_size": "3x3",
                "model.arguments.padding": "as many zeros as keep the size",
                "model.arguments.activation": "ReLU after the convolutions: with tanh there, or nothing, "
                "fewer of the report's numbers are met",
                "model.activation": "the activations that the report varies are the output's, as the "
                "softmax of the initial architecture is",
            },
        )
        for activation in ("softmax", "sigmoid", "tanh")
    }
    for count in (1, 2, 3)
}
THREE_TANH = CONVOLUTIONS[3]["tanh"]
ONE_SOFTMAX = CONVOLUTIONS[1]["softmax"]

SGD = replace(
    THREE_TANH,
    name="exercises/digits_sgd",
    model=replace(
        THREE_TANH.model, arguments={**THREE_TANH.model.arguments, "filters": (20, 20, 20)}
    ),
    source="exercises, exercise 2, question 2 and figure 7",
    expected="96.47 %",
    assumptions=without(THREE_TANH.assumptions, "batch_size")
    | {
        "optimizer": "the report's rate, 0.1, of a squared error that is a mean over the ten classes: were "
        "it their sum, the rate would be ten times as high"
    },
)

# Figure 7 varies learning rate, batch and channels; which values, only the best says.
SWEEP = {
    label: replace(
        SGD,
        name=f"exercises/digits_sweep-{label}",
        optimizer=Optimizer("sgd", learning_rate=rate),
        batch_size=batch,
        expected="below 96.47 %",
        assumptions=SGD.assumptions
        | {"optimizer": "SGD, 0.01 beside 0.1", "batch_size": "50 beside 10"},
    )
    for label, rate, batch in (("rate_0.01", 0.01, 10), ("batch_50", 0.1, 50))
}

SGD_LONG = replace(
    SGD,
    name="exercises/digits_sgd_long",
    epochs=20,
    source="exercises, exercise 2, question 2 and figure 8",
    expected="97.17 %",
    cost="1 min",
    assumptions=without(SGD.assumptions, "epochs"),
)

# Figure 8 varies the optimizer and its rate; which, only the best says.
OPTIMIZER = {
    f"{name}_{rate:g}": replace(
        SGD_LONG,
        name=f"exercises/digits_optimizer-{name}_{rate:g}",
        optimizer=Optimizer(name, learning_rate=rate, arguments=arguments),
        expected="below 97.17 %",
        assumptions=SGD_LONG.assumptions
        | {"optimizer": "Adam and RMSprop at 0.001 and 0.01, with PyTorch's defaults"},
    )
    for name, arguments in (("adam", pytorch.ADAM), ("rmsprop", pytorch.RMSPROP))
    for rate in (0.001, 0.01)
}

# Figure 5: one convolution and a softmax, the kernel and the channels varied.
FIGURE_5 = without(ONE_SOFTMAX.assumptions, "model.activation")
KERNEL = {
    size: replace(
        ONE_SOFTMAX,
        name=f"exercises/digits_kernel-{size}",
        model=replace(
            ONE_SOFTMAX.model, arguments={**ONE_SOFTMAX.model.arguments, "kernel_size": size}
        ),
        source="exercises, exercise 2, question 1 and figure 5",
        expected="as the other sizes",
        assumptions=FIGURE_5 | {"model.arguments.kernel_size": "3, 5 and 7"},
    )
    for size in (3, 5, 7)
}
CHANNELS = {
    count: replace(
        ONE_SOFTMAX,
        name=f"exercises/digits_channels-{count}",
        model=replace(
            ONE_SOFTMAX.model, arguments={**ONE_SOFTMAX.model.arguments, "filters": (count,)}
        ),
        source="exercises, exercise 2, question 1 and figure 5",
        expected="as the other numbers",
        assumptions=FIGURE_5 | {"model.arguments.filters": "5, 10 and 20 channels"},
    )
    for count in (5, 10, 20)
}

CROSSENTROPY = replace(
    SGD_LONG,
    name="exercises/digits_cross_entropy",
    model=replace(SGD_LONG.model, activation="softmax"),  # (a)
    loss="sparse_categorical_crossentropy",
    diverges=True,
    source="exercises, exercise 2, question 3",
    expected="an exploding gradient",
    assumptions=without(SGD_LONG.assumptions, "optimizer")
    | {
        "model.activation": "a softmax of what the linear layer gives, as PyTorch's crossentropy takes it: "
        "of outputs that tanh keeps within 1, its gradient could not explode"
    },
)

CLIPPED = replace(
    CROSSENTROPY,
    name="exercises/digits_clipped",
    optimizer=Optimizer("sgd", learning_rate=0.1, clip_norm=1.0),  # norm (a)
    diverges=False,
    expected="the loss increases after 2 epochs",
    assumptions={**CROSSENTROPY.assumptions, "optimizer.clip_norm": "1"},
)

BEST = replace(
    CROSSENTROPY,
    name="exercises/digits_best",
    optimizer=Optimizer("sgd", learning_rate=0.025),
    epochs=50,
    diverges=False,
    source="exercises, exercise 2, questions 3 and 4",
    expected="98.21 % on validation, 98.39 % on test",
    cost="2 min",
)

RECIPES = (
    LINEAR,
    *CONVOLUTIONS[1].values(),
    *CONVOLUTIONS[2].values(),
    *CONVOLUTIONS[3].values(),
    *KERNEL.values(),
    *CHANNELS.values(),
    SGD,
    *SWEEP.values(),
    SGD_LONG,
    *OPTIMIZER.values(),
    CROSSENTROPY,
    CLIPPED,
    BEST,
)

FAMILIES = (
    *(Family(f"digits_conv-{count}", activations) for count, activations in CONVOLUTIONS.items()),
    Family("digits_kernel", KERNEL),
    Family("digits_channels", CHANNELS),
    Family("digits_sweep", SWEEP),
    Family("digits_optimizer", OPTIMIZER),
)

ACCURACY = Last("val_accuracy")

READ = 0.00005  # two decimals of percent

# What the grid of readings (`kerasdl/studies/readings/digits.py`) chose by these numbers.
_CHOSEN = ("data", "optimizer")
_CHOSEN_WITH_ACTIVATIONS = (*_CHOSEN, "model.arguments.activation", "model.activation")
_CHOSEN_FOR_CROSSENTROPY = ("data", "model.arguments.activation")

CLAIMS = (
    Claim(
        "one linear layer: 88.02 %",
        "exercise 2, question 1",
        Near(LINEAR, ACCURACY, 0.8802, READ),
        chosen=_CHOSEN,
    ),
    Claim(
        "the kernel size has no high impact",
        "exercise 2, question 1, figure 5",
        Alike(tuple(KERNEL.values()), ACCURACY, 0.02),
    ),
    Claim(
        "the number of channels has no high impact",
        "exercise 2, question 1, figure 5",
        Alike(tuple(CHANNELS.values()), ACCURACY, 0.02),
    ),
    Claim(
        "three convolutions with tanh: 95.09 %",
        "exercise 2, question 1",
        Near(THREE_TANH, ACCURACY, 0.9509, READ),
        chosen=_CHOSEN_WITH_ACTIVATIONS,
    ),
    Claim(
        "three convolutions with tanh are the best",
        "exercise 2, question 1",
        Top(
            THREE_TANH,
            tuple(
                recipe for activations in CONVOLUTIONS.values() for recipe in activations.values()
            ),
            ACCURACY,
        ),
    ),
    *(
        Claim(
            f"{count} convolution{'s' if count > 1 else ''}: softmax converges best",
            "exercise 2, question 1, figure 6",
            Top(
                activations["softmax"],
                tuple(activations.values()),
                At("loss", 5),
                lowest=True,
            ),
        )
        for count, activations in CONVOLUTIONS.items()
    ),
    Claim(
        "20 channels converge faster than 10",
        "exercise 2, question 2, figure 7",
        Increasing((THREE_TANH, SGD), At("accuracy", 2)),
    ),
    Claim(
        "20 channels: 96.47 %",
        "exercise 2, question 2",
        Near(SGD, ACCURACY, 0.9647, READ),
        chosen=_CHOSEN_WITH_ACTIVATIONS,
    ),
    Claim(
        "20 channels, 0.1 and batches of 10 are the best",
        "exercise 2, question 2, figure 7",
        Top(SGD, (THREE_TANH, *SWEEP.values()), ACCURACY),
    ),
    Claim(
        "20 epochs: 97.17 %",
        "exercise 2, question 2",
        Near(SGD_LONG, ACCURACY, 0.9717, READ),
        chosen=_CHOSEN_WITH_ACTIVATIONS,
    ),
    Claim(
        "SGD at 0.1 is the best optimizer",
        "exercise 2, question 2, figure 8",
        Top(SGD_LONG, tuple(OPTIMIZER.values()), ACCURACY),
    ),
    Claim("crossentropy at 0.1 explodes", "exercise 2, question 3", Diverges(CROSSENTROPY)),
    Claim(
        "clipped, the loss increases after 2 epochs",
        "exercise 2, question 3",
        Within(CLIPPED, Growth("loss", 2), least=0.0),
    ),
    Claim(
        "at 0.025, 50 epochs: 98.21 % on validation",
        "exercise 2, question 3",
        Near(BEST, ACCURACY, 0.9821, READ),
        chosen=_CHOSEN_FOR_CROSSENTROPY,
    ),
    Claim(
        "the same on test: 98.39 %",
        "exercise 2, question 4",
        Near(BEST, Metric("test", "accuracy"), 0.9839, READ),
        chosen=_CHOSEN_FOR_CROSSENTROPY,
    ),
)

_NO_PICTURE = "the copy of the report has no picture; what the text reads off it are claims"
OMISSIONS = (
    Omission("accuracies by kernel size and channels", "exercise 2, figure 5", _NO_PICTURE),
    Omission(
        "curves and accuracies of 1, 2 and 3 layers by activation",
        "exercise 2, figure 6",
        _NO_PICTURE,
    ),
    Omission(
        "accuracies by channels, batch size and learning rate",
        "exercise 2, question 2, a table",
        "the copy of the report has lost it; the text gives the best",
    ),
    Omission(
        "curves by channels, batch size and learning rate", "exercise 2, figure 7", _NO_PICTURE
    ),
    Omission(
        "accuracies of 20 epochs by optimizer and learning rate",
        "exercise 2, figure 8",
        _NO_PICTURE,
    ),
)
