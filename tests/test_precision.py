"""Training in bfloat16 and float16: what is computed in it, and what stays float32."""

import argparse

import keras
import numpy as np
import pytest
from test_checkpoints import RECIPE as EVERYTHING
from test_checkpoints import Kill, expect_same

from kerasdl import studies
from kerasdl.callbacks import Checkpoint
from kerasdl.commands import train as command
from kerasdl.errors import UsageError
from kerasdl.inspection import graph
from kerasdl.models import CNN
from kerasdl.models.saving import load_model
from kerasdl.recipes import Data, Model, override
from kerasdl.training import resolve, train
from kerasdl.training.network import build
from kerasdl.training.precision import computing_in, emulation_notice

RECIPE = override(EVERYTHING, {"epochs": 1, "log_every": None})
HALF = ("bfloat16", "float16")
VIT = {
    "model.builder": "ViT",
    "model.arguments": {
        "patch_size": 4, "embed_dim": 8, "depth": 1, "num_heads": 2, "mlp_ratio": 2,
        "dropout": 0.1, "attention_dropout": 0.1, "stochastic_depth": 0.2,
    },
}  # fmt: skip
RESNET = {"model.builder": "ResNet18", "model.arguments": {}}


def dtype_of(tensor):
    return keras.backend.standardize_dtype(tensor.dtype)


def built(precision, **changes):
    return build(resolve(override(RECIPE, {"precision": precision, **changes})))


@pytest.mark.parametrize("precision", HALF)
@pytest.mark.parametrize("changes", [{}, VIT, RESNET], ids=["cnn", "vit", "resnet"])
def test_weights_statistics_and_logits_are_float32(precision, changes):
    networks = built(precision, **changes)
    for network in (networks.trained, networks.saved):
        weights = {variable.path: variable.dtype for variable in network.weights}
        assert set(weights.values()) == {"float32"}
        assert network.output.dtype == "float32"
        computed = {layer.name: layer.compute_dtype for layer in network.layers}
        assert computed["logits"] == "float32"
        assert precision in computed.values()
    assert any("moving_variance" in path or "norm" in path for path in weights)
    x = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1), "uint8")
    assert dtype_of(networks.trained(x, training=True)) == "float32"
    optimizer = networks.trained.optimizer
    optimizer.build(networks.trained.trainable_variables)
    kinds = {variable.dtype for variable in optimizer.variables}
    assert kinds <= {"float32", "int32", "int64"}


@pytest.mark.parametrize("precision", HALF)
def test_a_layer_computes_what_the_type_can_hold(precision):
    """The first convolution, beside the same one in float32."""
    half, single = built(precision), built("float32")
    x = np.random.default_rng(0).integers(0, 17, (2, 8, 8, 1)).astype("float32")

    def of(networks):
        traced = graph.trace(networks.trained)
        called = {call.layer.name: call.outputs[0] for call in traced.calls}
        layers = keras.Model(traced.inputs, called["conv1"])
        return layers(keras.ops.convert_to_tensor(x), training=False)

    ours, theirs = of(half), keras.ops.convert_to_numpy(of(single))
    assert dtype_of(ours) == precision
    ours = keras.ops.convert_to_numpy(keras.ops.cast(ours, "float32"))
    step = {"bfloat16": 2**-8, "float16": 2**-11}[precision]  # half the distance of two numbers
    assert 0 < np.abs(ours - theirs).max() < 9 * step * np.abs(theirs).max()


def test_augmentation_and_scaling_are_computed_in_float32():
    """Levels of images, 0 to 255, are not rounded before they are normalized."""
    half, single = built("bfloat16", augmentation="crop_flip_colour"), built("float32")
    x = np.random.default_rng(0).uniform(0, 16, (2, 8, 8, 1)).astype("float32")
    before = [layer for layer in half.trained.layers if layer.name.startswith("augment_")]
    assert len(before) == 5
    for layer in [*before, half.trained.get_layer("standardize")]:
        assert layer.compute_dtype == "float32"
        x = layer(x, training=True)
        assert dtype_of(x) == "float32"
    assert half.trained.get_layer("conv1").compute_dtype == "bfloat16"
    names = [layer.name for layer in single.saved.layers]
    assert names == [layer.name for layer in half.saved.layers]


def test_the_policy_of_keras_is_put_back():
    before = keras.config.dtype_policy()
    built("bfloat16")
    assert keras.config.dtype_policy() == before
    with pytest.raises(UsageError, match="cannot be built"):
        built("float16", **{"model.arguments.no_such": 1})
    with pytest.raises(KeyError), computing_in("bfloat16"):
        raise KeyError
    assert keras.config.dtype_policy() == before
    assert keras.layers.Dense(1).compute_dtype == "float32"


@pytest.mark.parametrize("precision", HALF)
def test_it_trains_and_its_model_takes_raw_images(tmp_path, precision):
    plain = {"augmentation": None, "model.arguments.dropout": 0.0, "epochs": 3}
    run = train(override(RECIPE, {"precision": precision, **plain}), out=tmp_path, callbacks=())
    assert run.log["loss"].iloc[-1] < 0.8 * run.log["loss"].iloc[0]
    model, metadata = load_model(run.directory / "model.keras")
    assert metadata["recipe"]["precision"] == precision
    images = np.random.default_rng(0).integers(0, 17, (5, 8, 8, 1), "uint8")
    given = model.predict(images, verbose=0)
    assert given.dtype == "float32"
    np.testing.assert_allclose(given.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(given, run.model.predict(images, verbose=0))
    assert keras.saving.load_model(run.directory / "model.keras").output.dtype == "float32"


@pytest.mark.parametrize("precision", HALF)
def test_a_run_that_was_killed_goes_on_bit_for_bit(tmp_path, precision):
    recipe = override(EVERYTHING, {"precision": precision, "epochs": 2})
    whole = train(recipe, out=tmp_path / "whole", callbacks=())
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out=tmp_path / "killed", callbacks=[Kill(1, 5), Checkpoint(2)])
    resumed = train(recipe, out=tmp_path / "killed", callbacks=(), existing="resume")
    expect_same(resumed, whole)


def test_the_loss_is_scaled_in_float16_alone(tmp_path):
    """A scale that is too high is halved until the gradients are finite, and that is saved."""
    for precision in ("float32", "bfloat16"):
        assert not hasattr(built(precision).trained.optimizer, "dynamic_scale")
    recipe = override(EVERYTHING, {"precision": "float16", "epochs": 1, "schedule": None})
    network = build(resolve(recipe)).trained
    optimizer = network.optimizer
    optimizer.build(network.trainable_variables)
    assert float(optimizer.dynamic_scale.numpy()) == 2.0**15
    optimizer.dynamic_scale.assign(2.0**40)  # the loss itself is infinite
    before = network.get_weights()
    x, y = resolve(recipe).training_batches[0]
    network.train_on_batch(x, y)
    assert float(optimizer.dynamic_scale.numpy()) <= 2.0**39
    kernel = [weight.path for weight in network.weights].index("conv1/kernel")
    np.testing.assert_array_equal(network.get_weights()[kernel], before[kernel])


def test_a_precision_is_another_run():
    single, half = resolve(RECIPE), resolve(override(RECIPE, {"precision": "bfloat16"}))
    assert single.identity.suffix == half.identity.suffix == ""  # no registered recipe
    registered = override(studies.get("cifar10/batchnorm"), {"data.name": "digits"})
    registered = override(registered, {"data.options": {"shape": (32, 32, 3)}})
    names = {
        resolve(override(registered, {"precision": precision})).folder.name
        for precision in ("float32", *HALF)
    }
    assert len(names) == 3
    assert resolve(registered).folder.name in names


def test_one_precision_is_decided_once(monkeypatch):
    recipe = override(RECIPE, {"precision": "bfloat16"})
    with pytest.raises(UsageError, match="network of your own"):
        resolve(recipe, model=CNN((8, 8, 1), 10))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(UsageError, match="received dtype_policy=mixed_float16"):
            resolve(recipe)
        assert resolve(RECIPE).identity.keras == {"dtype_policy": "mixed_float16"}
    finally:
        keras.config.set_dtype_policy(before)
    monkeypatch.setattr(keras.config, "floatx", lambda: "float64")
    with pytest.raises(UsageError, match="received floatx=float64"):
        resolve(recipe)


def test_the_option_is_short_for_the_field():
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = ["exercises/circles_linear", "--precision", "bfloat16"]
    assert command.resolve_experiment(parser.parse_args(words)).recipe.precision == "bfloat16"
    with pytest.raises(UsageError, match=r"one of float32, bfloat16, float16; received 'float8'"):
        command.resolve_experiment(parser.parse_args([*words[:2], "float8"]))


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("flags\t\t: fpu sse avx512f avx512_bf16 amx_tile\n", {"float16"}),
        ("flags\t\t: fpu sse amx_bf16 amx_fp16\n", set()),
        ("processor : 0\nflags : fpu sse avx2\n", {"bfloat16", "float16"}),
        ("Features\t: fp asimd asimdhp\n", {"bfloat16"}),
        ("nothing that is known\n", set()),
        (None, set()),
    ],
)
def test_a_processor_without_such_arithmetic_is_named(tmp_path, monkeypatch, text, without):
    monkeypatch.setattr("kerasdl.backend.accelerators", list)
    path = tmp_path / "cpuinfo"
    if text is not None:
        path.write_text(text)
    named = {each for each in ("float32", *HALF) if emulation_notice(each, path)}
    assert named == without
    for each in named:
        assert emulation_notice(each, path).startswith(f"This processor has no {each} arithmetic")
    monkeypatch.setattr("kerasdl.backend.accelerators", lambda: ["NVIDIA H200"])
    assert not any(emulation_notice(each, path) for each in HALF)


def test_data_and_builder_without_images():
    network = built("bfloat16", data=Data("circles"), model=Model("MLP", None, {"units": (4,)}),
                    inputs="raw", augmentation=None, loss="binary_crossentropy",
                    select="last").trained  # fmt: skip
    assert network.get_layer("dense1").compute_dtype == "bfloat16"
    assert network.output.dtype == "float32"
