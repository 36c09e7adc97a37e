"""Recipes of our own on CIFAR-10: what a laptop can do in minutes.

kerasdl train cifar10/default
"""

from dataclasses import replace

from kerasdl.recipes import Data, Model, Optimizer, Recipe, Schedule
from kerasdl.studies import regularization
from kerasdl.studies.study import Study

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
# units a learning rate is theirs times the batch size, and that of the head divided by
# _FEATURES ** 2 besides. Muon's has no units.
_FEATURES = 256


def _speed_run_optimizer(batch_size):
    """Muon for convolutions, SGD with rates of their own for the head and the biases."""
    head_rate = 0.67 * batch_size / _FEATURES**2
    bias_rate = 0.053 * batch_size
    # There the decay, 2e-6 an example whatever the learning rate, is added to the gradient, and so
    # comes back with its momentum, 1 / (1 - 0.85) times; here it is decoupled, without that delay.
    decay = 2e-6 * batch_size / (1 - 0.85)
    sgd = {"update": "sgd", "momentum": 0.85, "nesterov": True}
    return Optimizer(
        "muon",
        learning_rate=0.24,
        arguments={
            "groups": (
                {
                    "weights": "^whitening/bias$",
                    **sgd,
                    "learning_rate": bias_rate,
                    "weight_decay": decay / bias_rate,
                    "schedule": {"duration": 3},  # epochs; then it stays
                },
                {
                    "weights": "_norm[12]/beta$",
                    **sgd,
                    "learning_rate": bias_rate,
                    "weight_decay": decay / bias_rate,
                },
                {
                    "weights": "^logits/kernel$",
                    **sgd,
                    "learning_rate": head_rate,
                    "weight_decay": decay / head_rate,
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
    )


FAST = Recipe(
    name="cifar10/fast",
    data=Data("cifar10"),
    model=Model("CIFARNet"),
    inputs="standardize",  # there by mean and deviation to four digits; here as they are
    augmentation="alternating_flip_crop",  # there all images have been flipped before the first epoch
    test_time_augmentation="mirror_translate",
    loss="sparse_categorical_crossentropy",
    label_smoothing=0.2,
    optimizer=_speed_run_optimizer(2000),
    schedule=Schedule("polynomial"),  # a straight line from the first update to 0 at the end
    epochs=8,
    batch_size=2000,
    precision="bfloat16",  # there float16, weights and statistics too
    source="airbench94_muon.py of Keller Jordan, https://github.com/KellerJordan/cifar10-airbench",
    expected="test 94.01 % with test-time augmentation (mean over 200 seeds, in float16)",
    cost="15 min",
    assumptions={},
)

# Chosen on 5,000 of the training images (`--set data.validation=5000`), on PyTorch, one seed: 92.9 % of
# them are right, and 91.8 % with 12 epochs of fewer filters, which take as long (`--epochs 12 --set
# "model.arguments.widths=(48, 128, 192)"`).
DEFAULT = replace(
    FAST,
    name="cifar10/default",
    optimizer=_speed_run_optimizer(500),
    epochs=7,
    batch_size=500,
    precision="float32",
    source="ours: `cifar10/fast` in float32, on any backend, with smaller batches",
    expected="test 92.96 %, with test-time augmentation 93.37 % (PyTorch, one seed)",
    cost="11 min",
)

STUDY = Study("cifar10", title="", recipes=(DEFAULT, BATCHNORM, FAST))
