"""`cifar10/fast` beside the airbench94 of `scripts/native/`: the same network and the same steps."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import recipes, studies
from kerasdl.callbacks import Checkpoint
from kerasdl.models import CIFARNet
from kerasdl.training import train
from kerasdl.training.optimizer import build_optimizer

SCRIPT = Path(__file__).parents[1] / "scripts" / "native" / "airbench94_torch.py"
FAST = studies.get("cifar10/fast")
BATCH = 8  # images of a step here; the recipe's learning rates are for 2000


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
    with pytest.raises(ValueError, match=r"large enough for the pools.*block3_pool|last_pool"):
        CIFARNet((14, 14, 3))


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


def without_decay(recipe):
    """In decay the recipe differs, as it says."""
    groups = [{**group, "weight_decay": 0} for group in recipe.optimizer.arguments["groups"]]
    return replace(recipe, optimizer=replace(recipe.optimizer, arguments={"groups": groups}))


def scaled_to(batch, recipe):
    """The rates of SGD for losses summed over another number of images."""
    groups = [
        {**group, "learning_rate": group["learning_rate"] * batch / 2000}
        if "learning_rate" in group
        else group
        for group in recipe.optimizer.arguments["groups"]
    ]
    return replace(recipe, optimizer=replace(recipe.optimizer, arguments={"groups": groups}))


def native(torch, monkeypatch):
    """The module of the script, its iteration in float64: in bfloat16 no step could be compared."""
    spec = importlib.util.spec_from_file_location("airbench94_torch", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def orthogonalized(matrix):
        a, b, c = module.NEWTON_SCHULZ
        x = matrix.double() / (matrix.double().norm() + 1e-7)
        for _ in range(module.NEWTON_SCHULZ_STEPS):
            gram = x @ x.T
            x = a * x + (b * gram + c * gram @ gram) @ x
        return x

    monkeypatch.setattr(module, "orthogonalized", orthogonalized)
    monkeypatch.setattr(module, "WEIGHT_DECAY", 0.0)
    return module


def copy_weights(network, theirs):
    """Our weights of theirs: kernels with the outputs last, the head in our units."""
    weights = {name: w.detach().numpy() for name, w in theirs.state_dict().items()}
    found = {}
    for i in (1, 2, 3):
        for j, (conv, norm) in enumerate([(0, 2), (4, 5)], start=1):
            found[f"block{i}_conv{j}"] = [
                weights[f"blocks.{i}.{conv}.weight"].transpose(2, 3, 1, 0)
            ]
            names = ("bias", "running_mean", "running_var")
            found[f"block{i}_norm{j}"] = [weights[f"blocks.{i}.{norm}.{name}"] for name in names]
    found["logits"] = [weights["head.weight"].T / 256]
    kernel = weights["whitening.weight"].transpose(2, 3, 1, 0)
    found["whitening"] = [weights["whitening.bias"], kernel]
    for name, values in found.items():
        network.get_layer(name).set_weights(values)


def in_float64():
    """Our network, from images to logits."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        return CIFARNet(classifier_activation=None)
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the script is PyTorch's")
def test_the_steps_are_those_of_the_native_script(monkeypatch):
    """Logits, and three steps with each of the groups, of the same weights on the same images.

    In float64, in which only the rates of our schedules are rounded, to float32.
    """
    import torch

    airbench = native(torch, monkeypatch)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    images = rng.normal(size=(BATCH, 32, 32, 3)).astype("float32")
    labels = rng.integers(10, size=BATCH)
    theirs = airbench.CifarNet().double()
    x, y = torch.from_numpy(images).double().permute(0, 3, 1, 2), torch.from_numpy(labels)
    theirs.whiten(x)
    network = in_float64()
    copy_weights(network, theirs)

    theirs.eval()
    expected = theirs(x).detach().numpy()
    found = keras.ops.convert_to_numpy(network(images))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())

    recipe = scaled_to(BATCH, without_decay(FAST))
    network.compile(
        build_optimizer(recipe, network, steps_per_epoch=25),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    sgd, muon = airbench.optimizers(theirs)
    theirs.train()
    for step in range(3):
        airbench.set_rates(sgd, muon, step, steps_per_epoch=25, epochs=8)
        torch.nn.functional.cross_entropy(theirs(x), y, reduction="sum").backward()
        for optimizer in (sgd, muon):
            optimizer.step()
            optimizer.zero_grad()
        network.train_on_batch(images, labels)
    after = in_float64()
    copy_weights(after, theirs)
    for ours, reference in zip(network.trainable_weights, after.trainable_weights, strict=True):
        wanted = reference.numpy()
        np.testing.assert_allclose(
            ours.numpy(), wanted, rtol=0, atol=1e-5 * np.abs(wanted).max(), err_msg=ours.path
        )


def test_it_learns_and_says_both_accuracies(tmp_path):
    recipe = scaled_to(40, digits(epochs=4))
    run = train(recipe, out=tmp_path, callbacks=())
    assert run.result["status"] == "finished"
    assert run.result["metrics"]["test"]["accuracy"] > 0.6
    assert run.result["metrics"]["test_augmented"]["accuracy"] > 0.5


class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == 7:
            raise KeyboardInterrupt


def test_a_resumed_run_ends_with_the_same_weights(tmp_path):
    """Momentum, rates of the groups and the sides of the images go on, from within an epoch."""
    small = {"model.arguments": {"widths": (8, 8, 8)}, "epochs": 2, "data.limit_test": 20}
    recipe = digits(**small)
    expected = train(recipe, out=tmp_path / "a", callbacks=()).model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out=tmp_path / "b", callbacks=[Interrupt(), Checkpoint(every=2)])
    run = train(recipe, out=tmp_path / "b", callbacks=(), existing="resume")
    for found, wanted in zip(run.model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_grey_images_of_other_sizes():
    outputs = keras.ops.convert_to_numpy(CIFARNet((40, 36, 1), classes=3)(np.zeros((2, 40, 36, 1))))
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-6)
