"""`cifar10/fast` beside the airbench94 of `scripts/native/`: the same network and the same steps."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from airbench_steps import sgd_rates_for

from kerasdl import recipes, studies
from kerasdl.callbacks import Checkpoint
from kerasdl.errors import UsageError
from kerasdl.inspection import describe
from kerasdl.models import CIFARNet
from kerasdl.reports import notes
from kerasdl.training import train
from kerasdl.training.optimizer import build_optimizer

STEPS = Path(__file__).parent / "airbench_steps.py"
FAST = studies.get("cifar10/fast")


def digits(**changes):
    small = {
        "data.name": "digits",
        "data.options": {"shape": (32, 32, 3)},
        "data.limit_train": 200,
        "data.limit_test": 100,
        "batch_size": 40,
    }
    return recipes.override(FAST, {**small, **changes})


def test_the_shape_of_the_network():
    """Filters, the whitening's bias, those of batch norm, and the head: 1,971,352 are trained."""
    model = CIFARNet()
    trained = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    kernels = 9 * (24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256)
    assert trained == kernels + 24 + 2 * (64 + 256 + 256) + 256 * 10
    shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}
    assert shapes["whitening"] == (31, 31, 24)
    assert [shapes[f"block{i}_pool"] for i in (1, 2, 3)] == [(15, 15, 64), (7, 7, 256), (3, 3, 256)]
    assert (shapes["flatten"], shapes["logits"]) == ((256,), (10,))
    head = CIFARNet().get_layer("logits").kernel.numpy()
    assert head.std() == pytest.approx(1 / 256, rel=0.05)


def test_images_that_are_too_small_are_told_the_least_size():
    """25 - 1 = 24, halved thrice, fills the last window of 3x3."""
    assert CIFARNet((25, 25, 3)).get_layer("last_pool").output.shape[1:3] == (1, 1)
    with pytest.raises(ValueError, match=r"images of 25x25 pixels or larger.*\(24, 40, 3\)$"):
        CIFARNet((24, 40, 3))


def test_the_operations_that_the_page_of_speed_states():
    """Window, inputs, outputs and places of each convolution; the head's do not count."""
    sizes = [(4 * 3, 24, 31), (9 * 24, 64, 31), (9 * 64, 64, 15), (9 * 64, 256, 15)]
    sizes += [(9 * 256, 256, 7)] * 2 + [(9 * 256, 256, 3)]
    products = sum(window * filters * places**2 for window, filters, places in sizes)
    assert describe(CIFARNet()).total("macs") == products + 2560
    assert f"({2 * products / 1e6:.0f} million an image)" in str(notes.SPEED_RUN)
    training = 3 * 2 * products * FAST.epochs * 50_000
    assert f"takes {training:.1e} operations".replace("e+", "e") in str(notes.SPEED_RUN)


def test_every_weight_has_its_group_and_rate():
    """Learning rates of airbench, at the first step, half way and at the end of its 200 steps."""
    network = CIFARNet(classifier_activation=None)
    optimizer = build_optimizer(FAST, network, steps_per_epoch=25)
    optimizer.build(network.trainable_variables)
    groups = [optimizer.group_of(variable) for variable in network.trainable_variables]
    updates = {
        variable.path: (group["update"], group.get("learning_rate"))
        for variable, group in zip(network.trainable_variables, groups, strict=True)
    }
    assert [path for path, (update, _) in updates.items() if update == "muon"] == [
        f"block{i}_conv{j}/kernel" for i in (1, 2, 3) for j in (1, 2)
    ]
    steps = (0, 50, 75, 100, 199)
    falling = np.array([1 - step / 200 for step in steps])
    rates = {path: [rate(s) for s in steps] for path, (_, rate) in updates.items() if rate}
    early = np.array([1 - step / 75 for step in steps]).clip(0)
    np.testing.assert_allclose(rates["whitening/bias"], 106 * early, atol=1e-9)
    np.testing.assert_allclose(rates["block2_norm1/beta"], 106 * falling, rtol=1e-6)
    np.testing.assert_allclose(rates["logits/kernel"], 1340 / 65536 * falling, rtol=1e-6)
    schedule = optimizer.get_config()["learning_rate"]
    assert schedule["config"]["schedule"]["config"]["learning_rate"] == 0.24


def test_the_default_recipe_is_the_same_training_in_smaller_batches():
    default = studies.get("cifar10/default")
    rates = "optimizer.arguments.groups"
    changes = {rates, "epochs", "batch_size", "precision"}
    assert set(recipes.differences(default, FAST)) == changes
    groups = sgd_rates_for(500, FAST).optimizer.arguments["groups"]
    for mine, theirs in zip(default.optimizer.arguments["groups"], groups, strict=True):
        assert mine.keys() == theirs.keys()
        for name in mine:
            if isinstance(theirs[name], float):
                assert mine[name] == pytest.approx(theirs[name], rel=1e-12)
            else:
                assert mine[name] == theirs[name]


def test_another_network_under_the_recipe_is_one_sentence(tmp_path):
    """Its weights are in no group of the recipe's optimizer."""
    recipe = digits(**{"model.builder": "MLP", "model.arguments": {"units": (4,)}})
    with pytest.raises(UsageError, match=r"optimizer muon: Expected a group .* every weight"):
        train(recipe, out=tmp_path, callbacks=())


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the script is PyTorch's")
def test_the_steps_are_those_of_the_native_script(python):
    """Whitening, logits, and three steps with each of the groups, of the same weights and images.

    In float64, in which rounded are only the whitening filters and the rates of our schedules, to
    float32, at most by 6e-8 of the largest.
    """
    distances = json.loads(python(STEPS).stdout)
    assert distances.pop("logits") < 1e-12
    assert distances.pop("whitening") < 6e-8
    trained = {weight.path for weight in CIFARNet().trainable_weights}
    assert distances.keys() == trained | {"whitening/kernel"}
    assert max(distances.values()) < 1e-6, distances


def test_it_learns_and_says_both_accuracies(tmp_path):
    narrow = {"model.arguments": {"widths": (32, 64, 64)}, "epochs": 4}
    recipe = sgd_rates_for(40, digits(**narrow))
    run = train(recipe, out=tmp_path, callbacks=())
    assert run.result["status"] == "finished"
    assert run.result["metrics"]["test"]["accuracy"] > 0.6
    assert run.result["metrics"]["test_augmented"]["accuracy"] > 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer_decay": 0.5}, r"layer_decay should be None beside groups.*received 0\.5"),
        (
            {"schedule.name": "reduce_on_plateau", "data.validation": 20},
            "schedule.name should not be reduce_on_plateau",
        ),
    ],
)
def test_what_sets_one_rate_is_refused_beside_rates_of_groups(changes, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        train(digits(**changes), out=tmp_path, callbacks=())


class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == 7:
            raise KeyboardInterrupt


def test_a_resumed_run_ends_with_the_same_weights(tmp_path):
    """Momentum, rates of the groups and the sides of the images go on, from within an epoch."""
    small = {"model.arguments": {"widths": (8, 8, 8)}, "epochs": 2, "data.limit_test": 20}
    recipe = sgd_rates_for(40, digits(**small))
    expected = train(recipe, out=tmp_path / "a", callbacks=()).model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out=tmp_path / "b", callbacks=[Interrupt(), Checkpoint(every=2)])
    run = train(recipe, out=tmp_path / "b", callbacks=(), existing="resume")
    for found, wanted in zip(run.model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_grey_images_of_other_sizes():
    outputs = keras.ops.convert_to_numpy(CIFARNet((40, 36, 1), classes=3)(np.zeros((2, 40, 36, 1))))
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-6)
