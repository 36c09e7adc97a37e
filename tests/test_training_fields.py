"""What fields of a recipe change in training: averages, accumulation, mixing, patience.

Expected values are formulas in NumPy, or a run that has to be equal.
"""

import inspect
import itertools

import keras
import numpy as np
import pytest
from test_checkpoints import RECIPE as EVERYTHING
from test_checkpoints import Kill, expect_same

from kerasdl.augmentation import CutMix, MixUp
from kerasdl.callbacks import Checkpoint
from kerasdl.errors import UsageError
from kerasdl.models.saving import load_model
from kerasdl.optimizers import Muon
from kerasdl.recipes import Data, Mix, Model, Optimizer, Recipe, override
from kerasdl.recipes.rules import OPTIMIZERS
from kerasdl.training import resolve, train
from kerasdl.training.batches import Mixing
from kerasdl.training.network import build
from kerasdl.training.optimizer import build_optimizer
from kerasdl.training.optimizer_arguments import OPTIMIZER_ARGUMENTS

PLAIN = Recipe(  # nothing random but its initial weights and its order; 8 updates an epoch
    name="tests/fields",
    data=Data("digits", validation=100, limit_train=256, limit_test=60),
    model=Model("CNN", arguments={"filters": (8,), "kernel_size": 3, "units": (16,)}),
    inputs="unit",
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", learning_rate=0.1, arguments={"momentum": 0.9}),
    epochs=2,
    batch_size=32,
)


class Weights(keras.callbacks.Callback):
    """Records the trainable weights and the rate after every batch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def on_train_batch_end(self, batch, logs=None):
        variables = self.model.trainable_variables
        self.found.append([np.copy(keras.ops.convert_to_numpy(v)) for v in variables])


def recorded(recipe, out):
    weights = Weights()
    return train(recipe, out=out, callbacks=[weights]), weights.found


def expect_near(ours, theirs, **tolerance):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, **tolerance)


# Averages of the weights


def test_averages_are_saved_and_evaluated(tmp_path):
    plain, found = recorded(PLAIN, tmp_path / "plain")
    averaged, same = recorded(override(PLAIN, {"ema_momentum": 0.8}), tmp_path / "averaged")
    for ours, theirs in zip(same, found, strict=True):  # training does not see them
        expect_near(ours, theirs, rtol=0, atol=0)
    averages, at_ends = [], []
    for step, weights in enumerate(found):
        momentum = 0.8 if step else 0.0
        averages = [
            momentum * a + (1 - momentum) * w
            for a, w in zip(averages or weights, weights, strict=True)
        ]
        if step in (7, 15):
            at_ends.append(averages)
    expect_near(averaged.model.get_weights(), averages, rtol=1e-5, atol=1e-6)
    assert np.abs(averaged.model.get_weights()[0] - plain.model.get_weights()[0]).max() > 1e-3
    np.testing.assert_array_equal(averaged.log["loss"], plain.log["loss"])
    experiment = resolve(PLAIN)
    network = build(experiment).trained
    for epoch, weights in enumerate(at_ends):
        network.set_weights(weights)
        validated = network.evaluate(
            experiment.evaluation_batches("validation"), verbose=0, return_dict=True
        )
        assert averaged.log["val_loss"][epoch] == pytest.approx(validated["loss"], rel=1e-4)
    assert averaged.result["metrics"]["validation"]["loss"] == pytest.approx(
        averaged.log["val_loss"][1], rel=1e-6
    )


# Accumulation


def test_accumulated_batches_are_one_large_batch(tmp_path):
    scheduled = {"schedule.name": "cosine_annealing", "optimizer.clip_norm": 0.5}
    large = override(PLAIN, scheduled)
    small = override(large, {"batch_size": 8, "accumulation": 4})
    whole, _ = recorded(large, tmp_path / "large")
    parts, _ = recorded(small, tmp_path / "small")
    expect_near(parts.model.get_weights(), whole.model.get_weights(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(parts.log["loss"], whole.log["loss"], rtol=1e-4)
    np.testing.assert_array_equal(parts.log["learning_rate"], whole.log["learning_rate"])


def test_an_update_may_span_two_epochs_and_the_last_may_be_left_out(tmp_path):
    """Three batches an update, eight an epoch, sixteen in all: five updates."""
    _, found = recorded(override(PLAIN, {"accumulation": 3}), tmp_path)
    changed = [
        not np.array_equal(after[0], before[0]) for before, after in itertools.pairwise(found)
    ]
    # Batch i + 1, from 0, changed the weights where it is the third of an update.
    assert [i + 1 for i, each in enumerate(changed) if each] == [2, 5, 8, 11, 14]


def test_averages_weigh_updates_and_not_batches():
    recipe = override(PLAIN, {"accumulation": 4, "ema_momentum": 0.9})
    optimizer = build(resolve(recipe)).trained.optimizer
    assert optimizer.gradient_accumulation_steps == 4
    assert optimizer.ema_momentum**4 == pytest.approx(0.9)
    assert build(resolve(PLAIN)).trained.optimizer.gradient_accumulation_steps is None


def test_adamw_without_weight_decay_is_refused_in_a_sentence():
    recipe = override(PLAIN, {"optimizer.name": "adamw", "optimizer.arguments": {}})
    with pytest.raises(UsageError, match=r"^optimizer\.name=adamw .* received None: .*$"):
        build_optimizer(recipe, None, steps_per_epoch=8)
    network = build(resolve(override(recipe, {"optimizer.weight_decay": 0.01}))).trained
    assert network.optimizer.weight_decay == 0.01


def test_a_momentum_may_be_a_whole_number():
    """Keras' SGD refuses one."""
    recipe = override(PLAIN, {"optimizer.arguments.momentum": "0"})
    assert build_optimizer(recipe, None, steps_per_epoch=8).momentum == 0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_argument_of_an_optimizer_has_a_rule(name):
    """As its constructor and those of its bases name them."""
    kind = Muon if name == "muon" else type(keras.optimizers.get(name))
    known = {word for each in kind.__mro__ for word in inspect.signature(each.__init__).parameters}
    known -= {"self", "args", "kwargs", "learning_rate"}
    assert OPTIMIZER_ARGUMENTS[name].keys() == known


def test_what_stands_for_the_same_is_refused():
    recipe = override(PLAIN, {"ema_momentum": 0.9, "optimizer.arguments.ema_momentum": 0.5})
    with pytest.raises(
        UsageError, match=r"^optimizer\.arguments should not hold ema_momentum beside"
    ):
        build_optimizer(recipe, None, steps_per_epoch=8)


ACCUMULATED = {"optimizer.arguments.gradient_accumulation_steps": 4}
AVERAGED = {"optimizer.arguments.use_ema": True}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (ACCUMULATED | AVERAGED, "gradient_accumulation_steps, use_ema"),
        (ACCUMULATED | {"ema_momentum": 0.9}, "gradient_accumulation_steps"),
        (AVERAGED | {"accumulation": 4}, "use_ema"),
    ],
)
def test_averages_of_each_batch_are_refused_where_batches_are_accumulated(changes, named):
    message = rf"^optimizer\.arguments should not hold {named} where .* take the recipe's"
    with pytest.raises(UsageError, match=message):
        build_optimizer(override(PLAIN, changes), None, steps_per_epoch=8)


@pytest.mark.parametrize("changes", [ACCUMULATED, AVERAGED, {**AVERAGED, "accumulation": 1}])
def test_one_of_them_may_be_an_argument(changes):
    optimizer = build_optimizer(override(PLAIN, changes), None, steps_per_epoch=8)
    assert optimizer.use_ema == (changes != ACCUMULATED)
    assert (optimizer.gradient_accumulation_steps == 4) == (changes == ACCUMULATED)


def test_more_batches_than_the_training_has_make_no_update():
    assert resolve(override(PLAIN, {"accumulation": 16})).recipe.accumulation == 16
    with pytest.raises(UsageError, match="at most the 16 batches of the whole training"):
        resolve(override(PLAIN, {"accumulation": 17}))


# Mixing


def one_hot(labels):
    return np.eye(10, dtype="float32")[labels]


@pytest.mark.parametrize(("name", "kind"), [("mix_up", MixUp), ("cut_mix", CutMix)])
def test_batches_are_mixed_by_seed_epoch_and_step(name, kind):
    mixed = resolve(override(PLAIN, {"mix.name": name, "mix.alpha": 0.7})).training_batches
    plain = resolve(PLAIN).training_batches
    for epoch, step in ((0, 0), (0, 5), (1, 5)):
        mixed.begin_epoch(epoch)
        plain.begin_epoch(epoch)
        layer = kind(0.7, seed=PLAIN.seed)
        x, y = plain[step]
        draw = layer.draw_batch(x.shape, layer.generator.at(epoch, step))
        images, labels = layer.apply((x.astype("float32"), one_hot(y)), draw)
        np.testing.assert_array_equal(mixed[step][0], keras.ops.convert_to_numpy(images))
        np.testing.assert_array_equal(mixed[step][1], keras.ops.convert_to_numpy(labels))
        assert np.abs(mixed[step][0] - x).max() > 1
        np.testing.assert_allclose(mixed[step][1].sum(axis=1), 1, rtol=1e-5)
        again = mixed[step]  # whatever was asked for before
        np.testing.assert_array_equal(again[0], mixed[step][0])
    mixed.begin_epoch(0)
    other = mixed[5]
    mixed.begin_epoch(1)
    assert np.abs(other[1] - mixed[5][1]).max() > 0


# What PyTorch drew, rounded: the same on every backend.
SHARES = {
    "mix_up": (0.1120832, 0.3135887, 0.6290782, 0.4507231, 0.3286778, 0.169322),
    "cut_mix": (0.765625, 1.0, 0.75, 0.765625, 1.0, 0.859375),
}


@pytest.mark.parametrize("name", ["mix_up", "cut_mix"])
def test_the_draws_are_those_of_every_backend(name):
    labels = one_hot(np.arange(6))
    _, mixed = Mixing(Mix(name), seed=3)(np.zeros((6, 8, 8, 1), "uint8"), labels, 2, 4)
    np.testing.assert_allclose(np.diag(mixed[:, :6]), SHARES[name], atol=1e-6)


def test_training_on_mixtures(tmp_path):
    """The loss is the crossentropy with soft labels; a saved model knows nothing of them."""
    recipe = override(PLAIN, {"mix.name": "mix_up", "label_smoothing": 0.1, "log_every": 1})
    experiment = resolve(recipe)
    network = build(experiment).trained
    x, y = experiment.training_batches[0]
    logits = keras.ops.convert_to_numpy(network(x, training=True)).astype("float64")
    log_softmax = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    targets = 0.9 * y + 0.01
    losses = network.train_on_batch(x, y, return_dict=True)
    assert losses["loss"] == pytest.approx(-(targets * log_softmax).sum(axis=1).mean(), rel=1e-5)
    assert losses["accuracy"] == pytest.approx((logits.argmax(1) == y.argmax(1)).mean())
    run = train(recipe, out=tmp_path, callbacks=())
    assert run.result["metrics"]["validation"]["accuracy"] > 0.2
    model, _ = load_model(run.directory / "model.keras")
    assert [type(layer).__module__.split(".")[0] for layer in model.layers].count("kerasdl") == 0


def test_squared_errors_of_classes_can_be_mixed():
    recipe = override(PLAIN, {"mix.name": "cut_mix", "loss": "mean_squared_error"})
    x, y = resolve(recipe).training_batches[0]
    assert (x.dtype, y.dtype, y.shape) == ("float32", "float32", (32, 10))


def test_what_cannot_be_mixed_is_refused():
    changes = {"data": Data("circles"), "model": Model("MLP", None), "inputs": "raw"}
    recipe = override(PLAIN, changes | {"loss": "binary_crossentropy", "mix.name": "mix_up"})
    with pytest.raises(UsageError, match="mix=mix_up needs images of one class each"):
        resolve(recipe)
    with pytest.raises(UsageError, match=r"A recipe needs a value for mix\.name"):
        override(PLAIN, {"mix.alpha": 1.0})


# Patience


def judged(values, patience, factor=None):
    """By the definition: epochs that are trained, and the rate of each."""
    best, wait, rate, rates = np.inf, 0, 0.1, []
    for value in values:
        rates.append(rate)
        best, wait = (value, 0) if value < best else (best, wait + 1)
        if wait >= patience:
            if factor is None:
                break
            rate, wait = rate * factor, 0
    return len(rates), rates


NOISY = {"optimizer.learning_rate": 0.1, "epochs": 12, "batch_size": 16}


def test_training_ends_when_patience_does(tmp_path):
    run = train(override(PLAIN, NOISY | {"early_stopping.patience": 2}), out=tmp_path, callbacks=())
    epochs, _ = judged(run.log["val_loss"], patience=2)
    assert len(run.log) == epochs == run.result["epochs"] < 12
    assert run.result["status"] == "finished"


def test_the_rate_falls_on_a_plateau(tmp_path):
    plateau = {"factor": 0.3, "patience": 1, "min_delta": 0.0}
    changes = NOISY | {"schedule.name": "reduce_on_plateau", "schedule.arguments": plateau}
    run = train(override(PLAIN, changes), out=tmp_path, callbacks=())
    _, rates = judged(run.log["val_loss"], patience=1, factor=0.3)
    assert len(set(rates)) > 1
    np.testing.assert_allclose(run.log["learning_rate"], rates, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"early_stopping.patience": 2, "early_stopping.monitor": "test_loss"}, "val_"),
        ({"early_stopping.patience": 2, "early_stopping.monitor": "val_x"}, "val_accuracy"),
        ({"early_stopping.patience": 2, "data.validation": None}, "needs a validation part"),
        ({"schedule.name": "reduce_on_plateau", "data.validation": None}, "validation part"),
        (
            {"schedule.name": "reduce_on_plateau", "schedule.arguments.monitor": "test_loss"},
            r"schedule\.arguments\.monitor should be one of val_loss, val_accuracy: the test set",
        ),
        (
            {"schedule.name": "reduce_on_plateau", "schedule.arguments.patiense": 3},
            r"should be of monitor, factor, patience, .*; received patiense",
        ),
        (
            {"schedule.name": "reduce_on_plateau", "schedule.arguments.factor": 2},
            r"schedule\.arguments\.factor should be a number between 0 and 1; received 2",
        ),
    ],
)
def test_the_test_set_decides_nothing(tmp_path, changes, words):
    with pytest.raises(UsageError, match=words):
        train(override(PLAIN, changes), out=tmp_path, callbacks=())
    assert not any(tmp_path.iterdir())


# Resumed


TOGETHER = [
    {"ema_momentum": 0.9, "accumulation": 2, "class_weight": {"0": 3.0, "1": 0.5}},
    {"mix.name": "mix_up", "label_smoothing": 0.1, "ema_momentum": 0.9, "precision": "float16"},
    {
        "mix.name": "cut_mix",
        "accumulation": 4,
        "early_stopping": {"patience": 3},
        "schedule": {
            "name": "reduce_on_plateau",
            "arguments": {"factor": 0.3, "patience": 1, "min_delta": 0.1},
        },
        "epochs": 8,
    },
    {
        "optimizer": {"name": "muon", "learning_rate": 0.005},
        "layer_decay": 0.8,
        "augmentation": "alternating_flip_crop",
        "test_time_augmentation": "mirror",
        "model.arguments.kernel_initializer": "dirac",
    },
]


@pytest.mark.parametrize("changes", TOGETHER, ids=["averages", "mix_up", "patience", "muon"])
def test_a_run_that_was_killed_goes_on_bit_for_bit(tmp_path, changes):
    recipe = override(EVERYTHING, changes)
    whole = train(recipe, out=tmp_path / "whole", callbacks=())
    out = tmp_path / "killed"
    for at in ((1, 5), (2, 3)):
        with pytest.raises(KeyboardInterrupt):
            train(recipe, out=out, callbacks=[Kill(*at), Checkpoint(2)], existing="resume")
    expect_same(train(recipe, out=out, callbacks=(), existing="resume"), whole)
