"""Training on pictures that stay in their files: bit for bit the training on the same in memory."""

import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from test_checkpoints import POSIX, TIMING, Kill, wait_for

from kerasdl.__main__ import main
from kerasdl.callbacks import Checkpoint
from kerasdl.callbacks._snapshots import Snapshots
from kerasdl.commands._announcements import describe_statistics
from kerasdl.datasets import from_folder
from kerasdl.recipes import Data, Model, Optimizer, Recipe, override
from kerasdl.training import resolve, train

if importlib.util.find_spec("grain") is None:
    pytest.skip("grain is an optional extra", allow_module_level=True)

RECIPE = Recipe(
    name="tests/streamed",
    data=Data("cifar10", validation=0.25),
    model=Model("CNN", arguments={"filters": (4,), "units": (8,), "dropout": 0.3}),
    augmentation="crop_flip",
    inputs="standardize",
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("adam", learning_rate=0.01),
    epochs=3,
    batch_size=8,
    test_curves=True,
    source="a test",
)
OPTIONS = {"image_size": 16, "validation": 0.25}
WORDS = ["train", "cifar10/batchnorm", "--batch-size", "8", "--image-size", "16"]
WORDS += ["--set", "model.arguments.filters=(4,4)", "--set", "model.arguments.units=(8,)"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sixty noisy JPEG of three classes, of several sizes."""
    root = tmp_path_factory.mktemp("streaming") / "pictures"
    rng = np.random.default_rng(0)
    for name in ("blue", "green", "red"):
        (root / name).mkdir(parents=True)
        for i in range(20):
            pixels = rng.integers(256, size=(18 + i, 20, 3), dtype="uint8")
            Image.fromarray(pixels).save(root / name / f"{i}.jpg")
    return root


@pytest.fixture(scope="module")
def held(folder, tmp_path_factory):
    """The run on arrays in memory."""
    data = from_folder(folder, **OPTIONS)
    return train(RECIPE, dataset=data, out=tmp_path_factory.mktemp("held"), callbacks=())


def expect_same(run, held):
    assert run.result["metrics"] == held.result["metrics"]
    for ours, theirs in zip(run.model.get_weights(), held.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    ours, theirs = (pd.read_csv(each.directory / "log.csv") for each in (run, held))
    ours, theirs = (log.drop(columns=TIMING) for log in (ours, theirs))
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_run_is_the_one_in_memory(folder, held, tmp_path, workers):
    data = from_folder(folder, **OPTIONS, stream=True, workers=workers)
    expect_same(train(RECIPE, dataset=data, out=tmp_path, callbacks=()), held)


def test_interrupted_in_an_epoch_the_same_batches_follow(folder, held, tmp_path):
    for at in ((0, 2), (1, 4)):
        data = from_folder(folder, **OPTIONS, stream=True, workers=1)
        with pytest.raises(KeyboardInterrupt):
            train(
                RECIPE,
                dataset=data,
                out=tmp_path,
                callbacks=[Kill(*at), Checkpoint(1, notify=lambda sentence: None)],
                existing="resume",
            )
    heard = []
    run = train(
        RECIPE,
        dataset=from_folder(folder, **OPTIONS, stream=True, workers=2),
        out=tmp_path,
        callbacks=[Checkpoint(1, heard.append)],
        existing="resume",
    )
    assert heard[0] == "continuing with epoch 2, update 4 of 5"
    expect_same(run, held)


@POSIX
def test_a_command_that_is_killed_and_resumed(folder, tmp_path, capsys):
    """SIGKILL in the middle of an epoch; the whole run is one in memory."""
    words = [*WORDS, "--epochs", "4", "--data", str(folder), "--checkpoint-every", "1"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    assert "streamed" not in capsys.readouterr().out
    killed = tmp_path / "killed"
    words += ["--stream", "--workers", "1", "--out", str(killed)]
    # As under a shell: the library of the checkout, and no other test's settings.
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasdl", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=pathlib.Path(__file__).parents[1],
        env=os.environ | {"KERAS_BACKEND": keras.backend.backend()},
        text=True,
    )

    def is_within_the_second_epoch():
        for result in killed.rglob("result.json"):
            numbers = [int(p.stem.partition("-")[2]) for p in Snapshots(result.parent).paths()]
            return max(numbers, default=0) >= 9
        return False

    wait_for(is_within_the_second_epoch, lambda: process.poll() is None)
    process.send_signal(signal.SIGKILL)
    printed, _ = process.communicate()
    assert "Traceback" not in printed
    assert main([*words, "--resume"]) == 0
    assert "continuing with epoch" in capsys.readouterr().out
    logs, results = [], []
    for out in (tmp_path / "whole", killed):
        (result,) = out.rglob("result.json")
        results.append(json.loads(result.read_text()))
        logs.append(pd.read_csv(result.parent / "log.csv").drop(columns=TIMING))
    pd.testing.assert_frame_equal(*logs, check_exact=True)
    assert results[0]["metrics"] == results[1]["metrics"]
    assert results[0]["identity"]["data"] != results[1]["identity"]["data"]


def test_what_was_streamed_is_evaluated_either_way(folder, tmp_path, capsys):
    words = [*WORDS, "--epochs", "1", "--out", str(tmp_path), "--data", str(folder)]
    assert main([*words, "--stream", "--workers", "0"]) == 0
    (result,) = tmp_path.rglob("result.json")
    assert re.search(
        r"at each start the \d+ streamed pictures are decoded", capsys.readouterr().out
    )
    accuracy = json.loads(result.read_text())["metrics"]["test"]["accuracy"]
    for options in ([], ["--stream"]):
        assert main(["evaluate", str(result.parent), "--data", str(folder), *options]) == 0
        shown = capsys.readouterr().out
        assert f"accuracy {accuracy:.4f}" in shown
        assert "NOTICE" not in shown
    words = ["evaluate", str(result.parent), "--data", str(folder), "--stream", "--part", "all"]
    assert main(words) == 0
    assert "(60 examples" in capsys.readouterr().out


def test_a_run_that_is_resumed_with_its_pictures_read_otherwise_is_named(folder, tmp_path, capsys):
    words = [*WORDS, "--epochs", "1", "--out", str(tmp_path), "--data", str(folder), "--resume"]
    assert main([*words, "--stream", "--workers", "0"]) == 0
    (result,) = tmp_path.rglob("result.json")
    sentence = "holds this run on other pictures, or on these read otherwise"
    assert sentence not in capsys.readouterr().out
    assert main([*words, "--set", "optimizer.learning_rate=0.01"]) == 0
    assert sentence not in capsys.readouterr().out
    assert main(words) == 0
    assert f"{result.parent} {sentence}" in capsys.readouterr().out


def test_pictures_are_not_said_to_be_decoded_for_inputs_that_need_no_statistics(folder, tmp_path):
    streamed = from_folder(folder, **OPTIONS, stream=True, workers=0)
    said = []
    for inputs in ("standardize", "unit"):
        recipe = override(RECIPE, {"inputs": inputs})
        said.append(describe_statistics(resolve(recipe, dataset=streamed, out=tmp_path)))
    assert f"at each start the {len(streamed.train)} streamed pictures" in said[0]
    assert said[1] == ""


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_picture_that_is_damaged_is_one_sentence(folder, tmp_path, capsys, part):
    """Wherever it is met, also in the threads of TensorFlow."""
    copy = tmp_path / "pictures"
    for path in folder.rglob("*.jpg"):
        (copy / path.parent.name).mkdir(parents=True, exist_ok=True)
        (copy / path.parent.name / path.name).write_bytes(path.read_bytes())
    split = getattr(from_folder(copy, image_size=16, stream=True, workers=0), part)
    order = np.random.default_rng([0, 0]).permutation(len(split.x)) if part == "train" else [0]
    path = split.x.index[int(order[-1])][0]
    path.write_bytes(path.read_bytes()[:300])
    words = [*WORDS, "--epochs", "1", "--out", str(tmp_path / "runs"), "--data", str(copy)]
    words += ["--stream", "--workers", "1"]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert f"{path.name} cannot be read as a picture" in error
    assert error.count("\n") == 1
    assert main([*words, "--skip-unreadable"]) == 0


@pytest.mark.parametrize("option", [["--stream"], ["--workers", "2"]])
def test_streaming_is_for_pictures_of_ones_own(capsys, option):
    assert main(["train", "cifar10/batchnorm", *option]) == 2
    assert f"{option[0]} is for pictures of your own, --data." in capsys.readouterr().err


def test_a_whitened_first_layer_and_a_limit(folder, tmp_path):
    """The filters are those of the first training pictures."""
    recipe = override(
        RECIPE,
        {"epochs": 1, "data.limit_train": 30, "model.builder": "CIFARNet", "model.arguments": {}},
    )
    runs = [
        train(
            recipe,
            dataset=from_folder(folder, image_size=32, validation=0.25, stream=stream, workers=0),
            out=tmp_path / str(stream),
            callbacks=(),
        )
        for stream in (False, True)
    ]
    expect_same(*runs)
