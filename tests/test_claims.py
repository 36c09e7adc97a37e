"""Claims over made-up runs: each kind holds, fails, is not run and is inconclusive when it should."""

import json
import math

import pandas as pd
import pytest

from kerasdl import claims, recipes
from kerasdl.claims import kinds
from kerasdl.claims.kinds import Claim
from kerasdl.finished import FinishedRun, read_failures, read_runs
from kerasdl.recipes.recipe import override, to_dict

LOSS = kinds.Last("test_loss")


def run(recipe, seed=0, backend="jax", status="finished", metrics=None, seconds=1.0, **columns):
    epochs = len(next(iter(columns.values()))) if columns else 0
    log = pd.DataFrame({"epoch": range(1, epochs + 1), **columns})
    result = {"status": status, "metrics": metrics or {}, "seconds": seconds}
    return FinishedRun(recipe, backend, seed, result, log)


def loss(recipe, value, seed=0, **more):
    return run(recipe, seed, test_loss=[value], **more)


def judge(check, *found):
    return Claim("it is so", "table 1", check).judge(found)


# A check, runs for which it holds, runs for which it does not.
CASES = [
    (kinds.Near("a", LOSS, 1.0, 0.1), [("a", 1.09)], [("a", 1.11)]),
    (kinds.Within("a", LOSS, least=1.0), [("a", 1.0)], [("a", 0.99)]),
    (kinds.Within("a", LOSS, most=1.0), [("a", 1.0)], [("a", 1.01)]),
    (
        kinds.Increasing(("a", "b", "c"), LOSS),
        [("a", 1), ("b", 2), ("c", 3)],
        [("a", 1), ("b", 2), ("c", 2)],
    ),
    (kinds.Increasing(("a", "b"), LOSS, by=0.5), [("a", 1), ("b", 1.6)], [("a", 1), ("b", 1.4)]),
    (
        kinds.Top(("a", "b", "c"), LOSS),
        [("a", 3), ("b", 2), ("c", 1)],
        [("a", 3), ("b", 3), ("c", 1)],
    ),
    (kinds.Top(("a", "b"), LOSS, lowest=True), [("a", 1), ("b", 2)], [("a", 2), ("b", 1)]),
    (kinds.Alike(("a", "b"), LOSS, 0.2), [("a", 1), ("b", 1.1)], [("a", 1), ("b", 1.3)]),
]


@pytest.mark.parametrize(("check", "good", "bad"), CASES)
def test_each_check(check, good, bad):
    good = [loss(*pair) for pair in good]
    wrong = [loss(*pair, seed=1) for pair in bad]
    assert judge(check, *good).word == "holds"
    assert judge(check, *wrong).word == "does not hold"
    assert judge(check, *good, *wrong).word == "inconclusive"
    assert judge(check).word == "not run"
    assert judge(check, *good[1:]).word == "not run"
    assert judge(check, *good[1:]).missing == (check.recipes[0],)


def test_a_failure():
    check = kinds.Diverges("a")
    failed, ended = loss("a", math.nan, status="diverged"), loss("a", 1, seed=1)
    assert judge(check, failed).word == "holds"
    assert judge(check, ended).word == "does not hold"
    assert judge(check, failed, ended).word == "inconclusive"
    assert judge(check).word == "not run"


def test_a_number_that_is_not_finite_decides_against():
    for check in (kinds.Near("a", LOSS, 1, 99), kinds.Within("a", LOSS, least=-99)):
        assert judge(check, loss("a", math.nan, status="diverged")).word == "does not hold"


def test_n_mean_and_deviation():
    verdict = judge(kinds.Near("a", LOSS, 2, 5), *(loss("a", v, seed=v) for v in (1, 2, 6)))
    assert (verdict.n, verdict.means) == (3, (3.0,))
    assert verdict.deviations == (pytest.approx(math.sqrt((4 + 1 + 9) / 2)),)


def test_runs_are_compared_with_their_like():
    """Seed 1 of `b` and the other backend have no partner; what is shared is seed 0 on JAX."""
    check = kinds.Increasing(("a", "b"), LOSS)
    found = [loss("a", 1), loss("b", 2), loss("b", 0, seed=1), loss("a", 9, backend="torch")]
    assert (judge(check, *found).word, judge(check, *found).n) == ("holds", 1)
    apart = judge(check, loss("a", 1), loss("b", 2, seed=1))
    assert (apart.word, apart.missing) == ("not run", ("a", "b"))


CURVE = run(
    "a",
    seconds=7.0,
    metrics={"test": {"accuracy": 0.5}},
    loss=[4.0, 3.0, 2.0, 1.0],
    accuracy=[0.2, 0.4, 0.6, 0.9],
    test_loss=[2.0, 1.0, 1.5, 1.3],
    test_accuracy=[0.3, 0.6, 0.5, 0.55],
)
MEASURES = [
    (kinds.Last("test_loss"), 1.3),
    (kinds.At("accuracy", 2), 0.4),
    (kinds.Highest("test_accuracy"), 0.6),
    (kinds.Lowest("test_loss"), 1.0),
    (kinds.Growth("accuracy", 2), 0.5),
    (kinds.Rise("test_loss", before=3), 0.3),  # 1.3 / 1.0 - 1
    (kinds.Rise("test_loss", before=2), 0.0),  # the minimum is at epoch 2
    (kinds.RiseAbove("test_loss"), 0.3),
    (kinds.Roughness("test_loss"), (1.0 + 0.5 + 0.2) / 3),
    (kinds.Gap(), 0.35),
    (kinds.Measured("test", "accuracy"), 0.5),
    (kinds.Seconds(), 7.0),
    (kinds.Difference(kinds.Last("loss"), kinds.Last("accuracy")), 0.1),
]


@pytest.mark.parametrize(("measure", "expected"), MEASURES)
def test_measures(measure, expected):
    assert measure(CURVE) == pytest.approx(expected)
    assert str(measure)


def test_an_epoch_that_was_not_reached_is_nan():
    assert math.isnan(kinds.At("loss", 9)(CURVE))


@pytest.mark.parametrize("report", claims.CLAIMS)
def test_claims_are_of_the_recipes_of_their_report(report):
    assert len(claims.CLAIMS[report]) >= 15
    known = {name for name in recipes.names() if name.startswith(f"{report}/")}
    for claim in claims.CLAIMS[report]:
        assert set(claim.check.recipes) <= known, claim.says
        assert claim.says
        assert claim.place
        assert str(claim.check)


@pytest.mark.parametrize("report", claims.CLAIMS)
def test_what_is_measured_is_logged(report):
    """A claim on a curve that its recipe does not log could never be decided."""
    for claim in claims.CLAIMS[report]:
        measure = getattr(claim.check, "measure", None)
        column = getattr(measure, "column", "")
        for name in claim.check.recipes:
            recipe = recipes.get(name)
            if column.startswith("test_"):
                assert recipe.test_curves, (name, claim.says)
            if column.startswith("val_") and recipe.data.name not in ("circles", "ames_housing"):
                assert recipe.data.validation, (name, claim.says)
            epoch = getattr(measure, "epoch", 0)
            assert epoch <= recipe.epochs


def write(root, name, recipe, **result):
    folder = root.joinpath(*recipe.name.split("/"), name)
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps(to_dict(recipe)))
    (folder / "log.csv").write_text("epoch,loss\n1,0.5\n")
    result = {"recipe": recipe.name, "status": "finished", **result}
    (folder / "result.json").write_text(json.dumps(result))


def test_only_runs_of_the_recipe_itself_count(tmp_path):
    recipe = recipes.get("regularization/baseline")
    write(tmp_path, "jax-seed2", recipe)
    write(tmp_path, "torch-seed0", recipe)
    write(tmp_path, "jax-seed0-0123abcd", override(recipe, {"epochs": 3}))
    write(tmp_path, "jax-seed3", override(recipe, {"epochs": 3}))  # changed since
    write(tmp_path, "jax-seed4", recipe, notice="on digits")
    write(tmp_path, "jax-seed5", recipe, status="interrupted")
    write(tmp_path, "jax-seed6", recipe, status="failed", backend="jax", seed=6, error="no data")
    found = read_runs(tmp_path)
    assert [(r.backend, r.seed) for r in found] == [("jax", 2), ("torch", 0)]
    assert found[0].log["loss"].tolist() == [0.5]
    assert read_failures(tmp_path) == [("regularization/baseline", "jax", 6, "no data")]
