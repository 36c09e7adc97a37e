"""What an experiment is: a frozen dataclass of literals, free of any backend.

A recipe says what is trained on what, and how; `kerasdl.training` turns its
names into Keras objects. A variant is `replace(BASE, epochs=300)`.
"""

import ast
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kerasdl.errors import UsageError
from kerasdl.recipes import rules


@dataclass(frozen=True)
class Data:
    """A data set and its parts.

    Attributes:
        name: one of `kerasdl.datasets.NAMES`.
        validation: what is taken from the training set for validation: a number
            of images, a fraction of them, or `None`.
        validation_rule: `"random"` (a seeded permutation) or `"last"`.
        options: what else `kerasdl.datasets.load` is told.
        limit_train: only the first so many training images.
        limit_test: only the first so many test images.
    """

    name: str
    validation: int | float | None = None
    validation_rule: str = "random"
    options: Mapping = field(default_factory=dict)
    limit_train: int | None = None
    limit_test: int | None = None


@dataclass(frozen=True)
class Model:
    """A builder of `kerasdl.models`; `input_shape` and `classes` come from the data.

    Attributes:
        builder: name of the builder.
        activation: of the output of the saved model: `"softmax"`, `"sigmoid"`, or
            `None` for regression.
        arguments: what else the builder is told.
    """

    builder: str
    activation: str | None = "softmax"
    arguments: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Optimizer:
    """An optimizer of Keras, by name; `arguments` are its own keyword arguments.

    Attributes:
        name: one of `rules.OPTIMIZERS`.
        learning_rate: of every update, unless the recipe has a schedule.
        clip_norm: the largest norm of all gradients together, or `None`.
        weight_decay: decoupled weight decay (times the learning rate), or `None`.
        arguments: what else the optimizer is told, such as `momentum`.
    """

    name: str
    learning_rate: float
    clip_norm: float | None = None
    weight_decay: float | None = None
    arguments: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Schedule:
    """A learning-rate schedule of `kerasdl.schedules`, its arguments counted in epochs.

    What the arguments leave out is the recipe's: `learning_rate` (the highest)
    is the optimizer's, `duration` lasts until the last epoch.

    Attributes:
        name: one of `kerasdl.schedules.NAMES`.
        by: `"batch"` changes the rate at every update, `"epoch"` at every epoch.
        arguments: of the schedule.
    """

    name: str
    by: str = "batch"
    arguments: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """One experiment.

    Attributes:
        name: `<report>/<experiment>`.
        data: the data set and its parts.
        model: the network.
        inputs: what is done to the pixels inside the model: `"raw"` (nothing),
            `"unit"` (to [0, 1]), `"signed"` (to [-1, 1]), `"standardize"` (zero
            mean and unit variance over the training part, per channel) or
            `"imagenet"` (the same with ImageNet's three channels; grey images are
            repeated to three).
        augmentation: name of a pipeline of `kerasdl.augmentation`, or `None`.
        loss: one of `rules.LOSSES`, or one for each output of the network, by name.
            Crossentropies are computed from logits; the mean squared error
            compares the activated output with one-hot labels; the Gaussian
            negative log-likelihood wants a mean and a log-variance for a target.
        optimizer: the optimizer.
        schedule: of the learning rate, or `None`.
        pretrained: weights to begin from, a `.safetensors` file or
            `hf://owner/name` (see `kerasdl.pretrained`), or `None`.
        freeze: whether only the output layers are trained.
        layer_decay: what the learning rate of each group of layers is multiplied
            by, from the output down (see `kerasdl.pretrained.layer_rates`), or
            `None`.
        metrics: beside the loss; `("accuracy",)` or `()`, and with the Gaussian
            negative log-likelihood `("mean_squared_error",)`, of the mean.
        epochs: passes over the training part.
        batch_size: images an update; the last batch of an epoch may be smaller.
        seed: of the initial weights, the order of the images, and all else random.
        test_curves: whether the report draws test curves: then `log.csv` has
            `test_*` columns. They never select anything.
        select: `"last"` keeps the weights of the last epoch; a logged `val_*`
            quantity keeps those of its best epoch.
        log_every: also log the running training metrics every so many updates.
        diverges: whether the report says that training fails.
        source: report, question or table; or whose recipe it is.
        expected: what the source reports, in words.
        cost: estimated time on two CPU cores, in words.
        assumptions: what the source leaves open: field -> what is assumed, why.
    """

    name: str
    data: Data
    model: Model
    loss: str | Mapping
    optimizer: Optimizer
    epochs: int
    batch_size: int
    inputs: str = "raw"
    augmentation: str | None = None
    schedule: Schedule | None = None
    pretrained: str | None = None
    freeze: bool = False
    layer_decay: float | None = None
    metrics: tuple = ("accuracy",)
    seed: int = 0
    test_curves: bool = False
    select: str = "last"
    log_every: int | None = None
    diverges: bool = False
    source: str = ""
    expected: str = ""
    cost: str = ""
    assumptions: Mapping = field(default_factory=dict)

    def __post_init__(self):
        """Refuse what cannot be trained, in one sentence."""
        for name, kind in PARTS.items():
            part = getattr(self, name)
            if not isinstance(part, kind) and not (name == "schedule" and part is None):
                fields = ", ".join(f"{name}.{field.name}" for field in dataclasses.fields(kind))
                raise UsageError(f"{name} has parts of its own: set {fields}; received {part!r}.")
        rules.check(self)

    def settings(self):
        """Everything that decides the numbers, as nested dictionaries of literals.

        The seed is left out (a run directory names it), and so is what is only said.
        """
        left_out = ("name", "seed", *SAID)
        return {key: value for key, value in to_dict(self).items() if key not in left_out}


# Fields that tell about an experiment, and change nothing in it.
SAID = ("source", "expected", "cost", "assumptions", "diverges")
PARTS = {"data": Data, "model": Model, "optimizer": Optimizer, "schedule": Schedule}


def to_dict(recipe):
    """`recipe` as nested dictionaries and lists that JSON can hold."""
    return json.loads(json.dumps(dataclasses.asdict(recipe)))


def from_dict(entries):
    """The recipe that `to_dict` wrote down.

    Raises:
        UsageError: a field is unknown or missing.
    """
    values = dict(entries)
    try:
        for key, kind in PARTS.items():
            if values.get(key) is not None:
                values[key] = kind(**values[key])
        values["metrics"] = tuple(values.get("metrics", ("accuracy",)))
        return Recipe(**values)
    except TypeError as error:
        raise UsageError(f"This is not a recipe of this version: {error}.") from error


def override(recipe, assignments):
    """`recipe` with fields replaced.

    Args:
        recipe: the recipe to start from.
        assignments: `"optimizer.learning_rate" -> 0.01` and the like; a value may
            be a string, which is read as a Python literal where it is one.

    Raises:
        UsageError: a field is unknown (the known ones are listed) or its value
            is out of range.

    Example:
    >>> from kerasdl import studies
    >>> override(studies.get("regularization/baseline"), {"epochs": "12"}).epochs
    12
    """
    for path, value in assignments.items():
        recipe = _replace(recipe, path.split("."), _literal(value), path)
    return recipe


def override_hash(recipe, original):
    """Eight hex digits that name how `recipe` differs from `original`; `""` if it does not."""
    if recipe.settings() == original.settings():
        return ""
    text = json.dumps(recipe.settings(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _replace(part, keys, value, path):
    key, *rest = keys
    if isinstance(part, Mapping):  # arguments of a builder or an optimizer: it judges them
        inner = _replace(part.get(key, {}), rest, value, path) if rest else value
        return {**part, key: inner}
    known = [f.name for f in dataclasses.fields(part)] if dataclasses.is_dataclass(part) else []
    if key not in known or (key == "name" and isinstance(part, Recipe)):
        inside = path.rpartition(".")[0] or "a recipe"
        names = ", ".join(name for name in known if not (inside == "a recipe" and name == "name"))
        raise UsageError(
            f"{path} is not a field: {inside} has {names}."
            if names
            else f"{path} is not a field: {inside} has none."
        )
    if rest:
        inner = getattr(part, key)
        if key == "schedule" and inner is None:
            inner = Schedule("constant")  # a recipe without one can be given one
        value = _replace(inner, rest, value, path)
    return dataclasses.replace(part, **{key: value})


def _literal(value):
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
