"""Every experiment of the five reports is a recipe with the report's settings, and trains.

Names and numbers are those of the reports' text and tables; where a report is silent,
of the digest of its experiments. None is computed from the recipes.
"""

import itertools

import numpy as np
import pytest

from kerasdl import datasets, recipes, studies
from kerasdl.augmentation.pipelines import PIPELINES
from kerasdl.claims import Increasing
from kerasdl.training import resolve, train
from kerasdl.training.network import CIFAR10, build

NAMES = [name for name in studies.names() if not name.startswith("cifar10/")]
SHAPES = {
    "cifar10": (32, 32, 3),
    "cifar100": (32, 32, 3),
    "mnist": (28, 28, 1),
    "usps": (16, 16, 1),
    "coloured_digits": (28, 28, 3),
    "circles": (2,),
    "ames_housing": (4,),
}


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
    whole = datasets.Split(x, y)
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


@pytest.mark.any_backend
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
    "regularization/mnist": 156 + 2416 + 48_120 + 10_164 + 850,  # LeNet5, fully connected
    "regularization/lab_augment": 1_191_170,  # "to keep the same number of parameters", the sheet
    "regularization/lab_batchnorm": 1_191_170 + 2 * (32 + 64 + 64),
    "regularization/batchnorm": 1_191_170 + 2 * (32 + 64 + 64),
    "transformers/cnn_baseline": 1_191_170,
    "dropout/model1": 890_410,
    "dropout/model7b": 890_410,
    "exercises/circles_linear": 2 + 1,
    "exercises/circles_two_layer-tanh": 2 * 75 + 75 + 75 + 1,
    "exercises/circles_three_layer-relu": 2 * 40 + 40 + 40 * 40 + 40 + 40 + 1,
    "exercises/circles_wide": 2 * 100 + 100 + 100 * 150 + 150 + 150 + 1,
    "exercises/digits_linear": 784 * 10 + 10,
    "exercises/digits_conv-1-tanh": 9 * 10 + 10 + 784 * 10 * 10 + 10,
    "exercises/digits_conv-3-tanh": 9 * 10 + 10 + 2 * (90 * 10 + 10) + 49 * 10 * 10 + 10,
    "exercises/digits_best": 9 * 20 + 20 + 2 * (180 * 20 + 20) + 49 * 20 * 10 + 10,
    "exercises/regression_depth-1-tanh": 4 * 5 + 5 + 5 + 1,
    "exercises/regression_width-5-20": 4 * 20 + 20 + 4 * (20 * 20 + 20) + 20 + 1,
    "exercises/regression_gaussian": 4 * 10 + 10 + 4 * (10 * 10 + 10) + 10 * 2 + 2,
    "mlp_vs_cnn/cnn": (75 * 128 + 128)
    + 2 * (9 * 128 * 128 + 128)
    + (9 * 128 * 256 + 256)
    + (256 * 4 * 4 * 4096 + 4096)  # fc1 of the listing
    + (4096 * 100 + 100),
    "mlp_vs_cnn/cnn_width-32": (75 * 32 + 32)
    + 2 * (9 * 32 * 32 + 32)
    + (9 * 32 * 64 + 64)
    + (64 * 4 * 4 * 4096 + 4096)
    + (4096 * 100 + 100),
}


@pytest.mark.any_backend
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


@pytest.mark.any_backend
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


def questions_of(recipe):
    """What the questions of `regularization` vary."""
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


# The rungs of the ladders, which are families; experiments beside them are among `SINGLES`. Those
# of the lab are as its exercise sheet has them: constants, crop, momentum and schedule.
_LAB = ("cifar10", "crop28_flip", "sgd", 0.9, "exponential")
_PADDED = ("standardize", "crop_flip", "sgd", 0.9, "one_cycle")
LADDERS = {
    "regularization/baseline": ("unit", None, "sgd", None, None, None, None),
    "regularization/lab_normalize": ("cifar10", None, "sgd", None, None, None, None),
    "regularization/lab_augment": ("cifar10", "crop28_flip", "sgd", None, None, None, None),
    "regularization/lab_augment_more": (
        "cifar10", "crop28_flip_colour", "sgd", None, None, None, None,
    ),
    "regularization/lab_momentum_schedule": (*_LAB, None, None),
    "regularization/lab_adam": ("cifar10", "crop28_flip", "adam", None, "exponential", None, None),
    "regularization/lab_dropout": (*_LAB, 0.5, None),
    "regularization/lab_batchnorm": (*_LAB, 0.5, True),
    "regularization/normalize": ("standardize", None, "sgd", None, None, None, None),
    "regularization/augment": ("standardize", "crop_flip", "sgd", None, None, None, None),
    "regularization/momentum_schedule": (*_PADDED, None, None),
    "regularization/batchnorm": (*_PADDED, 0.5, True),
    "transformers/cnn_baseline": ("unit", None, "sgd", None, None, None, None),
    "transformers/cnn_normalize": ("cifar10", None, "sgd", None, None, None, None),
    "transformers/cnn_augment": ("cifar10", "crop28_flip", "sgd", None, None, None, None),
    "transformers/cnn_schedule": ("cifar10", None, "sgd", None, "exponential", None, None),
    "transformers/cnn_dropout": ("unit", None, "sgd", None, None, 0.5, None),
    "transformers/cnn_batchnorm": ("cifar10", None, "sgd", None, None, None, True),
}  # fmt: skip


@pytest.mark.any_backend
@pytest.mark.parametrize("name", LADDERS)
def test_the_two_ladders(name):
    recipe = studies.get(name)
    assert questions_of(recipe) == LADDERS[name]
    assert (recipe.epochs, recipe.batch_size, recipe.test_curves) == (50, 128, True)
    assert recipe.optimizer.learning_rate == {"regularization/lab_adam": 0.001}.get(name, 0.1)
    if recipe.schedule is not None and recipe.schedule.name == "exponential":
        assert (recipe.schedule.by, recipe.schedule.arguments) == ("epoch", {"factor": 0.95})


@pytest.mark.any_backend
@pytest.mark.parametrize("name", [name for name in LADDERS if "crop28_flip" in str(LADDERS[name])])
def test_a_crop_of_28_is_in_the_middle_at_test(name):
    """And never shows the border that training images are moved over."""
    recipe = studies.get(name)
    assert settings_of(recipe, ("crop", "pool_padding")) == {"crop": 28, "pool_padding": "same"}
    (kind, arguments), *_ = PIPELINES[recipe.augmentation]
    assert kind == "RandomPadCrop"
    assert arguments["padding"] == (32 - 28) // 2


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


@pytest.mark.any_backend
@pytest.mark.parametrize("name", EXERCISES)
def test_the_text_of_the_exercises(name):
    recipe = studies.get(f"exercises/{name}")
    optimizer = recipe.optimizer
    found = (optimizer.name, optimizer.learning_rate, recipe.batch_size, recipe.epochs, recipe.loss)
    assert found == EXERCISES[name]


@pytest.mark.any_backend
def test_what_the_reports_say_fails():
    failing = {name for name in NAMES if studies.get(name).diverges}
    assert failing == {
        "exercises/digits_cross_entropy",
        "exercises/regression_raw",
        "exercises/regression_lr-1",
    }


@pytest.mark.any_backend
def test_the_logs_of_mlp_vs_cnn():
    for name in (name for name in NAMES if name.startswith("mlp_vs_cnn/")):
        recipe = studies.get(name)
        resnet = "resnet18" in name
        assert 50_000 // recipe.batch_size == (390 if resnet else 195)  # steps an epoch
        assert recipe.epochs == (10 if resnet else 20)
        assert recipe.data.name == "cifar100"
        assert recipe.optimizer.learning_rate == 1e-4


# The listing's 128-128-128-256, and the other networks of the homework.
WIDTHS = {
    "32": (32, 32, 32, 64),
    "128": (128, 128, 128, 256),
    "256": (256, 256, 256, 512),
    "512": (512, 512, 512, 1024),
}
# Families: what is varied, and label -> what a member of that label has.
FAMILIES = {
    "transformers/vit_embed_dim": (
        ("8", "16", "32", "64"),
        lambda width: {"embed_dim": int(width), "depth": 2, "patch_size": 7, "num_heads": 4},
    ),
    "transformers/vit_blocks": (
        ("2", "4", "6", "8"),
        lambda depth: {"embed_dim": 32, "depth": int(depth), "patch_size": 7, "mlp_ratio": 4},
    ),
    "transformers/vit_patch_size": (
        ("4", "7", "11", "14"),
        lambda size: {"embed_dim": 32, "depth": 2, "patch_size": int(size), "num_heads": 4},
    ),
    "transformers/vit_sinusoidal": (
        ("4", "7", "11", "14"),
        lambda size: {"positions": "sinusoidal", "depth": 2, "patch_size": int(size)},
    ),
    "exercises/circles_two_layer": (
        ("sigmoid", "tanh", "relu"),
        lambda activation: {
            "units": (75,), "activation": activation, "loss": MSE, "optimizer": "sgd",
        },
    ),
    "exercises/circles_neurons": (
        ("10", "25", "50", "75", "150"),
        lambda count: {"units": (int(count),), "activation": "tanh", "optimizer": "sgd"},
    ),
    "exercises/circles_rate": (
        ("0.001", "0.01", "0.1", "1", "100"),
        lambda rate: {"units": (75,), "rate": float(rate), "optimizer": "sgd", "loss": MSE},
    ),
    "exercises/circles_bce_rate": (
        ("0.01", "0.025", "0.05"),
        lambda rate: {"rate": float(rate), "optimizer": "adam", "batch": 10, "loss": BCE},
    ),
    "exercises/digits_kernel": (
        ("3", "5", "7"),
        lambda size: {"kernel_size": int(size), "filters": (10,), "output": "softmax"},
    ),
    "exercises/digits_channels": (
        ("5", "10", "20"),
        lambda count: {"kernel_size": 3, "filters": (int(count),), "output": "softmax"},
    ),
    "exercises/digits_sweep": (
        ("rate_0.01", "batch_50"),
        lambda label: {
            "rate": 0.01 if label == "rate_0.01" else 0.1,
            "batch": 50 if label == "batch_50" else 10,
            "filters": (20,) * 3,
            "epochs": 10,
        },
    ),
    "exercises/digits_optimizer": (
        ("adam_0.001", "adam_0.01", "rmsprop_0.001", "rmsprop_0.01"),
        lambda label: {
            "optimizer": label.partition("_")[0],
            "rate": float(label.partition("_")[2]),
            "filters": (20,) * 3,
            "epochs": 20,
        },
    ),
    "exercises/regression_half": (
        ("sgd", "adam", "rmsprop"),
        lambda name: {"units": (10,) * 5, "optimizer": name, "epochs": 20, "rate": 0.5},
    ),
    "exercises/circles_three_layer": (
        ("sigmoid", "tanh", "relu"),
        lambda activation: {"units": (40, 40), "activation": activation, "loss": MSE, "batch": 10},
    ),
    "exercises/circles_optimizer": (
        ("adam", "rmsprop", "sgd"),
        lambda name: {"units": (75,), "activation": "tanh", "optimizer": name, "epochs": 10},
    ),
    "exercises/circles_batch": (
        ("5", "10", "20"),
        lambda size: {"batch": int(size), "epochs": 50, "optimizer": "adam", "rate": 0.01},
    ),
    "exercises/circles_bce": (
        ("5", "10", "20", "40"),
        lambda size: {"batch": int(size), "loss": BCE, "rate": 0.025, "units": (75,)},
    ),
    **{
        f"exercises/digits_conv-{count}": (
            ("softmax", "sigmoid", "tanh"),
            lambda activation, count=count: {
                "filters": (10,) * count,
                "activation": "relu",
                "output": activation,
                "kernel_size": 3,
                "padding": "same",
                "pool_size": (2,) * (count - 1) + (None,),  # between the convolutions
                "loss": MSE,
            },
        )
        for count in (1, 2, 3)
    },
    "exercises/coloured_digits_one_conv": (
        ("separate", "shared"),
        lambda towers: {"filters": (16,), "shared": int(towers == "shared"), "batch": 64},
    ),
    "exercises/coloured_digits_activation": (
        ("sigmoid", "tanh", "relu"),
        lambda activation: {
            "filters": (16,), "units": (50,), "activation": activation, "shared": 0,
        },
    ),
    **{
        f"exercises/regression_depth-{depth}": (
            ("sigmoid", "tanh", "relu"),
            lambda activation, depth=depth: {
                "units": (5,) * depth, "activation": activation, "rate": 0.1,
            },
        )
        for depth in (1, 2, 3, 5)
    },
    **{
        f"exercises/regression_width-{depth}": (
            ("5", "6", "10", "20"),
            lambda width, depth=depth: {
                "units": (int(width),) * depth, "activation": "tanh", "batch": 10,
            },
        )
        for depth in (3, 5)
    },
    "exercises/regression_batch": (
        ("10", "50", "100"),
        lambda size: {"units": (10,) * 5, "batch": int(size), "rate": 0.1, "epochs": 10},
    ),
    "exercises/regression_lr": (
        ("0.005", "0.1", "0.5", "1"),
        lambda rate: {"units": (10,) * 5, "rate": float(rate), "batch": 10, "optimizer": "sgd"},
    ),
    "exercises/regression_optimizer": (
        ("sgd", "adam", "rmsprop"),
        lambda name: {"units": (10,) * 5, "optimizer": name, "epochs": 20, "loss": MSE},
    ),
    "mlp_vs_cnn/cnn_width": (
        ("32", "128", "256", "512"),
        lambda width: {"filters": (WIDTHS[width],), "units": (4096,)},
    ),
}  # fmt: skip
# The experiments that follow one another.
ORDERED = {
    "regularization/ladder": [
        name
        for name in LADDERS
        if name == "regularization/baseline" or name.startswith("regularization/lab_")
    ],
    "regularization/padded_ladder": [
        f"regularization/{name}"
        for name in (
            "baseline", "normalize", "augment", "momentum_schedule", "batchnorm",
        )
    ],
    "transformers/ladder": [name for name in LADDERS if name.startswith("transformers/")],
    "mlp_vs_cnn/ladder": [
        f"mlp_vs_cnn/{name}"
        for name in (
            "mlp", "cnn", "cnn_batchnorm_three", "cnn_batchnorm", "cnn_wide_dense", "cnn_dropout",
            "cnn_flip", "cnn_crop", "resnet18", "resnet18_scratch",
        )
    ],
    "dropout/ladder": [f"dropout/model{number}" for number in DROPOUT],
}  # fmt: skip


MEMBERS = {
    **{
        family: {label: f"{family}-{label}" for label in labels}
        for family, (labels, _) in FAMILIES.items()
    },
    **{
        family: {name.partition("/")[2]: name for name in names}
        for family, names in ORDERED.items()
    },
}
DRAWN = {
    f"{study.name}/{family.name}": family.members
    for study in studies.STUDIES.values()
    for family in study.families
}


@pytest.mark.any_backend
@pytest.mark.parametrize("family", sorted({*MEMBERS, *DRAWN}))
def test_families_are_those_of_the_reports(family):
    """Label -> name of the recipe, in the order of the report."""
    assert list(DRAWN[family].items()) == list(MEMBERS[family].items())


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("family", "label"),
    [(name, label) for name, (labels, _) in FAMILIES.items() for label in labels],
)
def test_members_of_a_family_have_the_values_of_their_labels(family, label):
    _, expected_of = FAMILIES[family]
    expected = expected_of(label)
    assert settings_of(studies.get(f"{family}-{label}"), expected) == expected


def settings_of(recipe, keys):
    """Those of a recipe's settings that `keys` name in one word."""
    found = {
        **recipe.model.arguments,
        "loss": recipe.loss,
        "rate": recipe.optimizer.learning_rate,
        "optimizer": recipe.optimizer.name,
        "clip": recipe.optimizer.clip_norm,
        "output": recipe.model.activation,
        "batch": recipe.batch_size,
        "epochs": recipe.epochs,
        "inputs": recipe.inputs,
        "augmentation": recipe.augmentation,
        "schedule": recipe.schedule and (recipe.schedule.name, *recipe.schedule.arguments.values()),
        "data": recipe.data.name,
        "validation": recipe.data.validation,
    }
    return {key: found.get(key) for key in keys}


PLAIN = ((128, 128, 128, 256),)
FIRST_THREE = ((True, True, True, False),)
SINGLES = {
    "regularization/mnist": {
        "data": "mnist", "filters": (6, 16), "units": (120, 84), "activation": "tanh",
        "padding": ("same", "valid"), "kernel_size": 5, "epochs": 50, "batch": 128, "rate": 0.1,
    },
    "regularization/lab_momentum_schedule": {"schedule": ("exponential", 0.95)},
    "transformers/vit_base_mnist": {
        "patch_size": 16, "embed_dim": 768, "depth": 12, "num_heads": 12, "resize": 224, "rgb": True,
    },
    "transformers/cnn_schedule": {"schedule": ("exponential", 0.95)},
    "exercises/circles_linear": {"units": (), "loss": MSE, "optimizer": "sgd", "batch": 10},
    "exercises/circles_wide": {"units": (100, 150), "activation": "relu"},
    "exercises/circles_best": {"units": (75,), "activation": "tanh"},
    "exercises/digits_sgd": {
        "filters": (20,) * 3, "activation": "relu", "output": "tanh", "clip": None,
    },
    "exercises/digits_clipped": {
        "filters": (20,) * 3, "activation": "relu", "output": "softmax", "clip": 1,
    },
    "exercises/digits_best": {
        "filters": (20,) * 3, "data": "mnist", "validation": 10_000, "output": "softmax",
    },
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
    "mlp_vs_cnn/cnn_batchnorm_three": {
        "filters": PLAIN, "units": (4096,), "batch_norm": FIRST_THREE,
    },
    "mlp_vs_cnn/cnn_batchnorm": {"filters": PLAIN, "units": (4096,), "batch_norm": True},
    "mlp_vs_cnn/cnn_wide_dense": {"filters": PLAIN, "units": (8192,), "batch_norm": FIRST_THREE},
    "mlp_vs_cnn/cnn_dropout": {
        "filters": PLAIN, "batch_norm": FIRST_THREE, "dropout": 0.5, "dropout_after": ("dense",),
    },
    "mlp_vs_cnn/cnn_flip": {"filters": PLAIN, "batch_norm": None, "augmentation": "flip"},
    "mlp_vs_cnn/cnn_crop": {"filters": PLAIN, "batch_norm": None, "augmentation": "enlarge_crop"},
    "mlp_vs_cnn/resnet18": {"resize": 224, "augmentation": "enlarge_crop_flip", "stem": None},
    "mlp_vs_cnn/resnet18_scratch": {"resize": None, "augmentation": "crop_flip", "stem": "cifar"},
}  # fmt: skip


@pytest.mark.any_backend
@pytest.mark.parametrize("name", SINGLES)
def test_what_the_digest_says_of_one_experiment(name):
    assert settings_of(studies.get(name), SINGLES[name]) == SINGLES[name]


@pytest.mark.any_backend
def test_every_experiment_is_held_to_its_report():
    """Whoever adds one writes down in this module what its report says of it."""
    held = {*LADDERS, *SINGLES, *ORDERED["dropout/ladder"]}
    held |= {f"exercises/{name}" for name in EXERCISES}
    held |= {f"{family}-{label}" for family, (labels, _) in FAMILIES.items() for label in labels}
    unheld = sorted(held ^ set(NAMES))
    assert unheld == [], "one beside the ladders and families is an entry of SINGLES"


# What the digest of the reports says is higher: claim, from lowest to highest.
ORDERS = {
    "normalizing improves the test score": ("baseline", "lab_normalize"),
    "other transformations lower the test accuracy": ("lab_augment_more", "lab_augment"),
    "training accuracy is lower than before": ("lab_dropout", "lab_momentum_schedule"),
    "augmentation generalizes better": ("cnn_normalize", "cnn_augment"),
    "augmentation overfits less": ("cnn_augment", "cnn_normalize"),
    "normalizing takes the oscillations off the test loss": ("cnn_normalize", "cnn_baseline"),
    "the more blocks, the less stable the test loss": tuple(
        f"vit_blocks-{n}" for n in (2, 4, 6, 8)
    ),
    "larger patches are better on test": tuple(f"vit_patch_size-{n}" for n in (4, 7, 11, 14)),
    "the loss falls with the width": tuple(f"vit_embed_dim-{n}" for n in (64, 32, 16, 8)),
    "the larger the batch, the higher the loss": tuple(
        f"regression_batch-{n}" for n in (10, 50, 100)
    ),
    "the MLP is less accurate than the CNN": ("mlp", "cnn"),
    "accuracy grows with the width": tuple(f"cnn_width-{n}" for n in (32, 128, 256, 512)),
    "flips improve accuracy": ("cnn", "cnn_flip"),
    "crops are better than flips": ("cnn_flip", "cnn_crop"),
    "momentum 0.5 and more epochs improve it again": ("model2", "model3"),
    "a batch of 64 is better than momentum 0.5": ("model3", "model4"),
    "dropout of 0.2 is worse than 0.5": ("model5", "model2"),
    "more epochs improve model 7": ("model7", "model7b"),
}


@pytest.mark.any_backend
@pytest.mark.parametrize("says", ORDERS)
def test_orders_are_those_of_the_digest(says):
    (claim,) = (
        claim for study in studies.STUDIES.values() for claim in study.claims if claim.says == says
    )
    assert isinstance(claim.check, Increasing)
    assert tuple(recipe.name.partition("/")[2] for recipe in claim.check.recipes) == ORDERS[says]


def kind(recipe):
    """Pairs of a field and a value, of those that decide which code trains the recipe."""
    switches = (
        "batch_norm", "dropout", "strides", "resize", "stem", "shared", "units", "crop", "positions",
    )  # fmt: skip
    return (
        ("builder", recipe.model.builder),
        *((switch, bool(recipe.model.arguments.get(switch))) for switch in switches),
        ("loss", str(recipe.loss)),
        ("data", recipe.data.name),
        ("augmentation", recipe.augmentation),
        ("optimizer", recipe.optimizer.name),
        ("clipped", recipe.optimizer.clip_norm is not None),
        ("schedule", recipe.schedule and recipe.schedule.name),
    )


def of_each_pair():
    """Recipes among which every two values of two fields are that any recipe has together."""
    pairs = {name: set(itertools.combinations(kind(studies.get(name)), 2)) for name in NAMES}
    chosen, missing = [], set().union(*pairs.values())
    while missing:
        chosen.append(max(NAMES, key=lambda name: len(pairs[name] & missing)))
        missing -= pairs[chosen[-1]]
    return chosen


@pytest.mark.any_backend
@pytest.mark.data
def test_the_statistics_of_dropouts_table_1(data_dir):
    """To three digits: its last 1,000 images are others than those of a copy in another order."""
    data = datasets.load("cifar10", data_dir=data_dir)
    mean, deviation = data.with_validation(count=1000, rule="last").statistics()
    expected = [0.4913159, 0.48209456, 0.4464672], [0.2470339, 0.24351034, 0.26159197]
    np.testing.assert_allclose(np.array([mean, deviation]) / 255, expected, atol=5e-4)


@pytest.mark.any_backend
@pytest.mark.data
def test_the_constants_of_the_lab_are_means_of_the_deviations_of_single_images(data_dir):
    """Its sheet says deviations of the training set, and gives these."""
    x = datasets.load("cifar10", data_dir=data_dir).train.x[::5] / np.float32(255)
    mean, deviation = (np.array(each) / 255 for each in CIFAR10)
    np.testing.assert_allclose(x.mean(axis=(0, 1, 2)), mean, atol=4e-3)
    np.testing.assert_allclose(x.std(axis=(1, 2)).mean(axis=0), deviation, atol=4e-3)
    assert (x.std(axis=(0, 1, 2)) > deviation + 0.04).all()


@pytest.mark.parametrize("name", of_each_pair())
def test_two_steps(name, tmp_path):
    recipe = recipes.override(small(studies.get(name)), {"epochs": 1, "batch_size": 10})
    data = tiny(recipe.data.name)
    run = train(recipe, dataset=data, out=tmp_path, callbacks=())
    assert run.result["status"] == "finished"
    assert np.isfinite(run.log["loss"]).all()


@pytest.mark.parametrize("name", ["batch-5", "batch-10", "batch-20", "best"])
def test_what_the_report_says_of_circles_is_no_assumption(name):
    """50 epochs in batches of 5, 10 and 20; the best in 10 epochs with batches of 40."""
    recipe = studies.get(f"exercises/circles_{name}")
    assert not {"epochs", "batch_size"} & set(recipe.assumptions)
