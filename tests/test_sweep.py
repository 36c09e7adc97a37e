"""`kerasdl run`: what is done is skipped, what fails is written down, what is killed continues."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import keras
import pandas as pd
import pytest

from kerasdl import files, recipes, studies, sweep
from kerasdl.__main__ import main
from kerasdl.commands.collect import without_paths
from kerasdl.recipes.recipe import to_dict
from kerasdl.runs import directory
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


def test_two_at_once(capsys, tmp_path):
    words = ["run", "exercises", "--recipes", "circles_linear,circles_wide", "--jobs", "2"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\[1/2\] exercises/circles_\w+ .*; \d+:\d\d, ETA \d+:\d\d", lines[0])
    assert re.fullmatch(r"\[2/2\] exercises/circles_\w+ .*, ETA 0:00", lines[1])
    assert lines[2] == "2 of 2 runs are done, 0 failed"


def test_an_interrupted_sweep_leaves_no_process_behind(monkeypatch, tmp_path):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    def interrupt(line):
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    jobs = [FAST, LONG, *(Job("exercises/circles_best", BACKEND, seed) for seed in range(3))]
    with pytest.raises(KeyboardInterrupt):
        sweep.sweep(jobs, tmp_path, at_once=2, say=interrupt)
    assert all(process.poll() is not None for process in started)
    assert len(started) < len(jobs)
    ended = [job for job in jobs if job.result(tmp_path).get("status") == "finished"]
    assert 1 <= len(ended) < len(started)
    assert not [job for job in jobs if job.result(tmp_path).get("status") == "failed"]


DEAF = """
import json, os, pathlib, signal, sys, threading, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("started").touch()
sys.stdin.read()  # its end is the second way to be told
sys.exit(1)
"""


def test_a_child_that_misses_the_signal_is_told_again(monkeypatch, tmp_path):
    """And that it then ends with an error is no failure."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweep, "_CHILD", DEAF)
    monkeypatch.setattr(sweep, "PATIENCE", 0.2)
    started = tmp_path / "started"

    def interrupt():
        _wait(started.exists)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            sweep.sweep([LONG], tmp_path / "runs")
    finally:
        signal.signal(signal.SIGINT, before)
    assert LONG.result(tmp_path / "runs") == {}


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
        (
            ["exercises", "--recipes", "circles_linear,zz"],
            "No experiment of exercises matches 'zz'",
        ),
        (["exercises", "--seeds", "0,x"], "--seeds should be whole numbers"),
        (["exercises", "--seeds", "²"], "--seeds should be whole numbers"),
        (["exercises", "--seeds", "4294967296"], "up to 4294967295"),
        (["exercises", "--backends", "numpy"], "--backends should be of tensorflow"),
        (["exercises", "--jobs", "0"], "--jobs should be at least 1"),
    ],
)
def test_mistakes_are_explained(capsys, words, expected):
    assert main(["run", *words]) == 2
    assert expected in capsys.readouterr().err


def begun(out, **result):
    """A run directory of `LONG`."""
    folder = LONG.folder(out)
    folder.mkdir(parents=True)
    files.write_json(folder / "recipe.json", to_dict(studies.get(LONG.recipe)))
    files.write_json(folder / "result.json", {"recipe": LONG.recipe, **result})
    return folder


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("interrupted", -9, "failed"),  # for want of memory
        ("interrupted", 2, "failed"),  # its data are gone
        ("interrupted", 130, "interrupted"),
        ("finished", 2, "finished"),
    ],
)
def test_why_a_run_ended_is_written_down(tmp_path, status, code, expected):
    begun(tmp_path, status=status, epochs=3)
    before = LONG.result(tmp_path)
    sweep._record(LONG, tmp_path, before, code, "why")
    after = LONG.result(tmp_path)
    assert after["status"] == expected
    assert after["epochs"] == 3
    assert (after.get("error") == "why") == (expected == "failed")


def test_a_run_that_another_process_is_at_is_left_alone(tmp_path):
    folder = begun(tmp_path, status="interrupted")
    with directory.occupied(folder):
        sweep._record(LONG, tmp_path, LONG.result(tmp_path), 2, "why")
    assert LONG.result(tmp_path)["status"] == "interrupted"


def test_what_the_run_wrote_down_itself_stays(tmp_path):
    begun(tmp_path, status="failed", error="ValueError: no")
    sweep._record(LONG, tmp_path, {}, 1, "the last line")
    assert LONG.result(tmp_path)["error"] == "ValueError: no"
    sweep._record(LONG, tmp_path, LONG.result(tmp_path), 1, "the last line")
    assert LONG.result(tmp_path)["error"] == "the last line"


def test_one_run_of_all_with_the_same_settings(tmp_path):
    jobs = [
        Job(f"transformers/{name}", "jax", seed)
        for seed in (0, 1)
        for name in ("vit_embed_dim-32", "vit_blocks-2", "vit_blocks-4")
    ]
    chosen, same = sweep._apart(jobs)
    assert chosen == [jobs[0], jobs[2], jobs[3], jobs[5]]
    assert same == {jobs[1]: jobs[0], jobs[4]: jobs[3]}
    folder = jobs[0].folder(tmp_path)
    folder.mkdir(parents=True)
    files.write_json(folder / "recipe.json", to_dict(studies.get(jobs[0].recipe)))
    files.write_json(folder / "result.json", {"recipe": jobs[0].recipe, "status": "finished"})
    assert [job.ended(tmp_path) for job in jobs] == [True, True, False, False, False, False]


def test_a_run_of_older_settings_is_named(tmp_path, capsys):
    folder = begun(tmp_path, status="finished")
    changed = recipes.override(studies.get(LONG.recipe), {"epochs": 3})
    files.write_json(folder / "recipe.json", to_dict(changed))
    words = ["run", "exercises", "--recipes", "circles_batch-5", "--out", str(tmp_path)]
    assert main([*words, "--backends", BACKEND]) == 2
    assert (
        "is no run of exercises/circles_batch-5 (the recipe has other settings now)"
        in capsys.readouterr().err
    )


def test_a_run_on_other_data_replaces_none_that_was_collected(tmp_path):
    begun(tmp_path / "a", status="finished", dataset="circles")
    begun(tmp_path / "b", status="finished", dataset="mine")
    kept = tmp_path / "kept"
    for root in ("b", "a", "b"):  # it is copied where nothing is
        assert main(["collect", "--runs", str(tmp_path / root), "--out", str(kept)]) == 0
    assert LONG.result(kept)["dataset"] == "circles"


def test_a_failure_replaces_no_run_that_was_collected(tmp_path):
    begun(tmp_path / "a", status="finished")
    begun(tmp_path / "b", status="failed", error="no file /home/me/data/x.csv or C:\\data\\y")
    kept = tmp_path / "kept"
    assert main(["collect", "--runs", str(tmp_path / "b"), "--out", str(kept)]) == 0
    assert LONG.result(kept)["error"] == "no file x.csv or y"
    assert main(["collect", "--runs", str(tmp_path / "a"), "--out", str(kept)]) == 0
    assert main(["collect", "--runs", str(tmp_path / "b"), "--out", str(kept)]) == 0
    assert LONG.result(kept)["status"] == "finished"


@pytest.mark.parametrize("out", ["runs", "runs/kept", "."])
def test_runs_are_not_collected_onto_themselves(tmp_path, monkeypatch, capsys, out):
    monkeypatch.chdir(tmp_path)
    folder = begun(tmp_path / "runs", status="finished")
    (folder / "log.csv").write_text("epoch,loss\n1,2\n")
    assert main(["collect", "--runs", "runs", "--out", out]) == 2
    assert "should lie apart" in capsys.readouterr().err
    assert (folder / "log.csv").exists()


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
