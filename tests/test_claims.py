"""Claims over made-up runs: the word for one seed, for several, for none, and for what diverged."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from scipy import stats

from kerasdl import studies
from kerasdl.claims import (
    VERDICTS,
    Alike,
    At,
    BestEpoch,
    Claim,
    Contradiction,
    Difference,
    Diverges,
    Doublings,
    Gap,
    Growth,
    Highest,
    Increasing,
    Last,
    Lowest,
    Metric,
    Near,
    Oscillation,
    RelativeRise,
    RiseAboveLowest,
    Seconds,
    SecondsUntil,
    Top,
    Within,
)
from kerasdl.claims.words import MEANINGS
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


def seed_of(values, seed=0, **more):
    """Runs of one seed: a value for each of the recipes `a`, `b` and `c`."""
    return [loss(name, v, seed=seed, **more) for name, v in zip("abc", values, strict=False)]


def judge(check, *found):
    return Claim("it is so", "table 1", check).judge(found)


def over(check, rows):
    """The verdict of several seeds, a row of values each."""
    return judge(check, *(run for seed, row in enumerate(rows) for run in seed_of(row, seed)))


# A check, values of its recipes that are as claimed, and values that are not.
CASES = [
    (Near(A, LOSS, 1.0, 0.1), [1.09], [1.14]),
    (Within(A, LOSS, least=1.0), [1.0], [0.99]),
    (Within(A, LOSS, most=1.0), [1.0], [1.01]),
    (Increasing((A, B, C), LOSS), [1, 2, 3], [1, 2, 1.9]),
    (Increasing((A, B), LOSS, by=0.5), [1, 1.6], [1, 1.4]),
    (Top(A, (A, B, C), LOSS), [3, 2, 1], [2, 3, 1]),
    (Top(A, (B,), LOSS, lowest=True), [1, 2], [2, 1]),
    (Near(A, LOSS, 0.70, 0.02), [0.741], [0.7411]),  # 0.02, and 3 % of 0.70
    (Increasing((A, B), LOSS, or_fails=True), [1, math.nan], [math.nan, 1]),
    (Alike((A, B), LOSS, 0.2), [1, 1.1], [1, 1.3]),
]


@pytest.mark.parametrize(("check", "good", "bad"), CASES)
def test_one_seed_is_a_word_of_its_own(check, good, bad):
    assert judge(check, *seed_of(good)).word == "one run agrees"
    assert judge(check, *seed_of(bad)).word == "one run disagrees"
    on_others = [
        run for backend in ("torch", "tensorflow", "jax") for run in seed_of(good, backend=backend)
    ]
    assert judge(check, *on_others).word == "one run agrees"  # three backends are one seed
    assert math.isnan(judge(check, *on_others).margin)
    assert judge(check).word == "not run"
    assert judge(check, *seed_of(good)[1:]).word == "not run"
    assert judge(check, *seed_of(good)[1:]).missing == (check.recipes[0].name,)


@pytest.mark.parametrize(
    ("claimed", "near", "far"),
    [
        (0.70, 0.721, 0.722),  # 3 % of 70 %
        (0.9913, 0.9896, 0.9894),  # a fifth more errors than 0.87 %
        (1.0, 1.0, 0.9999),
    ],
)
def test_one_run_is_near_an_accuracy_if_its_errors_are(claimed, near, far):
    check = Near(A, Last("test_accuracy"), claimed, read=0)
    assert judge(check, run("a", test_accuracy=[near])).word == "one run agrees"
    assert judge(check, run("a", test_accuracy=[far])).word == "one run disagrees"


@pytest.mark.parametrize(
    "check", [Top(A, (B,), LOSS), Top(A, (B,), LOSS, lowest=True), Increasing((A, B), LOSS)]
)
def test_a_tie_is_no_evidence(check):
    assert judge(check, *seed_of([1, 1])).word == "undecided"
    assert over(check, [[1, 1]] * 10).word == "undecided"
    assert over(check, [[1, 1]] * 10).margin == 0


def test_training_that_is_said_to_fail():
    check = Diverges(A)
    failed, ended = loss("a", math.nan, status="diverged"), loss("a", 1)
    assert judge(check, failed).word == "one run agrees"
    assert judge(check, ended).word == "one run disagrees"
    partly = loss("a", 1, backend="torch")
    assert judge(check, failed, partly).word == "undecided"  # on one backend only
    assert judge(check).word == "not run"


@pytest.mark.parametrize("seeds", range(2, 13))
def test_divergence_is_counted_by_the_exact_sign_test(seeds):
    """On all seeds or on none, which chance gives to fair coins in 2.5 % of cases at most."""
    check = Diverges(A)
    failed = [loss("a", math.nan, seed=seed, status="diverged") for seed in range(seeds)]
    ended = [loss("a", 1, seed=seed) for seed in range(seeds)]
    p = stats.binomtest(seeds, seeds, alternative="greater").pvalue
    assert judge(check, *failed).word == ("holds" if p <= 0.025 else "undecided")
    assert judge(check, *ended).word == ("does not hold" if p <= 0.025 else "undecided")
    assert (judge(check, *failed).agreeing, judge(check, *ended).agreeing) == (seeds, 0)
    assert judge(check, ended[0], *failed[1:]).word == "undecided"
    assert judge(check, ended[0], *failed[1:]).agreeing == seeds - 1
    torch = [loss("a", 1, seed=seed, backend="torch") for seed in range(seeds)]
    assert judge(check, *failed, *torch).word == "undecided"  # on one backend only, each of them
    assert judge(check, *failed, *torch).agreeing == 0


@pytest.mark.parametrize(
    ("check", "values", "word"),
    [
        (Within(A, Seconds(), most=2), [1.0, 1.1], "one run agrees"),
        (Within(A, Seconds(), most=2), [3.0, 3.1], "one run disagrees"),
        (Increasing((A, B), Seconds()), [1.0, 2.0], "one run agrees"),
        (Increasing((B, A), Seconds()), [1.0, 2.0], "one run disagrees"),
        (Alike((A, B), Doublings(Seconds()), 1), [1.0, 1.5], "one run agrees"),
        (Alike((A, B), Doublings(Seconds()), 1), [1.0, 9.0], "one run disagrees"),
    ],
)
def test_times_beside_other_work_are_one_run_at_best(check, values, word):
    """However many seeds: what other work added is no noise between them."""
    found = [
        run(name, seed, seconds=value + seed / 100, loss=[1.0])
        for seed in range(10)
        for name, value in zip("ab", values, strict=True)
    ]
    verdict = judge(check, *found)
    assert (verdict.word, verdict.seeds) == (word, 10)
    assert verdict.notes == ("times measured beside other work",)
    assert math.isnan(verdict.margin)


@pytest.mark.parametrize(
    ("check", "rows", "saturated"),
    [
        (Near(A, Last("test_accuracy"), 1.0, 0), [[1.0]] * 10, True),
        (Within(A, Highest("test_accuracy"), least=0.995), [[1.0]] * 10, True),
        (Within(A, Highest("test_accuracy"), least=0.995), [[1.0]] * 9 + [[0.999]], False),
        (Alike((A, B), Last("test_accuracy"), 0.01), [[1.0, 1.0]] * 10, True),
        (Increasing((A, B), Last("test_accuracy")), [[0.6, 1.0]] * 10, False),
        (Near(A, Last("test_accuracy"), 1.0, 0), [[1.0]], True),  # one run
        (Near(A, Last("test_accuracy"), 0.9, 0), [[1.0]] * 10, False),  # does not hold
        (Near(A, Last("test_loss"), 1.0, 0), [[1.0]] * 10, False),
    ],
)
def test_a_claim_that_could_hardly_fail_is_marked(check, rows, saturated):
    found = [
        run(name, seed, test_accuracy=[value], test_loss=[value])
        for seed, row in enumerate(rows)
        for name, value in zip("ab", row, strict=False)
    ]
    notes = judge(check, *found).notes
    assert notes == (("saturated: could hardly fail",) if saturated else ())


@pytest.mark.parametrize("name", ["optimizer", "optimizer.learning_rate"])
def test_a_verdict_at_an_assumed_learning_rate_is_marked(name):
    assumed = replace(A, assumptions={name: "0.1"})
    check = Near(assumed, LOSS, 1, 0.1)
    for values in ([1.0], [1.0, 1.1], [9.0, 9.1]):
        found = [loss("a", value, seed=seed) for seed, value in enumerate(values)]
        assert judge(check, *found).notes == ("at a learning rate that is assumed",)
    given = replace(A, assumptions={"optimizer.arguments": "its defaults", "data": "half of it"})
    assert judge(Near(given, LOSS, 1, 0.1), loss("a", 1)).notes == ()
    used = Claim("it is so", "table 1", check, chosen=(name,))
    assert used.judge([loss("a", 1)]).notes == ()  # "assumption used" says more


def test_the_best_optimizer_of_regression_rests_on_a_rate_that_the_report_does_not_give():
    claims = {claim.says: claim for claim in studies.STUDIES["exercises"].claims}
    for says, names in {
        "RMSprop is the best": {"optimizer.learning_rate"},  # Adam's
        "3 layers are the best": {"optimizer"},
        "SGD: a learning rate of 0.5 is bad, or nan": set(),
    }.items():
        rates = {"optimizer", "optimizer.learning_rate"} & set(claims[says].assumptions)
        assert rates == names


NAN, INF = math.nan, math.inf
# A check, the values of its recipes, whether they agree. What diverged has no place in an order and
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


@pytest.mark.parametrize(("check", "values", "agrees"), NOT_FINITE)
def test_a_value_that_is_not_finite(check, values, agrees):
    one = judge(check, *seed_of(values))
    assert one.word == ("one run agrees" if agrees else "one run disagrees")
    # On every seed, with a little noise in what is finite: the same.
    noise = (-0.02, 0.01, 0.0, -0.01, 0.02, 0.015, -0.005, 0.005)
    rows = [[value + (i + 1) * each for i, value in enumerate(values)] for each in noise]
    assert over(check, rows).word == ("holds" if agrees else "does not hold")


@pytest.mark.parametrize(
    "check", [Near(A, LOSS, 1, 99), Increasing((A, B), LOSS), Alike((A, B), LOSS, 9)]
)
def test_five_runs_that_diverged_are_no_evidence_yet(check):
    """As five coins that fall alike: 1 / 2**5 is more than 2.5 %."""
    assert over(check, [[NAN, NAN]] * 5).word == "undecided"
    assert over(check, [[NAN, NAN]] * 6).word == "does not hold"


def test_a_tie_beside_a_run_that_diverged():
    check = Top(A, (B, C), LOSS, lowest=True)
    assert judge(check, *seed_of([1, NAN, 1])).word == "undecided"
    assert over(check, [[1, NAN, 1]] * 3).word == "undecided"


@pytest.mark.parametrize(
    "check", [Near(A, LOSS, 1, 99), Within(A, LOSS, most=99), Alike((A, B), LOSS, 9)]
)
def test_what_diverged_on_some_seeds_only_is_undecided(check):
    rows = [[value] * len(check.recipes) for value in (1.0, 1.01, NAN, 1.02)]
    assert over(check, rows).word == "undecided"


def test_an_order_that_some_seeds_lack_is_undecided():
    rows = [[1, 2.0], [1, 2.1], [1, NAN], [1, 2.2]]
    assert over(Increasing((A, B), LOSS), rows).word == "undecided"
    assert over(Top(B, (A,), LOSS), rows).word == "undecided"


def test_seeds_are_counted_and_not_backends():
    """Deviations are over seeds: the same seed on another backend is no new sample."""
    check = Near(A, LOSS, 2, 5)
    found = [loss("a", value, seed=value) for value in (1, 2, 6)]
    verdict = judge(check, *found)
    assert (verdict.runs, verdict.seeds, verdict.means) == (3, 3, (3.0,))
    assert verdict.deviations == (pytest.approx(math.sqrt((4 + 1 + 9) / 2)),)
    again = judge(check, *found, *(loss("a", v, seed=v, backend="torch") for v in (1, 2, 6)))
    assert (again.runs, again.seeds, again.backends) == (6, 3, ("jax", "torch"))
    assert again.deviations == verdict.deviations
    assert again.interval == verdict.interval


@pytest.mark.parametrize("values", [(NAN, NAN), (1.0, NAN), (INF, INF)])
def test_runs_that_diverged_have_no_deviation(values):
    found = [loss("a", v, seed=i, status="diverged") for i, v in enumerate(values)]
    verdict = judge(Near(A, LOSS, 1, 1), *found)
    assert verdict.seeds == 2
    assert math.isnan(verdict.deviations[0])
    assert math.isnan(verdict.margin)
    assert verdict.interval is None


def test_a_claim_that_chose_an_assumption_never_holds():
    assumed = replace(A, assumptions={"data": "2,000 points", "epochs": "10"})
    check = Near(assumed, LOSS, 1, 0.1)
    claim = Claim("it is so", "table 1", check, chosen=("data",))
    assert claim.judge([loss("a", 1)]).word == "assumption used"
    assert claim.judge([loss("a", 9), loss("a", 9, seed=1)]).word == "assumption used"
    assert claim.judge([]).word == "not run"
    assert claim.judge([loss("a", 1)]).assumptions == ("data", "epochs")
    assert claim.judge([]).assumptions == ("data", "epochs")


def test_a_verdict_rests_on_the_assumptions_of_all_its_recipes():
    one, other = (
        replace(A, assumptions={"data": "half of it", "epochs": "10"}),
        replace(B, assumptions={"epochs": "20", "loss": "the usual"}),
    )
    claim = Claim("it is so", "table 1", Increasing((one, other), LOSS))
    assert claim.assumptions == ("data", "epochs", "loss")


def test_a_report_that_contradicts_itself_is_decided_by_no_run():
    claim = Claim("78 %", "figure 2", Contradiction("77 % in table 3, of the same run"))
    assert claim.judge([loss("a", 1)]).word == "contradicts itself"
    assert claim.assumptions == ()
    assert str(claim.check) == "77 % in table 3, of the same run"


def test_every_word_has_a_meaning():
    assert set(VERDICTS) == {
        *("holds", "does not hold", "undecided", "one run agrees", "one run disagrees"),
        *("not run", "assumption used", "contradicts itself"),
    }
    assert all(MEANINGS.values())


def test_the_best_epoch_of_a_curve_that_diverged_is_nan():
    found = run("a", status="diverged", test_loss=[2.0, 1.0, math.nan])
    of_curves = (Highest, Lowest, BestEpoch, RiseAboveLowest, Oscillation)
    for measure in (*(kind("test_loss") for kind in of_curves), RelativeRise("test_loss", 9)):
        assert math.isnan(measure(found))


def test_accuracies_of_a_run_that_diverged_agree_with_nothing():
    """Its two accuracies of a tenth, of one class for every image, are alike and finite."""
    curves = {"loss": [NAN], "accuracy": [0.12], "test_accuracy": [0.1]}
    check = Within(A, Gap(), -0.03, 0.03)
    verdict = judge(check, run("a", status="diverged", **curves))
    assert (verdict.word, math.isnan(verdict.means[0])) == ("one run disagrees", True)
    assert judge(check, run("a", **curves)).word == "one run agrees"
    assert judge(Diverges(A), run("a", status="diverged", **curves)).word == "one run agrees"


def test_a_run_without_what_is_measured_is_named():
    with pytest.raises(UsageError, match=r"test_loss at the end of the run a on jax, seed 0"):
        judge(Near(A, LOSS, 1, 1), run("a", loss=[1.0]))
    diverged = run("a", status="diverged", loss=[NAN])  # before the first evaluation
    assert judge(Near(A, LOSS, 1, 1), diverged).word == "one run disagrees"


def test_runs_of_one_backend_and_seed_are_compared():
    """Seed 1 of `b` and the other backend have no partner; what is shared is seed 0 on JAX."""
    check = Increasing((A, B), LOSS)
    found = [loss("a", 1), loss("b", 2), loss("b", 0, seed=1), loss("a", 9, backend="torch")]
    assert (judge(check, *found).word, judge(check, *found).runs) == ("one run agrees", 1)
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
CURVE.log["seconds"] = [2.0, 1.5, 1.5, 2.0]
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
    (RiseAboveLowest("test_loss", medians_of=3), 0.0),  # medians of 1.5, then 1.3
    (RiseAboveLowest("test_accuracy", medians_of=3), 0.05),  # medians of 0.5, then 0.55
    (SecondsUntil("test_accuracy", 0.5), 3.5),  # two epochs
    (SecondsUntil("test_accuracy", 0.7), math.inf),
    (Oscillation("test_loss"), (1.5 + 0.7) / 2),  # changes of -1, 0.5 and -0.2
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


def test_what_a_claim_chose_is_an_assumption_of_its_recipes():
    """`chosen=("data",)` of recipes that assume nothing of their data would be a slip of the pen."""
    for study in studies.STUDIES.values():
        for claim in study.claims:
            for name in claim.chosen:
                assumed = [a for a in claim.assumptions if a == name or a.startswith(f"{name}.")]
                assert assumed, (study.name, claim.says, name)
