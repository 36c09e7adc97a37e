"""What README and CONTRIBUTING show exists, is complete, and runs."""

import json
import math
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from kerasdl import augmentation, callbacks, datasets, models, schedules, studies
from kerasdl.__main__ import COMMANDS, main
from kerasdl.augmentation import pipelines
from kerasdl.errors import UsageError
from kerasdl.export import FORMATS, format_module

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def first_cells(heading):
    """The names in backquotes in the first cell of each row of the table with that heading."""
    _, _, rest = README.partition(f"| {heading}")
    table, _, _ = rest.partition("\n\n")
    rows = (line.strip("| ").split(" | ") for line in table.splitlines()[2:])
    return {name for cells in rows for name in re.findall(r"`(\w+)`", cells[0])}


def row(label):
    """The names in backquotes in the row that begins with that label."""
    (line,) = (line for line in README.splitlines() if line.startswith(f"| {label} |"))
    return set(re.findall(r"`(\w+)`", line.partition(label)[2]))


def test_builders_and_data_sets():
    assert first_cells("builders") == set(models.__all__)
    assert first_cells("data sets") == set(datasets.NAMES)


def test_layers_pipelines_and_schedules():
    layers = {name for name in augmentation.__all__ if name[0].isupper()}
    layers -= {"RandomImageLayer", "OPERATIONS"}
    assert row("layers") == layers
    assert row("pipelines, as recipes name them") == set(pipelines.PIPELINES)
    assert row("in a recipe") == set(schedules.NAMES)


def test_formats_and_the_backends_that_write_them():
    """A cell begins with "no" where a backend cannot, and else names packages that it needs."""
    heading = "| format | TensorFlow | PyTorch | JAX | checked by |\n"
    table = README.partition(heading)[2].partition("\n\n")[0].splitlines()[1:]
    found = {}
    for line in table:
        name, *cells, _ = (cell.strip() for cell in line.strip("|").split(" | "))
        found[name.strip("`")] = dict(zip(("tensorflow", "torch", "jax"), cells, strict=True))
    assert set(found) == set(FORMATS)
    for format, cells in found.items():
        writers, reasons = format_module(format).WRITERS, format_module(format).CANNOT
        for name, cell in cells.items():
            assert cell.startswith("no:") == (name not in writers), (format, name)
            assert name in writers or cell == f"no: {reasons[name]}"
            named = {each.replace("-", "_") for each in re.findall(r"`([\w-]+)`", cell)}
            assert named == set(writers.get(name, ())) - {"onnx", "safetensors"}, (format, name)


def test_callbacks():
    named = row("`kerasdl.callbacks`") - {"fit"}
    assert named <= set(callbacks.__all__)
    # The others are for `kerasdl.training.train`.
    others = {"BestEpoch", "Checkpoint", "LearningRateRange", "Track"}
    assert set(callbacks.__all__) - named == others


def commands():
    for kind, block in BLOCKS:
        if kind == "bash":
            yield from map(str.strip, re.findall(r"^kerasdl [^#\n]*", block, re.MULTILINE))


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_commands_can_be_given(monkeypatch, line):
    """Their words are understood, and the recipes and reports that they name exist."""
    asked = []
    monkeypatch.setattr("kerasdl.__main__.guarded", lambda run, args, **_: asked.append(args) or 0)
    words = shlex.split(line)[1:]
    assert main(words) == 0
    (args,) = asked
    names = [args.recipe] if isinstance(getattr(args, "recipe", None), str) else []
    for name in [*names, *(getattr(args, "recipes", None) or [])]:
        if "/" in name:
            assert name in studies.names()


def test_every_command_is_shown():
    shown = {line.split()[1] for line in commands()}
    assert shown == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_accuracies_of_the_backends_are_those_of_the_page():
    page = (ROOT / "reports" / "parity.md").read_text()
    for name in ("TensorFlow", "PyTorch", "JAX"):
        mean, deviation = re.search(rf"\| {name} \| 5 \| ([\d.]+) ± ([\d.]+) \|", page).groups()
        assert f"{float(mean):.3f} ± {float(deviation):.3f} on {name}" in README
    (p,) = re.findall(r"\*p = ([\d.]+)\*", page)
    assert f"p = {p})" in README
    (bfloat16,) = re.findall(r"\| PyTorch \| 3 \|.* \| (\S+) \| (\S+ to \S+) \| 0, 1, 2 \|", page)
    assert f"less that in float32 is {bfloat16[0]} (95 % interval {bfloat16[1]})" in README
    bounds = re.findall(r" less \w+ \|.*\| ([-+][\d.]+) to ([-+][\d.]+) \|", page)
    assert len(bounds) == 3
    assert max(abs(float(bound)) for pair in bounds for bound in pair) < 0.02


def test_accuracies_of_the_speed_run_are_those_of_the_runs():
    runs = sorted((ROOT / "reports/runs/cifar10/fast").glob("torch-seed*/result.json"))
    metrics = [json.loads(path.read_text())["metrics"] for path in runs]
    assert len(metrics) == 3
    for part in ("test", "test_augmented"):
        values = [100 * each[part]["accuracy"] for each in metrics]
        assert f"{np.mean(values):.2f} ± {np.std(values, ddof=1):.2f} %" in README
    assert "(PyTorch, three seeds)" in README
    (path,) = (ROOT / "reports/runs/cifar10/default").glob("torch-seed*/result.json")
    default = json.loads(path.read_text())
    metrics = default["metrics"]
    shown = [f"{100 * metrics[part]['accuracy']:.2f} %" for part in ("test", "test_augmented")]
    minutes = round(default["seconds"] / 60)
    assert (
        f"test {shown[0]}, with test-time augmentation {shown[1]} (PyTorch, one seed) in {minutes} "
        "minutes of two cores"
    ) in README


def whole_departures(file):
    """Steps at which a curve of some pair is above ten times the farthest of the five runs, or 1e-5."""
    found = set()
    for curves in file["pairs"].values():
        for quantity, curve in curves.items():
            runs = np.array([run[quantity] for run in file["yardstick"]], "float64")
            farthest = np.full(len(curve), runs.max()) if file["lockstep"] else runs.max(axis=0)
            above = np.array(curve, "float64") > np.maximum(1e-5, 10 * farthest)
            found |= {int(i) + 1 for i in np.flatnonzero(above)}
    return found


def test_distances_of_the_backends_are_those_of_the_files():
    files = [
        json.loads(path.read_text()) for path in sorted((ROOT / "reports/parity").glob("*.json"))
    ]
    words = " ".join(README.split())

    def of(precision, lockstep=False):
        return [f for f in files if (f["precision"], f["lockstep"]) == (precision, lockstep)]

    def largest(quantity, file, steps):
        return max(float(d) for pair in file["pairs"].values() for d in pair[quantity][:steps])

    sgd = [f for f in of("float64") if f["settings"]["optimizer"]["name"] == "sgd"]
    losses = sorted(largest("loss", file, 20) for file in sgd)
    assert (
        f"within {losses[-1]:.1e} of each other, those of ten recipes within {losses[9]:.1e}"
        in words
    )
    adam = [f for f in of("float64") if f not in sgd]
    assert len(adam) == 2
    assert not any(found for f in adam for found in f["departures"].values())
    weights = max(largest("weights", file, 20) for file in adam)
    assert f"the weights of both within {weights:.1e}" in words
    gradients = sorted(largest("gradients", file, 1) for file in of("float32"))
    assert math.ceil(gradients[7] * 1e7) / 1e7 == 4.6e-6
    assert "within 4.6e-6 of the largest entry of all layers for eight recipes" in words
    apart = f"{gradients[8]:.1e} to {gradients[11]:.1e} apart for four"
    assert apart.replace("e-0", "e-") in words
    departing = [
        sum(any(f["departures"].values()) for f in of("float32", lockstep)) for lockstep in (0, 1)
    ]
    assert departing == [5, 4]
    assert "seven stay for 50 steps within" in words
    assert "five depart" in words
    assert "eight stay within for 20 steps, and four depart" in words
    departing = [whole_departures(file) for file in of("float32")]
    assert len(departing) == 12
    assert not any(departing)
    assert "none of the twelve leaves ten times one rounding or 1e-5" in words
    departing = {file["recipe"]: whole_departures(file) for file in of("float32", lockstep=True)}
    assert len(departing) == 12
    assert {name for name, steps in departing.items() if steps} == {"exercises/coloured_digits"}
    assert departing["exercises/coloured_digits"] == {20}
    assert "nor with `--lockstep` but `exercises/coloured_digits` at step 20" in words


def test_costs_of_portable_draws_are_those_of_the_files():
    files = [json.loads(path.read_text()) for path in (ROOT / "reports/bench").glob("draws-*.json")]
    words = " ".join(README.split())

    def ratios(name):
        found = [file["ratio"] for file in files if file["beside"]["name"] == name]
        assert len(found) == 6  # two recipes on three backends
        return f"{min(found):.3f} to {max(found):.3f} times as fast as with"

    own = ratios("the backend's own random numbers")
    by_numpy = ratios("NumPy's random numbers, in the input pipeline")
    assert f"{own} the backends' own" in words
    assert f"{by_numpy} NumPy's Philox" in words
    assert min(file["n"] for file in files) == 11
    files = [json.loads(f.read_text()) for f in (ROOT / "reports/bench").glob("checkpoints-*.json")]
    found = sorted(file["ratio"] for file in files)
    assert len(found) == 3
    assert f"{found[0]:.3f} to {found[-1]:.3f} times as fast as without both" in words


def test_the_tests_that_security_names_are_there():
    named = re.findall(r"`(test_\w+\.py)`", (ROOT / "SECURITY.md").read_text())
    assert len(named) > 9
    assert all((ROOT / "tests" / name).is_file() for name in named)


def test_your_own_data_and_network(tmp_path, monkeypatch, capsys):
    """The program of the README, as it stands there."""
    monkeypatch.chdir(tmp_path)
    own_data, own_network, pretrained = (code for kind, code in BLOCKS if kind == "python")
    exec(own_data, {})
    (accuracy,) = re.findall(r"'accuracy': ([\d.]+)", capsys.readouterr().out)
    assert float(accuracy) > 0.9  # who tries it sees it learn
    with pytest.raises(UsageError, match=r"in Python: existing='resume', existing='overwrite'"):
        exec(own_data, {})  # a second time
    namespace = {}
    exec(own_network, namespace)
    assert namespace["model"].output_shape == (None, 10)
    compile(pretrained, "README.md", "exec")  # it needs a file of 45 MB
