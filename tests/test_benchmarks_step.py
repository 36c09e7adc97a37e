"""`kerasdl bench step`: where the time of a training step goes."""

import contextlib
import json
import time

import keras
import numpy as np
import pytest

from kerasdl import backend
from kerasdl.__main__ import main
from kerasdl.benchmarks import step_breakdown, step_parts
from kerasdl.benchmarks.rounds import Contender, Outcome

OF_TORCH = ["forward", "loss", "gradients", "optimizer", "metrics", "rest of the step"]


def test_the_parts_of_a_step(tmp_path, capsys):
    """As the command measures them; they add up, and what is in the file is not measured again."""
    file = tmp_path / "step.json"
    words = ["--workload", "vit", "--n", "2", "--images", "1664", "--json", str(file)]
    assert main(["bench", "step", *words]) == 0
    (found,) = json.loads(file.read_text())["steps"]
    assert (found["backend"], found["n"]) == (backend.require(), 2)
    parts, of_torch = found["milliseconds"], backend.require() == "torch"
    assert list(parts) == ["all", *(OF_TORCH if of_torch else ["step"]), "between steps"]
    assert min(parts.values()) > 0
    # 128 images through two blocks: milliseconds on any processor.
    assert (found.get("operations", 0) > 0.1) == of_torch
    # Each epoch's parts add up; so do medians of two epochs, which are their means.
    assert sum(parts.values()) == pytest.approx(2 * parts["all"], abs=0.01)
    for name, (low, high) in found["quartiles"].items():
        assert low <= parts[name] <= high
    assert "| vit " in capsys.readouterr().out
    assert main(["bench", "step", *words]) == 0
    assert "in " + str(file) in capsys.readouterr().out.replace("\n", " ")


class Sleeps(keras.callbacks.Callback):
    """Between two steps."""

    def on_train_batch_begin(self, batch, logs=None):
        time.sleep(0.02)


PARTS = {"call": "forward", "compute_loss": "loss", "compute_metrics": "metrics"}


@pytest.mark.parametrize("slow", PARTS)
def test_what_is_slow_is_found_where_it_is(slow):
    """A part that sleeps 50 ms in each of four steps took 0.2 s, and no other part did."""
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    network.compile("sgd", "mean_squared_error", run_eagerly=True)
    x, y = np.ones((8, 3), "float32"), np.ones((8, 2), "float32")
    network.fit(x, y, batch_size=2, verbose=0)
    of_keras = getattr(network, slow)

    def asleep(*args, **kwargs):
        time.sleep(0.05)
        return of_keras(*args, **kwargs)

    setattr(network, slow, asleep)
    train_function, seconds = network.train_function, {}

    class Times(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            step_parts.time_parts(network, seconds, undo)

    with contextlib.ExitStack() as undo:
        network.fit(x, y, batch_size=2, verbose=0, callbacks=[Times(), Sleeps()])
    on_torch = backend.require() == "torch"
    assert set(seconds) == ({*OF_TORCH[:-1], "step"} if on_torch else {"step"})
    assert seconds["step"] >= 0.2
    if on_torch:
        assert seconds[PARTS[slow]] >= 0.2
        assert max(seconds, key=lambda name: (name != "step", seconds[name])) == PARTS[slow]
        assert sum(seconds[name] for name in OF_TORCH[:-1]) <= seconds["step"]
    assert network.train_function == train_function  # nothing is timed any more
    assert getattr(network, slow) is asleep
    measured = dict(seconds)
    network.fit(x, y, batch_size=2, verbose=0)
    assert seconds == measured


def test_operations_within_operations_count_once():
    """A product of a batch of matrices calls others; the clock has seen all of them."""
    torch = pytest.importorskip("torch")
    x = torch.ones(64, 64, 64)
    (x @ x).sum()
    timer = step_parts.OperationTimer()
    began = time.perf_counter()
    for _ in range(10):
        (x @ x).sum()
    elapsed = 1000 * (time.perf_counter() - began)
    assert 0 < timer.stop() <= elapsed


def test_a_training_that_fails_is_recorded_and_said(tmp_path, capsys, monkeypatch):
    def fails(contenders, rounds, notify):
        return [Outcome(contenders[0], failure="ended by signal 9")]

    monkeypatch.setattr(step_breakdown.rounds, "train_in_turn", fails)
    file = tmp_path / "step.json"
    words = ["--workload", "mlp", "--n", "1", "--json", str(file)]
    assert main(["bench", "step", *words]) == 1
    assert "mlp, float32, batches of 256: failed: ended by signal 9." in capsys.readouterr().out
    assert json.loads(file.read_text())["steps"][0]["failed"] == "ended by signal 9"


def test_on_an_accelerator_parts_are_not_timed():
    outcome = Outcome(Contender("ours", "kerasdl", ()), ready={"accelerators": ["a GPU"]})
    assert step_breakdown._measured(outcome, ["a GPU"]) == {"failed": step_breakdown.ON_A_CPU}


def test_the_process_that_measures_stays_small(python):
    code = "import sys, kerasdl.benchmarks.step_breakdown, kerasdl.reports.step_times\n"
    code += "print({'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules))"
    assert python("-c", code).stdout == "set()\n"
