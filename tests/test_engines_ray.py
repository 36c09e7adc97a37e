"""`--engine ray` on a cluster of several nodes on this machine, of which some are killed."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from run_files import epochs_in, what_was_computed

from kerasdl import backend, engines, processes, sweep
from kerasdl.__main__ import main
from kerasdl.engines import worker
from kerasdl.errors import UsageError
from kerasdl.sweep import Job

ray = pytest.importorskip("ray", reason="needs Ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
from kerasdl.engines.ray import OBJECT_STORE, Ray  # noqa: E402

BACKEND = backend.choose()
LONG = [Job("exercises/circles_batch-20", BACKEND, seed) for seed in (0, 1)]
SHORT = Job("exercises/circles_linear", BACKEND, 0)
# What Ray leaves open when its nodes are killed is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


def without_niceness(monkeypatch):
    """Ray's workers have the lowest priority on a machine; on a busy one they would never be done."""
    monkeypatch.setenv("RAY_worker_niceness", "0")


@contextlib.contextmanager
def cluster_of(nodes, monkeypatch):
    """A Ray cluster on this machine: a head without cores, and nodes of one core each.

    Yields the cluster and a dictionary: name -> node.
    """
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    without_niceness(monkeypatch)
    small = {"object_store_memory": OBJECT_STORE, "include_log_monitor": False}
    cluster = cluster_utils.Cluster()
    try:
        cluster.add_node(num_cpus=0, include_dashboard=False, node_name="head", **small)
        names = [f"node-{number}" for number in range(1, nodes + 1)]
        yield cluster, {name: cluster.add_node(node_name=name, **small) for name in names}
    finally:
        cluster.shutdown()


def kill_a_node(cluster, nodes, jobs, out, record):
    """Kill the first node that has a run of `jobs` which is past its first epoch."""
    while True:
        for job in jobs:
            name = worker.place(job, out)
            if name in nodes and epochs_in(job.folder(out)) >= 1:
                epochs = epochs_in(job.folder(out))
                cluster.remove_node(nodes[name], allow_graceful=False)
                record.write_text(f"{name}, {job}, {epochs}")
                return
        time.sleep(0.1)


def run_with_a_node_killed(jobs, out, nodes, monkeypatch):
    """The lines that the sweep prints; the node that was killed, its job and its epoch."""
    lines, record = [], Path(out, "killed.txt")
    with cluster_of(nodes, monkeypatch) as (cluster, by_name):
        arguments = (cluster, by_name, jobs, out, record)
        killer = threading.Thread(target=kill_a_node, args=arguments, daemon=True)
        if not record.exists():
            killer.start()
        engine = Ray(cluster.address)

        def notify(line):
            lines.append(line)
            print(line, flush=True)

        assert sweep.train_all(jobs, out, engine=engine, deterministic=True, notify=notify) == []
    return lines, *record.read_text().split(", ")


def test_a_lost_node(tmp_path, monkeypatch):
    """Its run goes on elsewhere from its last checkpoint; all end as on the local pool."""
    jobs = [*LONG, SHORT]
    lines, name, job, epochs = run_with_a_node_killed(jobs, tmp_path / "ray", 2, monkeypatch)
    assert 1 <= int(epochs) < 50
    assert len(lines) == len(jobs)
    (line,) = [line for line in lines if job in line]
    assert "finished" in line
    assert f"on {name}," not in line
    assert "on node-" in line
    assert not list((tmp_path / "ray").glob("*/*/*.host"))
    local = {
        "engine": engines.Local(len(processes.usable_cores())),
        "deterministic": True,
        "notify": lambda line: None,
    }
    assert sweep.train_all(jobs, tmp_path / "local", **local) == []
    for job in jobs:
        found, expected = (
            what_was_computed(job.folder(tmp_path / engine)) for engine in ("ray", "local")
        )
        assert found == expected


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_driver_that_dies_is_started_again(tmp_path, monkeypatch, number):
    """Asked to end, it has its runs saved; killed, it leaves them to Ray."""
    words = [sys.executable, "-m", "kerasdl", "run", "exercises", "--out", str(tmp_path)]
    words += ["--recipes", "circles_batch-20", "--backends", BACKEND, "--engine", "ray"]
    (job, _), log = LONG, LONG[0].folder(tmp_path)
    with cluster_of(1, monkeypatch) as (cluster, _):
        words += ["--address", cluster.address]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        while epochs_in(log) < 2:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        code = process.wait()
        if number == signal.SIGTERM:
            assert code == processes.INTERRUPTED
            assert job.result(tmp_path)["status"] == "interrupted"
        assert job.result(tmp_path)["status"] != "finished"
        before = epochs_in(log)
        again = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "1 of 1 runs are done, 0 failed" in again.stdout
    assert "on node-1, ETA 0:00" in again.stdout
    assert before < epochs_in(log) == 50
    printed = job.output(tmp_path).read_text()
    assert (
        len(re.findall(r"^epoch +1/50 ", printed, re.MULTILINE)) == 1
    )  # it was continued, by one process at a time
    assert "Another process is training" not in printed


def test_a_ray_of_its_own(tmp_path, monkeypatch, capsys):
    """Without a cluster; a run that fails is recorded, and is not tried again."""
    without_niceness(monkeypatch)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("KERASDL_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "ames_housing").mkdir(parents=True)
    (tmp_path / "data" / "ames_housing" / "AmesHousing.csv").write_text("no,such,columns\n")
    words = ["run", "exercises", "--recipes", "regression_raw,circles_linear", "--engine", "ray"]
    assert main([*words, "--out", str(tmp_path / "runs")]) == 1
    printed = capsys.readouterr().out
    assert f"{SHORT}: finished, test accuracy 0." in printed
    assert "1 of 2 runs are done, 1 failed" in printed
    failed = Job("exercises/regression_raw", BACKEND, 0).result(tmp_path / "runs")
    assert "should have the columns" in failed["error"]
    assert SHORT.result(tmp_path / "runs")["threads"] == 1
    assert not ray.is_initialized()
    engine = Ray("local", worker.Resources(cpus=4096))
    with pytest.raises(UsageError, match=r"has 4096 CPUs and 0 GPUs for a run; the largest has"):
        sweep.train_all([LONG[0]], tmp_path / "runs", engine=engine)


def test_where_no_cluster_answers(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    words = ["run", "exercises", "--recipes", "circles_linear", "--out", str(tmp_path / "runs")]
    assert main([*words, "--engine", "ray", "--address", "auto"]) == 2
    assert "should be of a running Ray cluster" in capsys.readouterr().err


@pytest.mark.cluster
def test_three_nodes_and_24_jobs_on_two_backends(monkeypatch):
    """A node is killed in the middle; the results are those of the local pool, bit for bit.

    Runs are kept under KERASDL_CLUSTER_RUNS, so that what a machine is slow at need not be done twice.
    """
    out = os.environ["KERASDL_CLUSTER_RUNS"]
    names = ("linear", "wide", "two_layer-sigmoid", "two_layer-relu", "neurons-10", "neurons-25")
    jobs = [
        Job(f"exercises/circles_{name}", backend, seed)
        for name in names
        for backend in ("torch", "jax")
        for seed in (0, 1)
    ]
    assert len(jobs) == 24
    _, name, job, epochs = run_with_a_node_killed(jobs, f"{out}/ray", 3, monkeypatch)
    print(f"{name} was killed when {job} had {epochs} epochs")
    local = {"engine": engines.Local(len(processes.usable_cores())), "deterministic": True}
    assert sweep.train_all(jobs, f"{out}/local", **local) == []
    for job in jobs:
        found, expected = (what_was_computed(job.folder(f"{out}/{e}")) for e in ("ray", "local"))
        assert found == expected
        print(f"{job}: {len(found['weights'])} arrays of weights, log and metrics are equal")
