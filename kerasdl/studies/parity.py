"""Which recipes are compared on the three backends, and how: what the page of parity shows.

    python scripts/write_parity.py reports/parity

Every builder, the first experiment of every report, and whatever is random in training: in float32
as the recipe is; again, every step from the same state; in float64 with SGD, and two of them with
their own Adam; two of them also in bfloat16. Every step of a comparison lies on disk until it is
over, so that the largest networks are compared with less than their recipes have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kerasdl import recipes, studies
from kerasdl.recipes import Recipe

STEPS = 50
SHORT_STEPS = 20  # in float64, in lockstep and in bfloat16
# In float64 in place of an optimizer that divides by the size of a gradient, as Adam does: where
# that is nearly 0, rounding decides the direction of a step. What is left is the gradients alone.
SGD = {"optimizer.name": "sgd", "optimizer.learning_rate": 0.01, "optimizer.arguments": {}}


@dataclass(frozen=True)
class Subject:
    """A recipe that is compared.

    Attributes:
        recipe: name.
        purpose: what it stands for, in words.
        changes: dotted path of a setting -> value in place of the recipe's.
        in_bfloat16: whether it is compared in bfloat16 besides.
        in_float64_as_it_is: whether it is compared in float64 with its own optimizer besides.
    """

    recipe: str
    purpose: str
    changes: Mapping = field(default_factory=dict)
    in_bfloat16: bool = False
    in_float64_as_it_is: bool = False


SUBJECTS = (
    Subject("exercises/circles_linear", "The first experiment of `exercises`: one dense layer."),
    Subject(
        "exercises/coloured_digits",
        "`TwoTowerCNN`: two outputs, two losses.",
        in_float64_as_it_is=True,
    ),
    Subject(
        "transformers/vit_patch_size-7",
        "`ViT`, as `transformers` has it where it varies it.",
        in_bfloat16=True,
    ),
    Subject("regularization/mnist", "The first experiment of `regularization`."),
    Subject(
        "regularization/baseline",
        "`CNN`. The first experiment of `transformers`, `transformers/cnn_baseline`, has the same "
        "settings.",
    ),
    Subject("regularization/augment", "Augmentation: each image is cropped and flipped at random."),
    Subject("cifar10/batchnorm", "Batch normalization.", in_bfloat16=True),
    Subject("dropout/model1", "The first experiment of `dropout`, which has no dropout yet."),
    Subject("dropout/model2", "Dropout: the network of `dropout/model1` with a rate of 0.5."),
    Subject(
        "mlp_vs_cnn/mlp",
        "`MLP`, and the first experiment of `mlp_vs_cnn`; with 1,024 units a layer for 4,096, "
        "since each step takes sixteen bytes a weight on disk.",
        {"model.arguments.units": (1024, 1024)},
        in_float64_as_it_is=True,
    ),
    Subject(
        "mlp_vs_cnn/resnet18_scratch",
        "`ResNet18`, from scratch; in batches of 16 for 128, which take seconds a step.",
        {"batch_size": 16},
    ),
    Subject(
        "cifar10/fast",
        "`CIFARNet`: whitening, Muon, alternating flips; in batches of 128 for 2,000.",
        {"batch_size": 128},
    ),
)


@dataclass(frozen=True)
class Planned:
    """A comparison of backends that the page shows, whether it was made or not.

    Attributes:
        recipe: `Recipe`, as it is compared.
        precision: of the arithmetic: `"float64"`, or one of `kerasdl.recipes.rules.PRECISIONS`.
        lockstep: whether every step starts from the first backend's state.
        steps: number of updates.
        purpose: what it stands for, in words.
    """

    recipe: Recipe
    precision: str
    lockstep: bool
    steps: int
    purpose: str

    @property
    def file(self):
        """Name of the file that has its distances."""
        kind = "lockstep" if self.lockstep else self.precision
        if self.precision == "float64" and self.recipe.optimizer.name != "sgd":
            kind += f"-{self.recipe.optimizer.name}"
        ending = "" if kind == "float32" else f"-{kind}"
        return f"{self.recipe.name.replace('/', '-')}{ending}.json"


def _planned(subject, precision, *, lockstep=False, with_sgd=False):
    recipe, changes = studies.get(subject.recipe), dict(subject.changes)
    if with_sgd and recipe.optimizer.name != "sgd":
        changes |= SGD
    changes["precision"] = "float32" if precision == "float64" else precision
    steps = STEPS if precision == "float32" and not lockstep else SHORT_STEPS
    recipe = recipes.override(recipe, changes)
    return Planned(recipe, precision, lockstep, steps, subject.purpose)


def _plan():
    for subject in SUBJECTS:
        yield _planned(subject, "float32")
        yield _planned(subject, "float32", lockstep=True)
        yield _planned(subject, "float64", with_sgd=True)
        if subject.in_float64_as_it_is:
            yield _planned(subject, "float64")
        if subject.in_bfloat16:
            yield _planned(subject, "bfloat16")


PLAN = tuple(_plan())

# The recipe whose test accuracies are compared over seeds, and how many seeds a test needs.
OVER_SEEDS = recipes.override(studies.get("cifar10/batchnorm"), {"epochs": 3})
LEAST_SEEDS = 5

# Precision -> the recipe whose test accuracies are compared with those in the other.
OVER_PRECISIONS = {
    precision: recipes.override(studies.get("cifar10/batchnorm"), {"precision": precision})
    for precision in ("float32", "bfloat16")
}
