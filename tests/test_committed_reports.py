"""The committed pages are those that the code of today makes of the committed runs."""

import pathlib
import re

import matplotlib
import numpy as np
import pytest

from kerasdl import reports, studies
from kerasdl.reports import shortfalls, speed
from kerasdl.reports.disagreements import DISAGREEMENTS
from kerasdl.runs import finished, grid_scores
from kerasdl.runs.grid_scores import SavedRuns
from kerasdl.studies.readings import GRIDS

HERE = pathlib.Path(__file__).parents[1] / "reports"
DRAWN_BY = "3.11."  # the committed figures: another Matplotlib places their text otherwise
WRITTEN_BY_OTHERS = ("runs", "bench", "parity", "sensitivity", "upstream")
pytestmark = [
    pytest.mark.no_backend,
    pytest.mark.skipif(not (HERE / "runs").is_dir(), reason="not in a checkout"),
]


def test_what_falls_short_is_named_with_its_reason():
    """Rows below what they are held to, and no others: a row that no longer is leaves the list."""
    found = speed.gather(speed.read_results(HERE / "bench"))
    short = shortfalls.short_rows(found.training, found.augmentation)
    assert {(each.backend, row) for each in shortfalls.SHORTFALLS for row in each.rows} == short


def without_numbers(text):
    number = r"-?\d+\.\d+(?:e-?\d+)?"
    return re.sub(number, "", text), [float(found) for found in re.findall(number, text)]


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


@pytest.mark.parametrize("name", GRIDS)
def test_the_grids_are_scored_with_the_committed_runs(name, tmp_path):
    """Else `scripts/write_sensitivity.py reports/sensitivity --score-only` does that."""
    written = (HERE / "sensitivity" / f"{name}.json").read_text()
    (tmp_path / f"{name}.json").write_text(written)
    grid_scores.write(name, tmp_path, SavedRuns.under(tmp_path / "none", HERE / "runs"))
    assert (tmp_path / f"{name}.json").read_text() == written


def test_the_disagreements_of_the_first_page_are_still_some():
    """Each cites a claim of its report that the committed runs contradict; else write another."""
    found = finished.read(HERE / "runs").finished
    for disagreement in DISAGREEMENTS:
        claims = studies.STUDIES[disagreement.report].claims
        words = [claim.judge(found).word for claim in claims if claim.says == disagreement.says]
        assert len(words) == 1, disagreement
        assert words[0] in ("does not hold", "one run disagrees"), disagreement
    assert len(DISAGREEMENTS) == 3
