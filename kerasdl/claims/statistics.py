"""Statistics of a few seeds: prediction intervals, and paired tests of differences.

A seed is one sample: the mean of its runs on several backends, which begin alike. All tests are
Student's, of values that are taken to be normally distributed. Permutation tests assume less, but
cannot decide three seeds: the smallest one-sided p-value of three flipped signs is 1/8, whatever
the numbers are; with ten seeds it is 1/1024, and both kinds of test agree. The price is that a
test of three seeds believes in the normal distribution.

What is either one thing or another, as a run that learns or fails to, is not normally distributed:
then only the seeds are counted that are as claimed (`is_grouped`, `counts_decide`, `share_interval`).
"""

import itertools
import math

LEVEL = 0.05
"""How often, at most, a test decides where there is nothing to decide: half of it on each side."""

_FEWEST_IN_GROUPS, _GAP = 6, 0.6  # fewer normal values have such a gap too often
_ROUNDING = 1e-9  # values that differ by less than this part of them are equal


def mean(values):
    """Mean of a sequence of numbers; nan where one is not finite.

    Example:
    >>> mean([1.0, 2.0])
    1.5
    """
    return math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan


def deviation(values):
    """Standard deviation of a sample; nan for fewer than two values, or where one is not finite.

    Example:
    >>> deviation([1.0, 2.0, 3.0])
    1.0
    """
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return math.nan
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def prediction_interval(values, level=LEVEL):
    """Where one more value of a normal distribution falls, in all but the part `level` of cases.

    `mean ± t * sd * sqrt(1 + 1/n)`, where t is the quantile of Student's distribution with n - 1
    degrees of freedom (Hahn and Meeker, Statistical Intervals, section 4.7).

    Args:
        values: n numbers, at least two, all finite.
        level: how often the value falls outside.

    Returns:
        Both ends.

    Example:
    >>> [round(end, 3) for end in prediction_interval([0.70, 0.71, 0.72])]
    [0.66, 0.76]
    """
    from scipy.special import stdtrit  # takes longer to import than this room

    count = len(values)
    half = float(stdtrit(count - 1, 1 - level / 2)) * deviation(values) * math.sqrt(1 + 1 / count)
    return mean(values) - half, mean(values) + half


def p_above_zero(differences):
    """One-sided p-value of Student's paired test: how likely chance puts the mean this far above 0.

    Where all differences are equal there is no noise to compare them with, and the p-value is that
    of flipping their signs: `2**-n` if they are above 0, or all infinite, else 1. Where only some are
    not finite it is 1.

    Args:
        differences: one a seed, at least two.

    Example:
    >>> round(p_above_zero([1.0, 2.0, 3.0]), 4)
    0.0371
    >>> p_above_zero([1.0, 1.0, 1.0])
    0.125
    """
    from scipy.special import stdtr

    count = len(differences)
    if set(differences) == {math.inf}:
        return 0.5**count
    if not all(map(math.isfinite, differences)):
        return 1.0
    middle, spread = mean(differences), deviation(differences)
    if spread <= _ROUNDING * max(map(abs, differences)):
        return 0.5**count if middle > 0 else 1.0
    return float(stdtr(count - 1, -middle / (spread / math.sqrt(count))))


def counts_decide(count):
    """Whether `count` seeds that are all alike pass a test: the sign test of them, `2**-count`.

    Five coins fall alike too often.

    Example:
    >>> counts_decide(5), counts_decide(6)
    (False, True)
    """
    return 0.5**count <= LEVEL / 2


def share_interval(count, total, level=LEVEL):
    """Which share of all runs is as claimed, where `count` of `total` seeds are: both ends.

    The exact interval of Clopper and Pearson (Biometrika 26, 1934): a share below it would give so
    many or more, and one above it so few or fewer, in less than half of `level` of cases each.

    Example:
    >>> [round(end, 3) for end in share_interval(10, 10)]
    [0.692, 1.0]
    """
    from scipy.special import betaincinv

    low = betaincinv(count, total - count + 1, level / 2) if count else 0.0
    high = betaincinv(count + 1, total - count, 1 - level / 2) if count < total else 1.0
    return float(low), float(high)


def is_grouped(values):
    """Whether values are too bunched for a normal distribution: no prediction interval is of use.

    So it is where more than half of them are equal, as accuracies of 100 % or of the larger class
    are; and where six or more are in two groups of two or more, with a gap between them of more than
    60 % of the whole range: ten normally distributed values are so in fewer than 7 of 1,000 cases.
    One value far from the others is no group: it widens the interval.

    Example:
    >>> is_grouped([0.4, 0.6, 0.6, 0.4, 0.6, 0.6]), is_grouped([0.51, 0.52, 0.97, 0.5, 0.98, 0.53])
    (True, True)
    >>> is_grouped([0.715, 0.722, 0.719]), is_grouped([0.51, 0.52, 0.97, 0.5, 0.54, 0.53])
    (False, False)
    """
    ordered = sorted(values)
    if 2 * max(map(ordered.count, ordered)) > len(ordered):
        return True
    if len(ordered) < _FEWEST_IN_GROUPS:
        return False
    gap = max(b - a for a, b in itertools.pairwise(ordered[1:-1]))
    return gap > _GAP * (ordered[-1] - ordered[0])


def in_deviations(distance, spread):
    """A distance in units of a standard deviation; infinite where there is no spread.

    Example:
    >>> in_deviations(0.03, 0.01), in_deviations(-0.1, 0.0), in_deviations(0.0, 0.0)
    (3.0, -inf, 0.0)
    """
    if math.isnan(distance) or math.isnan(spread):
        return math.nan
    if spread > 0:
        return distance / spread
    return math.copysign(math.inf, distance) if distance else 0.0
