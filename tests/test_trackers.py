"""Trackers: what their own libraries read back are the numbers of `log.csv`."""

import importlib.util
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import ClassVar

import keras
import numpy as np
import pandas as pd
import pytest

from kerasdl import recipes, studies, sweep, trackers
from kerasdl.__main__ import main
from kerasdl.callbacks import Checkpoint, Track, throughput
from kerasdl.errors import UsageError
from kerasdl.runs import directory
from kerasdl.trackers import TRACKERS, Followers, TrackedRun, following, pictures, tensorboard
from kerasdl.training import resolve, train

# What the trackers' own packages warn of, in each other, is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

SMALL = {
    "data.name": "digits",
    "data.options": {"shape": (32, 32, 3)},
    "data.limit_train": 120,
    "data.limit_test": 60,
    "data.validation": None,
    "epochs": 3,
    "batch_size": 60,
    "model.arguments.filters": ((4,), (4,)),
    "model.arguments.units": (8,),
}


def small_recipe(**changes):
    return recipes.override(studies.get("cifar10/batchnorm"), {**SMALL, **changes})


def needs(*packages):
    for package in packages:
        pytest.importorskip(package, reason=f"tracks with {package}")


# What each tracker holds of a run, read by its own library: the identity of the run in it, a
# dictionary of column to the last value at each epoch, and the names of its pictures.


def read_tensorboard(folder, store):
    needs("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    curves = {tag: {e.step: e.value for e in events.Scalars(tag)} for tag in tags["scalars"]}
    return str(folder / "tensorboard"), curves, set(tags["images"])


def read_mlflow(folder, store):
    from mlflow import MlflowClient

    client = MlflowClient(store)
    (experiment,) = [e for e in client.search_experiments() if e.name != "Default"]
    (run,) = client.search_runs([experiment.experiment_id])
    curves = {
        name: {m.step: m.value for m in client.get_metric_history(run.info.run_id, name)}
        for name in run.data.metrics
    }
    shown = client.list_artifacts(run.info.run_id, "pictures")
    return run.info.run_id, curves, {each.path.split("/")[1].removesuffix(".png") for each in shown}


def read_wandb(folder, store):
    """Offline files, in the order in which they were begun."""
    import wandb
    from wandb.proto.wandb_internal_pb2 import Record

    wandb.teardown()  # its service has then written all
    curves, shown, identities = {}, set(), set()
    for path in sorted((folder / "wandb").glob("offline-run-*/*.wandb")):
        for content in records(path.read_bytes()):
            record = Record.FromString(content)
            if record.HasField("run"):
                identities.add(record.run.run_id)
            if not record.HasField("history"):
                continue
            item = {}
            for each in record.history.item:
                if len(each.nested_key) > 1 and not each.nested_key[0].startswith("_"):
                    shown.add(each.nested_key[0])  # what a picture is made of
                else:
                    item[each.key or each.nested_key[0]] = json.loads(each.value_json)
            for name, value in item.items():
                if "epoch" in item and not name.startswith("_") and name != "epoch":
                    curves.setdefault(name, {})[item["epoch"]] = float(value)
    (identity,) = identities
    return identity, curves, shown


def records(content):
    """The records of a file in the log format of LevelDB, behind W&B's header of seven bytes.

    Blocks of 32,768 bytes hold pieces: a checksum, a length, and a type (1: whole, 2: first,
    3: middle, 4: last), then the bytes. (LevelDB, doc/log_format.md)
    """
    assert content[:4] == b":W&B"
    at, begun = 7, b""
    while at + 7 <= len(content):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        length, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        begun += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            yield begun
            begun = b""


READ = {"tensorboard": read_tensorboard, "mlflow": read_mlflow, "wandb": read_wandb}


def test_every_tracker_is_tested():
    assert set(READ) == set(TRACKERS)


@pytest.fixture
def offline(monkeypatch):
    """No server is asked for anything, and W&B writes files."""
    for name in ("WANDB_API_KEY", "WANDB_PROJECT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_MODE", "offline")


def word_and_store(name, tmp_path):
    needs(*importlib.import_module(f"kerasdl.trackers.{name}").NEEDS)
    store = f"sqlite:///{tmp_path / 'mlflow.db'}" if name == "mlflow" else ""
    return f"{name}:{store}" if store else name, store


def expect_log(curves, log):
    """The curves hold the columns of the log, all numbers, to the digits of a float32."""
    columns = [name for name in log.select_dtypes("number") if name != "epoch"]
    assert set(curves) == set(columns)
    for name in columns:
        assert list(curves[name]) == list(log["epoch"])
        np.testing.assert_allclose(list(curves[name].values()), log[name], rtol=1e-6)


@pytest.mark.parametrize("name", READ)
def test_a_tracker_holds_the_log_pictures_and_files(name, tmp_path, offline, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    word, store = word_and_store(name, tmp_path)
    settings = {**SMALL, "augmentation": "crop"}  # which mirrors no digit, and so is no notice
    sets = [f"--set={key}={value!r}" for key, value in settings.items()]
    code = main(
        ["train", "cifar10/batchnorm", *sets, "--track", word, "--out", str(tmp_path / "o")]
    )
    printed = capsys.readouterr().out
    assert code == 0
    assert "NOTICE" not in printed
    (path,) = (tmp_path / "o").glob("cifar10/batchnorm/*/log.csv")
    _, curves, shown = READ[name](path.parent, store)
    expect_log(curves, pd.read_csv(path))
    assert shown == {"contact_sheet", "confusion_matrix"}


class InterruptsAfter(keras.callbacks.Callback):
    """Ends the training as Ctrl-C does, at the end of an epoch, numbered from 0."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", READ)
def test_a_resumed_training_goes_on_in_the_same_tracked_run(name, tmp_path, offline):
    word, store = word_and_store(name, tmp_path)
    experiment = resolve(small_recipe(epochs=4), out=tmp_path)
    for epoch, existing in ((1, "refuse"), (2, "resume"), (9, "resume")):
        with followers(word, experiment) as following_now:
            callbacks = [Checkpoint(1), InterruptsAfter(epoch), Track(following_now)]
            try:
                run = train(experiment, existing=existing, callbacks=callbacks)
            except KeyboardInterrupt:
                tracked = json.loads((experiment.folder / "tracked.json").read_text())[name]
        identity, curves, _ = READ[name](experiment.folder, store)
        assert identity == tracked["identity"]
    expect_log(curves, run.log)


def followers(word, experiment):
    notices = []
    return trackers.followers([word], pictures.tracked_run(experiment), notices.append)


@pytest.mark.parametrize("name", READ)
def test_a_tracker_holds_the_configuration(name, tmp_path, offline):
    word, store = word_and_store(name, tmp_path)
    run = TrackedRun("a/b", "torch-seed0", tmp_path / "run", {"optimizer.name": "sgd", "epochs": 3})
    (tmp_path / "run").mkdir()
    with trackers.followers([word], run, pytest.fail) as following_now:
        following_now.begin(0)
    if name == "mlflow":
        from mlflow import MlflowClient

        identity = READ[name](tmp_path / "run", store)[0]
        found = MlflowClient(store).get_run(identity).data.params
        assert found == {"optimizer.name": "sgd", "epochs": "3"}
    elif name == "wandb":
        import wandb
        from wandb.proto.wandb_internal_pb2 import Record

        wandb.teardown()
        (path,) = tmp_path.glob("run/wandb/offline-run-*/*.wandb")
        updates = [Record.FromString(each).run.config.update for each in records(path.read_bytes())]
        found = {each.key: json.loads(each.value_json) for update in updates for each in update}
        assert {"optimizer.name": "sgd", "epochs": 3}.items() <= found.items()
    else:
        needs("tensorboard")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        events = EventAccumulator(str(tmp_path / "run/tensorboard"))
        events.Reload()
        (event,) = events.Tensors("configuration/text_summary")
        (text,) = event.tensor_proto.string_val
        assert json.loads(text) == {"optimizer.name": "sgd", "epochs": 3}


def test_two_starts_within_a_second_leave_two_event_files(tmp_path, monkeypatch):
    """tensorboardX names a file by the second in which it begins, and replaces one of that name."""
    needs(*tensorboard.NEEDS, "tensorboard")
    from tensorboardX import event_file_writer

    monkeypatch.setattr(event_file_writer, "time", SimpleNamespace(time=lambda: 1.7e9))
    run = pictures.tracked_run(resolve(small_recipe(), out=tmp_path))
    identity = None
    for epoch in (1, 2, 3):
        tracker = tensorboard.Tracker("", run)
        identity = tracker.begin(identity, first_epoch=epoch - 1)
        tracker.log(epoch, {"loss": 0.5 * epoch})
        tracker.end("interrupted")
    _, curves, _ = read_tensorboard(run.folder, "")
    assert curves == {"loss": {1: 0.5, 2: 1.0, 3: 1.5}}


def test_a_new_database_of_mlflow_is_made_in_silence(tmp_path):
    """In a process of its own, where MLflow sets its loggers up."""
    needs("mlflow")
    program = (
        "from pathlib import Path\n"
        "from kerasdl.trackers import TrackedRun, followers\n"
        f"run = TrackedRun('a/b', 'torch-seed0', Path({str(tmp_path)!r}), {{}})\n"
        f"with followers(['mlflow:sqlite:///{tmp_path / 'runs.db'}'], run) as following:\n"
        "    following.begin(0)\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "runs.db").is_file()


def test_a_folder_of_mlflow_is_a_store_too(tmp_path, offline, monkeypatch):
    needs("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    store = (tmp_path / "mlruns").as_uri()
    run = logged_run(tmp_path, 2)
    with trackers.followers([f"mlflow:{store}"], run, pytest.fail) as following_now:
        following_now.begin(2)
    expect_log(read_mlflow(run.folder, store)[1], pd.read_csv(run.folder / "log.csv"))


class Recording:
    """A tracker that keeps what it is told."""

    told: ClassVar = []

    def __init__(self, target, run):
        self.target = target

    def begin(self, identity, first_epoch):
        self.told.append(("begin", identity, first_epoch))
        return identity or "new"

    def log(self, epoch, values):
        self.told.append((epoch, values))

    def end(self, status):
        self.told.append(("end", status))


@pytest.fixture
def recording(monkeypatch):
    """`Recording` in the place of any tracker, and what it was told."""
    module = type("module", (), {"NEEDS": (), "Tracker": Recording})
    monkeypatch.setattr(following, "_module", lambda name: module)
    monkeypatch.setattr(Recording, "told", [])
    return Recording.told


def logged_run(tmp_path, epochs):
    """A run whose log has some epochs."""
    folder = tmp_path / "run"
    folder.mkdir(exist_ok=True)
    rows = [f"{epoch},{epoch / 8},words" for epoch in range(1, epochs + 1)]
    (folder / "log.csv").write_text("\n".join(["epoch,loss,dataset", *rows, ""]))
    return TrackedRun("a/b", "torch-seed0", folder, {})


def test_what_a_kill_kept_from_a_tracker_is_told_from_the_log(tmp_path, recording):
    following_now = Followers({"wandb": ""}, logged_run(tmp_path, 1), pytest.fail)
    following_now.begin(0)  # a kill follows; another epoch was logged before it
    logged_run(tmp_path, 2)
    following_now = Followers({"wandb": ""}, logged_run(tmp_path, 2), pytest.fail)
    following_now.begin(2)
    assert recording == [
        ("begin", None, 0),
        (1, {"loss": 0.125}),
        ("begin", "new", 1),
        (2, {"loss": 0.25}),
    ]


def test_epochs_that_are_trained_again_are_told_again(tmp_path, recording):
    Followers({"wandb": ""}, logged_run(tmp_path, 3), pytest.fail).begin(3)
    recording.clear()
    Followers({"wandb": ""}, logged_run(tmp_path, 1), pytest.fail).begin(1)
    following_now = Followers({"wandb": ""}, logged_run(tmp_path, 1), pytest.fail)
    following_now.begin(1)
    logged_run(tmp_path, 2)
    following_now.catch_up()
    assert recording == [("begin", "new", 1), ("begin", "new", 1), (2, {"loss": 0.25})]


@pytest.mark.parametrize("fails", ["begin", "log", "end"])
def test_a_tracker_that_fails_is_left_alone_with_one_warning(
    fails, tmp_path, recording, monkeypatch
):
    def fail(*_):
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(Recording, fails, fail)
    notices, run = [], logged_run(tmp_path, 1)
    following_now = Followers({"mlflow": "", "wandb": ""}, run, notices.append)
    following_now.begin(0)
    logged_run(tmp_path, 2)
    following_now.catch_up()
    following_now.end()
    assert notices == [
        f"NOTICE: {name} does not follow this run any further: no route to host"
        for name in ("mlflow", "wandb")
    ]


def test_a_tracker_that_fails_ends_no_training(tmp_path, offline, recording, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Recording, "log", fail)
    notices, experiment = [], resolve(small_recipe(epochs=2), out=tmp_path)
    tracked = pictures.tracked_run(experiment)
    with trackers.followers(["wandb"], tracked, notices.append) as following_now:
        run = train(experiment, callbacks=[Track(following_now)])
    assert run.result["status"] == "finished"
    assert len(notices) == 1
    assert recording == [("begin", None, 0)]


def test_the_time_that_a_tracker_takes_to_begin_is_no_time_of_the_training(tmp_path, monkeypatch):
    """By a clock that goes on only while a tracker begins."""

    class Slow:
        seconds = 0.0

        def begin(self, first_epoch):
            self.seconds += 100

        def catch_up(self):
            pass

    slow = Slow()
    clock = type("clock", (), {"perf_counter": staticmethod(lambda: slow.seconds)})
    monkeypatch.setattr(throughput, "time", clock)
    run = train(small_recipe(epochs=2), out=tmp_path, callbacks=[Track(slow)])
    assert slow.seconds == 100
    assert pd.read_csv(run.directory / "log.csv")["seconds"].tolist() == [0, 0]


def test_damaged_notes_of_trackers_begin_a_new_tracked_run(tmp_path, recording):
    run = logged_run(tmp_path, 1)
    for content in ("{", "[]", '{"wandb": {"identity": 3, "epochs": 1}}'):
        (run.folder / "tracked.json").write_text(content)
        Followers({"wandb": ""}, run, pytest.fail).begin(1)
        assert recording[-2:] == [("begin", None, 0), (1, {"loss": 0.125})]


def test_a_run_that_begins_anew_is_another_tracked_run(tmp_path):
    run = logged_run(tmp_path, 1)
    (run.folder / "tracked.json").write_text("{}")
    directory.clear(run.folder)
    assert not (run.folder / "tracked.json").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["neptune"], r"one of mlflow, tensorboard, wandb; received 'neptune'"),
        (["mlflow:a", "mlflow:b"], "name mlflow once"),
    ],
)
def test_what_cannot_be_tracked_is_named(words, sentence, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    with pytest.raises(UsageError, match=sentence):
        trackers.parse(words)


def test_a_tracker_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"tensorboardX: try pip install tensorboardX\.$"):
        trackers.parse(["tensorboard"])


def test_a_sweep_hands_its_trackers_to_every_run(tmp_path):
    given = []

    class Engine:
        def train(self, jobs, settings, notify):
            given.extend(settings.command(job) for job in jobs)
            yield from ()

    jobs = [sweep.Job("cifar10/default", "torch", seed) for seed in (0, 1)]
    words = ["tensorboard", "mlflow:sqlite:///runs.db"]
    sweep.train_all(jobs, tmp_path, engine=Engine(), track=words, notify=lambda line: None)
    assert len(given) == 2
    for command in given:
        assert " ".join(command).endswith("--track tensorboard --track mlflow:sqlite:///runs.db")
