"""The recipe's `jit_compile`: compiled steps that give the numbers of those that are not."""

import functools
import shutil

import keras
import numpy as np
import pytest
from test_checkpoints import Kill, expect_same
from test_training_fields import PLAIN, recorded

from kerasdl.__main__ import main
from kerasdl.callbacks import Checkpoint
from kerasdl.errors import UsageError
from kerasdl.recipes import from_dict, override, to_dict
from kerasdl.training import resolve, train
from kerasdl.training.network import build

BACKEND = keras.backend.backend()
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="torch.compile")
not_on_jax = pytest.mark.skipif(BACKEND == "jax", reason="Keras always compiles")

# Augmentation, batch norm and dropout; 9 steps an epoch, the last of them of 16 images.
DRAWING = override(
    PLAIN,
    {
        "model.arguments": {"filters": (4,), "batch_norm": True, "dropout": 0.25, "units": (8,)},
        "augmentation": "crop_flip",
        "data.limit_train": 272,
        "optimizer.learning_rate": 0.01,
    },
)


@pytest.fixture
def quick(monkeypatch):
    """On PyTorch: the graph that `torch.compile` is given, run as it is.

    To have it in C++ takes minutes.
    """
    if BACKEND == "torch":
        import torch

        given = functools.partial(torch.compile, backend="eager")
        monkeypatch.setattr(torch, "compile", given)


def compiled(recipe):
    return override(recipe, {"jit_compile": True})


def expect_near(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        for array, expected in zip(one, other, strict=True):
            np.testing.assert_allclose(array, expected, rtol=1e-3, atol=2e-5)


@not_on_jax
def test_weights_of_every_step(quick, tmp_path):
    run, weights = recorded(DRAWING, tmp_path / "plain")
    other, same = recorded(compiled(DRAWING), tmp_path / "compiled")
    assert len(weights) == 18
    expect_near(same, weights)
    # of batch norm too, which no gradient moves
    expect_near([other.model.get_weights()], [run.model.get_weights()])
    assert np.abs(weights[-1][0] - weights[0][0]).max() > 1e-3
    assert other.result["metrics"]["test"]["loss"] == pytest.approx(
        run.result["metrics"]["test"]["loss"], rel=1e-4
    )


def test_who_compiles():
    network = build(resolve(compiled(PLAIN))).trained
    assert network.jit_compile == (BACKEND != "torch")
    assert build(resolve(PLAIN)).trained.jit_compile == (BACKEND == "jax")
    assert ("train_step" in vars(network)) == (BACKEND == "torch")


@not_on_jax
def test_a_run_that_was_killed_goes_on_bit_for_bit(quick, tmp_path):
    one_size = {"data.limit_train": 256, "data.validation": None, "log_every": 4}
    recipe = compiled(override(DRAWING, one_size))
    whole = train(recipe, out=tmp_path / "whole", callbacks=())
    out = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out=out, callbacks=[Kill(1, 3), Checkpoint(2)], existing="resume")
    expect_same(train(recipe, out=out, callbacks=(), existing="resume"), whole)


def test_a_recipe_without_it_is_written_as_before():
    assert "jit_compile" not in to_dict(PLAIN)
    assert from_dict(to_dict(compiled(PLAIN))).jit_compile is True
    with pytest.raises(UsageError, match="jit_compile should be True or False; received 2"):
        override(PLAIN, {"jit_compile": 2})


@on_torch
@pytest.mark.skipif(not shutil.which("g++"), reason="PyTorch compiles C++")
def test_in_machine_code(tmp_path):
    """A network of two layers: it takes PyTorch a quarter of a minute to compile it."""
    small = override(PLAIN, {"model.builder": "MLP", "model.arguments": {"units": (8,)}})
    _, weights = recorded(small, tmp_path / "plain")
    _, same = recorded(compiled(small), tmp_path / "compiled")
    expect_near(same, weights)


@on_torch
def test_one_size_of_batch_is_compiled_and_training_alone(quick):
    import torch

    network = build(resolve(compiled(DRAWING))).trained
    images, labels = torch.zeros(40, 8, 8, 1), torch.zeros(40, dtype=torch.int32)
    network.train()
    network.train_step((images[:8], labels[:8]))
    compiling = network.train_step.__self__
    assert compiling._program is None
    network.train_step((images[:32], labels[:32]))
    program, sizes = compiling._program, []
    compiling._program = lambda *given: sizes.append(len(given[-1])) or program(*given)
    for size in (8, 32, 40):
        network.train_step((images[:size], labels[:size]))
    network(images[:32], training=False)
    with torch.no_grad():
        network(images[:32], training=True)
    assert sizes == [32]


@on_torch
def test_augmentation_that_the_network_begins_with_is_not_compiled():
    from kerasdl.augmentation import RandomHorizontalFlip
    from kerasdl.training.compiled_torch import _divided

    flip, other = RandomHorizontalFlip(seed=0), RandomHorizontalFlip(seed=1)
    x = keras.Input((4, 4, 1))
    y = keras.layers.Flatten()(other(flip(x)))
    beginning, rest = _divided(keras.Model(x, y))
    assert beginning == [flip, other]
    assert [layer for layer in rest.layers if layer in (flip, other)] == []
    both = keras.layers.Concatenate()([flip(x), x])  # the image as it is goes on too
    beginning, rest = _divided(keras.Model(x, both))
    assert beginning == []
    assert flip in rest.layers


@on_torch
def test_a_network_of_ones_own_is_refused(tmp_path):
    x = keras.Input((8, 8, 1))
    network = keras.Model(x, keras.layers.Dense(10)(keras.layers.Flatten()(x)))
    with pytest.raises(UsageError, match=r"^jit_compile should be False for a network of your own"):
        train(compiled(PLAIN), model=network, out=tmp_path, callbacks=())
    assert not any(tmp_path.iterdir())


@on_torch
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision(quick, tmp_path, precision):
    """Weights and statistics reach the program in float32, as the layers have them."""
    recipe = override(DRAWING, {"precision": precision, "epochs": 1})
    run, weights = recorded(recipe, tmp_path / "plain")
    other, same = recorded(compiled(recipe), tmp_path / "compiled")
    for ours, theirs in zip(same[-1], weights[-1], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=5e-3)
    for ours, theirs in zip(other.model.get_weights(), run.model.get_weights(), strict=True):
        assert ours.dtype == "float32"
        np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=5e-3)


@on_torch
def test_what_pytorch_cannot_compile_is_told_in_a_sentence(tmp_path, monkeypatch, capsys):
    def fails(*args, **kwargs):
        raise RuntimeError("no compiler\nand more lines")

    monkeypatch.setattr("torch.compile", fails)
    words = ["train", "regularization/baseline", "--dataset", "digits", "--set", "jit_compile=True"]
    words += ["--set", "model.arguments.filters=(4,4)", "--set", "model.arguments.units=(8,)"]
    assert main([*words, "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "PyTorch cannot compile it (no compiler)." in error
    assert "Traceback" not in error
