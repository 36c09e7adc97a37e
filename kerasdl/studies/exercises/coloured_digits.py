"""Exercise 3: two questions about one picture, which digit it shows and on which colour."""

from dataclasses import replace

from kerasdl.claims import Alike, Claim, Difference, Metric, Near, Omission, Top, Within
from kerasdl.recipes import Data, Model, Optimizer, Recipe, Schedule
from kerasdl.studies import pytorch
from kerasdl.studies.study import Family

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
            **pytorch.INITIALIZERS,  # (a)
        },
    ),
    inputs="unit",  # (a)
    loss="sparse_categorical_crossentropy",  # of digit and of colour, added
    optimizer=Optimizer("adam", learning_rate=1e-3, arguments=pytorch.ADAM),
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
        **pytorch.INITIALIZERS_ASSUMED,
        "inputs": "pixels in [0, 1]: what torchvision's ToTensor gives",
        "schedule.by": "a step an epoch, as PyTorch's CosineAnnealingLR is mostly used",
        "epochs": "10",
    },
)

# Question 1 varies a network of one convolution.
ONE_CONVOLUTION = {
    towers: replace(
        COLOURED_DIGITS,
        name=f"exercises/coloured_digits_one_conv-{towers}",
        model=Model(
            "TwoTowerCNN",
            arguments={
                **COLOURED_DIGITS.model.arguments,
                "filters": (16,),  # (a)
                "kernel_size": (5,),  # (a)
                "shared": shared,
            },
        ),
        source="exercises, exercise 3, question 1 and figure 9",
        expected="colours 100 % either way",
        cost="2 min",
        assumptions={
            **COLOURED_DIGITS.assumptions,
            "model.arguments.filters": "16 channels",
            "model.arguments.kernel_size": "5x5, that of the final model's first convolution",
        },
    )
    for towers, shared in (("separate", 0), ("shared", 1))
}
SEPARATE = ONE_CONVOLUTION["separate"]

ACTIVATION = {
    activation: replace(
        SEPARATE,
        name=f"exercises/coloured_digits_activation-{activation}",
        model=Model(
            "TwoTowerCNN",
            arguments={
                **SEPARATE.model.arguments,
                "units": (50,),  # (a)
                "activation": activation,
            },
        ),
        source="exercises, exercise 3, question 1 and figure 10",
        expected=expected,
        assumptions={**SEPARATE.assumptions, "model.arguments.units": "50 hidden units"},
    )
    for activation, expected in (
        ("sigmoid", "below tanh"),
        ("tanh", "the best"),
        ("relu", "below tanh"),
    )
}

RECIPES = (COLOURED_DIGITS, *ONE_CONVOLUTION.values(), *ACTIVATION.values())

FAMILIES = (
    Family("coloured_digits_one_conv", ONE_CONVOLUTION),
    Family("coloured_digits_activation", ACTIVATION),
)

BOTH = Metric("test", "accuracy")  # digit and colour are both right

READ = 0.00005  # two decimals of percent

CLAIMS = (
    Claim(
        "digits 99.13 %",
        "exercise 3, question 4",
        Near(COLOURED_DIGITS, Metric("test", "digit_accuracy"), 0.9913, READ),
    ),
    Claim(
        "colours 100 %",
        "exercise 3, question 4",
        Near(COLOURED_DIGITS, Metric("test", "colour_accuracy"), 1.0, READ),
    ),
    Claim(
        "both 99.13 %",
        "exercise 3, question 4",
        Near(COLOURED_DIGITS, BOTH, 0.9913, READ),
    ),
    Claim(
        "test is better than validation",
        "exercise 3, question 4",
        Within(
            COLOURED_DIGITS,
            Difference(BOTH, Metric("validation", "accuracy")),
            least=0.0001,  # one image of 10,000
        ),
    ),
    *(
        Claim(
            f"one convolution, {towers}: colours 100 %",
            "exercise 3, question 1, figure 9",
            Near(recipe, Metric("validation", "colour_accuracy"), 1.0, READ),
        )
        for towers, recipe in ONE_CONVOLUTION.items()
    ),
    Claim(
        "one convolution, shared or separate, reads digits about as well",
        "exercise 3, question 1, figure 9",
        # "difficult to gather which type was best": within a point
        Alike(tuple(ONE_CONVOLUTION.values()), Metric("validation", "digit_accuracy"), 0.01),
    ),
    Claim(
        "tanh is the best activation",
        "exercise 3, question 1, figure 10",
        Top(
            ACTIVATION["tanh"],
            tuple(ACTIVATION.values()),
            Metric("validation", "digit_accuracy"),
        ),
    ),
)

OMISSIONS = (
    Omission(
        "accuracies by number of neurons, separate and shared",
        "exercise 3, figure 9",
        "the copy of the report has no picture; the colours' 100 % is a claim",
    ),
    Omission(
        "accuracies by number of neurons and activation",
        "exercise 3, figure 10",
        "the copy of the report has no picture; the best activation is a claim, that the best number "
        "of neurons depends on the activation names neither",
    ),
    Omission(
        "batches beyond 32 to 512 generalize worse",
        "exercise 3, question 2",
        "it is cited, not measured",
    ),
    Omission(
        "the squared error is less appropriate than crossentropy",
        "exercise 3, question 3",
        "no number and no experiment is named",
    ),
    Omission(
        "overfitting is no problem, so that there is no dropout",
        "exercise 3, question 4",
        "its evidence, a test accuracy above validation's, is a claim",
    ),
)
