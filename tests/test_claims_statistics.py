"""Verdicts of several seeds: intervals and tests as SciPy has them, and how often chance decides."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from kerasdl.claims import Alike, Increasing, Last, Near, Top, Within
from kerasdl.claims.statistics import (
    LEVEL,
    is_grouped,
    p_above_zero,
    prediction_interval,
    share_interval,
)
from kerasdl.recipes import Data, Model, Optimizer, Recipe

pytestmark = pytest.mark.no_backend

A, B, C, D = (
    Recipe(
        name=name,
        data=Data("digits"),
        model=Model("MLP"),
        loss="mean_squared_error",
        optimizer=Optimizer("sgd", learning_rate=0.1),
        epochs=1,
        batch_size=1,
    )
    for name in "abcd"
)
LOSS = Last("loss")
TABLE = [0.715, 0.722, 0.719]  # three seeds: mean 0.71867, deviation 0.003512


@pytest.mark.parametrize("count", [2, 3, 10, 40])
def test_the_prediction_interval(count):
    """By the formula, with SciPy's quantile; `scipy.stats.t.interval` has it as of one value more."""
    values = np.random.default_rng(count).normal(0.7, 0.01, count)
    spread = values.std(ddof=1) * math.sqrt(1 + 1 / count)
    expected = stats.t.interval(0.95, count - 1, loc=values.mean(), scale=spread)
    assert prediction_interval(values.tolist()) == pytest.approx(expected)


def test_the_prediction_interval_by_hand():
    """t of 2 degrees of freedom is 4.303 in every table: 4.303 * 0.003512 * sqrt(4/3) = 0.01745."""
    assert prediction_interval(TABLE) == pytest.approx((0.70122, 0.73611), abs=1e-5)


def test_it_holds_one_more_value_in_nineteen_of_twenty_cases():
    rng = np.random.default_rng(0)
    inside = 0
    for *sample, new in rng.normal(size=(4000, 4)).tolist():
        low, high = prediction_interval(sample)
        inside += low <= new <= high
    assert inside / 4000 == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))


@pytest.mark.parametrize("count", [2, 3, 10])
def test_the_paired_test(count):
    one, other = np.random.default_rng(count).normal(size=(2, count)).round(2)
    expected = stats.ttest_rel(other, one, alternative="greater").pvalue
    assert p_above_zero((other - one).tolist()) == pytest.approx(expected)


def test_equal_differences_count_as_flipped_signs_do():
    """SciPy's exact permutation test of three equal differences; Student's would be sure of them."""
    differences = ([0.3, 0.3, 0.3],)
    exact = stats.permutation_test(
        differences, np.mean, permutation_type="samples", alternative="greater"
    )
    assert p_above_zero(differences[0]) == exact.pvalue == 1 / 8
    assert p_above_zero([0.1 + 0.2 - 0.3 + 0.5, 0.5, 0.5]) == 1 / 8  # equal but for rounding
    assert p_above_zero([0.0, 0.0]) == p_above_zero([-1.0, -1.0]) == 1


def test_with_ten_seeds_it_agrees_with_the_exact_test_of_flipped_signs():
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.3, 0.6, 1.0):
        differences = rng.normal(shift, 1, 10)
        signs = np.array(list(itertools.product((1, -1), repeat=10)))
        exact = (signs @ differences >= differences.sum() - 1e-12).mean()
        assert p_above_zero(differences.tolist()) == pytest.approx(exact, abs=0.02)


# Of Near: the report's number, the precision of its reading, and the word for three seeds whose
# interval is 0.7012 to 0.7361.
@pytest.mark.parametrize(
    ("value", "read", "word"),
    [
        (0.72, 0.005, "holds"),
        (0.70, 0.005, "holds"),  # below the interval, but it can be read as 0.705
        (0.70, 0.00005, "does not hold"),
        (0.74, 0.00005, "does not hold"),
        (0.76, 0.025, "holds"),  # read off a figure with a grid of five points
        (0.77, 0.025, "does not hold"),
    ],
)
def test_a_number_is_compared_as_precisely_as_the_report_has_it(value, read, word):
    assert Near(A, LOSS, value, read).decide([[v] for v in TABLE]).word == word


def test_an_interval_that_holds_nearly_any_number_decides_nothing():
    """Some seeds learn, others do not: 0.78 is inside, and so is all else.

    It may reach as far to each side as one run may be off: 3 % of 0.72 and the reading, 0.0266.
    """
    learned = [[0.98], [0.55], [0.60], [0.97]]
    assert Near(A, LOSS, 0.78, 0.005).decide(learned).word == "undecided"
    assert Near(A, LOSS, 0.72, 0.005).decide([[0.719], [0.721]]).word == "holds"  # +- 0.022
    assert Near(A, LOSS, 0.72, 0.005).decide([[0.718], [0.722]]).word == "undecided"  # +- 0.044
    assert Near(A, LOSS, 0.72, 0.005).decide([[0.71], [0.73]]).word == "undecided"  # +- 0.22
    assert Near(A, LOSS, 9.9, 0.005).decide(learned).word == "does not hold"


def test_near_100_percent_an_interval_is_measured_by_the_errors():
    """Ten seeds of 99 to 100 %: +- 0.8 points are a tenth of no accuracy, and all errors there are."""
    values = [[0.990 + 0.001 * i] for i in range(10)]
    assert Near(A, Last("accuracy"), 0.996, 0.00005).decide(values).word == "undecided"
    assert Near(A, LOSS, 0.996, 0.00005).decide(values).word == "holds"  # a loss has no errors
    exact = [[0.9955 + 0.0001 * i] for i in range(10)]
    assert Near(A, Last("accuracy"), 0.996, 0.00005).decide(exact).word == "holds"


@pytest.mark.parametrize("count", range(11))
def test_the_share_of_runs_is_the_exact_interval(count):
    expected = stats.binomtest(count, 10).proportion_ci(0.95, "exact")
    assert share_interval(count, 10) == pytest.approx((expected.low, expected.high))


def test_normal_seeds_are_seldom_taken_for_groups():
    rng = np.random.default_rng(0)
    for count, allowed in ((6, 0.15), (10, 0.02), (20, 0.005)):
        grouped = [is_grouped(values) for values in rng.normal(size=(2000, count)).tolist()]
        assert np.mean(grouped) <= allowed


TWO = [[0.4], [0.6], [0.6], [0.4], [0.6], [0.6], [0.4], [0.6], [0.6], [0.6]]
LEARNED = [[0.5], [1.0], [0.5], [1.0], [0.5], [0.5], [1.0], [0.5], [1.0], [0.5]]


@pytest.mark.parametrize(
    ("check", "rows", "word", "agreeing"),
    [
        # the larger class or the smaller: a normal distribution would have runs above 0.77
        (Within(A, LOSS, most=0.62), TWO, "holds", 10),
        (Within(A, LOSS, most=0.62), TWO[:5], "undecided", 5),
        (Within(A, LOSS, most=0.39), TWO, "does not hold", 0),
        (Within(A, LOSS, most=0.5), TWO, "undecided", 3),
        # 75 % is the middle of what a normal distribution would be, and no run is near it
        (Near(A, LOSS, 0.75, 0.005), LEARNED, "undecided", 0),
        (Near(A, LOSS, 1.0, 0.005), LEARNED, "undecided", 4),
        (Near(A, LOSS, 1.0, 0.0), [[1.0]] * 10, "holds", 10),
        (Near(A, LOSS, 1.0, 0.0), [[1.0]] * 3, "undecided", 3),
        (Near(A, LOSS, 0.998, 0.00005), [[1.0]] * 10, "does not hold", 0),
        (Near(A, LOSS, 0.998, 0.00005), [[1.0]] * 9 + [[0.9995]], "undecided", 0),
    ],
)
def test_two_outcomes_are_counted(check, rows, word, agreeing):
    decision = check.decide(rows)
    assert (decision.word, decision.agreeing) == (word, agreeing)
    assert decision.interval == (min(rows)[0], max(rows)[0])


def test_one_value_far_from_the_others_is_not_counted():
    """All six are above 0.1, but a further run may well be below."""
    check = Within(A, LOSS, least=0.1)
    found = check.decide([[0.11], [0.3], [0.2], [0.4], [0.5], [3.0]])
    assert (found.word, found.agreeing) == ("undecided", None)


def test_two_outcomes_are_decided_by_chance_as_rarely_as_it_says():
    """A coin decides whether a run is as claimed: neither word in more than 2.5 % of cases."""
    rng = np.random.default_rng(0)
    check = Within(A, LOSS, most=0.5)
    for seeds in (3, 6, 10):
        drawn = rng.choice([0.4, 0.6], size=(SAMPLES, seeds, 1)).tolist()
        words = [check.decide(rows).word for rows in drawn]
        allowed = LEVEL / 2 + 3 * math.sqrt(LEVEL / 2 * (1 - LEVEL / 2) / SAMPLES)
        assert words.count("holds") / SAMPLES <= allowed
        assert words.count("does not hold") / SAMPLES <= allowed


@pytest.mark.parametrize(
    ("least", "most", "word"),
    [
        (0.70, 1.0, "holds"),
        (0.71, 1.0, "undecided"),  # a fifth run or so would be below
        (0.73, 1.0, "undecided"),
        (0.74, 1.0, "does not hold"),
        (0.0, 0.74, "holds"),
        (0.0, 0.73, "undecided"),
        (0.0, 0.70, "does not hold"),
    ],
)
def test_a_bound_is_respected_by_the_whole_interval_or_by_none_of_it(least, most, word):
    assert Within(A, LOSS, least=least, most=most).decide([[v] for v in TABLE]).word == word


def test_margins_are_in_deviations():
    rows = [[1.0, 2.0], [1.0, 3.0], [1.0, 4.0]]  # differences 1, 2, 3: mean 2, deviation 1
    assert Increasing((A, B), LOSS).decide(rows).margin == pytest.approx(2)
    assert Increasing((B, A), LOSS).decide([row[::-1] for row in rows]).margin == pytest.approx(-2)
    assert Increasing((A, B), LOSS, by=0.5).decide(rows).margin == pytest.approx(1.5)
    assert Top(A, (B,), LOSS, lowest=True).decide(rows).margin == pytest.approx(2)
    assert Alike((A, B), LOSS, 5).decide(rows).margin == pytest.approx(3)
    # 0.72 is 0.00133 above the mean, of which 0.001 is the reading
    near = Near(A, LOSS, 0.72, 0.001).decide([[v] for v in TABLE])
    assert near.margin == pytest.approx((0.001 - (0.72 - np.mean(TABLE))) / np.std(TABLE, ddof=1))
    assert Near(A, LOSS, 0.72, 0.005).decide([[v] for v in TABLE]).margin == 0
    within = Within(A, LOSS, least=0.70).decide([[v] for v in TABLE])
    assert within.margin == pytest.approx((np.mean(TABLE) - 0.70) / np.std(TABLE, ddof=1))


def test_what_is_far_outside_the_noise_is_decided_by_three_seeds():
    apart = [[0.720, 0.767], [0.715, 0.764], [0.724, 0.769]]
    assert Increasing((A, B), LOSS).decide(apart).word == "holds"
    assert Increasing((B, A), LOSS).decide([row[::-1] for row in apart]).word == "does not hold"
    within_noise = [[0.720, 0.722], [0.725, 0.722], [0.719, 0.725]]
    assert Increasing((A, B), LOSS).decide(within_noise).word == "undecided"
    assert Alike((A, B), LOSS, 0.05).decide(within_noise).word == "holds"
    assert Alike((A, B), LOSS, 0.005).decide(within_noise).word == "undecided"
    assert Alike((A, B), LOSS, 0.02).decide(apart).word == "does not hold"


def test_a_chain_holds_if_every_link_does():
    rows = [[1.0, 2.0, 3.0, 3.1], [1.1, 2.0, 3.1, 3.0], [0.9, 2.1, 3.0, 3.1], [1.0, 2.1, 3.2, 3.1]]
    assert Increasing((A, B, C), LOSS).decide([row[:3] for row in rows]).word == "holds"
    assert Increasing((A, B, C, D), LOSS).decide(rows).word == "undecided"
    first = [row[::-1] for row in rows]
    assert Top(A, (B, C, D), LOSS).decide(first).word == "undecided"
    assert Top(A, (C, D), LOSS).decide([[row[0], *row[2:]] for row in first]).word == "holds"


def noise(kind, rng, shape):
    """Seeds that differ for no reason."""
    if kind == "normal":
        return rng.normal(0.7, 0.01, shape)
    if kind == "some fail to learn":
        return np.where(rng.random(shape) < 0.3, 0.5, 0.98) + rng.normal(0, 0.01, shape)
    return rng.binomial(200, 0.9, shape) / 200  # an accuracy on 200 examples: many ties


SAMPLES = 2000


@pytest.mark.parametrize("kind", ["normal", "some fail to learn", "coarse"])
@pytest.mark.parametrize("seeds", [3, 10])
@pytest.mark.parametrize(
    "check",
    [Increasing((A, B), LOSS), Increasing((A, B, C), LOSS), Top(A, (B, C, D), LOSS)],
    ids=str,
)
def test_chance_alone_decides_as_rarely_as_it_says(kind, seeds, check):
    """Nothing differs: neither word comes more often than its half of the level, save for luck."""
    rng = np.random.default_rng(seeds)
    drawn = noise(kind, rng, (SAMPLES, seeds, len(check.recipes))).tolist()
    words = [check.decide(rows).word for rows in drawn]
    allowed = LEVEL / 2 + 3 * math.sqrt(LEVEL / 2 * (1 - LEVEL / 2) / SAMPLES)
    assert words.count("holds") / SAMPLES <= allowed
    assert words.count("does not hold") / SAMPLES <= allowed


@pytest.mark.parametrize("seeds", [3, 10])
def test_a_difference_as_large_as_the_bound_is_not_called_alike(seeds):
    rng = np.random.default_rng(seeds)
    drawn = noise("normal", rng, (SAMPLES, seeds, 2)) + np.array([0.0, 0.02])
    words = [Alike((A, B), LOSS, 0.02).decide(rows).word for rows in drawn.tolist()]
    allowed = LEVEL / 2 + 3 * math.sqrt(LEVEL / 2 * (1 - LEVEL / 2) / SAMPLES)
    assert words.count("holds") / SAMPLES <= allowed
    assert words.count("does not hold") / SAMPLES <= allowed
