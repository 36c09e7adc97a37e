"""An experiment: recipe, data and network, resolved once into all that a run needs."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras

from kerasdl import augmentation, backend, datasets, pretrained, studies
from kerasdl.datasets import Dataset
from kerasdl.errors import UsageError
from kerasdl.files import file_fingerprint
from kerasdl.models.fingerprint import architecture_fingerprint
from kerasdl.recipes import Recipe
from kerasdl.recipes.rules import monitored
from kerasdl.runs import directory
from kerasdl.runs.identity import Identity, identify
from kerasdl.training.batches import Batches, Mixing
from kerasdl.training.class_weights import class_weights
from kerasdl.training.outputs import Outputs, outputs_of
from kerasdl.training.patience import expect_plateau

DEFAULTS_OF_KERAS = {"floatx": "float32", "epsilon": 1e-7, "dtype_policy": "float32"}
EVALUATION_BATCH = 500  # examples; no result depends on it


@dataclass(frozen=True, eq=False)
class Experiment:
    """What is trained, on what, and where its files go. `resolve` makes it.

    Attributes:
        recipe: the recipe, with its overrides.
        dataset: the data, its parts carved and limited as the recipe says.
        outputs: what each output of the network is trained on.
        model: the user's own `keras.Model`, or `None` for the recipe's network.
        weights: the pretrained weights to begin from, or `None`.
        identity: what sets this run apart from the registered recipe.
        folder: the run directory.
        notice: a sentence that every file of the run repeats, or `""`.
    """

    recipe: Recipe
    dataset: Dataset
    outputs: Outputs
    model: keras.Model | None
    weights: pretrained.Weights | None
    identity: Identity
    folder: Path
    notice: str = ""

    @property
    def input_shape(self):
        """Shape of one example."""
        return self.dataset.train.x.shape[1:]

    @property
    def steps_per_epoch(self):
        """Updates in an epoch."""
        return -(-len(self.dataset.train) // self.recipe.batch_size)

    @cached_property
    def statistics(self):
        """Mean and standard deviation of the training part, where inputs are standardized."""
        return self.dataset.statistics() if self.recipe.inputs == "standardize" else None

    @cached_property
    def class_weights(self):
        """Factor of each class in the training loss, float32 `(classes,)`, or `None`."""
        return class_weights(self.recipe, self.dataset)

    @cached_property
    def training_batches(self):
        """The training part in mini-batches, in the order of the recipe's seed."""
        recipe, split = self.recipe, self.dataset.train
        mixing = None if recipe.mix is None else Mixing(recipe.mix, recipe.seed)
        weights = None if self.class_weights is None else self.class_weights[split.y]
        return self._batches(split, recipe.batch_size, recipe.seed, mixing=mixing, weights=weights)

    def evaluation_batches(self, part):
        """A part of the data in batches, in its own order, as `evaluate` takes it fastest.

        Args:
            part: `"train"`, `"validation"` or `"test"`.
        """
        return backend.feed(self._batches(getattr(self.dataset, part), EVALUATION_BATCH))

    def _batches(self, split, batch_size, seed=None, **options):
        return Batches(split.x, self.outputs.targets(split.y), batch_size, seed, **options)


def resolve(recipe, *, dataset=None, loaded=None, data_dir=None, model=None, out="runs"):
    """The experiment of a recipe.

    Args:
        recipe: a `Recipe`, or the name of a registered one.
        dataset: a `kerasdl.datasets.Dataset` to use in place of the recipe's.
        loaded: the recipe's data set, where it was loaded already.
        data_dir: where to look for the recipe's data set.
        model: a functional or sequential `keras.Model` to use in place of the recipe's network.
        out: root of all run directories.

    Returns:
        An `Experiment`.

    Raises:
        UsageError: the data cannot be had, or do not fit the recipe.

    Example:
    >>> from kerasdl import recipes, studies
    >>> digits = {"data.name": "digits", "data.options": {"shape": (32, 32, 3)}}
    >>> experiment = resolve(recipes.override(studies.get("cifar10/batchnorm"), digits))
    >>> experiment.input_shape, experiment.outputs[""].units
    ((32, 32, 3), 10)
    """
    if not isinstance(dataset, Dataset | None):
        raise UsageError(
            "dataset should be a Dataset, as kerasdl.datasets.load(name), from_arrays(x, y) and "
            f"from_folder(path) give it; received {dataset!r:.80}."
        )
    _expect_kinds(recipe=(recipe, (Recipe, str)), model=(model, keras.Model))
    if not isinstance(recipe, Recipe):
        recipe = studies.get(recipe)
    own_data = dataset is not None
    if not own_data:
        if loaded is None:
            loaded = datasets.load(recipe.data.name, data_dir=data_dir, **recipe.data.options)
        dataset = loaded
    parts = _parts(recipe, dataset, own_data)
    if model is None and recipe.augmentation is not None and parts.train.x.ndim == 4:
        _expect_levels(parts)
    if recipe.test_time_augmentation is not None and parts.train.x.ndim != 4:
        raise UsageError(
            f"test_time_augmentation should be None, as the examples of {dataset.name} are no "
            f"images; received {recipe.test_time_augmentation!r}."
        )
    settings_of_keras = _settings_of_keras()
    _expect_one_precision(recipe, settings_of_keras, own_network=model is not None)
    outputs = outputs_of(recipe, parts)
    if recipe.mix is not None:
        _expect_mixable(recipe, parts, outputs)
    class_weights(recipe, parts)  # refused here, if they do not fit
    _expect_metrics(recipe, outputs)
    expect_plateau(recipe)
    _expect_monitored(recipe, parts, outputs, joint=model is None)
    weights = None if recipe.pretrained is None else pretrained.find(recipe.pretrained)
    identity = identify(
        recipe,
        dataset,
        own_data=own_data,
        network="recipe" if model is None else architecture_fingerprint(model),
        pretrained="" if weights is None else file_fingerprint(weights.path),
        keras=settings_of_keras,
    )
    folder = directory.locate(
        out, recipe.name, keras.backend.backend(), recipe.seed, identity.suffix
    )
    return Experiment(recipe, parts, outputs, model, weights, identity, folder)


def _expect_kinds(**arguments):
    """Refuse arguments of another type; each is a pair of a value and the types it may have."""
    for name, (value, kinds) in arguments.items():
        kinds = kinds if isinstance(kinds, tuple) else (kinds, type(None))
        if not isinstance(value, kinds):
            names = " or ".join(kind.__name__ for kind in kinds if kind is not type(None))
            raise UsageError(f"{name} should be a {names}; received {value!r:.80}.")


def _settings_of_keras():
    """Those that decide numbers and are not Keras' defaults, as `~/.keras/keras.json` sets them.

    Raises:
        UsageError: images are not to have their channels last.
    """
    if keras.config.image_data_format() != "channels_last":
        raise UsageError(
            "Keras is set to image_data_format=channels_first, and images here have their channels "
            "last: change it in ~/.keras/keras.json, or by keras.config.set_image_data_format."
        )
    found = {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "dtype_policy": keras.config.dtype_policy().name,
    }
    return {name: value for name, value in found.items() if value != DEFAULTS_OF_KERAS[name]}


def _expect_one_precision(recipe, settings_of_keras, own_network):
    """Refuse a precision that something else decides too."""
    if recipe.precision == "float32":
        return
    if own_network:
        raise UsageError(
            f"precision={recipe.precision} is for networks of recipes: the layers of a network of "
            "your own have the dtype that they were built with."
        )
    if decided := {"floatx", "dtype_policy"} & set(settings_of_keras):
        name = max(decided)
        raise UsageError(
            f"precision={recipe.precision} needs Keras' own defaults; received "
            f"{name}={settings_of_keras[name]}: change it in ~/.keras/keras.json, or leave precision "
            "at float32, with which Keras' settings decide."
        )


def _parts(recipe, dataset, own_data):
    """Carve and limit; a validation part that the user's own data bring is taken as it is.

    Limited training data have the validation part that the recipe counts, or as large a fraction.
    """
    data = recipe.data
    carves = data.validation is not None and not (own_data and dataset.validation is not None)
    counted = carves and not isinstance(data.validation, float)
    if carves:
        dataset = dataset.with_validation(
            **{"count" if counted else "fraction": data.validation},
            rule=data.validation_rule,
            seed=recipe.seed,
        )
    dataset = dataset.limited(train=data.limit_train, test=data.limit_test, keep_validation=counted)
    if recipe.batch_size > len(dataset.train):
        raise UsageError(
            f"batch_size should be at most the {len(dataset.train)} training examples of "
            f"{dataset.name}; received {recipe.batch_size}: try batch_size="
            f"{max(1, len(dataset.train) // 4)}."
        )
    batches = recipe.epochs * -(-len(dataset.train) // recipe.batch_size)
    if recipe.accumulation > batches:
        raise UsageError(
            f"accumulation should be at most the {batches} batches of the whole training, which "
            f"would else make no update; received {recipe.accumulation}."
        )
    return dataset


def _expect_levels(dataset):
    """Refuse images that the recipe's augmentation would take for black ones, or clip."""
    try:
        augmentation.expect_values(dataset.train.x, (0, 255), "The recipe's augmentation")
    except ValueError as error:
        raise UsageError(f"{dataset.name}: {error}") from error


def _expect_mixable(recipe, dataset, outputs):
    """Refuse data that are not images of one class each."""
    if dataset.train.x.ndim != 4 or [bool(output.classes) for output in outputs.values()] != [True]:
        raise UsageError(
            f"mix={recipe.mix.name} needs images of one class each, which {dataset.name} does not "
            "have: set mix to None."
        )


def _expect_metrics(recipe, outputs):
    known = [
        "accuracy",
        *(name for output in outputs.values() for name in output.available_metrics),
    ]
    known = list(dict.fromkeys(known))
    for name in recipe.metrics:
        if name not in known:
            raise UsageError(
                f"metrics should be of {', '.join(known)}, which the loss of {recipe.name} can "
                f"have beside it; received {name!r}."
            )


def _expect_monitored(recipe, dataset, outputs, joint):
    """Refuse to decide anything by a quantity of validation that the run does not log."""
    logged = [f"val_{name}" for name in outputs.quantities(recipe.metrics, joint)]
    for field, quantity in monitored(recipe).items():
        if dataset.validation is None:
            raise UsageError(f"{field}={quantity} needs a validation part: set data.validation.")
        if quantity not in logged:
            known = ["last or one of" if field == "select" else "one of", ", ".join(logged)]
            raise UsageError(
                f"{field} should be {' '.join(known)}, which this run logs; received {quantity}."
            )
