"""Grids of what the reports leave open: their readings, their runs and their scores."""

import json
import math

import pandas as pd
import pytest

from kerasdl import grids, studies
from kerasdl.claims import Last, MedianOfLast
from kerasdl.runs.finished import FinishedRun
from kerasdl.studies.grid import Grid, Setting, Target
from kerasdl.studies.readings import GRIDS

LINEAR = studies.get("exercises/circles_linear")
OPEN = ("data.options", "epochs", "optimizer.learning_rate")
SHORT = {"data.options": {"points": 100}, "epochs": 1}


def grid(*rates, value=0.5, within=0.5, seeds=2):
    target = Target("so much", LINEAR, Last("val_accuracy"), value, within, OPEN)
    settings = [
        Setting(f"SGD {rate}", "a rate", SHORT | {"optimizer.learning_rate": rate})
        for rate in rates
    ]
    return Grid("circles", (target,), tuple(settings), seeds)


@pytest.mark.parametrize("name", GRIDS)
def test_every_setting_decides_every_open_field(name):
    """Then a grid stays the same when the recipes follow one of its settings."""
    for setting in GRIDS[name].settings:
        for target in GRIDS[name].targets:
            assert set(target.open) <= set(setting.assumptions)


@pytest.mark.parametrize("name", GRIDS)
def test_no_two_settings_are_the_same_experiments(name):
    made = [
        json.dumps([setting.recipe_for(target).settings() for target in GRIDS[name].targets])
        for setting in GRIDS[name].settings
    ]
    assert len(set(made)) == len(made)


CHOSEN = {
    name: setting for name, grid in GRIDS.items() for setting in grid.settings if setting.chosen
}


def test_one_setting_of_a_grid_is_chosen_at_most():
    assert sum(setting.chosen for grid in GRIDS.values() for setting in grid.settings) == len(
        CHOSEN
    )


@pytest.mark.parametrize("name", CHOSEN)
def test_the_recipes_follow_the_setting_that_was_chosen(name):
    for target in GRIDS[name].targets:
        assert CHOSEN[name].recipe_for(target) == target.recipe


@pytest.mark.parametrize("name", GRIDS)
def test_targets_are_numbers_of_claims(name):
    """Those that chose a setting are no evidence, and name every field that the grid varied."""
    claims = {claim.says: claim for study in studies.STUDIES.values() for claim in study.claims}
    for target in GRIDS[name].targets:
        claim = claims[target.claim]
        assert claim.check.value == target.value  # of a `Near`
        varied = [
            field
            for field in target.open
            if len({repr(setting.assumptions[field]) for setting in GRIDS[name].settings}) > 1
        ]
        for field in varied if name in CHOSEN else ():
            parts = field.split(".")
            names = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
            assert names & set(claim.chosen), (target.claim, field)


def test_a_reading_may_be_another_value_in_each_experiment():
    setting = Setting("counted", "", {"model.arguments.units": "counted", "batch_size": 3})
    units = {"model.arguments.units": {"counted": (5, 5), "beside": (5, 5, 5)}}
    recipe = studies.get("exercises/regression_depth-3-tanh")
    target = Target("", recipe, Last("val_loss"), 0.0, 0.0, ("model.arguments.units",), units)
    made = setting.recipe_for(target)
    assert made.model.arguments["units"] == (5, 5)
    assert made.batch_size == recipe.batch_size  # which the target does not leave open


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A grid written twice, then with a setting more: folder, and table and trainings after each."""
    folder, lines, after = tmp_path_factory.mktemp("grids"), [], []
    with pytest.MonkeyPatch.context() as patch:
        for made in (grid(0.1), grid(0.1), grid(0.1, 0.2)):
            patch.setitem(GRIDS, "circles", made)
            grids.write("circles", folder, out=folder / "runs", notify=lines.append)
            after.append((json.loads((folder / "circles.json").read_text()), len(lines)))
    return folder, after


def test_a_table_holds_each_setting_and_its_score(written):
    folder, [*_, (table, _)] = written
    assert table["group"] == "circles"
    first, second = table["settings"]
    assert first["assumptions"]["optimizer.learning_rate"] == 0.1
    assert (first["seeds"], first["matched"], first["of"], first["chosen"]) == (2, 1, 1, False)
    score = second["scores"]["so much"]
    logs = (folder / "runs").rglob("log.csv")
    ends = {round(float(log.read_text().splitlines()[-1].split(",")[0])) for log in logs}
    assert ends == {1}  # one epoch each
    assert score["report"] == 0.5
    assert 0 <= score["mean"] <= 1
    assert score["matches"] is True


def test_what_was_trained_is_not_trained_again(written):
    _, [(first, trained), (again, trained_again), (_, trained_with_more)] = written
    assert trained == 2  # two seeds
    assert (again, trained_again) == (first, 2)
    assert trained_with_more == 4


@pytest.mark.parametrize(
    ("values", "mean", "sd", "matches"),
    [
        ([0.5, 0.7], 0.6, math.sqrt(0.02), True),
        ([0.5, 0.9], 0.7, math.sqrt(0.08), False),
        ([0.6], 0.6, None, True),
        ([0.6, math.nan], None, None, False),
    ],
)
def test_a_score_is_the_mean_beside_the_report(values, mean, sd, matches):
    target = Target("so much", LINEAR, None, 0.61, 0.02, ())
    score = grids._score(target, values)
    assert score["mean"] == (mean if mean is None else pytest.approx(mean))
    assert score["sd"] == (sd if sd is None else pytest.approx(sd))
    assert score["matches"] is matches


@pytest.mark.parametrize(
    ("status", "losses", "median"),
    [
        ("finished", [9.0, 1.0, 5.0, 2.0], 2.0),  # of 1, 5 and 2
        ("finished", [4.0, 2.0], 3.0),  # a run of fewer epochs: of all
        ("diverged", [1.0, 1.0, 1.0, 1.0], math.nan),
    ],
)
def test_the_median_of_the_last_epochs(status, losses, median):
    log = pd.DataFrame({"epoch": range(1, len(losses) + 1), "val_loss": losses})
    run = FinishedRun("a/b", "jax", 0, {"status": status}, log)
    assert MedianOfLast("val_loss", 3)(run) == pytest.approx(median, nan_ok=True)
