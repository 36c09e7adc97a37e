"""What stands in a run directory, and is not what a run leaves there, when the run is resumed."""

import json
import os
import shutil

import keras
import numpy as np
import pytest

from kerasdl.__main__ import main
from kerasdl.callbacks._snapshots import Snapshots
from kerasdl.recipes import override
from kerasdl.runs import directory, record
from kerasdl.studies import get
from kerasdl.training import train

RECIPE = override(get("exercises/circles_linear"), {"epochs": 3, "data.limit_train": 64})
WORDS = ["train", RECIPE.name, "--epochs", "3", "--limit-train", "64", "--resume", "--out"]


class Killed(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("interrupted")
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, out=out, callbacks=[Killed()])
    return out


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("finished")
    train(RECIPE, out=out, callbacks=())
    return out


def copy_of(root, folder):
    """A copy of the root of run directories, and the one run directory in it."""
    out = folder / "copy"
    shutil.copytree(root, out)
    (result,) = out.rglob("result.json")
    return out, result.parent


def pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def folder(path):
    path.unlink(missing_ok=True)
    path.mkdir()


def garbage(path):
    path.write_bytes(b"\x00\xff\xfe,1\n")


def empty(path):
    path.write_bytes(b"")


KINDS = [pipe, folder, garbage, empty] if hasattr(os, "mkfifo") else [folder, garbage, empty]


@pytest.mark.any_backend
@pytest.mark.parametrize("change", KINDS)
@pytest.mark.parametrize("name", ["checkpoint-999999.ckpt", ".tmp.checkpoint-9.ckpt", "steps.csv"])
def test_beside_a_run_that_is_resumed(interrupted, tmp_path, capsys, change, name):
    """None of them matters: the run comes to its end."""
    out, run = copy_of(interrupted, tmp_path)
    change(run / name)
    assert main([*WORDS, str(out)]) == 0
    assert json.loads((run / "result.json").read_text())["status"] == "finished"


@pytest.mark.any_backend
@pytest.mark.parametrize("change", KINDS)
def test_the_log_of_a_run_that_is_resumed(interrupted, tmp_path, capsys, change):
    out, run = copy_of(interrupted, tmp_path)
    change(run / "log.csv")
    code = main([*WORDS, str(out)])
    error = capsys.readouterr().err
    if change in (garbage, empty):  # the log is in the checkpoint
        assert (code, error) == (0, "")
    else:
        assert (code, error.count("\n")) == (2, 1)
        assert "log.csv" in error


@pytest.mark.any_backend
@pytest.mark.parametrize("change", KINDS)
@pytest.mark.parametrize("name", ["log.csv", "model.keras", "result.json", "recipe.json"])
def test_the_files_of_a_run_that_has_finished(finished, tmp_path, capsys, change, name):
    out, run = copy_of(finished, tmp_path)
    change(run / name)
    assert main([*WORDS, str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert name in error


@pytest.mark.any_backend
def test_a_result_without_what_is_compared():
    now = {"threads": 2, "hardware": "a processor", "versions": {"keras": "3.15.1"}}
    assert record.changed_environment({}, now) == [
        "threads unknown, now 2",
        "hardware unknown, now a processor",
        "keras unknown, now 3.15.1",
    ]


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("entries", "arrays"),
    [
        ({}, {}),
        ([], {}),
        ({"owner": {}, "epoch": 1, "step": 0, "stopped": False, "shapes": [[3]]}, {}),
        (None, {"state/0": np.zeros(3)}),
    ],
)
def test_another_content_with_a_right_checksum(interrupted, tmp_path, capsys, entries, arrays):
    """It is damaged too, and the file before it is used."""
    out, run = copy_of(interrupted, tmp_path)
    Snapshots(run).write(999_999, entries, arrays)
    assert main([*WORDS, str(out)]) == 0
    assert "is damaged: it holds something else" in capsys.readouterr().out


@pytest.mark.any_backend
def test_a_sentence_is_not_hidden_by_a_damaged_log(interrupted, tmp_path, capsys):
    out, run = copy_of(interrupted, tmp_path)
    for path in Snapshots(run).paths():
        path.unlink()
    (run / "checkpoint.npz").write_bytes(b"")
    (run / "log.csv").write_bytes(b"")
    assert main([*WORDS, str(out)]) == 2
    assert "saved by kerasdl 0.2" in capsys.readouterr().err


def test_a_finished_run_of_a_network_that_no_file_may_name(tmp_path):
    """Its weights go into the network that is given once more."""

    def own():
        x = keras.Input((2,))
        y = keras.layers.Lambda(lambda values: values * 2, output_shape=(2,))(x)
        return keras.Model(x, keras.layers.Dense(1)(y))

    run = train(RECIPE, model=own(), out=tmp_path, callbacks=())
    again = train(RECIPE, model=own(), out=tmp_path, callbacks=(), existing="resume")
    assert again.directory == run.directory
    for ours, theirs in zip(again.model.get_weights(), run.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert directory.read_result(run.directory)["status"] == "finished"
