"""The table of a run: what pandas reads back, after kills, resumes and mistakes."""

import math
import os
import signal
import subprocess
import sys
import textwrap
import time

import keras
import numpy as np
import pandas as pd
import pytest

from kerasdl.callbacks import CSVLog, Evaluate, LogLearningRate, Throughput
from kerasdl.callbacks import _table as table_module
from kerasdl.callbacks._table import Table
from kerasdl.errors import UsageError

posix = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")


def write(path, rows, append=False):
    table = Table(path, append)
    table.begin()
    for row in rows:
        table.write(row)


def log_epochs(path, logs, first=0, append=False):
    """Drive the callback as Keras does, without a model."""
    log = CSVLog(path, append)
    log.on_train_begin()
    for epoch, entries in enumerate(logs, start=first):
        log.on_epoch_begin(epoch)
        log.on_epoch_end(epoch, dict(entries))


FULL = {  # in the order in which Keras and our callbacks put them into the logs
    "accuracy": 0.5,
    "loss": 1.25,
    "seconds": 20.125,
    "images_per_second": 2484.5,
    "test_accuracy": 0.25,
    "test_loss": 3.5,
    "val_accuracy": 0.75,
    "val_loss": 2.5,
    "learning_rate": 0.1,
}


def test_columns_and_types(tmp_path):
    path = tmp_path / "new" / "folder" / "log.csv"
    log_epochs(path, [FULL, FULL | {"loss": math.nan, "val_loss": math.inf}])
    log = pd.read_csv(path)
    assert list(log) == [
        *("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy"),
        *("learning_rate", "seconds", "images_per_second"),
    ]
    assert log["epoch"].dtype == "int64"
    assert all(log[name].dtype == "float64" for name in log if name != "epoch")
    assert log["epoch"].tolist() == [1, 2]
    assert log.loc[0].drop("epoch").to_dict() == FULL
    assert math.isnan(log["loss"][1])
    assert log["val_loss"][1] == math.inf
    assert path.read_text().splitlines()[2].startswith("2,nan,0.5,inf,")


def test_every_line_is_there_when_its_epoch_ends(tmp_path):
    log = CSVLog(tmp_path / "log.csv")
    log.on_train_begin()
    for epoch in range(3):
        log.on_epoch_begin(epoch)
        log.on_epoch_end(epoch, {"loss": 1.0})
        assert pd.read_csv(tmp_path / "log.csv")["epoch"].tolist() == list(range(1, epoch + 2))


def test_numbers_are_short_and_lose_nothing(tmp_path):
    singles = np.random.default_rng(0).standard_normal(200).astype("float32")
    doubles = np.random.default_rng(1).standard_normal(200)
    rows = [
        {"epoch": i, "single": float(single), "double": float(double), "rate": np.float32(0.1)}
        for i, (single, double) in enumerate(zip(singles, doubles, strict=True))
    ]
    write(tmp_path / "log.csv", rows)
    log = pd.read_csv(tmp_path / "log.csv", dtype=str).map(float)  # as Python reads them
    np.testing.assert_array_equal(log["single"].to_numpy("float32"), singles)
    np.testing.assert_array_equal(log["double"].to_numpy(), doubles)
    assert (log["rate"] == 0.1).all()  # not 0.10000000149
    assert max(len(line) for line in (tmp_path / "log.csv").read_text().splitlines()) < 60


def test_other_values_than_numbers_and_text_are_left_out(tmp_path):
    write(tmp_path / "log.csv", [{"epoch": 1, "loss": 1.0, "matrix": np.eye(2), "none": None}])
    assert (tmp_path / "log.csv").read_text() == "epoch,loss\n1,1.0\n"


def test_text_stays_on_its_line(tmp_path):
    path = tmp_path / "log.csv"
    for first, append in ((0, False), (1, True)):
        log = CSVLog(path, append, constants={"notice": 'digits, "not"\nCIFAR-10'})
        log.on_train_begin()
        log.on_epoch_end(first, {"loss": 1.0, "seconds": 2.0})
    assert list(pd.read_csv(path)) == ["epoch", "loss", "seconds", "notice"]
    assert pd.read_csv(path)["notice"].tolist() == ['digits, "not" CIFAR-10'] * 2
    assert path.read_text().count("\n") == 3


def test_without_append_the_old_table_is_replaced(tmp_path):
    path = tmp_path / "log.csv"
    log_epochs(path, [{"loss": 1.0}] * 3)
    log_epochs(path, [{"loss": 2.0, "accuracy": 0.5}])
    assert path.read_text() == "epoch,loss,accuracy\n1,2.0,0.5\n"


def test_append_continues_the_same_table(tmp_path):
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    logs = [FULL | {"loss": 1 / (epoch + 1)} for epoch in range(6)]
    log_epochs(whole, logs)
    log_epochs(parts, logs[:3])
    log_epochs(parts, logs[3:5], first=3, append=True)
    log_epochs(parts, logs[5:], first=5, append=True)
    assert parts.read_bytes() == whole.read_bytes()


def test_append_replaces_epochs_that_are_trained_again(tmp_path):
    path = tmp_path / "log.csv"
    log_epochs(path, [{"loss": 1.0}] * 5)
    log_epochs(path, [{"loss": 2.0}] * 2, first=3, append=True)
    log = pd.read_csv(path)
    assert log["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert log["loss"].tolist() == [1, 1, 1, 2, 2]


def test_append_to_nothing(tmp_path):
    log_epochs(tmp_path / "log.csv", [{"loss": 1.0}], append=True)
    (tmp_path / "empty.csv").touch()
    log_epochs(tmp_path / "empty.csv", [{"loss": 1.0}], append=True)
    for name in ("log.csv", "empty.csv"):
        assert (tmp_path / name).read_text() == "epoch,loss\n1,1.0\n"


def test_append_finds_the_columns_by_name(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,accuracy,loss\n1,0.5,2.0\n")
    log_epochs(path, [{"loss": 1.0, "accuracy": 0.75}], first=1, append=True)
    assert path.read_text() == "epoch,accuracy,loss\n1,0.5,2.0\n2,0.75,1.0\n"


@pytest.mark.parametrize(
    ("logs", "words"),
    [
        ({"loss": 1.0, "top5": 0.5}, "missing: accuracy; new: top5"),
        ({"loss": 1.0}, "missing: accuracy"),
        ({"loss": 1.0, "accuracy": 0.5, "val_loss": 2.0}, "new: val_loss"),
    ],
)
def test_other_metrics_are_refused_and_the_file_is_untouched(tmp_path, logs, words):
    path = tmp_path / "log.csv"
    log_epochs(path, [{"loss": 1.0, "accuracy": 0.5}] * 2)
    path.write_bytes(path.read_bytes() + b"3,0.")  # nor is the tail mended
    before = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(UsageError, match=r"log\.csv cannot be continued.*" + words):
        log_epochs(path, [logs], first=2, append=True)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [p.name for p in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("loss,accuracy\n1.0,0.5\n", "a column 'epoch'.*'loss,accuracy'"),
        ("epoch,loss,loss\n1,1.0,0.5\n", "no column twice"),
        ("epoch,loss\n1,1.0\n2\n3,1.0\n", "2 fields.*in line 3; received '2'"),
        ("epoch,loss\none,1.0\n2,1.0\n", "a whole number as epoch in line 2"),
    ],
)
def test_foreign_files_are_refused_before_training(tmp_path, content, words):
    path = tmp_path / "log.csv"
    path.write_text(content)
    with pytest.raises(UsageError, match=words):
        CSVLog(path, append=True).on_train_begin()
    assert path.read_text() == content


def test_columns_that_come_and_go(tmp_path):
    # As with fit(validation_freq=2): the table is widened, and resumed in between.
    path = tmp_path / "log.csv"
    plain, validated = {"loss": 1.0, "seconds": 2.0}, {"loss": 1.0, "val_loss": 3.0, "seconds": 2.0}
    log_epochs(path, [plain, validated, plain])
    log_epochs(path, [validated, plain], first=3, append=True)
    log_epochs(path, [plain], first=4, append=True)
    log = pd.read_csv(path)
    assert list(log) == ["epoch", "loss", "val_loss", "seconds"]
    assert log["epoch"].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(log["val_loss"], [math.nan, 3, math.nan, 3, math.nan])


def test_a_tail_cut_anywhere_is_mended(tmp_path):
    path = tmp_path / "log.csv"
    log_epochs(path, [{"loss": 1.5, "accuracy": 0.5}] * 3)
    whole = path.read_bytes()
    lines = [0, *(i + 1 for i, byte in enumerate(whole) if byte == ord("\n"))]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        left = max(sum(end <= cut for end in lines) - 2, 0)  # whole lines, less the header
        log_epochs(path, [{"loss": 2.5, "accuracy": 0.5}], first=left, append=True)
        assert path.read_bytes() == whole[: lines[left + 1]] + b"%d,2.5,0.5\n" % (left + 1)


@pytest.mark.parametrize(
    "tail", [b"4,2.0\n", b"4,2.0,0.5,7\n", b"\0\0\0\0", b"\xff\xfe", b"x,1,2\n"]
)
def test_a_damaged_last_line_is_dropped(tmp_path, tail):
    path = tmp_path / "log.csv"
    log_epochs(path, [{"loss": 1.5, "accuracy": 0.5}] * 3)
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    log_epochs(path, [{"loss": 2.5, "accuracy": 0.5}], first=3, append=True)
    assert path.read_bytes() == whole + b"4,2.5,0.5\n"


def run_killed(code, path, **options):
    """Run `code` with `Table` loaded alone, which takes no backend."""
    load = f"""
    import importlib.util, os, signal
    spec = importlib.util.spec_from_file_location("table", {table_module.__file__!r})
    module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)
    table = module.Table({os.fspath(path)!r}, append=True); table.begin()
    """
    code = textwrap.dedent(load) + textwrap.dedent(code)
    return subprocess.Popen([sys.executable, "-c", code], **options)


@posix
def test_killed_while_writing(tmp_path):
    path = tmp_path / "log.csv"
    child = run_killed(
        """
        for epoch in range(1, 10**6):
            table.write({"epoch": epoch, "loss": 1 / epoch, "accuracy": 0.5})
        """,
        path,
    )
    try:
        deadline = time.monotonic() + 60
        while not path.exists() or path.read_bytes().count(b"\n") < 30:
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.01)
    finally:
        child.kill()
        child.wait()
    lines = path.read_bytes().count(b"\n") - 1
    log_epochs(path, [{"loss": 9.0, "accuracy": 0.5}], first=lines, append=True)
    log = pd.read_csv(path)
    assert log["epoch"].tolist() == list(range(1, lines + 2))
    np.testing.assert_allclose(log["loss"], [*(1 / np.arange(1, lines + 1)), 9.0], rtol=1e-6)


@posix
@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_killed_while_rewriting_leaves_the_old_table(tmp_path, moment):
    path = tmp_path / "log.csv"
    log_epochs(path, [{"loss": 1.0}] * 4)
    before = path.read_bytes()
    child = run_killed(
        f"""
        os.{moment} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        table.write({{"epoch": 3, "loss": 2.0}})
        """,
        path,
    )
    assert child.wait(60) == -signal.SIGKILL
    assert path.read_bytes() == before
    log_epochs(path, [{"loss": 3.0}], first=2, append=True)
    assert pd.read_csv(path)["loss"].tolist() == [1, 1, 3]
    assert [p.name for p in tmp_path.iterdir()] == ["log.csv"]


# The second file


class Value(keras.layers.Layer):
    """Its input, so that the loss is known; one weight, so that there is something to train."""

    def build(self, input_shape):
        self.w = self.add_weight(shape=(), initializer="zeros")

    def call(self, x):
        return x + 0 * self.w


def known_model():
    """Loss of an image: its value. Its root mean square: that of the values."""
    model = keras.Sequential([keras.Input((1,)), Value()])
    model.compile(
        keras.optimizers.SGD(keras.optimizers.schedules.PiecewiseConstantDecay([6], [0.5, 0.25])),
        loss=lambda y, out: out,
        metrics=[keras.metrics.RootMeanSquaredError(name="rms"), "mae"],
    )
    return model


@pytest.mark.parametrize("validation", ["none", "ours", "keras"])
def test_means_over_the_last_steps(tmp_path, validation):
    # 9 steps an epoch: 8 of 5 images, the last of 3
    x = np.random.default_rng(0).uniform(1, 2, (43, 1)).astype("float32")
    y = np.zeros((43, 1), "float32")
    extra = [Evaluate({"val": (x[:7], y[:7])}, 4)] if validation == "ours" else []
    log = CSVLog(tmp_path / "log.csv", steps_path=tmp_path / "steps.csv", every=4)
    known_model().fit(
        x,
        y,
        batch_size=5,
        epochs=2,
        shuffle=False,
        verbose=0,
        validation_data=(x[:7], y[:7]) if validation == "keras" else None,
        callbacks=[*extra, log],
    )
    steps = pd.read_csv(tmp_path / "steps.csv")
    assert list(steps) == ["step", "epoch", "loss", "mae", "rms", "learning_rate"]
    assert steps["step"].tolist() == [4, 8, 9, 13, 17, 18]
    assert steps["epoch"].tolist() == [1, 1, 1, 2, 2, 2]
    parts = [x[:20], x[20:40], x[40:]] * 2
    np.testing.assert_allclose(steps["loss"], [p.mean() for p in parts], rtol=1e-5)
    np.testing.assert_allclose(steps["mae"], [p.mean() for p in parts], rtol=1e-5)
    np.testing.assert_allclose(steps["rms"], [np.sqrt((p**2).mean()) for p in parts], rtol=1e-5)
    # Keras' boundary belongs to the first rate: updates 0 to 6 are made with it.
    assert steps["learning_rate"].tolist() == [0.5, 0.25, 0.25, 0.25, 0.25, 0.25]
    epochs = pd.read_csv(tmp_path / "log.csv")
    np.testing.assert_allclose(epochs["loss"], x.mean(), rtol=1e-5)


def test_steps_are_continued(tmp_path):
    x, y = np.ones((12, 1), "float32"), np.zeros((12, 1), "float32")
    for first, last in ((0, 3), (2, 4)):  # the third epoch is trained again
        log = CSVLog(tmp_path / "log.csv", first > 0, tmp_path / "steps.csv", every=2)
        model = known_model()
        model.fit(
            *(x, y), batch_size=4, initial_epoch=first, epochs=last, verbose=0, callbacks=[log]
        )
    steps = pd.read_csv(tmp_path / "steps.csv")
    assert steps["step"].tolist() == [2, 3, 5, 6, 8, 9, 11, 12]
    assert steps["epoch"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert pd.read_csv(tmp_path / "log.csv")["epoch"].tolist() == [1, 2, 3, 4]


def test_no_line_is_better_than_a_wrong_one(tmp_path):
    class Disturb(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.reset_metrics()

    x, y = np.ones((12, 1), "float32"), np.zeros((12, 1), "float32")
    log = CSVLog(tmp_path / "log.csv", steps_path=tmp_path / "steps.csv", every=2)
    known_model().fit(x, y, batch_size=4, verbose=0, callbacks=[Disturb(), log])
    assert pd.read_csv(tmp_path / "steps.csv")["step"].tolist() == [2]


def test_nothing_is_done_during_an_epoch():
    # On JAX, Keras fetches the logs of every batch for a callback that asks for them.
    ours = [Throughput(1), Evaluate({}), LogLearningRate(), CSVLog("log.csv", False, "s.csv", 9)]
    plain = keras.callbacks.CallbackList([])
    assert keras.callbacks.CallbackList(ours)._async_train == plain._async_train


def test_steps_arguments():
    with pytest.raises(UsageError, match="together"):
        CSVLog("log.csv", steps_path="steps.csv")
    with pytest.raises(UsageError, match="positive whole number"):
        CSVLog("log.csv", steps_path="steps.csv", every=0)
