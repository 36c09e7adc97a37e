"""The schema of a recipe: frozen dataclasses of literals, free of any backend.

A recipe says what is trained on what, and how; `kerasdl.training` turns its names into Keras
objects. A variant is `replace(BASE, epochs=300)`.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kerasdl.errors import UsageError
from kerasdl.recipes import rules
from kerasdl.recipes.parts import (
    OPTIONAL_PARTS,
    PARTS,
    Data,
    EarlyStopping,
    Mix,
    Model,
    Optimizer,
    Schedule,
    make_tuples,
)


@dataclass(frozen=True)
class Recipe:
    """One experiment: what is trained on what, and how.

    Attributes:
        name: of the report and of the experiment, `<report>/<experiment>`.
        data: the data set and its parts.
        model: the network.
        inputs: how pixels are scaled inside the model: `"raw"` (not at all), `"unit"` (to [0, 1]),
            `"signed"` (to [-1, 1]), `"standardize"` (zero mean and unit variance over the training
            part, per channel), `"cifar10"` (by the constants of much PyTorch code for CIFAR-10, whose
            deviations are means of those of single images) or `"imagenet"` (by ImageNet's mean and
            deviation; grey images are repeated to three channels).
        augmentation: name of a pipeline of `kerasdl.augmentation`, or `None`.
        mix: how training examples are mixed with others of their batch, before the augmentation, or
            `None`. The training accuracy then counts the class with the larger share as right.
        loss: what the network is trained on, or one for each of its outputs, by name.
            Crossentropies are computed from logits; the mean squared error
            compares the activated output with one-hot labels; the Gaussian
            negative log-likelihood wants a mean and a log-variance for a target.
        label_smoothing: share of each label that is spread evenly over all classes, from 0 to below
            1, in crossentropies; in `val_*` and `test_*` losses too, as Keras has one loss for all.
        class_weight: factor of each class in the training loss, or `None`: `"balanced"` for
            `examples / (classes * examples of the class)` over the training part, or a table of
            names of classes to numbers, 1 for those that it leaves out. The training loss that is
            logged is the mean over examples of factor times loss; all else is measured without.
        optimizer: how weights are updated.
        schedule: of the learning rate, or `None`.
        pretrained: weights to begin from, or `None`: a `.safetensors` file, `hf://owner/name` or
            `hf://owner/name@revision` (see `kerasdl.pretrained.find`).
        freeze: whether only the output layers are trained.
        layer_decay: factor between the learning rates of one group of layers and of the group
            after it (see `kerasdl.pretrained.layer_rates`), or `None`.
        precision: of the network's arithmetic: `"float32"`, or `"bfloat16"` or `"float16"` by Keras'
            mixed policies, in which weights, statistics, augmentation, logits and loss are float32.
        jit_compile: whether a training step is compiled also where Keras does not do so by itself:
            by XLA on TensorFlow, by `torch.compile` on PyTorch (not in a network of the user's own).
            On JAX it always is. The first step takes longer; whether the others take less time
            depends on the network. Results differ by rounding.
        metrics: names of metrics beside the loss: `("accuracy",)` or `()`, and with the Gaussian
            negative log-likelihood `("mean_squared_error",)`, of the mean.
        epochs: passes over the training part.
        batch_size: examples in a batch; the last batch of an epoch may be smaller.
        accumulation: batches whose gradients are averaged into an update, a batch each. An update
            may span two epochs; what the last epoch leaves unfinished makes none.
        ema_momentum: share that a moving average of the weights keeps at each update, or `None`.
            The averages are evaluated and saved; training goes on with the weights themselves.
        seed: of the initial weights, the order of the examples, and all else random.
        test_time_augmentation: views of an image whose mean output is measured too, beside that of
            the image: `"mirror"`, `"mirror_translate"` (and moved by a pixel), or `None`.
        early_stopping: when training ends before its last epoch, or `None`.
        test_curves: whether the report draws test curves: then `log.csv` has
            `test_*` columns. They never select anything.
        select: `"last"` keeps the weights of the last epoch; a logged `val_*`
            quantity keeps those of its best epoch.
        log_every: batches between two entries of `steps.csv`, which holds the running training
            metrics, or `None` for no such file.
        diverges: whether the report says that training fails.
        source: report, question or table; or whose recipe it is.
        expected: what the source reports, in words.
        cost: estimated time on two CPU cores, in words.
        assumptions: what the source leaves open: field to what is assumed, and why.
    """

    name: str
    data: Data
    model: Model
    loss: str | Mapping
    optimizer: Optimizer
    epochs: int
    batch_size: int
    label_smoothing: float = 0.0
    class_weight: str | Mapping | None = None
    accumulation: int = 1
    ema_momentum: float | None = None
    inputs: str = "raw"
    augmentation: str | None = None
    mix: Mix | None = None
    schedule: Schedule | None = None
    pretrained: str | None = None
    freeze: bool = False
    layer_decay: float | None = None
    precision: str = "float32"
    jit_compile: bool = False
    metrics: tuple = ("accuracy",)
    seed: int = 0
    test_time_augmentation: str | None = None
    test_curves: bool = False
    early_stopping: EarlyStopping | None = None
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
            if not isinstance(part, kind) and not (name in OPTIONAL_PARTS and part is None):
                fields = ", ".join(f"{name}.{field}" for field in field_names(kind))
                raise UsageError(f"{name} has parts of its own: set {fields}; received {part!r}.")
        rules.check(self)
        rules.check_monitored(self)
        make_tuples(self, "loss", "metrics")

    def settings(self):
        """All that decides the numbers, but the seed: nested dictionaries, as JSON has them."""
        left_out = ("name", "seed", *DESCRIPTIVE)
        return {key: value for key, value in to_dict(self).items() if key not in left_out}


WRITTEN_WHERE_SET = ("class_weight", "jit_compile")
"""Fields that are written down only where they are no defaults.

Runs are found by their settings: what was run before a recipe had the field keeps its name.
"""

DESCRIPTIVE = ("source", "expected", "cost", "assumptions", "diverges")
"""Fields that describe an experiment, and change nothing in it."""


def field_names(kind):
    """Names of the fields of a recipe or of one of its parts, in order.

    Example:
    >>> field_names(Schedule)
    ('name', 'by', 'arguments')
    """
    return tuple(each.name for each in dataclasses.fields(kind))


def defaults(kind):
    """Default values of the fields that have one, as JSON has them.

    Args:
        kind: `Recipe` or the class of one of its parts.

    Example:
    >>> defaults(Schedule)
    {'by': 'batch', 'arguments': {}}
    """
    found = {}
    for each in dataclasses.fields(kind):
        if each.default is not dataclasses.MISSING:
            found[each.name] = each.default
        elif each.default_factory is not dataclasses.MISSING:
            found[each.name] = each.default_factory()
    return _as_json(found)


def to_dict(recipe):
    """`recipe` as nested dictionaries and lists, as JSON has them.

    A field of `WRITTEN_WHERE_SET` that has its default is left out.
    """
    entries, default = _as_json(dataclasses.asdict(recipe)), defaults(Recipe)
    unset = [name for name in WRITTEN_WHERE_SET if entries[name] == default[name]]
    return {name: value for name, value in entries.items() if name not in unset}


def from_dict(entries):
    """The recipe that `to_dict` wrote down.

    Args:
        entries: nested dictionaries; fields that have a default may be missing.

    Returns:
        A `Recipe`, equal to the one that was written.

    Raises:
        UsageError: a field is unknown (the known ones are listed), missing, or holds what it
            should not.

    Example:
    >>> from kerasdl import studies
    >>> recipe = studies.get("regularization/baseline")
    >>> from_dict(json.loads(json.dumps(to_dict(recipe)))) == recipe
    True
    """
    parts = {
        name: _made(kind, entries[name], name)
        for name, kind in PARTS.items()
        if isinstance(entries.get(name), Mapping)
    }
    return _made(Recipe, {**entries, **parts})


def _made(kind, entries, path=""):
    """A dataclass of its entries; a missing or an unknown one is named."""
    prefix = f"{path}." if path else ""
    for name in entries:
        if name not in field_names(kind):
            raise UsageError(unknown_field(f"{prefix}{name}", field_names(kind)))
    for name in field_names(kind):
        if name not in entries and name not in defaults(kind):
            raise UsageError(f"A recipe needs a value for {prefix}{name}; it has none.")
    return kind(**entries)


def unknown_field(path, known):
    """The sentence about a field that there is none of.

    Args:
        path: dotted, as in `"optimizer.lr"`.
        known: names of the fields that there are in its place.
    """
    inside = path.rpartition(".")[0] or "a recipe"
    return f"{path} is not a field: {inside} has {', '.join(known) or 'none'}."


def _as_json(entries):
    return json.loads(json.dumps(entries))
