"""What a stream draws: the values, from NumPy's bits, and that they are uniform and independent."""

import numpy as np
import pytest
from compiling import compiled
from keras import ops
from scipy import stats
from threefry import threefry2x32

from kerasdl.random import Generator, Stream, units

pytestmark = pytest.mark.optimized

UNLIKELY = 1e-3  # with fixed seeds a test passes always or never
KEY = (0x0123ABCD, 0xFEDC9876)


def stream():
    return Stream(KEY, epoch=1, step=2)


def array(tensor):
    return ops.convert_to_numpy(tensor)


def expected_words(count):
    """Those of the first draw of `stream()`, uint32."""
    blocks = np.arange((count + 1) // 2)
    return np.concatenate(threefry2x32((KEY[0], KEY[1] + 1), (blocks, 2)))[:count]


def expected_unit(count):
    """Every step is exact in float32."""
    return (expected_words(count) >> 8).astype("float32") / np.float32(2**24)


# What follows is equal to the bit, on every backend, to NumPy.


def test_uniform():
    found = array(stream().uniform((5, 3)))
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, expected_unit(15).reshape(5, 3))


@pytest.mark.parametrize(("low", "high"), [(-15, 15), (-0.1, 0.3), (0.8, 1.2), (2.0, 2.0)])
def test_between(low, high):
    """One rounding for the product, one for the sum, compiled too."""
    unit = expected_unit(10_000)
    found = compiled(lambda unit: units.between(unit, low, high))(ops.convert_to_tensor(unit))
    np.testing.assert_array_equal(array(found), np.float32(low) + np.float32(high - low) * unit)


@pytest.mark.parametrize("count", [1, 2, 9, 2**24])
def test_integers(count):
    found = array(stream().integers((101,), count))
    assert found.dtype == "int32"
    scaled = np.floor(expected_unit(101) * np.float32(count))
    np.testing.assert_array_equal(found, np.minimum(scaled, count - 1))


def test_integers_below_a_count_each():
    counts = np.arange(1, 102, dtype="int32")
    found = array(stream().integers((101,), ops.convert_to_tensor(counts)))
    np.testing.assert_array_equal(found, np.floor(expected_unit(101) * counts.astype("float32")))


@pytest.mark.parametrize(("rate", "bits"), [(0.5, 8), (0.25, 8), (0.3, 16), (0.001, 16)])
def test_keep(rate, bits):
    """An element is dropped where its part of a word is one of the lowest."""
    found, probability = stream().keep((7, 11), rate)
    parts = expected_words(77 * bits // 32 + 1).view(f"int{bits}")[:77].astype(int)
    dropped = np.round(rate * 2**bits)
    np.testing.assert_array_equal(array(found), (parts + 2**bits // 2 >= dropped).reshape(7, 11))
    assert probability == 1 - dropped / 2**bits
    assert abs(1 - rate - probability) <= 2**-17


def test_permutation():
    found = array(stream().permutation(100))
    np.testing.assert_array_equal(
        found, np.argsort(expected_words(100).view("int32"), kind="stable")
    )


def test_equal_words_stay_in_order():
    """No ties in random words, but the sort that is used has to be stable."""
    np.testing.assert_array_equal(array(ops.argsort(ops.ones(100, "int32"))), np.arange(100))


def test_quantiles():
    """Between 4,097 of them a line, each step of it rounded once."""
    table = (np.linspace(-1, 2, 4097) ** 3).astype("float32")
    unit = expected_unit(10_000)
    below = (4096 * unit).astype(int)
    low, high = table[below], table[below + 1]
    expected = low + (4096 * unit - below).astype("float32") * (high - low)
    found = compiled(lambda unit: units.quantile(unit, table))(ops.convert_to_tensor(unit))
    np.testing.assert_array_equal(array(found), expected)


def test_beta_quantiles():
    """Beta(1/2, 1/2) is the arcsine law, Beta(1, 1) is uniform."""
    probabilities = np.linspace(0, 1, 4097)
    arcsine = np.sin(np.pi / 2 * probabilities) ** 2
    np.testing.assert_allclose(units.beta_quantiles(0.5), arcsine, atol=1e-12)
    np.testing.assert_allclose(units.beta_quantiles(1.0), probabilities, atol=1e-15)


def test_normal():
    """Box and Muller's formula in float64, of the same uniforms: to 1e-6."""
    first, second = expected_unit(20_000).astype("float64").reshape(2, -1)
    second -= second >= 0.5
    radius = np.sqrt(-2 * np.log(1 - first))
    values = radius * np.stack([np.cos(2 * np.pi * second), np.sin(2 * np.pi * second)])
    found = array(compiled(lambda step: Stream(KEY, 1, step).normal((10, 2000)))(step_two()))
    np.testing.assert_allclose(found, values.reshape(10, 2000), atol=1e-6, rtol=0)
    assert array(stream().normal((3, 3))).shape == (3, 3)


def step_two():
    return ops.convert_to_tensor(2, "int32")


# What follows is of distributions.

N = 2**16


def test_bytes_are_equally_likely():
    for values in array(stream().words(N)).view("uint8").reshape(N, 4).T:
        assert stats.chisquare(np.bincount(values, minlength=256)).pvalue > UNLIKELY


def test_bits_are_fair_and_uncorrelated():
    bits = np.unpackbits(array(stream().words(N)).view("uint8").reshape(N, 4), axis=1)
    ones = bits.sum(axis=0)  # binomial: mean N / 2, variance N / 4
    assert UNLIKELY < stats.chi2.sf((4 / N * (ones - N / 2) ** 2).sum(), 32) < 1 - UNLIKELY
    correlation = np.corrcoef(bits.T)[np.triu_indices(32, 1)]
    assert abs(correlation).max() < 4.5 / np.sqrt(N)


def test_pairs_of_neighbours_fill_the_square():
    """Knuth's serial test, of neighbours that do not overlap, in 64 x 64 squares."""
    pairs = (64 * array(stream().uniform((N // 2, 2)))).astype(int)
    assert stats.chisquare(np.bincount(pairs @ [64, 1], minlength=4096)).pvalue > UNLIKELY


def beta(stream, alpha):
    return units.quantile(stream.uniform((N,)), units.beta_quantiles(alpha))


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        (lambda s: s.uniform((N,)), stats.uniform()),
        (lambda s: s.normal((N,)), stats.norm()),
        (lambda s: beta(s, 0.2), stats.beta(0.2, 0.2)),
        (lambda s: beta(s, 1.0), stats.uniform()),
        (lambda s: beta(s, 8.0), stats.beta(8, 8)),
    ],
    ids=["uniform", "normal", "beta 0.2", "beta 1", "beta 8"],
)
def test_the_law(draw, law):
    values = array(draw(stream())).astype("float64")
    assert_no_serial_correlation(values)
    # float32 has no numbers between 1 - 6e-8 and 1, where Beta(0.2, 0.2) has 2 % of its own.
    low, high = law.ppf([0.05, 0.95])
    middle = values[(low < values) & (values < high)]
    assert stats.binomtest(len(middle), N, 0.9).pvalue > UNLIKELY
    assert stats.kstest(middle, lambda x: (law.cdf(x) - 0.05) / 0.9).pvalue > UNLIKELY


def assert_no_serial_correlation(values):
    """Neither of neighbours nor of the two words of a block."""
    for lag in (1, 2, 3, 1024, len(values) // 2):
        correlation = stats.spearmanr(values[:-lag], values[lag:]).statistic
        assert abs(correlation) < 4.5 / np.sqrt(len(values) - lag)


def test_integers_are_equally_likely():
    values = array(stream().integers((N,), 81))
    assert stats.chisquare(np.bincount(values, minlength=81)).pvalue > UNLIKELY
    assert_no_serial_correlation(values)


@pytest.mark.parametrize("rate", [0.5, 0.1, 0.3, 0.8])
def test_the_rate_of_dropout(rate):
    found, _ = stream().keep((N,), rate)
    kept = array(found)
    assert stats.binomtest(int(kept.sum()), N, 1 - rate).pvalue > UNLIKELY
    for lag in (1, 2, 4, N // 2):
        both = (kept[:-lag] & kept[lag:]).sum()
        assert stats.binomtest(int(both), N - lag, (1 - rate) ** 2).pvalue > UNLIKELY


def test_permutations_are_equally_likely():
    """Of 4 numbers: 24."""
    generator = Generator(0, "permutations")
    found = [array(generator.at(0, step).permutation(4)) for step in range(600)]
    _, counts = np.unique(found, axis=0, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > UNLIKELY


def test_streams_are_independent():
    """Of other seeds, layers, epochs, steps and draws: the neighbours of one and of each other."""
    one = Generator(0, "a").at(0, 0)
    found = [one.uniform((4096,)), one.uniform((4096,))]
    found += [
        Generator(seed, name).at(epoch, step).uniform((4096,))
        for seed, name, epoch, step in [
            *((1, "a", 0, 0), (2, "a", 0, 0), (0, "b", 0, 0), (0, "ab", 0, 0)),
            *((0, "a", 1, 0), (0, "a", 2, 0), (0, "a", 0, 1), (0, "a", 0, 2), (0, "a", 1, 1)),
        ]
    ]
    correlations = np.corrcoef([array(each) for each in found])[np.triu_indices(len(found), 1)]
    assert abs(correlations).max() < 4.5 / np.sqrt(4096)


def test_one_bit_of_any_number_turns_half_of_the_bits():
    generator = Generator(0, "a")
    words = array(generator.at(0, 0).words(2048))
    for epoch, step in [(1, 0), (2**20, 0), (0, 1), (0, 2**20)]:
        others = array(generator.at(epoch, step).words(2048))
        turned = np.unpackbits((words ^ others).view("uint8")).mean()
        assert abs(turned - 0.5) < 4.5 * 0.5 / np.sqrt(2048 * 32)
