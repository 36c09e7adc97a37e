"""The test within blocks and the interval, against scipy.stats and by hand."""

import numpy as np
import pytest
from scipy import stats

from kerasdl.reports import permutation
from kerasdl.reports.permutation import interval, permutation_test

pytestmark = pytest.mark.no_backend


def accuracies(blocks, treatments=3, effect=0.0):
    """Test accuracies of 10,000 images: blocks differ by more than the treatments."""
    rng = np.random.default_rng([blocks, treatments])
    values = rng.normal(0.72, 0.02, (blocks, 1)) + rng.normal(0, 0.004, (blocks, treatments))
    values[:, 1] += effect
    return values.round(4)


def between(*treatments):
    """Sum of squares between treatments, over the number of blocks."""
    means = np.array([np.mean(values) for values in treatments])
    return ((means - means.mean()) ** 2).sum()


@pytest.mark.parametrize("effect", [0.0, 0.006])
@pytest.mark.parametrize(("blocks", "treatments"), [(3, 3), (4, 2), (5, 3)])
def test_as_in_scipy(blocks, treatments, effect):
    values = accuracies(blocks, treatments, effect)
    options = {"permutation_type": "samples", "alternative": "greater", "n_resamples": np.inf}
    expected = stats.permutation_test(tuple(values.T), between, **options)
    found = permutation_test(values)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert found.exact
    assert found.arrangements == len(expected.null_distribution)


def test_more_blocks_than_are_arranged_at_once():
    """Seven blocks of two: 2^7 arrangements, each counted here by its signs."""
    values = accuracies(7, 2, effect=0.003)
    difference = values[:, 1] - values[:, 0]
    signs = np.array(np.meshgrid(*[[-1, 1]] * 7)).reshape(7, -1)
    reached = np.abs(difference @ signs) >= abs(difference.sum()) - 1e-12
    assert permutation_test(values).p_value == reached.mean()


def test_by_hand():
    """Each block has the order 1, 2, 3: of 36 arrangements six have columns that far apart."""
    assert permutation_test([[1, 2, 3], [4, 5, 6]]).p_value == 6 / 36
    assert permutation_test([[0.1, 0.1, 0.1]] * 5).p_value == 1


def test_what_a_block_adds_to_all_its_values_does_not_matter():
    values = accuracies(5, effect=0.006)
    shifted = values + np.array([[0.0], [0.5], [-3.0], [7.0], [1e3]])
    assert permutation_test(shifted).p_value == permutation_test(values).p_value


def test_many_blocks_are_drawn(monkeypatch):
    values = accuracies(5, effect=0.004)
    exact = permutation_test(values).p_value
    monkeypatch.setattr(permutation, "LARGEST_EXACT", 100)
    found = permutation_test(values)
    assert not found.exact
    deviation = (exact * (1 - exact) / permutation.DRAWN) ** 0.5
    assert found.p_value == pytest.approx(exact, abs=4 * deviation)
    assert found == permutation_test(values)
    assert found != permutation_test(values, seed=1)


@pytest.mark.parametrize("blocks", [2, 5, 10])
def test_the_interval_is_students(blocks):
    one, other, _ = accuracies(blocks, effect=0.006).T
    expected = stats.ttest_rel(one, other).confidence_interval(0.9)
    mean, low, high = interval(one - other, 0.9)
    assert mean == pytest.approx(one.mean() - other.mean(), rel=1e-9)
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-9)
