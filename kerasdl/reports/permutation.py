"""Statistics of treatments that were each tried in the same blocks, as backends are with each seed.

What a block adds to all of its values (a start that suits the problem) is no difference between
treatments: so a test compares within blocks only, and an interval is one of paired differences.
"""

import itertools
import math
from dataclasses import dataclass

LARGEST_EXACT = 20_000_000  # arrangements that are counted; where there are more, some are drawn
DRAWN = 100_000
_TIED = 1e-9  # of the sum of squares within blocks: differences below it are rounding


@dataclass(frozen=True)
class PermutationTest:
    """How often chance alone would set the treatments' means as far apart as they are.

    Attributes:
        p_value: share of the arrangements whose sum of squares between treatments is at least
            that of the values as they are.
        arrangements: how many were looked at.
        exact: whether these are all there are.
    """

    p_value: float
    arrangements: int
    exact: bool


def permutation_test(blocks, seed=0):
    """Test whether treatments differ, by exchanging their values within each block.

    If the treatment makes no difference, each order of the values in a block is as likely as any
    other. The statistic is the sum of squares between treatments; since the sum of squares within
    blocks stays the same, this is the permutation form of the F-test of a randomized block design
    (Pitman, Biometrika 29, 1938).

    Args:
        blocks: array of shape `(blocks, treatments)`.
        seed: of the arrangements that are drawn, where there are more than `LARGEST_EXACT`.

    Returns:
        A `PermutationTest`.

    Example:
    >>> permutation_test([[1, 2], [3, 5], [2, 6]])
    PermutationTest(p_value=0.25, arrangements=8, exact=True)
    """
    import numpy as np

    values = np.asarray(blocks, dtype="float64")
    values = values - values.mean(axis=1, keepdims=True)
    least = (values.sum(axis=0) ** 2).sum() - _TIED * (values**2).sum()
    count, treatments = values.shape
    total = math.factorial(treatments) ** count
    if total // math.factorial(treatments) <= LARGEST_EXACT:
        # Exchanging whole treatments changes no sum of squares: the first block may stay.
        fixed, others = values[:1], values[1:]
        near, far = _sums_of_arrangements(others[:5]), _sums_of_arrangements(others[5:])
        near = near + fixed
        reached = sum(int((((near + sums) ** 2).sum(axis=1) >= least).sum()) for sums in far)
        return PermutationTest(reached / (len(near) * len(far)), total, exact=True)
    rng = np.random.default_rng(seed)
    sums = np.zeros((DRAWN, treatments))
    for block in values:
        sums += rng.permuted(np.tile(block, (DRAWN, 1)), axis=1)
    reached = int(((sums**2).sum(axis=1) >= least).sum())
    # The values as they are count as one of the arrangements, so that no p-value is 0.
    return PermutationTest((reached + 1) / (DRAWN + 1), DRAWN + 1, exact=False)


def _sums_of_arrangements(blocks):
    """The treatments' sums over blocks, for every arrangement of the values in them."""
    import numpy as np

    orders = list(itertools.permutations(range(blocks.shape[1])))
    sums = np.zeros((1, blocks.shape[1]))
    for block in blocks:
        sums = (sums[:, None] + block[orders]).reshape(-1, blocks.shape[1])
    return sums


def interval(differences, level=0.95):
    """Confidence interval of a mean of paired differences, by Student's t.

    Args:
        differences: one a block, at least two.
        level: how often such an interval contains the mean.

    Returns:
        The mean, and both ends of the interval.

    Example:
    >>> [round(value, 2) for value in interval([1.0, 2.0, 3.0])]
    [2.0, -0.48, 4.48]
    """
    import numpy as np
    from scipy.special import stdtrit

    differences = np.asarray(differences, dtype="float64")
    count, mean = len(differences), float(differences.mean())
    half = float(stdtrit(count - 1, (1 + level) / 2) * differences.std(ddof=1) / count**0.5)
    return mean, mean - half, mean + half
