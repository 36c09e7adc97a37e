"""The `exercises` report: four small problems, and what architecture, optimizer and loss do.

    kerasdl train exercises/regression_gaussian

Exercise 3 asks two questions about one picture: which digit, and on which colour.
Exercise 4 is regression: the prices of houses in Ames from four features, all divided
by their largest value in the training part. Seconds to minutes on two CPU cores.
"""

from dataclasses import replace

from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe, Schedule

# PyTorch adds its epsilon of 1e-8 to the root of the mean square, Keras to the mean
# square itself: 1e-8 there is 1e-16 here.
RMSPROP = {"rho": 0.99, "epsilon": 1e-16}  # (a)

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

RECIPES = (COLOURED_DIGITS, REGRESSION_GAUSSIAN, REGRESSION_GAUSSIAN_FAST)
