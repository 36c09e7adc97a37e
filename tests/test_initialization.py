"""Initial weights: the initialisers' own distributions, from NumPy, the same everywhere."""

import hashlib

import keras
import numpy as np
import pytest
import scipy.stats
from keras import initializers

from kerasdl.models import CNN, MLP
from kerasdl.training.initialization import draw, generator, initialize

# fan_in 400, fan_out 300 for the shape (400, 300)
DISTRIBUTIONS = {
    "glorot_uniform": (
        initializers.GlorotUniform(),
        scipy.stats.uniform(-np.sqrt(6 / 700), 2 * np.sqrt(6 / 700)),
    ),
    "fan_in_uniform": (
        initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform"),
        scipy.stats.uniform(-1 / 20, 2 / 20),
    ),
    "he_uniform": (
        initializers.HeUniform(),
        scipy.stats.uniform(-np.sqrt(6 / 400), 2 * np.sqrt(6 / 400)),
    ),
    "he_normal": (  # truncated at two standard deviations, then the variance is 2 / fan_in
        initializers.HeNormal(),
        scipy.stats.truncnorm(-2, 2, scale=np.sqrt(2 / 400) / scipy.stats.truncnorm(-2, 2).std()),
    ),
    "untruncated": (
        initializers.VarianceScaling(1.0, mode="fan_out", distribution="untruncated_normal"),
        scipy.stats.norm(0, np.sqrt(1 / 300)),
    ),
    "truncated_normal": (
        initializers.TruncatedNormal(mean=0.1, stddev=0.02),
        scipy.stats.truncnorm(-2, 2, loc=0.1, scale=0.02),
    ),
    "random_normal": (initializers.RandomNormal(stddev=0.3), scipy.stats.norm(0, 0.3)),
    "random_uniform": (initializers.RandomUniform(-1, 3), scipy.stats.uniform(-1, 4)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(name):
    initializer, distribution = DISTRIBUTIONS[name]
    values = draw(initializer, (400, 300), seed=0, path="layer/kernel")
    assert values.dtype == "float32"
    assert scipy.stats.kstest(values.ravel(), distribution.cdf).pvalue > 0.01


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_variance_is_that_of_keras(name):
    """Keras' own draw has the same standard deviation, on a convolution's kernel."""
    initializer, _ = DISTRIBUTIONS[name]
    shape = (5, 5, 32, 64)
    ours = draw(initializer, shape, seed=0, path="layer/kernel")
    theirs = keras.ops.convert_to_numpy(initializer(shape))
    # each estimate errs by at most 1/sqrt(2n) = 0.3 %: five of them
    assert abs(ours.std() / theirs.std() - 1) < 0.016


def test_keyed_by_seed_and_path():
    """The stream is NumPy's for [seed, the first 8 bytes of the path's SHA-256]."""
    model = MLP((2,), classes=1, units=(3,))
    initialize(model, seed=5)
    key = int.from_bytes(hashlib.sha256(b"dense1/kernel").digest()[:8], "little")
    bound = np.sqrt(6 / (2 + 3))
    expected = np.random.default_rng([5, key]).uniform(-bound, bound, (2, 3))
    found = model.get_layer("dense1").get_weights()[0]
    np.testing.assert_array_equal(found, expected.astype("float32"))
    assert not np.array_equal(generator(5, "a").random(4), generator(6, "a").random(4))
    assert not np.array_equal(generator(5, "a").random(4), generator(5, "b").random(4))


def test_one_seed_one_network():
    first, second, other = (CNN(filters=(4, 8), batch_norm=True) for _ in range(3))
    for model, seed in ((first, 1), (second, 1), (other, 2)):
        initialize(model, seed)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def unnamed(kind):
    """A model whose layers have the names that Keras counts up within the process."""
    layers = keras.layers
    if kind == "sequential":
        return keras.Sequential(
            [keras.Input((6, 6, 1)), layers.Conv2D(3, 2), layers.Flatten(), layers.Dense(4),
             layers.Dense(4)]
        )  # fmt: skip
    inputs = keras.Input((5, 4))
    x = layers.MultiHeadAttention(2, 3)(inputs, inputs)
    inner = keras.Sequential([keras.Input((5, 4)), layers.Dense(4)])
    x = layers.Dense(4)(inner(x))
    return keras.Model(inputs, layers.Dense(4, name="own")(x))


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_a_model_without_names_built_again_has_the_same_weights(kind):
    first, second = unnamed(kind), unnamed(kind)
    assert [v.path for v in first.weights] != [v.path for v in second.weights]
    for model in (first, second):
        initialize(model, seed=3)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    square = [w for w in first.get_weights() if w.shape == (4, 4)]
    assert len({w.tobytes() for w in square}) == len(square) >= 1, "two layers share a stream"


def test_a_model_without_names_has_the_weights_of_the_first_of_a_process():
    """Layers are counted as Keras counts them: "dense", "dense_1"; a given name stays."""
    inputs = keras.Input((2,))
    layers = [keras.layers.Dense(2), keras.layers.Dense(2), keras.layers.Dense(2, name="mine")]
    x = inputs
    for layer in layers:
        x = layer(x)
    initialize(keras.Model(inputs, x), seed=5)
    for layer, name in zip(layers, ("dense", "dense_1", "mine"), strict=True):
        bound = np.sqrt(6 / (2 + 2))
        expected = generator(5, f"{name}/kernel").uniform(-bound, bound, (2, 2))
        np.testing.assert_array_equal(layer.get_weights()[0], expected.astype("float32"))


def test_constants_stay():
    model = CNN(filters=(4,), batch_norm=True)
    initialize(model, seed=0)
    gamma, beta, mean, variance = model.get_layer("conv1_bn").get_weights()
    assert (gamma == 1).all()
    assert (beta == 0).all()
    assert (mean == 0).all()
    assert (variance == 1).all()
    assert (model.get_layer("conv1").get_weights()[1] == 0).all()


def test_an_unknown_initialiser_is_named():
    model = MLP((2,), classes=1, units=(3,), kernel_initializer="orthogonal")
    with pytest.raises(ValueError, match="dense1/kernel"):
        initialize(model, seed=0)
