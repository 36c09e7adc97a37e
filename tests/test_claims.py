"""Claims over made-up runs: when a check holds, fails, is not run or is inconclusive."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from kerasdl.claims import (
    Alike,
    At,
    BestEpoch,
    Claim,
    Difference,
    Diverges,
    Gap,
    Growth,
    Highest,
    Increasing,
    Last,
    Lowest,
    Metric,
    Near,
    RelativeRise,
    RiseAboveLowest,
    Roughness,
    Seconds,
    Top,
    Within,
)
from kerasdl.errors import UsageError
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.runs.finished import FinishedRun

pytestmark = pytest.mark.no_backend

A = Recipe(
    name="a",
    data=Data("digits"),
    model=Model("MLP"),
    loss="mean_squared_error",
    optimizer=Optimizer("sgd", learning_rate=0.1),
    epochs=1,
    batch_size=1,
)
B, C = replace(A, name="b"), replace(A, name="c")
LOSS = Last("test_loss")


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
    (Near(A, LOSS, 1.0, 0.1), [("a", 1.09)], [("a", 1.11)]),
    (Within(A, LOSS, least=1.0), [("a", 1.0)], [("a", 0.99)]),
    (Within(A, LOSS, most=1.0), [("a", 1.0)], [("a", 1.01)]),
    (
        Increasing((A, B, C), LOSS),
        [("a", 1), ("b", 2), ("c", 3)],
        [("a", 1), ("b", 2), ("c", 1.9)],
    ),
    (Increasing((A, B), LOSS, by=0.5), [("a", 1), ("b", 1.6)], [("a", 1), ("b", 1.4)]),
    (
        Top(A, (A, B, C), LOSS),
        [("a", 3), ("b", 2), ("c", 1)],
        [("a", 2), ("b", 3), ("c", 1)],
    ),
    (Top(A, (B,), LOSS, lowest=True), [("a", 1), ("b", 2)], [("a", 2), ("b", 1)]),
    (Near(A, LOSS, 0.70, 0.02), [("a", 0.72)], [("a", 0.7201)]),  # 0.72 - 0.7 > 0.02
    (
        Increasing((A, B), LOSS, or_fails=True),
        [("a", 1), ("b", math.nan)],
        [("a", math.nan), ("b", 1)],
    ),
    (Alike((A, B), LOSS, 0.2), [("a", 1), ("b", 1.1)], [("a", 1), ("b", 1.3)]),
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
    assert judge(check, *good[1:]).missing == (check.recipes[0].name,)


@pytest.mark.parametrize(
    "check", [Top(A, (B,), LOSS), Top(A, (B,), LOSS, lowest=True), Increasing((A, B), LOSS)]
)
def test_a_tie_is_no_evidence(check):
    assert judge(check, loss("a", 1), loss("b", 1)).word == "inconclusive"


def test_training_that_is_said_to_fail():
    check = Diverges(A)
    failed, ended = loss("a", math.nan, status="diverged"), loss("a", 1, seed=1)
    assert judge(check, failed).word == "holds"
    assert judge(check, ended).word == "does not hold"
    assert judge(check, failed, ended).word == "inconclusive"
    assert judge(check).word == "not run"


NAN, INF = math.nan, math.inf
# A check, the values of its recipes, whether it holds. What diverged has no place in an order and
# is near or like nothing; but it cannot be better than what was trained.
NOT_FINITE = [
    (Near(A, LOSS, 1, 99), (NAN,), False),
    (Near(A, LOSS, 1, 99), (INF,), False),
    (Within(A, LOSS, least=-99), (NAN,), False),
    (Within(A, LOSS, least=-99), (INF,), False),
    (Within(A, LOSS, most=99), (-INF,), False),
    (Increasing((A, B), LOSS), (1, NAN), False),
    (Increasing((A, B), LOSS), (NAN, 1), False),
    (Increasing((A, B), LOSS), (1, INF), False),
    (Increasing((A, B, C), LOSS, or_fails=True), (1, 2, NAN), True),
    (Increasing((A, B, C), LOSS, or_fails=True), (1, 2, INF), True),
    (Increasing((A, B, C), LOSS, or_fails=True), (2, 1, NAN), False),
    (Increasing((A, B, C), LOSS, or_fails=True), (NAN, 2, NAN), False),
    (Alike((A, B), LOSS, 9), (1, NAN), False),
    (Alike((A, B), LOSS, 9), (INF, INF), False),
    (Top(A, (B, C), LOSS, lowest=True), (1, NAN, 2), True),
    (Top(A, (B, C), LOSS, lowest=True), (1, 2, -INF), True),
    (Top(A, (B, C), LOSS, lowest=True), (1, NAN, NAN), True),
    (Top(A, (B, C), LOSS, lowest=True), (2, NAN, 1), False),
    (Top(A, (B, C), LOSS, lowest=True), (NAN, 1, 2), False),
    (Top(A, (B, C), LOSS, lowest=True), (NAN, NAN, NAN), False),
    (Top(A, (B, C), LOSS, lowest=True), (-INF, 1, 2), False),
    (Top(A, (B, C), LOSS), (2, NAN, 1), True),
    (Top(A, (B, C), LOSS), (2, INF, 1), True),
    (Top(A, (B, C), LOSS), (1, NAN, 2), False),
    (Top(A, (B, C), LOSS), (INF, 1, 2), False),
]


@pytest.mark.parametrize(("check", "values", "holds"), NOT_FINITE)
def test_a_value_that_is_not_finite(check, values, holds):
    runs = [loss(name, value) for name, value in zip("abc", values, strict=False)]
    assert judge(check, *runs).word == ("holds" if holds else "does not hold")


def test_a_tie_beside_a_run_that_diverged():
    check = Top(A, (B, C), LOSS, lowest=True)
    runs = [loss("a", 1), loss("b", NAN, status="diverged"), loss("c", 1)]
    assert judge(check, *runs).word == "inconclusive"


def test_n_mean_and_deviation():
    """Deviations are over seeds: the same seed on another backend is no new sample."""
    check = Near(A, LOSS, 2, 5)
    found = [loss("a", value, seed=value) for value in (1, 2, 6)]
    verdict = judge(check, *found)
    assert (verdict.n, verdict.seeds, verdict.means) == (3, 3, (3.0,))
    assert verdict.deviations == (pytest.approx(math.sqrt((4 + 1 + 9) / 2)),)
    verdict = judge(check, *found, *(loss("a", v, seed=v, backend="torch") for v in (1, 2, 6)))
    assert (verdict.n, verdict.seeds, verdict.backends) == (6, 3, ("jax", "torch"))
    assert verdict.deviations == (pytest.approx(math.sqrt((4 + 1 + 9) / 2)),)


@pytest.mark.parametrize("values", [(NAN, NAN), (1.0, NAN), (INF, INF)])
def test_runs_that_diverged_have_no_deviation(values):
    found = [loss("a", v, seed=i, status="diverged") for i, v in enumerate(values)]
    verdict = judge(Near(A, LOSS, 1, 1), *found)
    assert verdict.n == 2
    assert math.isnan(verdict.deviations[0])


def test_the_best_epoch_of_a_curve_that_diverged_is_nan():
    found = run("a", status="diverged", test_loss=[2.0, 1.0, math.nan])
    of_curves = (Highest, Lowest, BestEpoch, RiseAboveLowest, Roughness)
    for measure in (*(kind("test_loss") for kind in of_curves), RelativeRise("test_loss", 9)):
        assert math.isnan(measure(found))


def test_a_run_without_what_is_measured_is_named():
    with pytest.raises(UsageError, match=r"test_loss at the end of the run a on jax, seed 0"):
        judge(Near(A, LOSS, 1, 1), run("a", loss=[1.0]))
    diverged = run("a", status="diverged", loss=[NAN])  # before the first evaluation
    assert judge(Near(A, LOSS, 1, 1), diverged).word == "does not hold"


def test_runs_of_one_backend_and_seed_are_compared():
    """Seed 1 of `b` and the other backend have no partner; what is shared is seed 0 on JAX."""
    check = Increasing((A, B), LOSS)
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
    (Last("test_loss"), 1.3),
    (At("accuracy", 2), 0.4),
    (Highest("test_accuracy"), 0.6),
    (Lowest("test_loss"), 1.0),
    (Highest("test_accuracy", before=2), 0.3),
    (BestEpoch("test_accuracy"), 2),
    (Growth("accuracy", 2), 0.5),
    (RelativeRise("test_loss", before=3), 0.3),  # 1.3 / 1.0 - 1
    (RelativeRise("test_loss", before=2), 0.0),  # the minimum is at epoch 2
    (RiseAboveLowest("test_loss"), 0.3),
    (Roughness("test_loss"), (1.0 + 0.5 + 0.2) / 3),
    (Gap(), 0.35),
    (Metric("test", "accuracy"), 0.5),
    (Seconds(), 7.0),
    (Difference(Last("loss"), Last("accuracy")), 0.1),
]


@pytest.mark.parametrize(("measure", "expected"), MEASURES)
def test_measures(measure, expected):
    assert measure(CURVE) == pytest.approx(expected)
    assert str(measure)


def test_an_epoch_that_was_not_reached_is_nan():
    assert math.isnan(At("loss", 9)(CURVE))


def test_a_competitor_may_stand_among_its_own():
    assert Top(B, (A, B, C), LOSS).recipes == (B, A, C)
    assert str(Top(B, (A, B), LOSS)) == "test_loss at the end: `b` highest, beside `a`"
