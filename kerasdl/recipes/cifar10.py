"""Recipes of our own on CIFAR-10: what a laptop can do in minutes.

kerasdl train cifar10/default
"""

from dataclasses import replace

from kerasdl.recipes import regularization
from kerasdl.recipes.recipe import Model, Optimizer

BATCHNORM = replace(
    regularization.NORMALIZE,
    name="cifar10/batchnorm",
    model=Model("CNN", arguments={**regularization.NETWORK, "batch_norm": True}),
    optimizer=Optimizer("sgd", learning_rate=0.02, arguments={"momentum": 0.9}),
    epochs=10,
    test_curves=False,
    source="ours: the network of `regularization` with normalized inputs and batch norm",
    expected="",
    cost="5 min",
    assumptions={},
)

RECIPES = (BATCHNORM,)
