"""The evidence that is committed in `reports/runs`: complete, and not below what can be expected.

These tests read files: they tell whether the evidence is sound, and nothing about the code of
today, which `tests/test_learning.py` trains.
"""

import json
import math
import pathlib

import pandas as pd
import pytest

from kerasdl import studies
from kerasdl.runs.finished import read

RUNS = pathlib.Path(__file__).parents[1] / "reports" / "runs"
pytestmark = [
    pytest.mark.no_backend,
    pytest.mark.skipif(not RUNS.is_dir(), reason="not in a checkout"),
]


@pytest.fixture(scope="module")
def committed():
    return read(RUNS)


def run_of(name, backend):
    """Result and log of the recipe's own seed."""
    folder = RUNS.joinpath(*name.split("/"), f"{backend}-seed0")
    return json.loads((folder / "result.json").read_text()), pd.read_csv(folder / "log.csv")


@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_committed_runs_are_above_their_floors(backend):
    """Below these something was broken when they were trained, whatever the reports say."""
    # Each exercise was run with ten seeds on the backend on which it is fastest.
    if backend == "jax":
        circles, _ = run_of("exercises/circles_best", backend)
        assert circles["metrics"]["test"]["accuracy"] >= 0.99
    gaussian, _ = run_of("exercises/regression_gaussian", backend)
    assert -math.inf < gaussian["metrics"]["test"]["loss"] < -1.0


@pytest.mark.parametrize("rung", ["baseline", "normalize", "augment", "batchnorm"])
def test_four_experiments_of_regularization_were_run_at_full_length(committed, rung):
    """On TensorFlow, and so every claim about one of them alone is decided."""
    result, log = run_of(f"regularization/{rung}", "tensorflow")
    assert (result["status"], len(log)) == ("finished", 50)
    recipe = studies.get(f"regularization/{rung}")
    alone = [
        claim
        for claim in studies.STUDIES["regularization"].claims
        if claim.check.recipes == (recipe,)
    ]
    assert alone
    assert [
        claim.says for claim in alone if claim.judge(committed.finished).word == "not run"
    ] == []
