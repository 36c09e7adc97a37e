"""What engines share: a job on another machine, the options that name an engine, and the view."""

import _thread
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from terminal import Terminal

from kerasdl import engines, files, processes, recipes, studies
from kerasdl.__main__ import main
from kerasdl.commands import _running_jobs
from kerasdl.engines import Settings, worker
from kerasdl.engines.worker import Resources, Worker
from kerasdl.errors import UsageError
from kerasdl.recipes import to_dict
from kerasdl.runs import directory
from kerasdl.sweep import Job

BACKEND = "jax"  # of the names of runs: nothing is trained
JOB = Job("exercises/circles_linear", BACKEND, 0)
pytestmark = [
    pytest.mark.no_backend,
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]


class Stub(Settings):
    """Settings whose command is a line of Python, in place of a training."""

    CODE = ""

    def command(self, job):
        return [sys.executable, "-c", self.CODE, str(job.folder(self.out))]


def stub(code, out):
    """A `Task` whose process runs `code`; its run directory is the first argument."""
    settings = type("Code", (Stub,), {"CODE": f"import os, pathlib, sys, time\n{code}"})(str(out))
    (task,) = worker.tasks([JOB], settings, Resources(), retries=2)
    return task


COUNT = "attempts = open(sys.argv[1] + '.attempts', 'a'); attempts.write('x'); attempts.close()\n"


def attempts(out):
    return len(JOB.folder(out).with_name(f"{JOB.folder(out).name}.attempts").read_text())


@pytest.mark.parametrize(
    ("code", "expected", "message"),
    [
        ("print('done')", 1, "the process ended with code 0"),
        ("raise ValueError('no')", 1, "ValueError: no"),  # training anew would fail anew
        ("os.kill(os.getpid(), 9)", 3, "the process ended with code -9"),
        ("os.kill(os.getpid(), 15)", 3, "the process ended with code -15"),
    ],
)
def test_a_process_that_was_killed_is_started_again(tmp_path, monkeypatch, code, expected, message):
    monkeypatch.setattr(worker, "PAUSE", 0)
    outcome = Worker(stub(COUNT + code, tmp_path), "here").train()
    assert (outcome.message, outcome.place) == (message, "here")
    assert attempts(tmp_path) == expected
    assert worker.place(JOB, tmp_path) == ""


def test_where_a_job_is_trained_is_written_beside_it(tmp_path):
    code = "print(open(sys.argv[1] + '.host').read(), file=sys.stderr); raise SystemExit(1)"
    outcome = Worker(stub(code, tmp_path), "node-7").train()
    assert outcome.message == "node-7"


def test_a_run_waits_for_the_process_that_is_training_it(tmp_path, monkeypatch):
    """As one whose node was lost and which is still saving."""
    monkeypatch.setattr(worker, "POLL", 0.01)
    folder = JOB.folder(tmp_path)
    task = stub(COUNT, tmp_path)
    folder.mkdir()
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(Worker(task, "here").train()))
    with directory.occupied(folder):
        thread.start()
        time.sleep(0.3)
        assert not outcomes
        assert worker.place(JOB, tmp_path) == "here"
        assert not folder.with_name(f"{folder.name}.attempts").exists()
    thread.join()
    assert attempts(tmp_path) == 1


def test_a_lock_that_a_killed_process_left_behind_is_free(tmp_path):
    (tmp_path / directory.LOCK).touch()
    assert not worker.is_occupied(tmp_path)
    assert not worker.is_occupied(tmp_path / "nothing")


def test_stopping_ends_the_process_and_starts_none_again(tmp_path):
    code = COUNT + "pathlib.Path(sys.argv[1] + '.begun').touch(); sys.stdin.read(); sys.exit(1)"
    working, outcomes = Worker(stub(code, tmp_path), "here"), []
    thread = threading.Thread(target=lambda: outcomes.append(working.train()))
    thread.start()
    begun = JOB.folder(tmp_path).with_name(f"{JOB.folder(tmp_path).name}.begun")
    while not begun.exists():
        time.sleep(0.01)
    working.stop()
    thread.join()
    assert attempts(tmp_path) == 1
    assert JOB.result(tmp_path) == {}  # interrupted, not failed


def test_an_interruption_without_a_signal_stops_the_process(tmp_path):
    """As `ray.cancel` interrupts a task; the process would end by itself, and say so."""
    code = "pathlib.Path(sys.argv[1] + '.begun').touch(); time.sleep(20)\n"
    working = Worker(stub(code + COUNT, tmp_path), "here")
    folder = JOB.folder(tmp_path)

    def interrupt():
        while not folder.with_name(f"{folder.name}.begun").exists():
            time.sleep(0.01)
        time.sleep(0.5)  # the other thread waits by now
        _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        working.train()
    assert not folder.with_name(f"{folder.name}.attempts").exists()


def test_a_blocked_signal_reaches_this_process_alone(tmp_path):
    code = COUNT + "os.kill(os.getpid(), signal.SIGUSR2); print('alive'); raise SystemExit(1)"
    task = stub("import signal\n" + code, tmp_path)
    assert Worker(task, "here", blocked=(signal.SIGUSR2,)).train().message == "alive"
    assert attempts(tmp_path) == 1


def test_a_machine_that_does_not_share_the_folder_says_so(tmp_path):
    task = stub("", tmp_path / "runs")
    JOB.folder(tmp_path / "runs").parent.rmdir()
    with pytest.raises(UsageError, match=r"far has no folder .*all machines of the cluster share"):
        Worker(task, "far").train()


def test_a_run_computes_with_as_many_threads_as_it_has_cores(tmp_path, monkeypatch):
    assert set(Resources(cpus=1).variables().values()) == {"1", ""}
    most = len(processes.usable_cores())
    assert Resources(cpus=4096).variables()["OMP_NUM_THREADS"] == str(most)
    assert Resources().variables()["CUDA_VISIBLE_DEVICES"] == ""
    assert "CUDA_VISIBLE_DEVICES" not in Resources(gpus=1).variables()
    assert "XLA_PYTHON_CLIENT_MEM_FRACTION" not in Resources(gpus=2).variables()
    monkeypatch.setenv("KERASDL_DATA", "/where/data/are")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs.db")
    monkeypatch.setenv("WANDB_API_KEY", "secret")
    names = ("NPROC", "KERASDL_DATA", "MLFLOW_TRACKING_URI", "WANDB_API_KEY", "KERAS_BACKEND")
    task = stub(f"print(*[os.environ.get(n) for n in {names}])\nsys.exit(1)", tmp_path)
    for name in names[1:4]:
        monkeypatch.delenv(name)
    outcome = Worker(task, "here").train()
    assert outcome.message == f"1 /where/data/are sqlite:///runs.db None {BACKEND}"


def test_the_paths_that_other_machines_get_are_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (task,) = worker.tasks([JOB], Settings("runs", data_dir="data"), Resources(), retries=1)
    assert task.settings.out == str(tmp_path / "runs")
    assert task.settings.data_dir == str(tmp_path / "data")
    assert task.folder == os.getcwd()


# The command line


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--engine", "spark"], "--engine should be one of local, ray, slurm; received 'spark'"),
        (["--address", "auto"], "--address is for --engine ray, not local."),
        (["--cpus-per-task", "2"], "--cpus-per-task is for --engine ray or slurm, not local."),
        (["--engine", "slurm", "--address", "auto"], "--address is for --engine ray, not slurm."),
        (["--engine", "ray", "--time", "10"], "--time is for --engine slurm, not ray."),
        (
            ["--engine", "ray", "--gpus-per-task", "1.5"],
            "up to 64, or a fraction of 1 such as 0.5; received '1.5'",
        ),
        (["--engine", "slurm", "--gpus-per-task", "0.5"], "should be a whole number up to 64"),
        (["--engine", "ray", "--gpus-per-task", "nan"], "received 'nan'"),
        (["--engine", "slurm", "--sbatch", "=gpu"], "--sbatch should be an option of sbatch"),
        (["--engine", "slurm", "--time", "1"], "--time should be at least 3"),
    ],
)
def test_mistakes_are_explained(capsys, monkeypatch, tmp_path, words, expected):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr("kerasdl.backend.require", lambda: "torch")
    assert main(["run", "exercises", "--out", str(tmp_path), *words]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(("engine", "package"), [("ray", "ray"), ("slurm", "submitit")])
def test_a_missing_package_is_named(capsys, monkeypatch, tmp_path, engine, package):
    monkeypatch.setattr("kerasdl.backend.require", lambda: "torch")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["run", "exercises", "--engine", engine, "--out", str(tmp_path)]) == 2
    expected = f"--engine {engine} needs {package}: try pip install {package}."
    assert expected in capsys.readouterr().err


def test_engines_are_named_with_their_options(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(
        "kerasdl.sweep.train_all", lambda *a, engine, **k: given.append(engine) or []
    )
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr("kerasdl.backend.require", lambda: "torch")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    words = ["run", "exercises", "--out", str(tmp_path)]
    assert main(words) == 0
    assert main([*words, "--jobs", "3"]) == 0
    assert main([*words, "--engine", "ray", "--gpus-per-task", "0.5", "--jobs", "2"]) == 0
    slurm = ["--sbatch", "partition=gpu", "--sbatch=--exclusive", "--max-retries", "0"]
    assert main([*words, "--engine", "slurm", "--cpus-per-task", "4", *slurm]) == 0
    one, three, ray, slurm = given
    assert [type(each) for each in given[:2]] == [engines.Local] * 2
    assert (one.at_once, three.at_once) == (1, 3)
    assert (ray.address, ray.resources, ray.at_once) == ("local", Resources(1, 0.5), 2)
    assert (slurm.minutes, slurm.resources, slurm.at_once) == (60, Resources(4, 0), None)
    assert (slurm.options, slurm.retries) == ({"partition": "gpu", "exclusive": True}, 0)


# What runs where


def test_the_table_shows_what_runs_where(tmp_path):
    jobs = [Job("exercises/circles_batch-20", "jax", seed) for seed in range(4)]
    out = tmp_path / "runs"
    for job in jobs[:3]:
        job.folder(out).mkdir(parents=True)
        files.write_json(job.folder(out) / "recipe.json", to_dict(studies.get(job.recipe)))
    result = {"recipe": jobs[0].recipe, "backend": "jax", "seed": 0, "status": "finished"}
    files.write_json(jobs[0].folder(out) / "result.json", result)
    worker.place_file(jobs[1], out).write_text("node-1\n")
    worker.place_file(jobs[2], out).write_text("node-2\n")
    log = "epoch,loss,seconds\n" + "".join(f"{i},0.5,2.0\n" for i in range(1, 11))
    (jobs[1].folder(out) / "log.csv").write_text(log)
    table = _running_jobs.RunningJobs(jobs, out)
    assert table.lines()[0] == "1 of 4 done, 2 running, 1 waiting"
    rows = [line.split() for line in table.lines()[1:]]
    assert rows == [
        ["job", "on", "epoch", "ETA"],
        ["exercises/circles_batch-20", "jax", "seed", "1", "node-1", "10/50", "1:20"],
        ["exercises/circles_batch-20", "jax", "seed", "2", "node-2", "0/50"],
    ]
    recipe = recipes.override(studies.get(jobs[1].recipe), {"seed": 1})
    files.write_json(jobs[1].folder(out) / "recipe.json", to_dict(recipe))
    files.write_json(jobs[1].folder(out) / "result.json", result | {"seed": 1})
    assert table.lines()[0].startswith("2 of 4 done, 1 running, 1 waiting, ETA ")


def test_lines_stand_above_the_table_on_a_terminal(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with _running_jobs.shown([JOB], tmp_path) as notify:
        notify("[1/1] a line")
    assert "[1/1] a line\n" in terminal.getvalue()
    assert "0 of 1 done, 0 running, 1 waiting" in terminal.getvalue()
    monkeypatch.undo()
    with _running_jobs.shown([JOB], tmp_path) as notify:
        notify("[1/1] a line")
    assert capsys.readouterr().out == "[1/1] a line\n"


# The local pool, as an engine


def test_closing_the_outcomes_stops_every_process(tmp_path, monkeypatch):
    started, popen = [], subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    code = "if '-seed0' not in sys.argv[1]: time.sleep(60)"
    settings = type("Code", (Stub,), {"CODE": f"import sys, time\n{code}"})(str(tmp_path))
    jobs = [Job(JOB.recipe, BACKEND, seed) for seed in range(4)]
    outcomes = engines.Local(2).train(jobs, settings, print)
    assert next(outcomes)[0] == jobs[0]
    outcomes.close()
    assert 2 <= len(started) < 4
    assert all(process.poll() is not None for process in started)
