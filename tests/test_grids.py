"""Grids of what the reports leave open: their readings, their runs and their scores."""

import json
import math

import pandas as pd
import pytest
from result_files import write_run

from kerasdl import grids, studies
from kerasdl.claims import Last, MedianOfLast, Near, Top, Within
from kerasdl.claims.measures import measured
from kerasdl.runs import grid_scores
from kerasdl.runs.finished import FinishedRun
from kerasdl.runs.grid_scores import SavedRuns
from kerasdl.studies.grid import Grid, Setting, Target
from kerasdl.studies.readings import GRIDS

pytestmark = pytest.mark.any_backend

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
        assert _numbers(claim.check, claims) == {target.value}
        varied = [
            field
            for field in target.open
            if len({repr(setting.assumptions[field]) for setting in GRIDS[name].settings}) > 1
        ]
        for field in varied if name in CHOSEN else ():
            parts = field.split(".")
            names = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
            assert names & set(claim.chosen), (target.claim, field)


def _numbers(check, claims):
    """What a claim's check compares with: its own number, its bound, or, of an order, the winner's."""
    if isinstance(check, Top):
        return {
            value
            for claim in claims.values()
            if isinstance(claim.check, Near) and claim.check.recipe == check.recipe
            for value in _numbers(claim.check, claims)
        }
    if isinstance(check, Within):
        return {check.least}
    return {check.value}


def test_the_readings_of_circles_are_compared_by_every_number_of_two_layers():
    """The report's best of two layers is tanh with 77.35 %: so sigmoid and ReLU are below it."""
    bounds = {
        target.recipe.name.rpartition("-")[2]: (target.side, target.value)
        for target in GRIDS["circles"].targets
        if "two_layer" in target.recipe.name
    }
    assert bounds == {
        "tanh": ("", 0.7735),
        "sigmoid": ("below", 0.7735),
        "relu": ("below", 0.7735),
    }


def test_no_tolerance_of_circles_is_wider_than_the_noise_of_its_points():
    """At most two standard deviations of a share of 2,000 points; of all of them two errors."""
    for target in GRIDS["circles"].targets:
        noise = 2 * math.sqrt(target.value * (1 - target.value) / 2000)
        assert target.within <= max(round(noise, 4), 0.001)


def test_batch_normalization_is_varied_where_the_report_leaves_it_open():
    grid = GRIDS["batch_norm"]
    base, *others = (setting.recipe_for(grid.targets[0]) for setting in grid.settings)
    assert base == grid.targets[0].recipe
    varied = {
        (name, str(made.model.arguments[name]))
        for made in others
        for name in made.model.arguments
        if made.model.arguments[name] != base.model.arguments.get(name)
    }
    assert varied == {("batch_norm_after", "activation")}
    assert {made.optimizer.learning_rate for made in others} == {0.1, 0.01, 0.03}


def test_a_reading_may_be_another_value_in_each_experiment():
    setting = Setting("counted", "", {"model.arguments.units": "counted", "batch_size": 3})
    units = {"model.arguments.units": {"counted": (5, 5), "beside": (5, 5, 5)}}
    recipe = studies.get("exercises/regression_depth-3-tanh")
    target = Target("", recipe, Last("val_loss"), 0.0, 0.0, ("model.arguments.units",), units)
    made = setting.recipe_for(target)
    assert made.model.arguments["units"] == (5, 5)
    assert made.batch_size == recipe.batch_size  # which the target does not leave open


def written(tmp_path, monkeypatch, made, lines=None):
    monkeypatch.setitem(GRIDS, "circles", made)
    notify = (lambda line: None) if lines is None else lines.append
    grids.write("circles", tmp_path, SavedRuns(tmp_path / "runs"), notify=notify)
    return json.loads((tmp_path / "circles.json").read_text())


def test_a_table_holds_each_setting_and_its_score(tmp_path, monkeypatch):
    table = written(tmp_path, monkeypatch, grid(0.1, 0.2))
    assert table["group"] == "circles"
    first, second = table["settings"]
    assert first["assumptions"]["optimizer.learning_rate"] == 0.1
    assert (first["matched"], first["of"], first["chosen"]) == (1, 1, False)
    assert first["missing"] == []
    score = second["scores"]["so much"]
    assert score["seeds"] == 2
    assert score["seconds_per_epoch"] > 0
    logs = (tmp_path / "runs").rglob("log.csv")
    ends = {round(float(log.read_text().splitlines()[-1].split(",")[0])) for log in logs}
    assert ends == {1}  # one epoch each
    assert score["report"] == 0.5
    assert 0 <= score["mean"] <= 1
    assert score["found"] == "matches"
    (environment,) = score["environments"]  # of the runs
    assert environment["versions"]["keras"]


def test_what_was_trained_is_not_trained_again(tmp_path, monkeypatch):
    lines = []
    before = written(tmp_path, monkeypatch, grid(0.1), lines)
    assert len(lines) == 2  # two seeds
    assert written(tmp_path, monkeypatch, grid(0.1), lines) == before
    assert len(lines) == 2
    written(tmp_path, monkeypatch, grid(0.1, 0.2), lines)
    assert len(lines) == 4


def test_scores_need_no_training(tmp_path, monkeypatch):
    """What was trained is scored anew; what has no run is listed, and a run that two share once."""
    before = written(tmp_path, monkeypatch, grid(0.1))
    (tmp_path / "circles.json").unlink()
    made = grid(0.1, 0.2, seeds=3)
    table = grid_scores.table(made, SavedRuns(tmp_path / "runs"), 3)
    first, second = table["settings"]
    assert first["scores"] == before["settings"][0]["scores"]
    assert [missing["seeds"] for missing in first["missing"]] == [1]
    assert (second["not_run"], second["matched"]) == (1, 0)
    assert second["scores"]["so much"]["found"] == "not run"
    (missing,) = second["missing"]
    assert missing["run"] == grid_scores.experiment(made.settings[1], made.targets[0], 0).name[12:]
    assert (missing["recipe"], missing["epochs"], missing["seeds"]) == (LINEAR.name, 1, 3)


def test_a_reading_that_the_recipes_follow_has_their_runs(tmp_path):
    root = tmp_path / "reports"
    for seed in (0, 1):
        write_run(root, LINEAR.name, "jax", seed, {"loss": [1.0], "val_accuracy": [0.6]})
    target = Target("so much", LINEAR, Last("val_accuracy"), 0.6, 0.01, ("batch_size",))
    followed = Setting("as it is", "", {"batch_size": LINEAR.batch_size})
    other = Setting("larger", "", {"batch_size": 99})
    runs = SavedRuns.under(tmp_path / "none", root)
    table = grid_scores.table(Grid("circles", (target,), (followed, other)), runs, 2)
    assert [setting["matched"] for setting in table["settings"]] == [1, 0]
    assert [setting["not_run"] for setting in table["settings"]] == [0, 1]


def test_scores_of_runs_that_are_elsewhere_stay(tmp_path, monkeypatch):
    """Those of another machine, unless there are more seeds here, or another experiment is meant."""
    before = written(tmp_path, monkeypatch, grid(0.1, seeds=2))
    elsewhere = {"hardware": "another machine", "versions": {}, "date": "2001-02-03"}
    before["settings"][0]["scores"]["so much"]["environments"] = [elsewhere]
    (tmp_path / "circles.json").write_text(json.dumps(before))
    none = SavedRuns(tmp_path / "none")
    monkeypatch.setitem(GRIDS, "circles", grid(0.1, 0.2, seeds=3))
    grid_scores.write("circles", tmp_path, none)
    after = json.loads((tmp_path / "circles.json").read_text())
    first, second = after["settings"]
    assert first["scores"] == before["settings"][0]["scores"]
    assert [missing["seeds"] for missing in first["missing"]] == [1]
    assert second["not_run"] == 1

    (setting,) = written(tmp_path, monkeypatch, grid(0.1, seeds=3))["settings"]
    assert setting["scores"]["so much"]["seeds"] == 3
    assert elsewhere not in setting["scores"]["so much"]["environments"]
    for made in (grid(0.1, value=0.4, seeds=3), grid(0.1, within=0.1, seeds=3)):
        monkeypatch.setitem(GRIDS, "circles", made)
        grid_scores.write("circles", tmp_path, none)
        (setting,) = json.loads((tmp_path / "circles.json").read_text())["settings"]
        assert setting["not_run"] == 1
    written(tmp_path, monkeypatch, grid(0.1, seeds=3))
    made = grid(0.1, seeds=3)
    made.targets[0].measure = Last("val_loss")
    monkeypatch.setitem(GRIDS, "circles", made)
    grid_scores.write("circles", tmp_path, none)
    (setting,) = json.loads((tmp_path / "circles.json").read_text())["settings"]
    assert setting["not_run"] == 1


@pytest.mark.parametrize(
    ("value", "within", "side", "values", "word"),
    [
        (0.61, 0.02, "", [0.6, 0.62], "matches"),  # deviation 0.014
        (0.61, 0.02, "", [0.63, 0.65], "differs"),
        (0.61, 0.02, "", [0.5, 0.7], "seeds disagree"),  # the mean is 0.6, and says nothing
        (0.61, 0.02, "", [0.9, 0.95, 0.93], "differs"),  # one more would be in 0.80 to 1.05
        (0.7735, 0.05, "", [0.6, 0.79, 0.977], "seeds disagree"),  # a deviation of 19 points
        (0.998, 0.002, "", [1.0, 1.0, 1.0], "matches"),  # 0.002 but for rounding
        (0.998, 0.001, "", [1.0, 1.0, 1.0], "differs"),
        (0.61, 0.02, "", [0.6], "matches"),
        (0.61, 0.02, "", [0.6, math.nan], "differs"),
        (0.61, 0.02, "", [], "not run"),
        (0.7735, 0, "below", [0.6, 0.6], "matches"),
        (0.7735, 0, "below", [1.0, 1.0], "differs"),
        (0.7735, 0, "below", [0.7735, 0.8], "differs"),
        (0.7735, 0, "below", [0.6, 1.0], "seeds disagree"),
        (0.92, 0, "above", [0.93, 0.94], "matches"),
        (0.92, 0, "above", [0.9, 0.91], "differs"),
    ],
)
def test_how_seeds_compare_with_a_number(value, within, side, values, word):
    target = Target("so much", LINEAR, None, value, within, (), side=side)
    assert target.compare(values) == word


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
    assert measured(MedianOfLast("val_loss", 3), run) == pytest.approx(median, nan_ok=True)
