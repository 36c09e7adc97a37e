"""Recipes of our own on CIFAR-10: what a laptop can do in minutes.

kerasdl train cifar10/default
"""

from dataclasses import replace

from kerasdl.recipes import Data, Model, Optimizer, Recipe, Schedule
from kerasdl.studies import regularization
from kerasdl.studies.study import Study

DEFAULT = Recipe(
    name="cifar10/default",
    data=Data("cifar10"),
    model=Model(
        "CNN",
        arguments={
            "filters": ((32, 32), (64, 64), (128, 128)),
            "kernel_size": 3,
            "use_bias": False,  # batch norm has one
            "batch_norm": True,
            "pooling": "avg",
            "units": (),
            "kernel_initializer": "he_normal",
        },
    ),
    inputs="standardize",
    augmentation="crop_flip",
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer(
        "sgd",
        learning_rate=0.1,
        weight_decay=5e-3,  # times the learning rate: 5e-4, the usual, at a peak of 0.1
        arguments={"momentum": 0.9, "nesterov": True},
    ),
    schedule=Schedule("one_cycle", arguments={"warmup_fraction": 0.25, "anneal": "linear"}),
    epochs=15,
    batch_size=128,
    source="ours",
    expected="test 88.6 % (TensorFlow, one seed)",
    cost="15 min",
)

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

STUDY = Study("cifar10", title="", recipes=(DEFAULT, BATCHNORM))
