"""A run that is killed anywhere and resumed is the run that was not: weights, logs, metrics."""

import json
import multiprocessing
import os
import shutil
import signal
import sys
import time

import keras
import numpy as np
import pandas as pd
import pytest

from kerasdl import compile_cache
from kerasdl.__main__ import guarded
from kerasdl.callbacks import Checkpoint
from kerasdl.callbacks._snapshots import DamagedSnapshot, Snapshots
from kerasdl.errors import UsageError
from kerasdl.recipes import Data, Model, Optimizer, Recipe, Schedule, override
from kerasdl.runs import directory
from kerasdl.training import train

# Everything that has a state: dropout, augmentation, batch norm, momentum, a schedule, the best
# epoch, a second log, curves. 278 examples: nine updates an epoch, the last of 22.
RECIPE = Recipe(
    name="tests/killed",
    data=Data("digits", validation=100, limit_train=278, limit_test=60),
    model=Model(
        "CNN",
        arguments={
            "filters": (8,), "kernel_size": 3, "units": (16,), "batch_norm": True, "dropout": 0.3,
        },
    ),
    augmentation="crop_flip",
    inputs="standardize",
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("adam", learning_rate=0.01),
    schedule=Schedule("cosine_annealing", by="batch"),
    epochs=3,
    batch_size=32,
    select="val_accuracy",
    log_every=4,
    test_curves=True,
    source="a test",
)  # fmt: skip
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
TIMING = ["seconds", "images_per_second"]


class Kill(keras.callbacks.Callback):
    """Interrupts training before an update, as an exception that nothing expects."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at = epoch, batch

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train(RECIPE, out=tmp_path_factory.mktemp("whole"), callbacks=())


def folder_in(out):
    return directory.locate(out, "tests/killed", keras.backend.backend(), 0)


def expect_same(run, whole):
    assert run.result["metrics"] == whole.result["metrics"]
    assert run.result.get("selected_epoch") == whole.result.get("selected_epoch")
    for ours, theirs in zip(run.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for name in ("log.csv", "steps.csv"):
        ours, theirs = (pd.read_csv(each.directory / name) for each in (run, whole))
        ours, theirs = (log.drop(columns=TIMING, errors="ignore") for log in (ours, theirs))
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.parametrize(
    ("kills", "every"),
    [
        ([(0, 2)], 1),  # saved before the second update
        ([(1, 5), (2, 8)], 1),  # in the middle, then before the last update of all
        ([(1, 0), (1, 7)], 3),  # at the end of an epoch, then an update after a save
        ([(2, 3)], "0.001s"),
    ],
)
def test_a_run_that_is_interrupted_in_an_epoch(tmp_path, whole, kills, every):
    for at in kills:
        with pytest.raises(KeyboardInterrupt):
            train(RECIPE, out=tmp_path, callbacks=[Kill(*at), Checkpoint(every)], existing="resume")
    heard = []
    run = train(
        RECIPE, out=tmp_path, callbacks=[Checkpoint(every, heard.append)], existing="resume"
    )
    expect_same(run, whole)
    assert heard.pop() == "the callback Kill is missing: its state is lost"
    epoch, batch = kills[-1]
    (sentence,) = heard
    if isinstance(every, int) and (saved := batch - batch % every):
        assert sentence == f"continuing with epoch {epoch + 1}, update {saved} of 9"
    assert sentence.startswith(f"continuing with epoch {epoch + 1}")
    left = {path.name for path in folder_in(tmp_path).iterdir()}
    assert left == {"recipe.json", "log.csv", "steps.csv", "model.keras", "result.json"}


@pytest.mark.any_backend
def test_logs_that_were_lost_come_back(tmp_path, whole):
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, out=tmp_path, callbacks=[Kill(2, 6), Checkpoint(5)])
    (folder_in(tmp_path) / "log.csv").write_bytes(b"\xffgarbage\n1,2\n")
    (folder_in(tmp_path) / "steps.csv").unlink()
    expect_same(train(RECIPE, out=tmp_path, callbacks=(), existing="resume"), whole)


def cut(content):
    return content[:-100]


def flip_a_bit(content):
    return content[:2000] + bytes([content[2000] ^ 1]) + content[2001:]


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """Where a run lies that was interrupted in its second epoch, with two snapshots."""
    out = tmp_path_factory.mktemp("interrupted")
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, out=out, callbacks=[Kill(1, 8), Checkpoint(3)])
    return out


def copied(out, to):
    """The snapshots of a copy of a run, the newest first."""
    shutil.copytree(out, to, dirs_exist_ok=True)
    return Snapshots(folder_in(to)).paths()


def test_the_file_before_a_damaged_one_is_used(tmp_path, whole, interrupted):
    newest, older = copied(interrupted, tmp_path)
    assert (newest.name, older.name) == ("checkpoint-15.ckpt", "checkpoint-12.ckpt")
    newest.write_bytes(flip_a_bit(newest.read_bytes()))
    heard = []
    run = train(RECIPE, out=tmp_path, callbacks=[Checkpoint(3, heard.append)], existing="resume")
    assert "checkpoint-15.ckpt is damaged" in heard[0]
    lost = "the callback Kill is missing: its state is lost"
    assert heard[1:] == ["continuing with epoch 2, update 3 of 9", lost]
    expect_same(run, whole)


@pytest.mark.any_backend
def test_where_both_are_damaged_training_begins_anew(tmp_path, whole, interrupted):
    newest, older = copied(interrupted, tmp_path)
    newest.write_bytes(cut(newest.read_bytes()))
    older.write_bytes(b"")
    heard = []
    run = train(RECIPE, out=tmp_path, callbacks=[Checkpoint(3, heard.append)], existing="resume")
    assert len(heard) == 3
    assert "begins anew" in heard[2]
    expect_same(run, whole)


@pytest.mark.any_backend
def test_a_checkpoint_of_another_run_is_refused(tmp_path, interrupted):
    other = override(RECIPE, {"seed": 1})
    with pytest.raises(KeyboardInterrupt):
        train(other, out=tmp_path, callbacks=[Kill(1, 2), Checkpoint(3)])
    (theirs, *_) = Snapshots(folder_in(interrupted)).paths()
    own = directory.locate(tmp_path, "tests/killed", keras.backend.backend(), 1)
    for path in Snapshots(own).paths():
        path.write_bytes(theirs.read_bytes())
    with pytest.raises(UsageError, match="another network was trained"):
        train(other, out=tmp_path, callbacks=(), existing="resume")


@pytest.mark.any_backend
def test_a_checkpoint_of_an_old_version_is_no_silent_restart(tmp_path):
    folder = folder_in(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, out=tmp_path, callbacks=[Kill(0, 1)])
    (folder / "checkpoint.npz").write_bytes(b"")
    with pytest.raises(UsageError, match=r"saved by kerasdl 0\.2"):
        train(RECIPE, out=tmp_path, callbacks=(), existing="resume")
    run = train(RECIPE, out=tmp_path, callbacks=(), existing="overwrite")
    assert not (run.directory / "checkpoint.npz").exists()


def test_early_stopping_ends_a_continued_epoch_too(tmp_path):
    class Stops(keras.callbacks.Callback):
        began = ended = 0

        def on_train_begin(self, logs=None):
            self.began += 1

        def on_train_end(self, logs=None):
            self.ended += 1

        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, out=tmp_path, callbacks=[Kill(1, 4), Checkpoint(2)])
    stops = Stops()
    run = train(RECIPE, out=tmp_path, callbacks=[stops], existing="resume")
    assert (run.log["epoch"].tolist(), stops.began, stops.ended) == ([1, 2], 1, 1)


@pytest.mark.any_backend
@pytest.mark.parametrize("every", [0, -1, 1.5, "ten", "0s", "3 m", "1e3", ""])
def test_what_is_neither_updates_nor_seconds(every):
    with pytest.raises(UsageError, match="every so many updates, as in 100, or seconds"):
        Checkpoint(every)


@pytest.mark.any_backend
def test_two_snapshots_are_kept(tmp_path):
    snapshots = Snapshots(tmp_path)
    for number in (9, 10, 100):
        snapshots.write(number, {"n": number}, {"a": np.arange(number)})
    assert [path.name for path in snapshots.paths()] == [
        "checkpoint-100.ckpt",
        "checkpoint-10.ckpt",
    ]
    entries, arrays = snapshots.read(snapshots.paths()[1])
    assert entries == {"n": 10}
    np.testing.assert_array_equal(arrays["a"], np.arange(10))


@pytest.mark.any_backend
def test_damaged_snapshots_of_later_updates_make_room(tmp_path):
    """Training began anew: what it saves must not be taken for older than what it could not read."""
    snapshots = Snapshots(tmp_path)
    for number in (500, 510, 1, 2, 3):
        snapshots.write(number, {"n": number}, {})
    assert [path.name for path in snapshots.paths()] == ["checkpoint-3.ckpt", "checkpoint-2.ckpt"]


@pytest.mark.any_backend
def test_what_a_kill_left_half_written_is_removed(tmp_path):
    (tmp_path / ".tmp.checkpoint-7.ckpt").write_bytes(b"half")
    Snapshots(tmp_path).write(8, {}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-8.ckpt"]


@pytest.mark.any_backend
def test_no_damage_goes_unnoticed(tmp_path):
    """Any byte changed, any end cut off."""
    snapshots = Snapshots(tmp_path)
    snapshots.write(1, {"n": 1}, {"a": np.arange(5)})
    (path,) = snapshots.paths()
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        place = rng.integers(len(content))
        change = bytes([content[place] ^ int(rng.integers(1, 256))])
        damaged = content[:place] + change + content[place + 1 :]
        path.write_bytes(damaged if rng.integers(2) else content[:place])
        with pytest.raises(DamagedSnapshot):
            snapshots.read(path)


def newest_number(folder):
    paths = Snapshots(folder).paths()
    return int(paths[0].stem.partition("-")[2]) if paths else -1


def wait_for(condition, is_alive, seconds=120):
    until = time.monotonic() + seconds
    while not condition():
        assert is_alive()
        assert time.monotonic() < until
        time.sleep(0.005)


def resume_a_run(out, epochs):
    """What `test_ten_kills_at_random_moments` kills: saves before every update."""
    compile_cache.enable()
    recipe = override(RECIPE, {"epochs": epochs})
    train(recipe, out=out, callbacks=[Checkpoint(1)], existing="resume")


def train_for_long(out, errors):
    """What `test_asked_to_end_it_saves_first` interrupts; writes its errors to a file."""
    os.dup2(os.open(errors, os.O_CREAT | os.O_WRONLY), 2)

    def run(arguments):
        compile_cache.enable()
        recipe = override(RECIPE, {"epochs": 500})
        train(recipe, out=out, callbacks=[Checkpoint(1_000_000)])
        return 0

    sys.exit(guarded(run, None, "test"))


@pytest.fixture
def forked():
    """`forked(function, *arguments)`: a process that has imported all it needs, but computed nothing.

    It is forked from one that imports them once, in which no thread has been started yet.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["keras", "pandas", "sklearn.datasets", "kerasdl.training"])

    def start(function, *arguments):
        process = context.Process(target=function, args=arguments)
        process.start()
        return process

    return start


@POSIX
def test_ten_kills_at_random_moments(tmp_path, forked):
    """SIGKILL, a random number of updates and of milliseconds after the last save; ten times."""
    epochs = 20
    rng = np.random.default_rng(12)
    recipe = override(RECIPE, {"epochs": epochs})
    whole = train(recipe, out=tmp_path / "whole", callbacks=())
    folder = tmp_path / "killed" / whole.directory.relative_to(tmp_path / "whole")
    for _ in range(10):
        at = newest_number(folder) + int(rng.integers(1, 12))
        process = forked(resume_a_run, tmp_path / "killed", epochs)
        wait_for(lambda: newest_number(folder) >= at, process.is_alive)  # noqa: B023
        time.sleep(rng.uniform(0, 0.02))  # within an update, or while the file is written
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert json.loads((folder / "result.json").read_text())["status"] == "begun"
    expect_same(train(recipe, out=tmp_path / "killed", callbacks=(), existing="resume"), whole)


@POSIX
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_saves_first(tmp_path, forked, which):
    process, found = forked(train_for_long, tmp_path, tmp_path / "errors"), []
    wait_for(lambda: found or found.extend(tmp_path.rglob("log.csv")), process.is_alive)
    os.kill(process.pid, which)
    process.join(timeout=60)
    assert process.exitcode == 130
    errors = (tmp_path / "errors").read_text()
    assert "interrupted: saved at epoch" in errors
    assert "--resume continues" in errors
    assert "Traceback" not in errors
    folder = found[0].parent
    assert json.loads((folder / "result.json").read_text())["status"] == "interrupted"
    rows = len(pd.read_csv(folder / "log.csv"))
    epoch, step = divmod(newest_number(folder), 9)
    assert (epoch, step) >= (rows, 0)
    assert epoch == rows
