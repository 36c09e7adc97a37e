"""Claims over made-up runs: each kind holds, fails, is not run and is inconclusive when it should."""

import itertools
import json
import math
import re
import shutil

import pandas as pd
import pytest

from kerasdl import claims, studies
from kerasdl.claims import kinds
from kerasdl.claims.kinds import Claim
from kerasdl.errors import UsageError
from kerasdl.recipes import override, to_dict
from kerasdl.runs.finished import FinishedRun, read

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
        [("a", 1), ("b", 2), ("c", 1.9)],
    ),
    (kinds.Increasing(("a", "b"), LOSS, by=0.5), [("a", 1), ("b", 1.6)], [("a", 1), ("b", 1.4)]),
    (
        kinds.Top(("a", "b", "c"), LOSS),
        [("a", 3), ("b", 2), ("c", 1)],
        [("a", 2), ("b", 3), ("c", 1)],
    ),
    (kinds.Top(("a", "b"), LOSS, lowest=True), [("a", 1), ("b", 2)], [("a", 2), ("b", 1)]),
    (kinds.Near("a", LOSS, 0.70, 0.02), [("a", 0.72)], [("a", 0.7201)]),  # 0.72 - 0.7 > 0.02
    (
        kinds.Increasing(("a", "b"), LOSS, or_fails=True),
        [("a", 1), ("b", math.nan)],
        [("a", math.nan), ("b", 1)],
    ),
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


@pytest.mark.parametrize("check", [kinds.Top(("a", "b"), LOSS), kinds.Increasing(("a", "b"), LOSS)])
def test_a_tie_is_no_evidence(check):
    assert judge(check, loss("a", 1), loss("b", 1)).word == "inconclusive"


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
    """Deviations are over seeds: the same seed on another backend is no new sample."""
    check = kinds.Near("a", LOSS, 2, 5)
    found = [loss("a", value, seed=value) for value in (1, 2, 6)]
    verdict = judge(check, *found)
    assert (verdict.n, verdict.seeds, verdict.means) == (3, 3, (3.0,))
    assert verdict.deviations == (pytest.approx(math.sqrt((4 + 1 + 9) / 2)),)
    verdict = judge(check, *found, *(loss("a", v, seed=v, backend="torch") for v in (1, 2, 6)))
    assert (verdict.n, verdict.seeds, verdict.backends) == (6, 3, ("jax", "torch"))
    assert verdict.deviations == (pytest.approx(math.sqrt((4 + 1 + 9) / 2)),)


@pytest.mark.parametrize("values", [(math.nan, math.nan), (1.0, math.nan), (math.inf, math.inf)])
def test_runs_that_diverged_have_no_deviation(values):
    found = [loss("a", v, seed=i, status="diverged") for i, v in enumerate(values)]
    verdict = judge(kinds.Near("a", LOSS, 1, 1), *found)
    assert verdict.n == 2
    assert math.isnan(verdict.deviations[0])


def test_a_best_epoch_before_it_diverged_is_none():
    found = run("a", status="diverged", test_loss=[2.0, 1.0, math.nan])
    for measure in (
        kinds.Highest("test_loss"),
        kinds.Lowest("test_loss"),
        kinds.Rise("test_loss", 9),
    ):
        assert math.isnan(measure(found))


def test_what_a_run_should_tell_is_named():
    with pytest.raises(UsageError, match=r"The run a on jax, seed 0, should tell its test_loss at"):
        judge(kinds.Near("a", LOSS, 1, 1), run("a", loss=[1.0]))


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
    (kinds.Highest("test_accuracy", before=2), 0.3),
    (kinds.BestEpoch("test_accuracy"), 2),
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
    known = {name for name in studies.names() if name.startswith(f"{report}/")}
    for claim in claims.CLAIMS[report]:
        assert set(claim.check.recipes) <= known, claim.says
        assert claim.says
        assert claim.place
        assert str(claim.check)


def test_numbers_in_the_words_are_those_that_are_checked():
    """`85 %` and a check against 0.58 would be a slip of the pen."""
    checked = 0
    for claim in itertools.chain(*claims.CLAIMS.values()):
        if isinstance(claim.check, kinds.Near):
            said = {float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", claim.says)}
            value = claim.check.value
            near = {n for n in said if math.isclose(n, value, abs_tol=5e-4) or n == value}
            percent = {n for n in said if math.isclose(n / 100, value, abs_tol=5e-5)}
            assert near | percent, claim
            checked += 1
    assert checked > 60


# What the digest says is higher: claim, lower, higher.
ORDERS = {
    "normalizing improves the test score": ("baseline", "normalize"),
    "other transformations lower the test accuracy": ("augment_more", "augment"),
    "training accuracy is lower than before": ("dropout", "momentum_schedule"),
    "augmentation generalizes better": ("cnn_normalize", "cnn_augment"),
    "augmentation overfits less": ("cnn_augment", "cnn_normalize"),
    "normalizing takes the oscillations off the test curves": ("cnn_normalize", "cnn_baseline"),
    "larger patches are better on test": tuple(f"vit_patch_size-{n}" for n in (4, 7, 11, 14)),
    "the larger the batch, the higher the loss": tuple(
        f"regression_batch-{n}" for n in (10, 50, 100)
    ),
    "the MLP is less accurate than the CNN": ("mlp", "cnn"),
    "accuracy grows with the width": tuple(f"cnn_width-{n}" for n in (32, 128, 256, 512, 1024)),
    "flips improve accuracy": ("cnn", "cnn_flip"),
    "crops are better than flips": ("cnn_flip", "cnn_crop"),
    "momentum 0.5 and more epochs improve it again": ("model2", "model3"),
    "a batch of 64 is better than momentum 0.5": ("model3", "model4"),
    "dropout of 0.2 is worse than 0.5": ("model5", "model2"),
    "more epochs improve model 7": ("model7", "model7b"),
}


@pytest.mark.parametrize("says", ORDERS)
def test_orders_are_those_of_the_digest(says):
    found = [c for c in itertools.chain(*claims.CLAIMS.values()) if c.says == says]
    assert len(found) == 1
    assert isinstance(found[0].check, kinds.Increasing)
    assert tuple(name.partition("/")[2] for name in found[0].check.recipes) == ORDERS[says]


@pytest.mark.parametrize("report", claims.CLAIMS)
def test_what_is_measured_is_logged(report):
    """A claim on a curve that its recipe does not log could never be decided."""
    for claim in claims.CLAIMS[report]:
        measure = getattr(claim.check, "measure", None)
        column = getattr(measure, "column", "")
        for name in claim.check.recipes:
            recipe = studies.get(name)
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
    told = {"metrics": {"test": {"loss": 0.5}}, "versions": {}, "hardware": "", "seconds": 1.0}
    result = {"recipe": recipe.name, "status": "finished", **told, **result}
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
    write(tmp_path, "jax-seed6", BASELINE, status="failed", backend="jax", seed=6, error="no data")
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
        "jax-seed0-0123abcd": "settings of the recipe were changed for it",
        "jax-seed3": "the recipe has other settings now",
        "jax-seed4": "on digits",
        "jax-seed5": "it is interrupted",
        "jax-seed7": "the recipe has other settings now",
        "jax-seed8": "it is on data of the user's own, mine",
        "jax-seed9": "it has a network of the user's own",
        "torch-seed1": "it has a network of the user's own",
    }


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
        ("result.json", "[]", "should tell a recipe and a status"),
        ("result.json", '{"status": "finished"}', "should tell a recipe and a status"),
        (
            "result.json",
            '{"status": "finished", "recipe": "regularization/adam"}',
            "holds a run of regularization/adam",
        ),
        (
            "result.json",
            '{"status": "finished", "recipe": "regularization/baseline"}',
            "should tell the metrics of the run; it has None",
        ),
        (
            "result.json",
            '{"status": "finished", "recipe": "regularization/baseline", "hardware": "", '
            '"versions": {}, "seconds": 1, "metrics": {"test": {"loss": "low"}}}',
            "should be numbers",
        ),
        ("log.csv", "epoch,loss\n1,abc\n", "loss has words"),
        ("log.csv", "a,b\n1,2\n", "should have numbers in columns epoch, loss"),
        ("log.csv", "epoch,loss\n", "a row an epoch"),
        ("log.csv", "", "cannot be read"),
        ("log.csv", "epoch,loss\n1,2\n2,1\n", "has 2 epochs; the run had 1"),
    ],
)
def test_damaged_files_are_named(tmp_path, file, content, expected):
    (write(tmp_path, "jax-seed0", BASELINE, epochs=1) / file).write_text(content)
    with pytest.raises(UsageError, match=expected) as caught:
        read(tmp_path)
    assert "jax-seed0" in str(caught.value)
