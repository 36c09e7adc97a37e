"""The parts of a recipe that have fields of their own: frozen dataclasses of literals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kerasdl.recipes import rules


class _Part:
    """A part of a recipe, with values that fit."""

    def __post_init__(self):
        """Refuse values that do not fit, in one sentence."""
        rules.check(self, next(name for name, kind in PARTS.items() if isinstance(self, kind)))
        make_tuples(self, *{"options", "arguments"} & set(vars(self)))


@dataclass(frozen=True)
class Data(_Part):
    """Which data a network is trained, validated and tested on.

    Attributes:
        name: of a data set of `kerasdl.datasets`; `kerasdl train --help` lists them.
        validation: size of the validation part, which is taken from the training set: a number
            of examples, a fraction of them, or `None` for no such part.
        validation_rule: which examples are taken: `"random"` (a seeded permutation) or `"last"`.
        options: further keyword arguments of `kerasdl.datasets.load`.
        limit_train: use only this many training examples, the first, or `None` for all. A
            validation part that is a number of examples stays so many, any other shrinks as
            the training part does.
        limit_test: the same of the test examples.
    """

    name: str
    validation: int | float | None = None
    validation_rule: str = "random"
    options: Mapping = field(default_factory=dict)
    limit_train: int | None = None
    limit_test: int | None = None


@dataclass(frozen=True)
class Model(_Part):
    """The network: a builder of `kerasdl.models`, whose input shape and classes the data decide.

    Attributes:
        builder: name of a builder of `kerasdl.models`, such as `"CNN"`.
        activation: of the output of the saved model: `"softmax"`, `"sigmoid"`, or `None` for
            regression.
        arguments: further keyword arguments of the builder.
    """

    builder: str
    activation: str | None = "softmax"
    arguments: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Optimizer(_Part):
    """An optimizer of Keras, by name.

    Attributes:
        name: of an optimizer of Keras, or `"muon"`, which is `kerasdl.optimizers.Muon`.
        learning_rate: of every update; with a schedule, the highest.
        clip_norm: the largest norm of all gradients together, or `None`.
        weight_decay: decoupled weight decay (times the learning rate), or `None`.
        arguments: further keyword arguments of the optimizer, such as `momentum`.
    """

    name: str
    learning_rate: float
    clip_norm: float | None = None
    weight_decay: float | None = None
    arguments: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Schedule(_Part):
    """A learning-rate schedule of `kerasdl.schedules`, its arguments counted in epochs.

    Two arguments need not be given: `learning_rate` is the optimizer's, and `duration` lasts until
    the last epoch.

    `"reduce_on_plateau"` is no function of time: it is `keras.callbacks.ReduceLROnPlateau`, which
    multiplies the optimizer's rate by `factor` (0.1) after `patience` (10) epochs in which a
    validated quantity, its argument `monitor` (`val_loss`), did not improve; `min_delta`,
    `cooldown` and `min_lr` are Keras' too, and `by` plays no part.

    Attributes:
        name: of a schedule of `kerasdl.schedules`, or `"reduce_on_plateau"`, Keras' callback.
        by: `"batch"` changes the rate at every update, `"epoch"` at every epoch.
        arguments: keyword arguments of the schedule.
    """

    name: str
    by: str = "batch"
    arguments: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Mix(_Part):
    """How each training example is mixed with another of its batch: images and labels.

    Attributes:
        name: `"mix_up"` or `"cut_mix"` (`kerasdl.augmentation.MixUp`, `CutMix`).
        alpha: of the Beta distribution of the shares; 1, which both papers take on CIFAR-10, is
            uniform.
    """

    name: str
    alpha: float = 1.0


@dataclass(frozen=True)
class EarlyStopping(_Part):
    """When training ends before its last epoch: once a validated quantity no longer improves.

    Which weights are kept `Recipe.select` says: the last, unless it names a quantity.

    Attributes:
        patience: epochs without improvement after which training ends.
        monitor: a logged `val_*` quantity; losses and errors improve when they fall, everything
            else when it rises.
        min_delta: least change that is an improvement.
    """

    patience: int
    monitor: str = "val_loss"
    min_delta: float = 0.0


PARTS = {
    "data": Data,
    "model": Model,
    "optimizer": Optimizer,
    "schedule": Schedule,
    "mix": Mix,
    "early_stopping": EarlyStopping,
}
"""Fields of a recipe that have fields of their own."""

OPTIONAL_PARTS = ("schedule", "mix", "early_stopping")
"""Those that a recipe may do without: `None`."""


def make_tuples(part, *names):
    """Turn every list in some fields of a recipe, or of a part of it, into a tuple.

    JSON has no tuples: so a recipe equals the one that is read back from its JSON.
    """
    for name in names:
        object.__setattr__(part, name, _with_tuples(getattr(part, name)))


def _with_tuples(value):
    if isinstance(value, Mapping):
        return {key: _with_tuples(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(map(_with_tuples, value))
    return value
