"""Making the comparisons of the page of parity, one after another: what is there is left alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from result_files import parity_result

from kerasdl import backend
from kerasdl.errors import UsageError
from kerasdl.parity import planned
from kerasdl.studies import parity

pytestmark = pytest.mark.no_backend

PLAN = parity.PLAN[:3]
FILES = [each.file for each in PLAN]
SCRIPT = Path(__file__).parents[1] / "scripts" / "write_parity.py"


class Found:
    """In place of a comparison, which takes minutes."""

    def __init__(self, each):
        self.each = each

    def to_dict(self):
        return parity_result(self.each)

    def table(self):
        return f"table of {self.each.file}"


@pytest.fixture
def compared(monkeypatch):
    """What was compared: list of recipe, backends, options."""
    calls = []

    def compare(recipe, backends, design, *, data_dir, progress):
        asked = (recipe, design.precision, design.lockstep)
        each = next(p for p in PLAN if (p.recipe, p.precision, p.lockstep) == asked)
        calls.append((each.file, backends, design.steps, data_dir))
        progress("a run")
        if data_dir == "broken" and each is PLAN[1]:
            raise UsageError("There are no data.")
        return Found(each)

    monkeypatch.setattr(planned, "compare", compare)
    return calls


def test_what_is_there_is_not_made_again(tmp_path, compared):
    lines = []
    assert planned.write_missing(tmp_path / "new", plan=PLAN, notify=lines.append) == []
    assert [call[0] for call in compared] == FILES
    assert compared[0][1:] == (("tensorflow", "torch", "jax"), 50, None)
    assert lines[:3] == ["0 of 3 comparisons are made already", f"[1/3] {FILES[0]}", "a run"]
    assert f"table of {FILES[2]}" in lines
    (tmp_path / "new" / FILES[1]).unlink()
    planned.write_missing(tmp_path / "new", plan=PLAN, notify=lines.append)
    assert [call[0] for call in compared[3:]] == FILES[1:2]
    assert f"[3/3] {FILES[1]}" in lines
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(FILES)
    planned.write_missing(tmp_path / "new", plan=PLAN, overwrite=True, notify=lines.append)
    assert [call[0] for call in compared[4:]] == FILES


def test_one_that_fails_does_not_stop_the_others(tmp_path, compared):
    lines = []
    failed = planned.write_missing(tmp_path, plan=PLAN, data_dir="broken", notify=lines.append)
    assert failed == FILES[1:2]
    assert f"{FILES[1]} failed: There are no data." in lines
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([FILES[0], FILES[2]])


def test_another_comparison_in_the_way_is_named_before_any_is_made(tmp_path, compared):
    (tmp_path / FILES[2]).write_text(json.dumps(parity_result(PLAN[2], steps=7)))
    with pytest.raises(UsageError, match=rf"{FILES[2]} holds a comparison with other settings"):
        planned.write_missing(tmp_path, plan=PLAN)
    assert compared == []


def test_the_script_needs_all_backends(tmp_path):
    missing = sorted(set(backend.BACKENDS) - set(backend.installed()))
    if not missing:
        pytest.skip("all backends are installed")
    command = [sys.executable, SCRIPT, tmp_path / "parity"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"missing: {', '.join(missing)}." in done.stderr
    assert not (tmp_path / "parity").exists()
