"""The hand-written loops of `scripts/native/`: the networks of our recipes, and they learn.

Those of the backend in use are tested.
"""

import dataclasses
import importlib
import json
import subprocess
import sys
import zlib
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasdl import models, studies

SCRIPTS = Path(__file__).parents[1] / "scripts" / "native"
FRAMEWORK = keras.backend.backend()
NAMES = ("regularization", "dropout", "mlp", "vit", "resnet18", "digits", "fast")


@pytest.fixture
def native(monkeypatch):
    """The module of that name in `scripts/native/`, as its scripts import it."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module


def our_network(workload, **sizes):
    """The network of a workload's recipe, giving logits."""
    model = studies.get(workload.recipe).model
    arguments = {"input_shape": workload.image_shape, **model.arguments, **sizes}
    return getattr(models, model.builder)(
        classes=workload.classes, classifier_activation=None, **arguments
    )


def values(shape):
    """The same values for every weight of a shape, so that the order of weights does not matter."""
    rng = np.random.default_rng(zlib.crc32(repr(shape).encode()))
    bound = int(np.prod(shape[:-1])) ** -0.5 if len(shape) > 1 else 0.5
    return rng.uniform(-bound, bound, shape).astype("float32")


def our_values(variable):
    """For a weight of Keras; attention's kernels have an axis for the heads, its biases too."""
    shape, folded = tuple(variable.shape), tuple(variable.shape)
    if "attention/" in variable.path:
        folded = (32, 32) if variable.name == "kernel" else (32,)
    return values(folded).reshape(shape)


def native_values(shape):
    """For a weight `(..., inputs, outputs)`."""
    if shape[-1] == 96:  # queries, keys and values are one layer
        return np.concatenate([values((*shape[:-1], 32))] * 3, -1)
    if shape[0] == 49:  # the convolution of patches is a dense layer
        return values((7, 7, 1, *shape[1:])).reshape(shape)
    return values(shape)


def torch_logits(network, images):
    import torch

    network = network()
    kernels = [each for each in network.parameters() if each.requires_grad or each.ndim == 4]
    with torch.no_grad():
        for weights in kernels:  # (outputs, inputs, ...)
            order = {2: (1, 0), 4: (2, 3, 1, 0)}.get(weights.ndim, range(weights.ndim))
            filled = native_values(tuple(weights.permute(*order).shape))
            weights.copy_(torch.from_numpy(filled.transpose(np.argsort(order))))
        logits = network(torch.from_numpy(images).permute(0, 3, 1, 2))
    trained = sum(weights.numel() for weights in network.parameters() if weights.requires_grad)
    return trained, logits.numpy()


def jax_logits(network, images):
    import jax
    from layers_jax import Draw

    weights, statistics = network.init(Draw(seed=0))
    weights = jax.tree.map(lambda each: native_values(each.shape), weights)
    if "whitening" in statistics:  # which is not trained
        statistics["whitening"] = native_values(statistics["whitening"].shape)
    logits, _ = jax.jit(network.apply)(weights, statistics, images, jax.random.key(0))
    return sum(each.size for each in jax.tree.leaves(weights)), np.asarray(logits)


def tensorflow_logits(network, images):
    import tensorflow as tf

    network = network()
    kernels = [each for each in network.variables if each.trainable or len(each.shape) == 4]
    for weights in kernels:
        weights.assign(native_values(tuple(weights.shape)))
    logits = network(tf.constant(images)).numpy()
    return sum(weights.shape.num_elements() for weights in network.trainable_variables), logits


LOGITS = {"torch": torch_logits, "jax": jax_logits, "tensorflow": tensorflow_logits}


def of_size(network, sizes):
    """A network of a script, made with `sizes` where it is made with none."""
    if FRAMEWORK != "jax":
        return partial(network, **sizes)
    return SimpleNamespace(init=partial(network.init, **sizes), apply=network.apply)


@pytest.mark.parametrize(
    ("name", "times"),
    [(name, times) for name in NAMES for times in (1, 2) if (name, times) != ("fast", 2)],
)
def test_the_network_is_that_of_the_recipe(native, name, times):
    """And with images of twice the side, and three blocks where there are blocks."""
    workload = native("workloads").WORKLOADS[name]
    height, _, channels = workload.image_shape
    side, depth = times * height, {"depth": times + 1} if "depth" in (workload.sizes or ()) else {}
    sizes = depth | ({"side": side} if "side" in (workload.sizes or ()) else {})
    network = of_size(native(f"models_{FRAMEWORK}").MODELS[name], sizes)
    images = np.random.default_rng(0).random((2, side, side, channels), dtype="float32")
    parameters, logits = LOGITS[FRAMEWORK](network, images)

    ours = our_network(workload, input_shape=(side, side, channels), **depth)
    assert parameters == sum(int(np.prod(each.shape)) for each in ours.trainable_variables)
    for variable in ours.variables:
        if variable.trainable or len(variable.shape) == 4:
            variable.assign(our_values(variable))
    expected = keras.ops.convert_to_numpy(ours(images, training=True))
    assert logits.shape == expected.shape
    if name == "fast":  # airbench divides by the number of features, where our head begins smaller
        expected = expected / 256
    if name != "dropout":  # which draws
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_workload_is_trained_as_its_recipe(native, name):
    workload = native("workloads").WORKLOADS[name]
    recipe = studies.get(workload.recipe)
    optimizer = recipe.optimizer
    assert (workload.inputs, workload.batch_size) == (recipe.inputs, recipe.batch_size)
    assert (workload.optimizer, workload.learning_rate) == (optimizer.name, optimizer.learning_rate)
    assert workload.momentum == optimizer.arguments.get("momentum", 0)
    assert workload.label_smoothing == recipe.label_smoothing
    assert not optimizer.weight_decay
    assert name == "fast" or recipe.schedule is None
    shapes = {
        "cifar10": ((32, 32, 3), 10),
        "cifar100": ((32, 32, 3), 100),
        "mnist": ((28, 28, 1), 10),
    }
    assert (workload.image_shape, workload.classes) == shapes[recipe.data.name]


def test_all_workloads_are_tested(native):
    assert set(native("workloads").WORKLOADS) == set(NAMES)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("unit", [0, 0.2, 1]),
        ("signed", [-1, -0.6, 1]),
        ("standardize", np.array([-102, -51, 153]) / 12138**0.5),  # mean 102, variance 12138
    ],
)
def test_pixels_are_scaled(native, inputs, expected):
    vit = native("workloads").WORKLOADS["vit"]
    workload = dataclasses.replace(vit, inputs=inputs)
    images = np.array([0, 51, 255], "uint8").reshape(1, 3, 1, 1)
    scale, shift = workload.scale_and_shift(images)
    np.testing.assert_allclose((images * scale + shift).ravel(), expected, atol=1e-6)


def script(*words, stdin=""):
    """What the script of the framework writes, an object a line."""
    done = subprocess.run(
        [sys.executable, SCRIPTS / f"train_{FRAMEWORK}.py", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_muon_learns_too(native):
    lines = script("fast", "--images", "8", "--batch-size", "8", "--epochs", "12")
    ready, *epochs, _ = map(json.loads, lines)
    ours = our_network(native("workloads").WORKLOADS["fast"])
    assert ready["parameters"] == sum(int(np.prod(each.shape)) for each in ours.trainable_variables)
    assert epochs[-1]["loss"] < epochs[0]["loss"]


def test_it_learns_an_epoch_for_each_line(native):
    lines = script("vit", "--images", "20", "--batch-size", "8", "--wait", stdin="\n" * 40)
    ready, *epochs, done = map(json.loads, lines)
    assert ready["ready"]
    assert ready["parameters"] == our_network(native("workloads").WORKLOADS["vit"]).count_params()
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, 41))
    assert epochs[0]["loss"] == pytest.approx(np.log(10), abs=0.5)
    assert epochs[-1]["loss"] < 0.5 * epochs[0]["loss"]
    assert epochs[-1]["accuracy"] > 0.7
    assert all(epoch["images_per_second"] > 0 for epoch in epochs)
    assert done["done"]
    assert done["peak_memory_mib"] > 10


def test_sizes_on_the_command_line(native):
    """Pixels that fill no patch are left out."""
    given = ("--images", "8", "--batch-size", "8", "--epochs", "1")
    lines = script("vit", "--image-size", "16", "--depth", "1", *given)
    workload = native("workloads").WORKLOADS["vit"]
    ours = our_network(workload, input_shape=(16, 16, 1), depth=1)
    assert json.loads(lines[0])["parameters"] == ours.count_params()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["fast", "--image-size", "64"], "fast has one image size: 32"),
        (["mlp", "--depth", "3"], "mlp has no depth to choose"),
    ],
)
def test_sizes_that_a_network_has_not(words, reason):
    command = [sys.executable, SCRIPTS / f"train_{FRAMEWORK}.py", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1].split("error: ")[1]) == (2, reason)


def test_several_updates_in_a_call_are_as_many_steps(native):
    workloads, train = native("workloads"), native(f"train_{FRAMEWORK}")
    if workloads.SEVERAL not in train.VARIANTS:
        assert FRAMEWORK == "torch"
        return
    workload = workloads.WORKLOADS["digits"]
    images, labels = workloads.noise(workload, 6)
    scaling = workload.scale_and_shift(images)
    setting = workloads.Setting("digits", workload, {}, workloads.SEVERAL, False, *scaling)
    together, apart = train.Trainer(setting), train.Trainer(setting)
    for _ in range(20):
        together.several(images.reshape(3, 2, 28, 28, 1), labels.reshape(3, 2))
        for i in (0, 2, 4):
            apart.step(images[i : i + 2], labels[i : i + 2])
    loss, correct = together.totals()
    assert (loss, correct) == (pytest.approx(apart.totals()[0], rel=1e-4), correct)
    assert loss < 0.99 * 20 * len(images) * np.log(10)  # it has learned


def test_variants_are_listed_the_plain_one_first(native):
    """Several updates in a call are a variant of workloads with short steps."""
    plain = {"torch": "eager", "jax": "jit", "tensorflow": "function"}
    every = script("digits", "--list-variants")
    assert every[0] == plain[FRAMEWORK]
    assert every == list(native(f"train_{FRAMEWORK}").VARIANTS)
    assert script("vit", "--list-variants") == [each for each in every if each != "several"]
