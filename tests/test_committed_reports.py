"""The committed pages and runs: evidence to be checked as it stands, whatever the code does now."""

import json
import pathlib
import re

import matplotlib
import numpy as np
import pandas as pd
import pytest

from kerasdl import recipes, reports, studies, training
from kerasdl.reports.disagreements import DISAGREEMENTS
from kerasdl.runs import finished

HERE = pathlib.Path(__file__).parents[1] / "reports"
DRAWN_BY = "3.11."  # the committed figures: another Matplotlib places their text otherwise
WRITTEN_BY_OTHERS = ("runs", "bench", "parity", "sensitivity", "upstream")
in_a_checkout = pytest.mark.skipif(not (HERE / "runs").is_dir(), reason="not in a checkout")


def without_numbers(text):
    number = r"-?\d+\.\d+(?:e-?\d+)?"
    return re.sub(number, "", text), [float(found) for found in re.findall(number, text)]


@in_a_checkout
def test_the_committed_pages_are_those_of_the_committed_runs(tmp_path):
    measured = [HERE / name for name in ("bench", "parity", "sensitivity")]
    reports.write(HERE / "runs", tmp_path, *measured)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    for path in sorted(made):
        now, then = (tmp_path / path).read_text(), (HERE / path).read_text()
        if path.suffix == ".svg" and not matplotlib.__version__.startswith(DRAWN_BY):
            continue
        if path.suffix == ".svg":  # another processor may round its last digit otherwise
            (now, numbers), (then, expected) = map(without_numbers, (now, then))
            np.testing.assert_allclose(numbers, expected, atol=1e-3, err_msg=str(path))
        assert now == then, f"{path} is not what `kerasdl report` writes: run it"
    kept = {path.relative_to(HERE) for path in HERE.rglob("*") if path.is_file()}
    others = {path.as_posix() for path in kept - made if path.parts[0] not in WRITTEN_BY_OTHERS}
    assert not others


@in_a_checkout
def test_the_disagreements_of_the_first_page_are_still_some():
    """Each cites a claim of its report that the committed runs contradict; else write another."""
    found = finished.read(HERE / "runs").finished
    for disagreement in DISAGREEMENTS:
        claims = studies.STUDIES[disagreement.report].claims
        words = [claim.judge(found).word for claim in claims if claim.says == disagreement.says]
        assert len(words) == 1, disagreement
        assert words[0] in ("does not hold", "one run disagrees"), disagreement
    assert len(DISAGREEMENTS) == 3


def committed(name, backend):
    folder = (HERE / "runs").joinpath(*name.split("/"), f"{backend}-seed0")
    return json.loads((folder / "result.json").read_text()), pd.read_csv(folder / "log.csv")


@in_a_checkout
@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_the_committed_runs_learned(backend):
    """Below these floors something was broken, whatever the reports say; the recipe's own seed."""
    # Each exercise was run with ten seeds on the backend on which it is fastest.
    if backend == "jax":
        circles, _ = committed("exercises/circles_best", backend)
        assert circles["metrics"]["test"]["accuracy"] >= 0.99
    if backend == "tensorflow":
        digits, log = committed("exercises/digits_best", backend)
        assert digits["metrics"]["test"]["accuracy"] >= 0.94
        assert len(log) == 50
    gaussian, _ = committed("exercises/regression_gaussian", backend)
    assert float("-inf") < gaussian["metrics"]["test"]["loss"] < -1.0


@in_a_checkout
@pytest.mark.parametrize("rung", ["baseline", "normalize", "augment", "batchnorm"])
def test_the_committed_rungs_were_run_at_full_length(rung):
    result, log = committed(f"regularization/{rung}", "tensorflow")
    assert (result["status"], len(log)) == ("finished", 50)
    page = (HERE / "regularization.md").read_text()
    own = [line for line in page.splitlines() if f"of `{rung}`:" in line]
    assert own
    assert not [line for line in own if "not run" in line]


def test_a_training_of_today_learns_the_circles(tmp_path):
    """The floor of the committed runs, within four epochs in place of ten."""
    recipe = recipes.override(studies.get("exercises/circles_best"), {"epochs": 4})
    run = training.train(recipe, out=tmp_path)
    assert run.result["metrics"]["test"]["accuracy"] >= 0.99
