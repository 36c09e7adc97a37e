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

# ----- the speed run: airbench94_muon.py, https://github.com/KellerJordan/cifar10-airbench, commit
# f1c599c. There losses are summed over the batch and logits divided by the 256 features: in our
# units a learning rate is theirs times _SUM, and that of the head divided by _FEATURES ** 2 besides.
# Muon's has no units.
_BATCH = 2000
_SUM = _BATCH
_FEATURES = 256
_HEAD_RATE = 0.67 * _SUM / _FEATURES**2
_BIAS_RATE = 0.053 * _SUM
# There the decay, 2e-6 an example whatever the learning rate, is added to the gradient, and so
# comes back with its momentum, 1 / (1 - 0.85) times; here it is decoupled, without that delay.
_DECAY = 2e-6 * _BATCH / (1 - 0.85)
_SGD = {"update": "sgd", "momentum": 0.85, "nesterov": True}

FAST = Recipe(
    name="cifar10/fast",
    data=Data("cifar10"),
    model=Model("CIFARNet"),
    inputs="standardize",  # there by mean and deviation to four digits; here as they are
    augmentation="alternating_flip_crop",  # there all images have been flipped before the first epoch
    test_time_augmentation="mirror_translate",
    loss="sparse_categorical_crossentropy",
    label_smoothing=0.2,
    optimizer=Optimizer(
        "muon",
        learning_rate=0.24,
        arguments={
            "groups": (
                {
                    "weights": "^whitening/bias$",
                    **_SGD,
                    "learning_rate": _BIAS_RATE,
                    "weight_decay": _DECAY / _BIAS_RATE,
                    "schedule": {"duration": 3},  # epochs; then it stays
                },
                {
                    "weights": "_norm[12]/beta$",
                    **_SGD,
                    "learning_rate": _BIAS_RATE,
                    "weight_decay": _DECAY / _BIAS_RATE,
                },
                {
                    "weights": "^logits/kernel$",
                    **_SGD,
                    "learning_rate": _HEAD_RATE,
                    "weight_decay": _DECAY / _HEAD_RATE,
                },
                {
                    "weights": "_conv[12]/kernel$",
                    "update": "muon",
                    "momentum": 0.6,
                    "nesterov": True,
                    "steps": 3,
                    "scale": None,
                    "normalize": True,
                    "dtype": None,  # there bfloat16
                },
            )
        },
    ),
    schedule=Schedule("polynomial"),  # a straight line from the first update to 0 at the end
    epochs=8,
    batch_size=_BATCH,
    precision="bfloat16",  # there float16, weights and statistics too
    source="airbench94_muon.py of Keller Jordan, https://github.com/KellerJordan/cifar10-airbench",
    expected="test 94.01 % with test-time augmentation (mean over 200 seeds, in float16)",
    cost="15 min",
    assumptions={},
)

STUDY = Study("cifar10", title="", recipes=(DEFAULT, BATCHNORM, FAST))
