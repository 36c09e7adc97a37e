"""Dropout: which elements, by NumPy's bits; what is kept; and in a network."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasdl.layers import Dropout, MultiHeadAttention, with_portable_dropout
from kerasdl.models import CNN, ViT
from kerasdl.random import Generator, generators


def array(tensor):
    return ops.convert_to_numpy(tensor)


def expected_mask(step, shape, rate):
    """Which elements layer "drop" of seed 3 keeps in a step of epoch 0 (see test_random_draws)."""
    return array(Generator(3, "drop").at(0, step).keep(shape, rate)[0])


@pytest.mark.parametrize("rate", [0.5, 0.3])
def test_what_is_kept_is_divided_by_its_probability(rate):
    layer = Dropout(rate, seed=3, name="drop")
    x = np.random.default_rng(0).normal(size=(16, 20)).astype("float32")
    for step in range(2):
        expected = np.where(expected_mask(step, (16, 20), rate), x / (1 - rate), 0)
        np.testing.assert_allclose(array(layer(x, training=True)), expected, rtol=2e-5)


def test_the_expectation_stays():
    """Of a rate that is rounded, too: 1/3 is 21845 of 65536."""
    out = array(Dropout(1 / 3, seed=0)(np.ones((100, 1000), "float32"), training=True))
    assert out.max() == pytest.approx(65536 / (65536 - 21845), rel=1e-6)
    assert out.mean() == pytest.approx(1, abs=4 * np.sqrt(0.5 / 1e5))


def test_nothing_is_dropped_outside_training_or_at_rate_0():
    x = np.ones((2, 3), "float32")
    for out in (Dropout(0.5)(x), Dropout(0.5)(x, training=False), Dropout(0)(x, training=True)):
        np.testing.assert_array_equal(array(out), x)


def test_everything_is_dropped_at_rate_1():
    np.testing.assert_array_equal(array(Dropout(1)(np.ones((2, 3)), training=True)), 0)


def test_one_draw_an_image():
    """Stochastic depth: an image is kept, or dropped, as a whole."""
    layer = Dropout(0.5, noise_shape=(None, 1, 1), seed=3, name="drop")
    out = array(layer(np.ones((64, 5, 7), "float32"), training=True))
    np.testing.assert_array_equal(out, 2 * np.ones((64, 5, 7)) * expected_mask(0, (64, 1, 1), 0.5))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_dtypes(dtype):
    out = Dropout(0.5, seed=3, name="drop", dtype=dtype)(ops.ones((4, 9), dtype), training=True)
    assert keras.backend.standardize_dtype(out.dtype) == dtype
    expected = 2 * expected_mask(0, (4, 9), 0.5)
    np.testing.assert_array_equal(array(ops.cast(out, "float32")), expected)


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_rates_that_are_none(rate):
    with pytest.raises(ValueError, match=r"Expected `rate` within \[0, 1\]. Received: rate="):
        Dropout(rate)


def test_from_its_config():
    layer = Dropout(0.25, noise_shape=(None, 1), seed=4, name="drop")
    again = Dropout.from_config(layer.get_config())
    x = np.ones((50, 3), "float32")
    np.testing.assert_array_equal(*(array(each(x, training=True)) for each in (layer, again)))


NETWORKS = {
    "cnn": lambda: CNN(
        (8, 8, 3), filters=(4,), units=(6,), dropout=0.5, dropout_after=("pool", "dense")
    ),
    "vit": lambda: ViT(
        (8, 8, 3), 10, patch_size=4, embed_dim=8, depth=2, num_heads=2, dropout=0.1,
        attention_dropout=0.2, stochastic_depth=0.5,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_keeps_all_but_its_dropout(name):
    model = NETWORKS[name]()
    portable = with_portable_dropout(model, seed=0)
    assert [layer.name for layer in portable.layers] == [layer.name for layer in model.layers]
    assert [id(each) for each in portable.weights] == [id(each) for each in model.weights]
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in portable.layers)
    x = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("float32")
    np.testing.assert_array_equal(array(portable(x)), array(model(x)))
    names = [generator.name for generator in generators(portable)]
    inside = [f"{layer.name}_dropout" for layer in model.layers if layer.name[7:] == "attention"]
    outside = [layer.name for layer in model.layers if "drop" in layer.name]
    assert sorted(names) == sorted(inside + outside)
    assert {generator.seed for generator in generators(portable)} == {0}


def test_attention_weights_are_dropped():
    """Of one head with values 1 a token, each query keeps the sum of the weights that are kept."""
    tokens = np.ones((1, 4, 4), "float32")
    layer = MultiHeadAttention(1, key_dim=4, dropout=0.25, seed=5, name="mha", use_bias=False)
    layer.build(tokens.shape, tokens.shape)
    for weight in layer.weights:  # of the queries and keys 0: every weight is 1/4
        new = np.zeros(weight.shape) if "query" in weight.path else np.eye(4)
        weight.assign(new.reshape(weight.shape))
    kept, probability = Generator(5, "mha_dropout").at(0, 0).keep((1, 1, 4, 4), 0.25)
    expected = array(kept).sum(-1).reshape(1, 4, 1) / 4 / probability * tokens
    np.testing.assert_allclose(array(layer(tokens, tokens, training=True)), expected, atol=1e-6)


def test_a_network_without_dropout_is_the_same():
    model = CNN((8, 8, 3), filters=(4,), units=())
    assert with_portable_dropout(model, seed=0) is model


def test_compiled_training_drops_what_its_steps_have():
    """The gradient of the scale of each element shows the mask."""

    class Scaled(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape[1:], "zeros", name="scale")

        def call(self, x):
            return x * self.scale

    model = keras.Sequential([keras.Input((9,)), Dropout(0.5, seed=3, name="drop"), Scaled()])
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda truth, out: ops.sum(out, axis=-1),
        jit_compile=keras.backend.backend() != "torch",
    )
    for epoch in (0, 1):
        before = array(model.layers[-1].scale.value).copy()
        generators(model)[0].begin_epoch(epoch)
        model.fit(np.ones((1, 9)), np.zeros((1, 9)), batch_size=1, verbose=0)
        kept, probability = Generator(3, "drop").at(epoch, 0).keep((1, 9), 0.5)
        step = before - array(model.layers[-1].scale.value)
        np.testing.assert_allclose(step, array(kept)[0] / probability, atol=1e-6)
