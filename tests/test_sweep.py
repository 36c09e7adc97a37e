"""`kerasdl run`: what is done is skipped, what fails is written down, what is killed continues."""

import json
import signal
import subprocess
import sys
import time

import keras
import pandas as pd
import pytest

from kerasdl.__main__ import main
from kerasdl.commands.collect import without_paths
from kerasdl.sweep import Job

BACKEND = keras.backend.backend()
FAST, LONG = (
    Job(f"exercises/{name}", BACKEND, 0) for name in ("circles_linear", "circles_batch-5")
)


def test_a_failed_run_is_recorded_and_the_rest_go_on(capsys, monkeypatch, tmp_path):
    broken = tmp_path / "data" / "ames_housing"
    broken.mkdir(parents=True)
    (broken / "AmesHousing.csv").write_text("no,such,columns\n")
    monkeypatch.setenv("KERASDL_DATA", str(tmp_path / "data"))
    out = tmp_path / "runs"
    words = ["run", "exercises", "--recipes", "regression_raw,circles_linear", "--out", str(out)]
    assert main(words) == 1
    printed = capsys.readouterr().out
    assert f"[1/2] {FAST}: finished, test accuracy 0." in printed
    assert "[2/2] exercises/regression_raw" in printed
    assert "1 of 2 runs are done, 1 failed" in printed
    failed = Job("exercises/regression_raw", BACKEND, 0)
    assert "should have the columns" in failed.result(out)["error"]
    assert failed.result(out)["status"] == "failed"

    before = (FAST.folder(out) / "result.json").stat().st_mtime_ns
    assert main(words) == 1  # tries again what failed
    assert "1 of 2 runs are done already" in capsys.readouterr().out
    assert (FAST.folder(out) / "result.json").stat().st_mtime_ns == before

    assert main(["collect", "--runs", str(out), "--out", str(tmp_path / "kept")]) == 0
    kept = sorted(path.name for path in FAST.folder(tmp_path / "kept").iterdir())
    assert kept == ["log.csv", "recipe.json", "result.json"]
    assert json.loads((FAST.folder(tmp_path / "kept") / "result.json").read_text()) == FAST.result(
        out
    )


def test_a_killed_sweep_is_completed_by_starting_it_again(tmp_path):
    words = [sys.executable, "-m", "kerasdl", "run", "exercises", "--out", str(tmp_path)]
    words += ["--recipes", "circles_linear,circles_batch-5", "--backends", BACKEND]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    log, result = (LONG.folder(tmp_path) / name for name in ("log.csv", "result.json"))
    _wait(lambda: log.exists() and len(log.read_text().splitlines()) > 1)
    finished = FAST.result(tmp_path)
    assert finished["status"] == "finished"
    process.send_signal(signal.SIGKILL)
    process.wait()
    _wait(result.exists)  # the child notices, and says how it ended
    _wait(lambda: LONG.result(tmp_path)["status"] == "interrupted")

    again = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "1 of 2 runs are done already" in again.stdout
    assert FAST.result(tmp_path) == finished
    assert LONG.result(tmp_path)["status"] == "finished"
    assert pd.read_csv(log)["epoch"].tolist() == list(range(1, 51))


def _wait(until, seconds=600):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["nosuch"], "REPORT should be one of"),
        (["exercises", "--recipes", "zz*"], "No experiment of exercises matches 'zz*'"),
        (["exercises", "--seeds", "0,x"], "--seeds should be whole numbers"),
        (["exercises", "--backends", "numpy"], "--backends should be of tensorflow"),
        (["exercises", "--jobs", "0"], "--jobs should be at least 1"),
    ],
)
def test_mistakes_are_explained(capsys, words, expected):
    assert main(["run", *words]) == 2
    assert expected in capsys.readouterr().err


def test_nothing_to_collect(capsys, tmp_path):
    assert main(["collect", "--runs", str(tmp_path)]) == 2
    assert "no result.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("cifar-10-batches-bin in /home/me/data", "cifar-10-batches-bin"),
        ("MNIST (mnist in /my data/x), colours", "MNIST (mnist), colours"),
        (r"files in C:\data", "files"),
        ("scikit-learn 1.9, bundled digits", "scikit-learn 1.9, bundled digits"),
    ],
)
def test_what_is_collected_names_no_folder(source, expected):
    assert without_paths({"source": source}) == {"source": expected}
