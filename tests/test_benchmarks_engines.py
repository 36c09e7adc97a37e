"""`kerasdl bench engines`: what is timed, and the ratios."""

import contextlib
import importlib.util

import pytest

from kerasdl.__main__ import main
from kerasdl.benchmarks import engines as bench
from kerasdl.commands import bench as command
from kerasdl.files import read_json, write_json


@pytest.fixture
def clock(monkeypatch):
    """A clock that sweeps advance: 40 seconds on the local pool, 50 on Ray, and 10 for its start."""
    now, order = [0.0], []

    class Engine:
        def __init__(self, argument):
            self.name, self.seconds = ("ray", 50) if argument == "local" else ("local", 40)

        @contextlib.contextmanager
        def connected(self):
            now[0] += 7
            yield
            now[0] += 3

    def train_all(jobs, out, *, engine, notify):
        order.append(engine.name)
        now[0] += engine.seconds
        for job in jobs:
            job.folder(out).mkdir(parents=True)
            result = {"recipe": job.recipe, "status": "finished"}
            write_json(job.folder(out) / "result.json", result)

    monkeypatch.setattr(bench.engines, "Local", Engine)
    monkeypatch.setattr(bench, "Ray", Engine)
    monkeypatch.setattr(bench.sweep, "train_all", train_all)
    monkeypatch.setattr(bench.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(command, "_expect_ray", lambda: None)
    return order


def test_what_is_timed(clock, tmp_path, capsys):
    file = tmp_path / "engines.json"
    assert main(["bench", "engines", "--n", "2", "--json", str(file)]) == 0
    assert clock == ["local", "ray", "ray", "local"]
    result = read_json(file)
    assert {each["name"]: each["seconds"] for each in result["engines"]} == {
        "local": 40,
        "ray": 50,
        "ray with its start": 60,
    }
    assert (result["ratio"], result["ratio_with_start"], result["n"]) == (0.8, 0.6667, 2)
    assert "throughput of Ray beside the local pool 0.800, with its start 0.667" in (
        capsys.readouterr().out
    )


def test_a_run_that_failed_is_no_measurement(clock, monkeypatch):
    monkeypatch.setattr(bench.sweep, "train_all", lambda jobs, out, *, engine, notify: None)
    with pytest.raises(RuntimeError, match="seed 0 failed: it has no result"):
        bench.measure(n=1)


def test_where_ray_is_missing(monkeypatch, capsys):
    find = importlib.util.find_spec
    without_ray = {"ray": None}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: without_ray.get(name, name) and find(name)
    )
    assert main(["bench", "engines"]) == 2
    assert "pip install ray" in capsys.readouterr().err
