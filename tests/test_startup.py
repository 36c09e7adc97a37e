"""`kerasdl bench startup`, and that a training does not grow from epoch to epoch."""

import contextlib
import gc
import mmap
import subprocess
import sys

import pytest

from kerasdl.__main__ import main
from kerasdl.benchmarks import memory, startup
from kerasdl.commands import bench
from kerasdl.files import read_json
from kerasdl.recipes import override
from kerasdl.studies import get
from kerasdl.training import train

on_linux = pytest.mark.skipif(memory.resident() is None, reason="reads /proc")


def test_what_is_measured_and_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(startup, "PROCESSES", {"nothing": [sys.executable, "-c", "pass"]})
    seconds = iter((9.0, 9.0, 1.0, 2.0, 3.0, 4.0))  # the first round is not counted
    monkeypatch.setattr(startup, "until_first_step", lambda name, cache: next(seconds))
    monkeypatch.setattr(startup.backend, "require", lambda: "jax")
    monkeypatch.setattr(startup.backend, "accelerators", list)
    monkeypatch.setattr(startup, "_memory", lambda name: {"epochs": [1000.0], "peak": 2000.0})
    shown = []
    notes = contextlib.nullcontext(lambda number, total: shown.append((number, total)))
    monkeypatch.setattr(bench, "elapsed_time", lambda task: notes)
    file = tmp_path / "startup.json"
    assert main(["bench", "startup", "--n", "2", "--json", str(file)]) == 0
    assert shown == [(1, 3), (2, 3), (3, 3)]
    result = read_json(file)
    nothing, *first = result["startup"]
    assert nothing["name"] == "nothing"
    assert 0 < nothing["quartiles"][0] <= nothing["seconds"] <= nothing["quartiles"][1]
    assert [row["seconds"] for row in first] == [2.0, 3.0]
    assert (result["n"], result["recipe"]) == (2, startup.RECIPE)
    assert "after each epoch: 1,000 MiB; peak 2,000 MiB" in capsys.readouterr().out


def test_another_recipe_is_measured(monkeypatch, tmp_path):
    names = []
    monkeypatch.setattr(startup, "PROCESSES", {})
    monkeypatch.setattr(startup, "until_first_step", lambda name, cache: names.append(name) or 1.0)
    monkeypatch.setattr(startup, "_memory", lambda name: names.append(name) or {})
    file = tmp_path / "startup.json"
    given = ["--recipe", "dropout/model2", "--n", "1", "--json", str(file)]
    assert main(["bench", "startup", *given]) == 0
    assert {*names, read_json(file)["recipe"]} == {"dropout/model2"}


def test_the_first_step_of_a_recipe():
    assert 0 < startup.until_first_step("dropout/model2", cache="off") < startup.PATIENCE


def test_processes_that_fail_are_no_measurement():
    with pytest.raises(subprocess.CalledProcessError):
        startup.until_ended([sys.executable, "-c", "1 / 0"], {})
    with pytest.raises(RuntimeError, match="nonesuch"):
        startup.until_first_step("nonesuch", cache="off")


@on_linux
def test_memory_is_that_of_the_process():
    gc.collect()
    before = memory.resident()
    # A mapping of its own: of malloc one gets what this process may have freed and kept before.
    with mmap.mmap(-1, 100 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        assert memory.resident() - before < 20  # pages that are not touched take no memory
        held[::4096] = bytes(len(held) // 4096)
        assert 90 < memory.resident() - before < 130
        assert memory.resident("VmHWM") >= before + 90


# The images of an epoch, 6 MB: what would keep a copy of them, or of the network's weights, in
# each epoch would be found many times over.
GROWTH = 12  # MiB in 20 epochs


@on_linux
def test_a_training_does_not_grow(tmp_path):
    changes = {
        "epochs": 30, "data.name": "digits", "data.options": {"shape": (32, 32, 3)},
        "data.limit_train": 1024, "data.limit_test": 200, "data.validation": None,
        "select": "last", "model.arguments": {"filters": (4, 4), "kernel_size": 3, "units": (500,)},
        "log_every": 2,
    }  # fmt: skip
    after = memory.MemoryByEpoch()
    recipe = override(get("regularization/baseline"), changes)
    train(recipe, out=tmp_path, callbacks=[after])
    assert len(after.mib) == 30
    assert max(after.mib[-5:]) - max(after.mib[5:10]) < GROWTH, after.mib
