"""`kerasdl run`: done jobs are skipped, failures recorded, interrupted runs continued."""

import re
import signal
import subprocess
import sys
import time

import keras
import pandas as pd
import pytest

from kerasdl import engines, files, processes, recipes, studies, sweep
from kerasdl.__main__ import main
from kerasdl.recipes import to_dict
from kerasdl.runs import directory
from kerasdl.sweep import Job

BACKEND = keras.backend.backend()
FAST, LONG, LONGEST = (  # seconds: enough to be interrupted
    Job(f"exercises/{name}", BACKEND, 0)
    for name in ("circles_linear", "circles_batch-20", "circles_batch-5")
)


@pytest.mark.any_backend
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


def test_two_at_once(capsys, tmp_path):
    words = ["run", "exercises", "--recipes", "circles_linear,circles_wide", "--jobs", "2"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\[1/2\] exercises/circles_\w+ .*; \d+:\d\d, ETA \d+:\d\d", lines[0])
    assert re.fullmatch(r"\[2/2\] exercises/circles_\w+ .*, ETA 0:00", lines[1])
    assert lines[2] == "2 of 2 runs are done, 0 failed"
    jobs = [Job(f"exercises/{name}", BACKEND, 0) for name in ("circles_linear", "circles_wide")]
    shares = processes.share_cores(processes.usable_cores(), 2)
    assert {job.result(tmp_path)["hardware"].rpartition(", ")[2] for job in jobs} <= {
        "1 core" if len(share) == 1 else f"{len(share)} cores" for share in shares
    }


def test_a_deterministic_sweep(capsys, tmp_path):
    """A job has its share of the cores although it is the only one that is left."""
    words = ["run", "exercises", "--recipes", "circles_linear", "--out", str(tmp_path)]
    assert main([*words, "--jobs", "2", "--deterministic"]) == 0
    result = FAST.result(tmp_path)
    assert result["deterministic"] is True
    assert result["threads"] <= max(1, len(processes.usable_cores()) // 2)
    assert main([*words, "--deterministic"]) == 0
    assert main(words) == 0
    assert FAST.result(tmp_path) == result
    assert capsys.readouterr().out.count("1 of 1 runs are done already") == 2

    files.write_json(FAST.folder(tmp_path) / "result.json", result | {"deterministic": False})
    assert main([*words, "--deterministic"]) == 2
    assert "(it was trained without --deterministic): move it away" in capsys.readouterr().err


@pytest.mark.any_backend
def test_an_interrupted_sweep_leaves_no_process_behind(monkeypatch, tmp_path):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    def interrupt(line):
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    jobs = [FAST, LONGEST, *(Job("exercises/circles_best", BACKEND, seed) for seed in range(3))]
    with pytest.raises(KeyboardInterrupt):
        sweep.train_all(jobs, tmp_path, engine=engines.Local(2), notify=interrupt)
    assert all(process.poll() is not None for process in started)
    assert len(started) < len(jobs)
    ended = [job for job in jobs if job.result(tmp_path).get("status") == "finished"]
    assert 1 <= len(ended) < len(started)
    assert not [job for job in jobs if job.result(tmp_path).get("status") == "failed"]


@pytest.mark.any_backend
def test_a_killed_run_is_recorded_as_failed(monkeypatch, tmp_path):
    """As by a system that is out of memory."""
    popen = subprocess.Popen

    def killed_in_its_second_epoch(*arguments, **options):
        process = popen(*arguments, **options)
        log = LONG.folder(tmp_path) / "log.csv"
        _wait(lambda: log.exists() and len(log.read_text().splitlines()) > 1)
        process.kill()
        return process

    monkeypatch.setattr(subprocess, "Popen", killed_in_its_second_epoch)
    lines = []
    assert sweep.train_all([LONG], tmp_path, notify=lines.append) == [LONG]
    result = LONG.result(tmp_path)
    assert result["status"] == "failed"
    assert result["error"] == "the process ended with code -9"
    assert result["recipe"] == LONG.recipe
    assert result["parameters"] > 0  # what the run itself had written is kept
    assert lines[0].startswith(f"[1/1] {LONG}: failed: the process ended with code -9; ")


@pytest.mark.any_backend
def test_a_killed_sweep_is_completed_by_starting_it_again(tmp_path):
    words = [sys.executable, "-m", "kerasdl", "run", "exercises", "--out", str(tmp_path)]
    words += ["--recipes", "circles_linear,circles_batch-20", "--backends", BACKEND]
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


@pytest.mark.any_backend
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
    files.write_json(
        folder / "result.json", {"recipe": LONG.recipe, "backend": BACKEND, "seed": 0, **result}
    )
    return folder


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("status", "expected"),
    [("interrupted", "failed"), ("begun", "failed"), ("finished", "finished")],
)
def test_why_a_process_ended_is_written_down(tmp_path, status, expected):
    begun(tmp_path, status=status, epochs=3)
    engines.record_failure(LONG, tmp_path, LONG.result(tmp_path), "why")
    after = LONG.result(tmp_path)
    assert after["status"] == expected
    assert after["epochs"] == 3
    assert (after.get("error") == "why") == (expected == "failed")


@pytest.mark.any_backend
def test_why_a_run_never_began_is_written_down(tmp_path):
    engines.record_failure(LONG, tmp_path, {}, "why")
    assert LONG.result(tmp_path) == {
        "recipe": LONG.recipe,
        "backend": BACKEND,
        "seed": 0,
        "status": "failed",
        "error": "why",
    }


@pytest.mark.any_backend
def test_a_run_that_another_process_is_at_is_left_alone(tmp_path):
    folder = begun(tmp_path, status="interrupted")
    with directory.occupied(folder):
        engines.record_failure(LONG, tmp_path, LONG.result(tmp_path), "why")
    assert LONG.result(tmp_path)["status"] == "interrupted"


@pytest.mark.any_backend
def test_what_the_run_wrote_down_itself_stays(tmp_path):
    begun(tmp_path, status="failed", error="ValueError: no")
    engines.record_failure(LONG, tmp_path, {}, "the last line")
    assert LONG.result(tmp_path)["error"] == "ValueError: no"
    engines.record_failure(LONG, tmp_path, LONG.result(tmp_path), "the last line")
    assert LONG.result(tmp_path)["error"] == "the last line"


@pytest.mark.any_backend
def test_one_run_of_all_with_the_same_settings(tmp_path):
    jobs = [
        Job(f"transformers/{name}", "jax", seed)
        for seed in (0, 1)
        for name in ("vit_embed_dim-32", "vit_blocks-2", "vit_blocks-4")
    ]
    chosen, same = sweep.without_twins(jobs)
    assert chosen == [jobs[0], jobs[2], jobs[3], jobs[5]]
    assert same == {jobs[1]: jobs[0], jobs[4]: jobs[3]}
    folder = jobs[0].folder(tmp_path)
    folder.mkdir(parents=True)
    files.write_json(folder / "recipe.json", to_dict(studies.get(jobs[0].recipe)))
    files.write_json(
        folder / "result.json",
        {"recipe": jobs[0].recipe, "backend": "jax", "seed": 0, "status": "finished"},
    )
    assert [sweep.is_done(job, tmp_path) for job in jobs] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.any_backend
def test_a_run_of_older_settings_is_named(tmp_path, capsys):
    folder = begun(tmp_path, status="finished")
    changed = recipes.override(studies.get(LONG.recipe), {"epochs": 3})
    files.write_json(folder / "recipe.json", to_dict(changed))
    words = ["run", "exercises", "--recipes", "circles_batch-20", "--out", str(tmp_path)]
    assert main([*words, "--backends", BACKEND]) == 2
    assert (
        "is no run of exercises/circles_batch-20 (the recipe has other settings now)"
        in capsys.readouterr().err
    )
