"""What `kerasdl bench training` measures: a recipe on noise, at one precision, batch and size."""

from dataclasses import dataclass

from kerasdl import datasets, recipes, studies
from kerasdl.errors import UsageError
from kerasdl.recipes.rules import PRECISIONS


@dataclass(frozen=True)
class Workload:
    """A recipe whose training is timed.

    Attributes:
        recipe: its name.
        images: in an epoch: 1 to 5 seconds on two cores, so that neither what happens once an
            epoch nor a change of the machine's speed within one decides.
        batch_size: images a batch; `None` for the recipe's.
        least_image_size: height and width below which the network cannot be built; a literal, so
            that the process that measures need not build it.
    """

    recipe: str
    images: int
    batch_size: int | None = None
    least_image_size: int = 1


WORKLOADS = {
    "regularization": Workload("regularization/baseline", 2_560, least_image_size=2**3),
    "dropout": Workload("dropout/model2", 1_600, least_image_size=16),
    "mlp": Workload("mlp_vs_cnn/mlp", 1_536),
    "vit": Workload("transformers/vit_patch_size-7", 12_800, least_image_size=7),
    "resnet18": Workload("mlp_vs_cnn/resnet18_scratch", 256),
    "digits": Workload("exercises/digits_best", 10_000, least_image_size=2**2),
    # Two of the recipe's batches of 2000 would take half a minute in float32.
    "fast": Workload("cifar10/fast", 1_000, batch_size=500, least_image_size=1 + 2**3 * 3),
}


@dataclass(frozen=True)
class Setting:
    """One measurement: what every contender is asked to train. `Setting.of` fills in the recipe's.

    Attributes:
        workload: one of `WORKLOADS`.
        precision: one of `PRECISIONS`; weights and statistics are float32 in each.
        batch_size: images a batch.
        images: in an epoch, a multiple of `batch_size`.
        image_size: height and width.
        depth: number of encoder blocks; `None` for networks that have no argument `depth`.
    """

    workload: str
    precision: str
    batch_size: int
    images: int
    image_size: int
    depth: int | None

    @classmethod
    def of(cls, workload, precision="float32", images=None, **changes):
        """The setting of a workload; what is left out is as in `WORKLOADS` or in its recipe.

        Args:
            workload: one of `WORKLOADS`.
            precision: one of `PRECISIONS`.
            images: in an epoch; rounded to whole batches, of which there are two or more.
            **changes: any of `batch_size`, `image_size` and `depth`.

        Raises:
            UsageError: the workload or the precision is unknown, the network has no such depth, or
                it cannot be built for images of that size.

        Example:
        >>> Setting.of("vit", batch_size=1000, images=3200)
        Setting(workload='vit', precision='float32', batch_size=1000, images=3000, image_size=28, depth=2)
        """
        _expect_one_of("--workload", workload, WORKLOADS)
        _expect_one_of("--precision", precision, PRECISIONS)
        recipe = studies.get(WORKLOADS[workload].recipe)
        given = {
            "batch_size": WORKLOADS[workload].batch_size or recipe.batch_size,
            "image_size": datasets.info(recipe.data.name).shape[0],
            "depth": recipe.model.arguments.get("depth"),
        }
        if given["depth"] is None and changes.get("depth") is not None:
            raise UsageError(
                f"depth is a number of encoder blocks, which {workload} has not: vary its "
                "batch_size or its image_size."
            )
        given |= {name: value for name, value in changes.items() if value is not None}
        if given["image_size"] < (least := WORKLOADS[workload].least_image_size):
            raise UsageError(
                f"image_size should be at least {least} for {workload}, as its network takes no "
                f"smaller images; received {given['image_size']}."
            )
        batches = (images or WORKLOADS[workload].images) / given["batch_size"]
        images = max(2, round(batches)) * given["batch_size"]
        return cls(workload, precision, images=images, **given)

    def __str__(self):
        """The setting in words, with what of it is not as in the recipe."""
        words = [self.workload, self.precision, f"batches of {self.batch_size}"]
        if "depth" in self.varied:
            words.append(f"{self.depth} blocks")
        if "image_size" in self.varied:
            words.append(f"images of {self.image_size}x{self.image_size}")
        return ", ".join(words)

    @property
    def varied(self):
        """What differs from the workload's: some of `batch_size`, `image_size` and `depth`."""
        usual = Setting.of(self.workload)
        names = ("batch_size", "image_size", "depth")
        return tuple(name for name in names if getattr(self, name) != getattr(usual, name))

    @property
    def classes(self):
        """Number of classes."""
        return datasets.info(self._registered.data.name).class_counts

    @property
    def shape(self):
        """Of an image: `(height, width, channels)`."""
        channels = datasets.info(self._registered.data.name).shape[2]
        return (self.image_size, self.image_size, channels)

    @property
    def _registered(self):
        return studies.get(WORKLOADS[self.workload].recipe)

    def recipe(self, epochs):
        """The recipe: every image is trained on, as it is, and nothing is evaluated in between."""
        changes = {
            "epochs": epochs,
            "batch_size": self.batch_size,
            "precision": self.precision,
            "augmentation": None,
            "data.validation": None,
            "select": "last",
            "test_curves": False,
        }
        if self.depth is not None:
            changes["model.arguments.depth"] = self.depth
        return recipes.override(self._registered, changes)


def _expect_one_of(flag, value, known):
    if value not in known:
        raise UsageError(f"{flag} should be of {', '.join(known)}; received {value!r:.80}.")
