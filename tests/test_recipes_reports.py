"""Every experiment of the five reports is a recipe with the report's settings, and trains.

Names and numbers are those of the reports' text and tables; where a report is silent,
of the digest of its experiments. None is computed from the recipes.
"""

import pathlib

import numpy as np
import pytest

from kerasdl import datasets, recipes, studies
from kerasdl.training import resolve, train
from kerasdl.training.network import build

NAMES = (pathlib.Path(__file__).parent / "golden" / "recipe_names.txt").read_text().split()
SHAPES = {
    "cifar10": (32, 32, 3),
    "cifar100": (32, 32, 3),
    "mnist": (28, 28, 1),
    "usps": (16, 16, 1),
    "coloured_digits": (28, 28, 3),
    "circles": (2,),
    "ames_housing": (4,),
}


def test_every_experiment_is_listed():
    assert [name for name in studies.names() if not name.startswith("cifar10/")] == NAMES


def tiny(name, examples=20):
    """A data set of the shape and the kind of labels of the one called `name`."""
    rng = np.random.default_rng(0)
    shape = (3 * examples, *SHAPES[name])
    x = (
        rng.integers(0, 256, shape, "uint8")
        if len(shape) == 4
        else rng.normal(size=shape).astype("float32")
    )
    labels = {"cifar100": 100, "circles": 2}.get(name, 10)
    if name == "ames_housing":
        y, classes = rng.normal(size=(len(x), 1)).astype("float32"), None
    elif name == "coloured_digits":
        y = {"digit": rng.integers(0, 10, len(x)), "colour": rng.integers(0, 5, len(x))}
        classes = {"digit": tuple("0123456789"), "colour": tuple("rgbyp")}
    else:
        y = rng.integers(0, labels, len(x))
        classes = tuple(str(i) for i in range(labels))
    whole = datasets.dataset.Split(x, y)
    return datasets.Dataset(
        name=name,
        train=whole[:examples],
        validation=whole[examples : 2 * examples],
        test=whole[2 * examples :],
        classes=classes,
        source="noise",
    )


def small(recipe):
    """The same with a large network made small: ResNet-18 and ViT-B/16 take minutes."""
    changes = {"pretrained": None, "freeze": False}
    if "resize" in recipe.model.arguments:
        changes["model.arguments.resize"] = 32
    if recipe.model.builder == "ResNet18":
        changes["model.arguments.filters"] = (4, 8, 8, 8)
    if recipe.model.arguments.get("depth") == 12:
        changes |= {"model.arguments.depth": 1, "model.arguments.embed_dim": 48}
    if recipe.model.arguments.get("units") == (4096, 4096):
        changes["model.arguments.units"] = (16, 16)
    if recipe.model.builder == "CNN" and recipe.data.name == "cifar100":
        changes |= {"model.arguments.filters": ((8, 8, 8, 8),), "model.arguments.units": (16,)}
    return recipes.override(recipe, changes)


@pytest.mark.parametrize("name", NAMES)
def test_the_network_can_be_built(name):
    recipe = small(studies.get(name))
    recipe = recipes.override(recipe, {"batch_size": 10, "data.limit_train": 20})
    networks = build(resolve(recipe, dataset=tiny(recipe.data.name)))
    assert networks.saved.input_shape == (None, *SHAPES[recipe.data.name])
    assert networks.trained.compiled


# Weights and biases, from each network's layers: (inputs * outputs + outputs), summed.
PARAMETERS = {
    "regularization/baseline": 1_191_170,
    "regularization/mnist": 1_191_170 - 2 * 25 * 32 - (1024 - 576) * 1000,  # grey; 3x3x64 left
    "regularization/batchnorm": 1_191_170 + 2 * (32 + 64 + 64),
    "transformers/cnn_baseline": 1_191_170,
    "dropout/model1": 890_410,
    "dropout/model7b": 890_410,
    "exercises/circles_linear": 2 + 1,
    "exercises/circles_two_layer-tanh": 2 * 75 + 75 + 75 + 1,
    "exercises/circles_three_layer-relu": 2 * 20 + 20 + 20 * 20 + 20 + 20 + 1,
    "exercises/circles_wide": 2 * 100 + 100 + 100 * 150 + 150 + 150 + 1,
    "exercises/digits_linear": 256 * 10 + 10,
    "exercises/digits_conv-1-tanh": 9 * 10 + 10 + 256 * 10 * 10 + 10,
    "exercises/digits_conv-3-tanh": 9 * 10 + 10 + 2 * (90 * 10 + 10) + 16 * 10 * 10 + 10,
    "exercises/digits_best": 9 * 20 + 20 + 2 * (180 * 20 + 20) + 16 * 20 * 10 + 10,
    "exercises/regression_depth-1-tanh": 4 * 5 + 5 + 5 + 1,
    "exercises/regression_width-5-20": 4 * 20 + 20 + 4 * (20 * 20 + 20) + 20 + 1,
    "exercises/regression_gaussian": 4 * 10 + 10 + 4 * (10 * 10 + 10) + 10 * 2 + 2,
    "mlp_vs_cnn/cnn": (75 * 128 + 128)
    + 2 * (9 * 128 * 128 + 128)
    + (9 * 128 * 256 + 256)
    + (256 * 4 * 4 * 4096 + 4096)  # fc1 of the listing
    + (4096 * 100 + 100),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    recipe = studies.get(name)
    recipe = recipes.override(recipe, {"batch_size": 10})
    network = build(resolve(recipe, dataset=tiny(recipe.data.name))).saved
    assert sum(int(np.prod(w.shape)) for w in network.trainable_weights) == PARAMETERS[name]


# Tables 2, 4, 6 and 12: epochs, batch, momentum, learning rate, dropout.
DROPOUT = {
    "1": (20, 32, 0.9, 1e-3, 0.0),
    "2": (50, 32, 0.9, 1e-3, 0.5),
    "3": (300, 32, 0.5, 1e-3, 0.5),
    "4": (300, 64, 0.9, 1e-3, 0.5),
    "5": (50, 32, 0.9, 1e-3, 0.2),
    "6": (300, 32, 0.9, 1e-3, 0.8),
    "7": (50, 128, 0.5, 1e-2, 0.5),
    "7b": (300, 128, 0.5, 1e-2, 0.5),
}


@pytest.mark.parametrize("model", DROPOUT)
def test_the_tables_of_dropout(model):
    recipe = studies.get(f"dropout/model{model}")
    found = (
        recipe.epochs,
        recipe.batch_size,
        recipe.optimizer.arguments["momentum"],
        recipe.optimizer.learning_rate,
        recipe.model.arguments["dropout"],
    )
    assert found == DROPOUT[model]
    assert (recipe.optimizer.name, recipe.select, recipe.log_every) == ("sgd", "val_accuracy", 100)


def ladder(recipe):
    """What the questions of `regularization` add."""
    arguments = recipe.model.arguments
    return (
        recipe.inputs,
        recipe.augmentation,
        recipe.optimizer.name,
        recipe.optimizer.arguments.get("momentum"),
        recipe.schedule and recipe.schedule.name,
        arguments.get("dropout"),
        arguments.get("batch_norm"),
    )


LADDERS = {
    "regularization/baseline": ("unit", None, "sgd", None, None, None, None),
    "regularization/normalize": ("standardize", None, "sgd", None, None, None, None),
    "regularization/augment": ("standardize", "crop_flip", "sgd", None, None, None, None),
    "regularization/augment_more": (
        "standardize", "crop_flip_colour", "sgd", None, None, None, None,
    ),
    "regularization/momentum_schedule": (
        "standardize", "crop_flip", "sgd", 0.9, "one_cycle", None, None,
    ),
    "regularization/adam": ("standardize", "crop_flip", "adam", None, "one_cycle", None, None),
    "regularization/dropout": (
        "standardize", "crop_flip", "sgd", 0.9, "one_cycle", 0.5, None,
    ),
    "regularization/batchnorm": (
        "standardize", "crop_flip", "sgd", 0.9, "one_cycle", 0.5, True,
    ),
    "transformers/cnn_baseline": ("unit", None, "sgd", None, None, None, None),
    "transformers/cnn_normalize": ("standardize", None, "sgd", None, None, None, None),
    "transformers/cnn_augment": ("standardize", "crop_flip", "sgd", None, None, None, None),
    "transformers/cnn_schedule": ("standardize", None, "sgd", None, "exponential", None, None),
    "transformers/cnn_dropout": ("unit", None, "sgd", None, None, 0.5, None),
    "transformers/cnn_batchnorm": ("standardize", None, "sgd", None, None, None, True),
}  # fmt: skip


@pytest.mark.parametrize("name", LADDERS)
def test_the_two_ladders(name):
    recipe = studies.get(name)
    assert ladder(recipe) == LADDERS[name]
    assert (recipe.epochs, recipe.batch_size, recipe.test_curves) == (50, 128, True)
    assert recipe.optimizer.learning_rate == (0.001 if name.endswith("adam") else 0.1)


# Optimizer, rate, batch, epochs, loss; "exercises" throughout.
MSE, BCE, CE = "mean_squared_error", "binary_crossentropy", "sparse_categorical_crossentropy"
EXERCISES = {
    "circles_optimizer-rmsprop": ("rmsprop", 0.005, 10, 10, MSE),
    "circles_optimizer-sgd": ("sgd", 0.01, 10, 10, MSE),
    "circles_batch-20": ("adam", 0.01, 20, 50, MSE),
    "circles_bce-5": ("adam", 0.025, 5, 10, BCE),
    "circles_best": ("adam", 0.05, 40, 10, BCE),
    "digits_linear": ("sgd", 0.1, 10, 10, MSE),
    "digits_sgd": ("sgd", 0.1, 10, 10, MSE),
    "digits_sgd_long": ("sgd", 0.1, 10, 20, MSE),
    "digits_cross_entropy": ("sgd", 0.1, 10, 20, CE),
    "digits_clipped": ("sgd", 0.1, 10, 20, CE),
    "digits_best": ("sgd", 0.025, 10, 50, CE),
    "coloured_digits": ("adam", 1e-3, 64, 10, CE),
    "regression_raw": ("sgd", 0.1, 10, 10, MSE),
    "regression_batch-100": ("sgd", 0.1, 100, 10, MSE),
    "regression_lr-1": ("sgd", 1.0, 10, 10, MSE),
    "regression_optimizer-rmsprop": ("rmsprop", 0.005, 10, 20, MSE),
    "regression_gaussian": ("rmsprop", 0.001, 10, 100, "gaussian_nll"),
    "regression_gaussian_fast": ("rmsprop", 0.005, 10, 100, "gaussian_nll"),
}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_text_of_the_exercises(name):
    recipe = studies.get(f"exercises/{name}")
    optimizer = recipe.optimizer
    found = (optimizer.name, optimizer.learning_rate, recipe.batch_size, recipe.epochs, recipe.loss)
    assert found == EXERCISES[name]


def test_what_the_reports_say_fails():
    failing = {name for name in NAMES if studies.get(name).diverges}
    assert failing == {
        "exercises/digits_cross_entropy",
        "exercises/regression_raw",
        "exercises/regression_lr-1",
    }


def test_the_logs_of_mlp_vs_cnn():
    for name in (name for name in NAMES if name.startswith("mlp_vs_cnn/")):
        recipe = studies.get(name)
        resnet = "resnet18" in name
        assert 50_000 // recipe.batch_size == (390 if resnet else 195)  # steps an epoch
        assert recipe.epochs == (10 if resnet else 20)
        assert recipe.data.name == "cifar100"
        assert recipe.optimizer.learning_rate == 1e-4


def family(name):
    """`what -> value` that the name of a member of a family tells of its network and training."""
    parts = name.partition("/")[2].split("-")
    match parts:
        case ["vit_embed_dim", width]:
            return {"embed_dim": int(width), "depth": 2, "patch_size": 7, "num_heads": 4}
        case ["vit_blocks", depth]:
            return {"embed_dim": 32, "depth": int(depth), "patch_size": 7, "mlp_ratio": 4}
        case ["vit_patch_size", size]:
            return {"embed_dim": 32, "depth": 2, "patch_size": int(size), "num_heads": 4}
        case ["circles_two_layer", activation]:
            return {"units": (75,), "activation": activation, "loss": MSE, "rate": 0.01}
        case ["circles_three_layer", activation]:
            return {"units": (20, 20), "activation": activation, "loss": MSE, "batch": 10}
        case ["circles_optimizer", optimizer]:
            return {"units": (75,), "activation": "tanh", "optimizer": optimizer, "epochs": 10}
        case ["circles_batch", size]:
            return {"batch": int(size), "epochs": 50, "optimizer": "adam", "rate": 0.01}
        case ["circles_bce", size]:
            return {"batch": int(size), "loss": BCE, "rate": 0.025, "units": (75,)}
        case ["digits_conv", count, activation]:
            return {
                "filters": (10,) * int(count),
                "activation": activation,
                "kernel_size": 3,
                "padding": "same",
                "pool_size": (2,) * (int(count) - 1) + (None,),  # between the convolutions
                "loss": MSE,
            }
        case ["coloured_digits_one_conv", towers]:
            return {"filters": (16,), "shared": int(towers == "shared"), "batch": 64}
        case ["coloured_digits_activation", activation]:
            return {"filters": (16,), "units": (50,), "activation": activation, "shared": 0}
        case ["regression_depth", depth, activation]:
            return {"units": (5,) * int(depth), "activation": activation, "rate": 0.1}
        case ["regression_width", depth, width]:
            return {"units": (int(width),) * int(depth), "activation": "tanh", "batch": 10}
        case ["regression_batch", size]:
            return {"units": (10,) * 5, "batch": int(size), "rate": 0.1, "epochs": 10}
        case ["regression_lr", rate]:
            return {"units": (10,) * 5, "rate": float(rate), "batch": 10, "optimizer": "sgd"}
        case ["regression_optimizer", optimizer]:
            return {"units": (10,) * 5, "optimizer": optimizer, "epochs": 20, "loss": MSE}
        case ["cnn_width", width]:
            return {"filters": ((int(width),) * 3 + (256,),), "units": (4096,)}
    raise AssertionError(f"{name} is of no family that the reports tell of")


@pytest.mark.parametrize("name", [name for name in NAMES if "-" in name])
def test_members_of_a_family_have_the_values_in_their_names(name):
    assert told(studies.get(name), family(name)) == family(name)


def told(recipe, expected):
    found = {
        **recipe.model.arguments,
        "loss": recipe.loss,
        "rate": recipe.optimizer.learning_rate,
        "optimizer": recipe.optimizer.name,
        "clip": recipe.optimizer.clip_norm,
        "batch": recipe.batch_size,
        "epochs": recipe.epochs,
        "inputs": recipe.inputs,
        "augmentation": recipe.augmentation,
        "schedule": recipe.schedule and (recipe.schedule.name, *recipe.schedule.arguments.values()),
        "validation": recipe.data.validation,
    }
    return {key: found.get(key) for key in expected}


PLAIN = ((128, 128, 128, 256),)
SINGLES = {
    "transformers/vit_base_mnist": {
        "patch_size": 16, "embed_dim": 768, "depth": 12, "num_heads": 12, "resize": 224, "rgb": True,
    },
    "transformers/cnn_schedule": {"schedule": ("exponential", 0.95)},
    "exercises/circles_wide": {"units": (100, 150), "activation": "relu"},
    "exercises/circles_best": {"units": (75,), "activation": "tanh"},
    "exercises/digits_sgd": {"filters": (20,) * 3, "activation": "tanh", "clip": None},
    "exercises/digits_clipped": {"filters": (20,) * 3, "activation": "tanh", "clip": 1},
    "exercises/digits_best": {"filters": (20,) * 3, "validation": 0.1},
    "exercises/coloured_digits": {
        "filters": (16, 32, 64), "kernel_size": (5, 3, 3), "shared": 0,
        "schedule": ("cosine_annealing", 1e-5),
    },
    "exercises/regression_gaussian": {"units": (10,) * 5, "activation": "tanh"},
    "mlp_vs_cnn/mlp": {"units": (4096, 4096), "activation": "sigmoid", "inputs": "signed"},
    "mlp_vs_cnn/cnn": {
        "filters": PLAIN, "kernel_size": ((5, 3, 3, 3),), "strides": ((2, 1, 1, 1),),
        "padding": "valid", "units": (4096,), "batch_norm": None, "inputs": "signed",
        "augmentation": None, "optimizer": "adam",
    },
    "mlp_vs_cnn/cnn_batchnorm": {"filters": PLAIN, "units": (4096,), "batch_norm": True},
    "mlp_vs_cnn/cnn_wide_dense": {"filters": PLAIN, "units": (8192,), "batch_norm": True},
    "mlp_vs_cnn/cnn_dropout": {
        "filters": PLAIN, "batch_norm": True, "dropout": 0.5, "dropout_after": ("dense",),
    },
    "mlp_vs_cnn/cnn_flip": {"filters": PLAIN, "batch_norm": None, "augmentation": "flip"},
    "mlp_vs_cnn/cnn_crop": {"filters": PLAIN, "batch_norm": None, "augmentation": "crop"},
    "mlp_vs_cnn/resnet18": {"resize": 224, "augmentation": "crop_flip", "stem": None},
    "mlp_vs_cnn/resnet18_scratch": {"resize": None, "augmentation": "crop_flip", "stem": "cifar"},
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLES)
def test_what_the_digest_says_of_one_experiment(name):
    assert told(studies.get(name), SINGLES[name]) == SINGLES[name]


def distinct():
    """The first recipe of each kind of network, training and data."""
    found = {}
    for name in NAMES:
        recipe = studies.get(name)
        switches = ("batch_norm", "dropout", "strides", "resize", "stem", "shared", "units")
        key = (
            recipe.model.builder,
            tuple(bool(recipe.model.arguments.get(switch)) for switch in switches),
            str(recipe.loss),
            recipe.data.name,
            recipe.augmentation,
            recipe.optimizer.name,
            recipe.optimizer.clip_norm is None,
            recipe.schedule and recipe.schedule.name,
        )
        found.setdefault(key, name)
    return list(found.values())


@pytest.mark.parametrize("name", distinct())
def test_two_steps(name, tmp_path):
    recipe = recipes.override(small(studies.get(name)), {"epochs": 1, "batch_size": 10})
    data = tiny(recipe.data.name)
    run = train(recipe, dataset=data, out=tmp_path, callbacks=())
    assert run.result["status"] == "finished"
    assert np.isfinite(run.log["loss"]).all()
