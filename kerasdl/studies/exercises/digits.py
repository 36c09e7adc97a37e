"""Exercise 2: handwritten digits, read by one to three convolutions."""

from dataclasses import replace

from kerasdl.claims import At, Claim, Diverges, Growth, Increasing, Last, Metric, Near, Top, Within
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.studies import pytorch
from kerasdl.studies.study import Family

LINEAR = Recipe(
    name="exercises/digits_linear",
    data=Data("usps", validation=0.1),  # (a)
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
    cost="30 s",
    assumptions={
        "data": "USPS, 16x16; a tenth of the training images for validation",
        "inputs": "pixels in [0, 1]: what torchvision's ToTensor gives",
        "optimizer": "SGD, 0.1, where the report does not say otherwise",
        "epochs": "10 where the report does not say otherwise",
        "batch_size": "10 where the report does not say otherwise",
        **pytorch.INITIALIZERS_ASSUMED,
    },
)

# Convolutions with a max-pool between them, then a linear layer.
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
                    "activation": activation,
                    **pytorch.INITIALIZERS,  # (a)
                },
            ),
            source="exercises, exercise 2, question 1 and figure 6",
            expected="95.09 %, the best" if (count, activation) == (3, "tanh") else "below 95.09 %",
            cost="1 min",
            assumptions={
                **LINEAR.assumptions,
                "model.arguments.kernel_size": "3x3",
                "model.arguments.padding": "as many zeros as keep the size",
            },
        )
        for activation in ("softmax", "sigmoid", "tanh")
    }
    for count in (1, 2, 3)
}
THREE_TANH = CONVOLUTIONS[3]["tanh"]

SGD = replace(
    THREE_TANH,
    name="exercises/digits_sgd",
    model=Model("CNN", arguments={**THREE_TANH.model.arguments, "filters": (20, 20, 20)}),
    source="exercises, exercise 2, question 2 and figure 7",
    expected="96.47 %",
)

SGD_LONG = replace(
    SGD,
    name="exercises/digits_sgd_long",
    epochs=20,
    source="exercises, exercise 2, question 2 and figure 8",
    expected="97.17 %",
    cost="2 min",
)

CROSSENTROPY = replace(
    SGD_LONG,
    name="exercises/digits_cross_entropy",
    loss="sparse_categorical_crossentropy",
    diverges=True,
    source="exercises, exercise 2, question 3",
    expected="an exploding gradient",
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
    cost="5 min",
)

RECIPES = (
    LINEAR,
    *CONVOLUTIONS[1].values(),
    *CONVOLUTIONS[2].values(),
    *CONVOLUTIONS[3].values(),
    SGD,
    SGD_LONG,
    CROSSENTROPY,
    CLIPPED,
    BEST,
)

FAMILIES = tuple(
    Family(f"digits_conv-{count}", activations) for count, activations in CONVOLUTIONS.items()
)

ACCURACY = Last("val_accuracy")

CLAIMS = (
    Claim(
        "one linear layer: 88.02 %",
        "exercise 2, question 1",
        Near(LINEAR, ACCURACY, 0.8802, 0.03),
    ),
    Claim(
        "three convolutions with tanh: 95.09 %",
        "exercise 2, question 1",
        Near(THREE_TANH, ACCURACY, 0.9509, 0.02),
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
    Claim("20 channels: 96.47 %", "exercise 2, question 2", Near(SGD, ACCURACY, 0.9647, 0.01)),
    Claim("20 epochs: 97.17 %", "exercise 2, question 2", Near(SGD_LONG, ACCURACY, 0.9717, 0.01)),
    Claim("crossentropy at 0.1 explodes", "exercise 2, question 3", Diverges(CROSSENTROPY)),
    Claim(
        "clipped, the loss increases after 2 epochs",
        "exercise 2, question 3",
        Within(CLIPPED, Growth("loss", 2), least=0.0),
    ),
    Claim(
        "at 0.025, 50 epochs: 98.21 % on validation",
        "exercise 2, question 3",
        Near(BEST, ACCURACY, 0.9821, 0.01),
    ),
    Claim(
        "the same on test: 98.39 %",
        "exercise 2, question 4",
        Near(BEST, Metric("test", "accuracy"), 0.9839, 0.01),
    ),
)
