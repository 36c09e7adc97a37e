"""The learning-rate range test, on a problem whose losses are known."""

import argparse
import random
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from keras.src.backend.common import global_state
from PIL import Image

from kerasdl import schedules
from kerasdl.callbacks import learning_rate_range
from kerasdl.commands import lr_range as command
from kerasdl.errors import UsageError

X, Y = np.ones((12, 1), "float32"), np.zeros((12, 1), "float32")


def parabola(optimizer=None):
    """Loss w ** 2 from w = 1: a step with rate r multiplies w by 1 - 2 * r."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(optimizer or keras.optimizers.SGD(0.1), loss="mse", metrics=["mae"])
    model.set_weights([np.ones((1, 1))])
    return model


def expected(rates, smoothing):
    w, losses = 1.0, []
    for rate in rates:
        losses.append(w**2)
        w *= 1 - 2 * rate
    average, smoothed = 0.0, []
    for i, loss in enumerate(losses):
        average = smoothing * average + (1 - smoothing) * loss
        smoothed.append(average / (1 - smoothing ** (i + 1)))
    return losses, smoothed


def test_losses_of_a_parabola():
    # 3 batches in the data, 40 steps; above a rate of 1 each step makes it worse.
    found = learning_rate_range(
        parabola(), (X, Y), (1e-3, 0.4), steps=40, batch_size=4, smoothing=0.5
    )
    rates = 1e-3 * 400 ** (np.arange(40) / 39)
    losses, smoothed = expected(rates, 0.5)
    assert found.table["step"].tolist() == list(range(1, 41))
    np.testing.assert_allclose(found.table["learning_rate"], rates, rtol=1e-9)
    np.testing.assert_allclose(found.table["loss"], losses, rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(found.table["smoothed_loss"], smoothed, rtol=1e-3, atol=1e-9)
    assert not found.diverged
    assert found.lowest == pytest.approx(0.4)
    assert found.suggestion == pytest.approx(0.04)


def test_it_ends_when_the_loss_explodes():
    found = learning_rate_range(parabola(), (X, Y), (1e-2, 1e4), steps=60, smoothing=0.0)
    losses, _ = expected(found.table["learning_rate"], 0.0)
    assert found.diverged
    assert len(found.table) < 60
    assert losses[-1] > 4 * min(losses) >= losses[-2]
    assert found.lowest == pytest.approx(found.table["learning_rate"][np.argmin(losses)])


def test_nothing_is_suggested_where_the_loss_only_rises():
    found = learning_rate_range(parabola(), (X, Y), (2.0, 20.0), steps=20)
    assert found.lowest == pytest.approx(2.0)
    assert found.suggestion is None


def classifier(optimizer):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(4),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer, loss="mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("rate", "trained"), [("number", False), ("schedule", True)])
def test_everything_is_as_it_was(rate, trained, shuffle):
    def run(test):
        rates = {"number": 0.05, "schedule": schedules.Exponential(0.05, factor=0.9)}
        model = classifier(keras.optimizers.SGD(rates[rate], momentum=0.9))
        x = np.random.default_rng(0).standard_normal((24, 1)).astype("float32")
        options = {"batch_size": 8, "verbose": 0, "shuffle": shuffle}
        if trained:
            model.fit(x, x, **options)
        else:  # Keras builds the metrics from a first pass, for which PyTorch draws a seed
            model.evaluate(x, x, verbose=0)
        if test:
            learning_rate_range(model, (x, x), (1e-3, 1.0), steps=10, batch_size=8)
        history = model.fit(x, x, epochs=2, **options).history
        return history, [keras.ops.convert_to_numpy(v) for v in model.variables], model

    control, weights, _ = run(test=False)
    history, same, model = run(test=True)
    assert history == control
    for one, other in zip(weights, same, strict=True):
        np.testing.assert_array_equal(one, other)
    iterations = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
    assert iterations == (9 if trained else 6)  # three steps an epoch


def random_state():
    """The generators of the process, as `keras.utils.set_random_seed` sets them."""
    states = [random.getstate(), np.random.get_state()]
    generator = global_state.get_global_attribute("global_seed_generator")
    states.append(generator and keras.ops.convert_to_numpy(generator.state).copy())
    if keras.backend.backend() == "torch":
        states.append(sys.modules["torch"].get_rng_state().numpy())
    return states


class Draws(keras.layers.Layer):
    """Draws from every generator of the process while it is trained, as a user's layer may."""

    def call(self, x, training=False):
        if training and keras.backend.backend() != "jax":  # which refuses draws without a seed
            x = x + keras.random.normal(keras.ops.shape(x))
        random.random()
        np.random.random()
        return x


@pytest.mark.parametrize("used", [False, True])
def test_generators_of_the_process_are_as_they_were(used):
    keras.utils.set_random_seed(1)
    if used:
        keras.random.normal((1,))
    model = keras.Sequential([keras.Input((1,)), Draws(), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse", run_eagerly=True)
    x = np.ones((24, 1), "float32")
    model.evaluate(x, x, verbose=0)
    before = random_state()
    learning_rate_range(model, (x, x), (1e-3, 1.0), steps=10, batch_size=8)
    for one, other in zip(before, random_state(), strict=True):
        np.testing.assert_equal(other, one)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch's dropout draws there")
@pytest.mark.parametrize("name", ["cuda", "mps", "xpu"])
def test_the_generator_of_the_accelerator_is_as_it_was(name, monkeypatch):
    """An accelerator that is not there: its generator counts the draws."""
    device = getattr(sys.modules["torch"], name)
    drawn = [5]
    monkeypatch.setattr(device, "device_count", lambda: 1)
    monkeypatch.setattr(device, "get_rng_state", lambda: drawn[0])
    monkeypatch.setattr(device, "set_rng_state", lambda state: drawn.__setitem__(0, state))

    class Dropout(keras.layers.Layer):
        def call(self, x, training=False):
            drawn[0] += bool(training)
            return x

    model = keras.Sequential([keras.Input((1,)), Dropout(), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse", run_eagerly=True)
    x = np.ones((24, 1), "float32")
    model.fit(x, x, batch_size=8, verbose=0)
    assert drawn[0] > 5, "a draw a step"
    before = drawn[0]
    learning_rate_range(model, (x, x), (1e-3, 1.0), steps=10, batch_size=8)
    assert drawn[0] == before


def test_the_plot_is_a_picture(tmp_path):
    found = learning_rate_range(parabola(), (X, Y), (1e-2, 10.0), steps=20)
    found.plot(tmp_path / "range.png")
    with Image.open(tmp_path / "range.png") as picture:
        assert picture.size == (900, 600)
        assert np.asarray(picture).std() > 5  # something is drawn


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rates": (0.0, 1.0)}, "above 0.*Received: .0.0, 1.0."),
        ({"rates": (2.0, 1.0)}, "the first below the last"),
        ({"steps": 5}, "at least 10 steps"),
        ({"smoothing": 1.0}, "smoothing=1.0"),
        ({"stop": 1.0}, "stop=1.0"),
    ],
)
def test_arguments(arguments, message):
    with pytest.raises(UsageError, match=message):
        learning_rate_range(parabola(), (X, Y), **arguments)


def test_a_loss_that_is_no_number_from_the_start():
    model = parabola()
    model.set_weights([np.full((1, 1), np.nan)])
    with pytest.raises(UsageError, match="finite loss at the first learning rate"):
        learning_rate_range(model, (X, Y), steps=10)


def run_command(*words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


SMALL = (
    "regularization/baseline",
    "--dataset",
    "digits",
    "--limit-train",
    "64",
    "--batch-size",
    "16",
)
SMALL += ("--set", "model.builder=MLP", "--set", "model.arguments={'units': (8,)}")


def test_command(tmp_path, capsys):
    words = ("--steps", "12", "--start", "1e-4", "--end", "1", "--out", str(tmp_path / "found"))
    assert run_command(*SMALL, *words) == 0
    table = pd.read_csv(tmp_path / "found" / "lr_range.csv")
    assert list(table) == ["step", "learning_rate", "loss", "smoothed_loss"]
    assert table["learning_rate"].iloc[0] == pytest.approx(1e-4)
    assert (tmp_path / "found" / "lr_range.png").read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert "regularization/baseline on digits" in said
    assert "of their own" not in said


def test_weights_with_rates_of_their_own_are_named(tmp_path, capsys):
    own = {"weights": "^dense1/", "update": "sgd", "learning_rate": 0.1}
    arguments = {"groups": (own, {"weights": "", "update": "adamw"})}
    words = ("--set", "optimizer.name=muon", "--set", f"optimizer.arguments={arguments}")
    assert run_command(*SMALL, *words, "--steps", "10", "--out", str(tmp_path)) == 0
    assert "rates of their own keep these: ^dense1/\n" in capsys.readouterr().out
