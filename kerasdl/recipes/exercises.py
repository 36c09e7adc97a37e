"""The `exercises` report: four small problems, and what architecture, optimizer and loss do.

    kerasdl train exercises/regression_gaussian

Exercise 4 is regression: the prices of houses in Ames from four features, all divided
by their largest value in the training part. Seconds to minutes on two CPU cores.
"""

from dataclasses import replace

from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe

# PyTorch adds its epsilon of 1e-8 to the root of the mean square, Keras to the mean
# square itself: 1e-8 there is 1e-16 here.
RMSPROP = {"rho": 0.99, "epsilon": 1e-16}  # (a)

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

RECIPES = (REGRESSION_GAUSSIAN, REGRESSION_GAUSSIAN_FAST)
