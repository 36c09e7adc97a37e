"""The runs of `cifar10/fast` beside what the script printed that it comes from."""

import json

import pandas as pd
import pytest

from kerasdl.errors import UsageError
from kerasdl.reports import speed_run
from kerasdl.runs.finished import FinishedRun

pytestmark = pytest.mark.no_backend

LINE = {"done": True, "accuracy": 0.93, "accuracy_with_augmentation": 0.94, "minutes": 10.96}


def run(seed, backend="torch", recipe="cifar10/fast", **changes):
    metrics = {"test": {"accuracy": 0.92 + seed / 100}, "test_augmented": {"accuracy": 0.94}}
    result = {"status": "finished", "metrics": metrics, "seconds": 600.0 + 60 * seed, "threads": 2}
    result |= {"hardware": "a processor", "versions": {"keras": "3"}, "date": "then", **changes}
    return FinishedRun(recipe, backend, seed, result, pd.DataFrame())


def test_means_and_runs():
    """0.92, 0.93 and 0.94 have the deviation 0.01."""
    runs = [run(1), run(0), run(2), run(0, "jax"), run(0, recipe="cifar10/default")]
    runs += [run(3, status="diverged"), run(4, metrics={"test": {"accuracy": 0.5}})]
    found = speed_run.gather(runs, {0: {**LINE, "minutes": 8.0}, 1: LINE})
    accuracies = ("93.00 ± 1.00", "94.00 ± 0.00")
    accuracies_of_script = ("93.00 ± 0.00", "94.00 ± 0.00")
    assert found.means.rows == (
        (
            "cifar10/fast",
            "PyTorch",
            *accuracies,
            "11.0 (10.0 to 12.0)",
            "seed 0: 1.25, seed 1: 1.00",
            "3",
        ),
        ("cifar10/fast", "JAX", "92.00", "94.00", "10.0", "-", "1"),
        ("cifar10/default", "PyTorch", "92.00", "94.00", "10.0", "-", "1"),
        ("airbench94_torch.py", "PyTorch", *accuracies_of_script, "9.5 (8.0 to 11.0)", "-", "2"),
    )
    assert [row[1:3] for row in found.runs.rows[:3]] == [("PyTorch", str(n)) for n in range(3)]
    end = ("2", "a processor", "keras 3", "then")
    assert found.runs.rows[0][3:] == ("92.00", "94.00", "10.0", *end)
    assert found.runs.rows[-1][3:] == ("93.00", "94.00", "11.0", *"----")


def test_without_any_there_is_no_table():
    assert speed_run.gather([run(0, recipe="cifar10/batchnorm")]) is None


def test_what_the_script_printed(tmp_path):
    lines = [{"ready": True}, {"epoch": 1}, LINE]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (tmp_path / "airbench94-seed12.jsonl").write_text(text)
    (tmp_path / "augmentation-jax.json").write_text("{}")
    assert speed_run.read_script(tmp_path) == {12: LINE}


@pytest.mark.parametrize("text", ["", "no JSON", '{"epoch": 8}', "[]", '{"accuracy": null}'])
def test_what_did_not_end_is_refused(tmp_path, text):
    path = tmp_path / "airbench94-seed1.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"airbench94-seed1\.jsonl should be what"):
        speed_run.read_script(tmp_path)
