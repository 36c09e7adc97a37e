"""Which recipes are compared on the three backends, and how: what the page of parity shows.

    python scripts/write_parity.py reports/parity

Every builder, the first experiment of every report, and whatever is random in training: once in
float32 as the recipe is, once in float64 with SGD. Every step of a comparison lies on disk until
it is over, so that the two largest networks are compared with less than their recipes have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kerasdl import recipes, studies
from kerasdl.recipes import Recipe

FLOAT32_STEPS, FLOAT64_STEPS = 50, 20
# In float64 in place of an optimizer that divides by the size of a gradient, as Adam does: where
# that is nearly 0, rounding decides the direction of a step.
SGD = {"optimizer.name": "sgd", "optimizer.learning_rate": 0.01, "optimizer.arguments": {}}


@dataclass(frozen=True)
class Subject:
    """A recipe that is compared, in float32 and in float64.

    Attributes:
        recipe: name.
        purpose: what it stands for, in words.
        changes: dotted path of a setting -> value in place of the recipe's.
    """

    recipe: str
    purpose: str
    changes: Mapping = field(default_factory=dict)


SUBJECTS = (
    Subject("exercises/circles_linear", "The first experiment of `exercises`: one dense layer."),
    Subject("exercises/coloured_digits", "`TwoTowerCNN`: two outputs, two losses."),
    Subject("transformers/vit_patch_size-7", "`ViT`, as `transformers` has it where it varies it."),
    Subject("regularization/mnist", "The first experiment of `regularization`."),
    Subject(
        "regularization/baseline",
        "`CNN`. The first experiment of `transformers`, `transformers/cnn_baseline`, has the same "
        "settings.",
    ),
    Subject("regularization/augment", "Augmentation: each image is cropped and flipped at random."),
    Subject("cifar10/batchnorm", "Batch normalization."),
    Subject("dropout/model1", "The first experiment of `dropout`, which has no dropout yet."),
    Subject("dropout/model2", "Dropout: the network of `dropout/model1` with a rate of 0.5."),
    Subject(
        "mlp_vs_cnn/mlp",
        "`MLP`, and the first experiment of `mlp_vs_cnn`; with 1,024 units a layer for 4,096, "
        "since each step takes sixteen bytes a weight on disk.",
        {"model.arguments.units": (1024, 1024)},
    ),
    Subject(
        "mlp_vs_cnn/resnet18_scratch",
        "`ResNet18`, from scratch; in batches of 16 for 128, which take seconds a step.",
        {"batch_size": 16},
    ),
)


@dataclass(frozen=True)
class Planned:
    """A comparison of backends that the page shows, whether it was made or not.

    Attributes:
        recipe: `Recipe`, as it is compared.
        float64: whether the arithmetic is in float64.
        steps: number of updates.
        purpose: what it stands for, in words.
    """

    recipe: Recipe
    float64: bool
    steps: int
    purpose: str

    @property
    def precision(self):
        """`"float32"` or `"float64"`."""
        return "float64" if self.float64 else "float32"

    @property
    def file(self):
        """Name of the file that has its distances."""
        ending = "-float64" if self.float64 else ""
        return f"{self.recipe.name.replace('/', '-')}{ending}.json"


def _planned(subject, float64):
    recipe, changes = studies.get(subject.recipe), dict(subject.changes)
    if float64 and recipe.optimizer.name != "sgd":
        changes |= SGD
    steps = FLOAT64_STEPS if float64 else FLOAT32_STEPS
    return Planned(recipes.override(recipe, changes), float64, steps, subject.purpose)


PLAN = tuple(_planned(subject, float64) for subject in SUBJECTS for float64 in (False, True))

# The recipe whose test accuracies are compared over seeds, and how many seeds a test needs.
OVER_SEEDS = recipes.override(studies.get("cifar10/batchnorm"), {"epochs": 3})
LEAST_SEEDS = 5
