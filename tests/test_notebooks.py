"""The notebooks: what is committed was run from top to bottom, and runs again on every backend."""

import json
import os
import re
from pathlib import Path

import pytest

from kerasdl import backend

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
ON_ALL_BACKENDS = ["quickstart", "three_backends"]  # they run where all of them are
QUICK = "KERASDL_QUICK"  # what the notebooks look for: a small scale


def read(name):
    return json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def execute(name, folder, monkeypatch):
    """The text that the notebook prints at a small scale, in an empty folder."""
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")  # or Jupyter warns of them
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    import nbformat

    monkeypatch.setenv(QUICK, "1")
    monkeypatch.setenv("KERASDL_CACHE", str(folder / "cache"))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=600, resources=resources).execute()
    outputs = [output for cell in code_cells(notebook) for output in cell["outputs"]]
    return "".join(output.get("text", "") for output in outputs)


def test_there_are_five():
    assert len(NOTEBOOKS) == 5


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_was_run_from_top_to_bottom(name):
    cells = code_cells(read(name))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert all(out.get("name", "stdout") == "stdout" for out in outputs), "warnings"
    assert {out["output_type"] for out in outputs} <= {"stream", "display_data", "execute_result"}
    text = json.dumps([out.get("text", out.get("data", {}).get("text/plain")) for out in outputs])
    assert not re.search(r"(?<![\w.])/\w+/\w", text), "a path of the machine it was run on"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_can_be_handed_out(name):
    """It installs what is missing, ends with exercises, and prints while it trains."""
    notebook = read(name)
    first = "".join(code_cells(notebook)[0]["source"])
    assert "find_spec" in first
    assert "URL-OF-THE-REPOSITORY" in first
    assert "## Exercises\n\n1. " in "".join(notebook["cells"][-1]["source"])
    program = "".join("".join(cell["source"]) for cell in code_cells(notebook))
    assert QUICK in program
    assert "callbacks=()" not in program


@pytest.mark.parametrize("name", sorted({*NOTEBOOKS} - {*ON_ALL_BACKENDS}))
def test_it_runs(name, tmp_path, monkeypatch):
    assert "kerasdl" in execute(name, tmp_path, monkeypatch)


@pytest.mark.parity
@pytest.mark.parametrize("name", ON_ALL_BACKENDS)
def test_backends_predict_the_same(name, tmp_path, monkeypatch):
    printed = execute(name, tmp_path, monkeypatch)
    found = dict(re.findall(r"(\w+): probabilities differ .*?by at most (\S+)", printed))
    assert set(found) >= set(backend.BACKENDS) - {os.environ.get("KERAS_BACKEND")}
    assert all(float(largest) < 1e-4 for largest in found.values())
