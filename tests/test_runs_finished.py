"""Finished runs as they are read from their files: which count, and which files are damaged."""

import json
import re
import shutil

import pytest

from kerasdl import studies
from kerasdl.errors import UsageError
from kerasdl.recipes import override, to_dict
from kerasdl.runs.finished import read, read_changed
from kerasdl.runs.identity import Identity

pytestmark = pytest.mark.no_backend


def write(root, name, recipe, **result):
    folder = root.joinpath(*recipe.name.split("/"), name)
    folder.mkdir(parents=True)
    backend, seed = re.match(r"(\w+)-seed(\d+)", name).groups()
    recipe = override(recipe, {"seed": int(seed)})
    (folder / "recipe.json").write_text(json.dumps(to_dict(recipe)))
    (folder / "log.csv").write_text("epoch,loss\n1,0.5\n")
    run = {"recipe": recipe.name, "backend": backend, "seed": int(seed), "status": "finished"}
    measured = {"metrics": {"test": {"loss": 0.5}}, "versions": {}, "hardware": "", "seconds": 1.0}
    result = {**run, **measured, **result}
    (folder / "result.json").write_text(json.dumps(result))
    return folder


BASELINE = studies.get("regularization/baseline")


def test_only_runs_of_the_recipe_itself_count(tmp_path):
    write(tmp_path, "jax-seed2", BASELINE)
    write(tmp_path, "torch-seed0", BASELINE)
    write(tmp_path, "jax-seed0-0123abcd", override(BASELINE, {"epochs": 3}))
    write(tmp_path, "jax-seed3", override(BASELINE, {"epochs": 3}))  # changed since
    write(tmp_path, "jax-seed4", BASELINE, notice="on digits")
    write(tmp_path, "jax-seed5", BASELINE, status="interrupted")
    write(tmp_path, "jax-seed6", BASELINE, status="failed", error="no data")
    (write(tmp_path, "jax-seed7", BASELINE) / "recipe.json").write_text("[]")
    write(tmp_path, "torch-seed1", BASELINE, status="failed", model="own", error="boo")
    write(tmp_path, "jax-seed8", BASELINE, dataset="mine")
    write(tmp_path, "jax-seed9", BASELINE, dataset="cifar10", model="own")
    copied = tmp_path / "copies" / "regularization" / "baseline" / "jax-seed2"
    shutil.copytree(tmp_path / "regularization" / "baseline" / "jax-seed2", copied)
    found = read(tmp_path)
    mine = [run for run in found.finished if run.recipe == BASELINE.name]
    assert [(r.backend, r.seed) for r in mine] == [("jax", 2), ("torch", 0)]
    assert mine[0].log["loss"].tolist() == [0.5]
    assert found.failed == (("regularization/baseline", "jax", 6, "no data"),)
    reasons = {folder.rpartition("/")[2]: why for folder, why in found.left_out}
    assert reasons == {
        "jax-seed0-0123abcd": "settings of the recipe were changed for it: epochs",
        "jax-seed3": "the recipe has other settings now",
        "jax-seed4": "on digits",
        "jax-seed5": "it is interrupted",
        "jax-seed7": "its recipe.json is no recipe of this version",
        "jax-seed8": "it is on data of the user's own",
        "jax-seed9": "it has a network of the user's own",
        "torch-seed1": "it has a network of the user's own",
    }


def test_steps_are_read_where_a_run_has_them(tmp_path):
    folder = write(tmp_path, "jax-seed0", BASELINE)
    write(tmp_path, "jax-seed1", BASELINE)
    (folder / "steps.csv").write_text("step,epoch,loss\n100,1,0.75\n200,1,0.25\n")
    with_steps, without, *_ = read(tmp_path).finished
    assert with_steps.steps["loss"].tolist() == [0.75, 0.25]
    assert without.steps is None


def test_runs_with_changed_settings(tmp_path):
    """Whatever hash an earlier version gave them; where there are two, today's name counts."""
    short = override(BASELINE, {"epochs": 3})
    name = Identity({"epochs": 3}).suffix
    write(tmp_path, "jax-seed2-0123abcd", short)
    write(tmp_path, f"jax-seed0-{name}", short, seconds=3.0)
    write(tmp_path, "jax-seed0-ffffffff", short, seconds=1.0)
    write(tmp_path, "jax-seed0-00000000", short, seconds=2.0)
    write(tmp_path, "torch-seed0-0123abcd", short)
    write(tmp_path, "jax-seed1", BASELINE)
    write(tmp_path, "jax-seed3-0123abcd", override(short, {"batch_size": 64}))
    write(tmp_path, "jax-seed4-0123abcd", short, notice="on digits")
    write(tmp_path, "jax-seed5-0123abcd", short, status="diverged")
    write(tmp_path, "jax-seed6-0123abcd", short, status="failed", error="no data")
    write(tmp_path, "jax-seed7-0123abcd", short, dataset="mine")
    write(tmp_path, "jax-seed8-0123abcd", short, model="own")
    (write(tmp_path, "jax-seed9-0123abcd", short) / "recipe.json").write_text("[]")
    found = read_changed(tmp_path, short)
    keys = [(run.backend, run.seed, run.result["seconds"]) for run in found]
    assert keys == [("jax", 0, 3.0), ("jax", 2, 1.0), ("torch", 0, 1.0)]
    assert found[0].log["loss"].tolist() == [0.5]
    assert read_changed(tmp_path / "none", short) == ()


def test_a_run_is_one_of_every_recipe_with_its_settings(tmp_path):
    """Both reports begin with the same experiment."""
    twin = studies.get("transformers/cnn_baseline")
    assert twin.settings() == BASELINE.settings()
    write(tmp_path, "jax-seed0", BASELINE)
    write(tmp_path, "jax-seed1", BASELINE)
    write(tmp_path, "jax-seed1", twin, metrics={"test": {"loss": 0.6}})
    found = {(run.recipe, run.seed): run for run in read(tmp_path).finished}
    assert len(found) == 4
    assert found[twin.name, 0].ran_as == BASELINE.name
    assert found[twin.name, 1].ran_as == ""
    assert found[twin.name, 1].result["metrics"]["test"]["loss"] == 0.6


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("result.json", "[]", "should hold a recipe and a status"),
        ("result.json", '{"status": "finished"}', "should hold a recipe and a status"),
        (
            "result.json",
            '{"status": "finished", "recipe": "regularization/lab_adam"}',
            "holds a run of regularization/lab_adam",
        ),
        (
            "result.json",
            '{"status": "finished", "recipe": "regularization/baseline", "backend": "jax", "seed": 0}',
            "should hold the metrics of the run; received None",
        ),
        (
            "result.json",
            '{"status": "finished", "recipe": "regularization/baseline", "hardware": "", '
            '"backend": "jax", "seed": 0, "versions": {}, "seconds": 1, "metrics": {"test": {"loss": "low"}}}',
            "metrics.test.loss should be a number",
        ),
        ("log.csv", "epoch,loss\n1,abc\n", "loss has words"),
        ("log.csv", "a,b\n1,2\n", "should have columns epoch, loss"),
        ("log.csv", "epoch,loss\n", "a row an epoch"),
        ("log.csv", "", "cannot be read"),
        (
            "steps.csv",
            "step,epoch,loss\n100,1,abc\n",
            "steps.csv should hold numbers; loss has words",
        ),
        ("steps.csv", "a,b\n1,2\n", "should have columns epoch, loss"),
        ("log.csv", "epoch,loss\n1,2\n2,1\n", "has 2 epochs; the run had 1"),
    ],
)
def test_damaged_files_are_named(tmp_path, file, content, expected):
    (write(tmp_path, "jax-seed0", BASELINE, epochs=1) / file).write_text(content)
    with pytest.raises(UsageError, match=expected) as caught:
        read(tmp_path)
    assert "jax-seed0" in str(caught.value)
