"""Callbacks in a real `fit`, on whichever backend is in use."""

import io
import math
import types

import keras
import numpy as np
import pandas as pd
import pytest

from kerasdl import schedules
from kerasdl.callbacks import (
    CSVLog,
    Evaluate,
    LogLearningRate,
    Progress,
    ScheduleLearningRate,
    StopOnDivergence,
    Throughput,
)
from kerasdl.callbacks import progress as progress_module
from kerasdl.callbacks import throughput as throughput_module
from kerasdl.errors import UsageError

X = np.ones((12, 1), "float32")


def slope_model(optimizer):
    """One weight whose gradient is 1: it becomes minus the sum of the rates."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, name="w")])
    model.compile(optimizer, loss=lambda y, out: keras.ops.mean(out))
    model.get_layer("w").set_weights([np.zeros((1, 1))])
    return model


def fit(model, callbacks, epochs=4, **options):
    """Four epochs of three steps; returns the history."""
    options = {"batch_size": 4, "epochs": epochs, "verbose": 0, "shuffle": False} | options
    return model.fit(X, X, callbacks=callbacks, **options).history


def moved(model):
    return -float(model.get_weights()[0][0, 0])


# The learning rate


def test_rate_constant():
    assert (
        fit(slope_model(keras.optimizers.SGD(0.1)), [LogLearningRate()])["learning_rate"]
        == [0.1] * 4
    )


def test_a_warmup_set_by_epoch_trains_in_the_first_epoch():
    warm = schedules.Warmup(schedules.Constant(0.4), duration=3)
    rates = [0.1, 0.2, 0.3, 0.4]  # (e + 1) / (3 + 1) of the rate, in epoch e
    model = slope_model(keras.optimizers.SGD(1.0))
    history = fit(model, [ScheduleLearningRate(warm), LogLearningRate()])
    np.testing.assert_allclose(history["learning_rate"], rates, rtol=1e-6)
    assert moved(model) == pytest.approx(3 * sum(rates), rel=1e-5)  # three steps an epoch


def test_rate_of_a_schedule_in_the_optimizer_is_that_of_the_last_update():
    # Updates 0 to 11; the last of an epoch are 2, 5, 8 and 11.
    linear = schedules.Polynomial(1.2, duration=12)
    model = slope_model(keras.optimizers.SGD(linear))
    rates = fit(model, [LogLearningRate()])["learning_rate"]
    assert rates == pytest.approx([1.0, 0.7, 0.4, 0.1])
    assert moved(model) == pytest.approx(sum(1.2 - 0.1 * i for i in range(12)), rel=1e-5)


def test_rate_of_kerass_own_schedule():
    decay = keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
    rates = fit(slope_model(keras.optimizers.SGD(decay)), [LogLearningRate()])["learning_rate"]
    assert rates == pytest.approx([2.0**-2, 2.0**-5, 2.0**-8, 2.0**-11])


def test_rate_set_by_epoch():
    model = slope_model(keras.optimizers.SGD(9.0))
    history = fit(model, [ScheduleLearningRate(schedules.Step(1.0, every=2)), LogLearningRate()])
    assert history["learning_rate"] == [1.0, 1.0, 0.1, 0.1]
    assert moved(model) == pytest.approx(6.6)


def test_rate_set_by_batch():
    model = slope_model(keras.optimizers.SGD(9.0))
    linear = schedules.Polynomial(1.2, duration=12)
    history = fit(model, [ScheduleLearningRate(linear, by="batch"), LogLearningRate()])
    assert history["learning_rate"] == pytest.approx([1.0, 0.7, 0.4, 0.1])
    assert moved(model) == pytest.approx(sum(1.2 - 0.1 * i for i in range(12)), rel=1e-5)


@pytest.mark.parametrize("by", ["epoch", "batch"])
def test_rate_goes_on_where_a_resumed_run_begins(by):
    model = slope_model(keras.optimizers.SGD(9.0))
    schedule = {"epoch": lambda epoch: 10.0**-epoch, "batch": lambda step: 1.0 * (step >= 9)}[by]
    fit(model, [ScheduleLearningRate(schedule, by)], epochs=4, initial_epoch=2)
    assert moved(model) == pytest.approx({"epoch": 3 * (0.01 + 0.001), "batch": 3.0}[by])


@pytest.mark.parametrize("order", ["before", "after"])
def test_rate_reduced_on_plateau_is_logged_from_the_next_epoch_on(order):
    # val_loss of another weight never improves on its first value: halved after every epoch.
    model = slope_model(keras.optimizers.SGD(1.0))
    flat = keras.callbacks.ReduceLROnPlateau(
        "plateau", factor=0.5, patience=1, min_delta=0, mode="min"
    )
    both = [LogLearningRate(), flat] if order == "before" else [flat, LogLearningRate()]
    history = fit(model, [_Add(plateau=1.0), *both])
    assert history["learning_rate"] == [1.0, 1.0, 0.5, 0.25]
    assert moved(model) == pytest.approx(3 * 2.75)


class _Add(keras.callbacks.Callback):
    def __init__(self, **logs):
        super().__init__()
        self.logs = logs

    def on_epoch_end(self, epoch, logs=None):
        logs.update(self.logs)


def test_rate_with_gradient_accumulation():
    # 3 steps an epoch, an update on steps 1, 3, 5, ...: the last are 1, 5, 7 and 11.
    linear = schedules.Polynomial(1.2, duration=12)
    model = slope_model(keras.optimizers.SGD(linear, gradient_accumulation_steps=2))
    rates = fit(model, [LogLearningRate()])["learning_rate"]
    assert rates == pytest.approx([1.1, 0.7, 0.5, 0.1])
    assert moved(model) == pytest.approx(sum(1.2 - 0.1 * i for i in range(1, 12, 2)), rel=1e-5)


def test_rate_before_the_first_update_is_that_of_the_first():
    optimizer = keras.optimizers.SGD(schedules.Step(1.0, every=2), gradient_accumulation_steps=9)
    assert fit(slope_model(optimizer), [LogLearningRate()], epochs=1)["learning_rate"] == [1.0]


@pytest.mark.parametrize("how", ["inside", "epoch", "batch"])
def test_rate_with_a_loss_scale_optimizer(how):
    linear = schedules.Polynomial(1.2, duration=12)
    inner = keras.optimizers.SGD(linear if how == "inside" else 9.0)
    model = slope_model(keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0))
    extra = [] if how == "inside" else [ScheduleLearningRate(linear, by=how)]
    rates = fit(model, [*extra, LogLearningRate()])["learning_rate"]
    expected = [1.2, 1.1, 1.0, 0.9] if how == "epoch" else [1.0, 0.7, 0.4, 0.1]
    assert rates == pytest.approx(expected)


def test_an_optimizer_with_a_schedule_does_not_let_its_rate_be_set():
    model = slope_model(keras.optimizers.SGD(schedules.Constant(0.1)))
    with pytest.raises(UsageError, match="a schedule of its own, Constant"):
        fit(model, [ScheduleLearningRate(lambda epoch: 0.1)])
    with pytest.raises(ValueError, match="Received: by='step'"):
        ScheduleLearningRate(lambda epoch: 0.1, by="step")


# Evaluation


def classifier(traced=None):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(3),
        ]
    )

    def loss(y, out):
        if traced is not None:
            traced.append(1)
        return keras.losses.sparse_categorical_crossentropy(y, out, from_logits=True)

    model.compile(keras.optimizers.SGD(0.1), loss=loss, metrics=["accuracy"])
    return model


RANDOM = np.random.default_rng(0)
DATA = RANDOM.standard_normal((40, 4)).astype("float32"), RANDOM.integers(0, 3, 40)
VALIDATION = RANDOM.standard_normal((22, 4)).astype("float32"), RANDOM.integers(0, 3, 22)
TEST = RANDOM.standard_normal((17, 4)).astype("float32"), RANDOM.integers(0, 3, 17)


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return math.ceil(len(self.x) / 8)

    def __getitem__(self, index):
        return self.x[8 * index : 8 * index + 8], self.y[8 * index : 8 * index + 8]


def cross_entropy_and_accuracy(model, x, y):
    logits = np.asarray(model.predict(x, verbose=0), "float64")
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    return -logits[np.arange(len(y)), y].mean(), (logits.argmax(-1) == y).mean()


def test_each_part_is_evaluated_under_its_name():
    model = classifier()
    parts = {"val": Batches(*VALIDATION), "test": TEST}
    history = model.fit(
        *DATA, batch_size=8, epochs=2, verbose=0, callbacks=[Evaluate(parts, batch_size=8)]
    ).history
    names = ["accuracy", "loss", "test_accuracy", "test_loss", "val_accuracy", "val_loss"]
    assert sorted(history) == names
    for name, data in (("val", VALIDATION), ("test", TEST)):
        loss, accuracy = cross_entropy_and_accuracy(model, *data)
        assert history[f"{name}_loss"][-1] == pytest.approx(loss, rel=1e-5)
        assert history[f"{name}_accuracy"][-1] == pytest.approx(accuracy, rel=1e-6)


def test_training_cannot_tell_that_it_was_evaluated():
    class Metrics(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            now = self.model.get_metrics_result()
            logs |= {f"now_{k}": float(keras.ops.convert_to_numpy(v)) for k, v in now.items()}

    def train(*callbacks):
        model = classifier()
        options = {"batch_size": 8, "epochs": 3, "verbose": 0, "shuffle": False}
        history = model.fit(*DATA, **options, callbacks=[*callbacks, Metrics()]).history
        return history, model.get_weights()

    plain, weights = train()
    evaluated, same = train(Evaluate({"val": VALIDATION, "test": TEST}, batch_size=8))
    assert {name: evaluated[name] for name in plain} == plain
    assert evaluated["now_loss"] == evaluated["loss"]
    for one, other in zip(weights, same, strict=True):
        np.testing.assert_array_equal(one, other)


def test_evaluation_weights():
    model = slope_model(keras.optimizers.SGD(0.0))
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    y, w = np.array([[1.0], [3.0]]), np.array([1.0, 0.0])
    history = fit(model, [Evaluate({"val": (np.ones((2, 1)), y, w)})], epochs=1)
    assert history["val_loss"] == pytest.approx([1 / 2])  # Keras divides by the number of images


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="PyTorch runs eagerly")
def test_later_epochs_trace_nothing():
    traced, counts = [], []
    model = classifier(traced)
    count = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: counts.append(len(traced)))
    parts = {"val": Batches(*VALIDATION), "test": TEST}  # last batches of 6 and of 1
    model.fit(*DATA, batch_size=8, epochs=4, verbose=0, callbacks=[Evaluate(parts, 8), count])
    assert counts[0] == counts[-1]


def test_keras_callbacks_see_the_validation():
    model = slope_model(keras.optimizers.SGD(-1.0))  # uphill
    callbacks = [
        Evaluate({"val": (X, X)}, 4),
        keras.callbacks.EarlyStopping("val_loss", patience=2, mode="min"),
    ]
    assert len(fit(model, callbacks, epochs=9)["loss"]) == 3


# Time


class Clock:
    """Time that passes only when a callback says so."""

    now = 100.0

    def perf_counter(self):
        return self.now


class Spend(keras.callbacks.Callback):
    """A second each step, a thousand whenever training has ended."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def on_train_batch_begin(self, batch, logs=None):
        self.clock.now += 1

    def on_test_begin(self, logs=None):
        self.clock.now += 1000

    def on_epoch_end(self, epoch, logs=None):
        self.clock.now += 1000


@pytest.mark.parametrize("validation", [None, (X, X)])
def test_throughput_counts_training_only(monkeypatch, validation):
    clock = Clock()
    monkeypatch.setattr(throughput_module, "time", clock)
    history = fit(
        slope_model(keras.optimizers.SGD(0.1)),
        [Throughput(12), Spend(clock)],
        epochs=2,
        validation_data=validation,
    )
    assert history["seconds"] == [3, 3]
    assert history["images_per_second"] == [4, 4]


def test_throughput_arguments():
    with pytest.raises(ValueError, match="Received: images=0"):
        Throughput(0)


# Divergence


def test_a_run_whose_loss_is_no_number_ends(tmp_path):
    class Poison(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.get_layer("w").set_weights([np.full((1, 1), np.nan)])

    guard = StopOnDivergence()
    callbacks = [
        Poison(),
        Evaluate({"val": (X, X)}, 4),
        LogLearningRate(),
        guard,
        CSVLog(tmp_path / "log.csv"),
    ]
    model = slope_model(keras.optimizers.SGD(0.1))
    fit(model, callbacks, epochs=9)
    assert guard.diverged
    assert guard.epoch == 3
    log = pd.read_csv(tmp_path / "log.csv")
    assert log["epoch"].tolist() == [1, 2, 3]
    assert log["loss"].isna().tolist() == [False, False, True]
    assert log["val_loss"].isna().tolist() == [False, False, True]
    assert log["learning_rate"].tolist() == [0.1] * 3

    model.get_layer("w").set_weights([np.zeros((1, 1))])
    fit(model, [guard])
    assert not guard.diverged
    assert guard.epoch is None


def test_an_infinite_loss_is_divergence():
    guard = StopOnDivergence()
    guard.set_model(types.SimpleNamespace(stop_training=False))
    guard.on_epoch_end(4, {"loss": -math.inf})
    assert guard.model.stop_training
    assert guard.epoch == 5


# Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def drive(stream, clock, monkeypatch, batches=2, epochs=3, **options):
    monkeypatch.setattr(progress_module, "time", clock)
    progress = Progress(stream, **options)
    progress.set_params({"epochs": epochs, "steps": batches})
    progress.on_train_begin()
    for epoch in range(epochs):
        progress.on_epoch_begin(epoch)
        for batch in range(batches):
            clock.now += 10 if epoch else 25  # the first epoch compiles
            progress.on_train_batch_end(batch, {"loss": 2.0, "accuracy": 0.5})
        clock.now += 4  # evaluation
        logs = {"accuracy": 0.567, "loss": 1.2345, "val_accuracy": 0.5564, "val_loss": 1.5}
        logs |= {"learning_rate": 0.1, "seconds": 20.12, "images_per_second": 2490.3}
        progress.on_epoch_end(epoch, logs)
    return progress


def test_progress_in_a_file(monkeypatch):
    stream = io.StringIO()
    drive(stream, Clock(), monkeypatch)
    line = (
        "epoch {}/3  loss 1.2345  accuracy 0.5670  val_accuracy 0.5564  lr 0.1  20.1 s  "
        "2490 images/s{}\n"
    )
    assert stream.getvalue() == (
        line.format(1, "  ETA 1:48") + line.format(2, "  ETA 0:24") + line.format(3, "")
    )


def test_progress_on_a_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    stream = Terminal()
    drive(stream, Clock(), monkeypatch)
    drawn = stream.getvalue()
    assert drawn.count("\n") == 3
    assert "\repoch 1/3   50 %  loss 2.0000  accuracy 0.5000  ETA 0:25  run 2:05" in drawn
    assert "\repoch 2/3   50 %  loss 2.0000  accuracy 0.5000  ETA 0:10  run 0:30" in drawn
    live = [part for part in drawn.split("\r") if "%" in part]
    assert len(live) == 6
    assert all(len(part) < 70 for part in live)


def test_progress_is_throttled(monkeypatch):
    stream = Terminal()
    drive(stream, Clock(), monkeypatch, interval=45)
    assert sum("%" in part for part in stream.getvalue().split("\r")) == 1  # at 50 s of epoch 1


def test_progress_of_a_regression_shows_its_losses(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(progress_module, "time", Clock())
    progress = Progress(stream)
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    progress.on_epoch_end(0, {"loss": 0.25, "val_loss": math.nan, "seconds": 250.4})
    assert stream.getvalue() == "epoch 1/1  loss 0.2500  val_loss nan  250 s\n"


def test_progress_in_fit():
    stream = Terminal()
    fit(slope_model(keras.optimizers.SGD(0.1)), [Progress(stream, interval=0)])
    lines = stream.getvalue().split("\n")
    assert len(lines) == 5
    assert lines[3].rpartition("\r")[2].startswith("epoch 4/4  loss -")


def test_progress_does_not_make_keras_wait_for_the_device():
    plain = keras.callbacks.CallbackList([])
    assert keras.callbacks.CallbackList([Progress()])._async_train == plain._async_train
