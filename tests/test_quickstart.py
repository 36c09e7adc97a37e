"""The notebook: what is committed was run from top to bottom, and runs again on every backend."""

import json
import re
from pathlib import Path

import pytest

from kerasdl import backend

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "quickstart.ipynb"


def cells():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_it_was_run_from_top_to_bottom():
    assert [cell["execution_count"] for cell in cells()] == list(range(1, len(cells()) + 1))
    outputs = [output for cell in cells() for output in cell["outputs"]]
    assert {"stream", "display_data", "execute_result"} == {out["output_type"] for out in outputs}
    assert all(out.get("name", "stdout") == "stdout" for out in outputs), "warnings"
    assert sum("image/png" in out.get("data", {}) for out in outputs) == 2  # sheet and curves
    text = json.dumps([out.get("text", out.get("data", {}).get("text/plain")) for out in outputs])
    assert not re.search(r"(?<![\w.])/\w+/\w", text), "a path of the machine it was run on"


@pytest.mark.parity
def test_it_runs(python):
    program = "\n".join("".join(cell["source"]) + "\n" for cell in cells())
    short = program.replace('"epochs": 12', '"epochs": 1')
    assert short != program
    printed = python("-c", short, KERAS_BACKEND="jax", MPLBACKEND="agg", timeout=600).stdout
    found = dict(re.findall(r"(\w+): probabilities differ by at most (\S+)", printed))
    assert set(found) == set(backend.BACKENDS) - {"jax"}
    assert all(float(largest) < 1e-4 for largest in found.values())
