"""The fast forms of a transformer's layers, and calls that skip what Keras does around `call`."""

import math

import keras
import numpy as np
import pytest
from keras import layers, ops
from test_layers_fast import BACKEND, as_float32, assert_same, both, network, replaced

from kerasdl.layers import (
    ClassToken,
    PositionalEmbedding,
    TakeToken,
    encoder_block,
    with_fast_layers,
)
from kerasdl.models import ViT

pytestmark = pytest.mark.optimized

ON_TORCH = pytest.mark.skipif(BACKEND != "torch", reason="PyTorch alone has these forms")


def tokens(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def attention(shape, heads=2, **arguments):
    x = keras.Input(shape)
    return keras.Model(x, layers.MultiHeadAttention(heads, **arguments)(x, x))


@pytest.mark.parametrize(
    "arguments",
    [
        {"key_dim": 3},
        {"key_dim": 3, "use_bias": False},
        # On JAX Keras 3.15 itself fails at such values.
        pytest.param({"key_dim": 3, "value_dim": 5}, marks=ON_TORCH),
        {"key_dim": 3, "output_shape": 7},
        {"key_dim": 3, "use_gate": True},
    ],
)
def test_attention_of_tokens_to_themselves(arguments):
    model = attention((5, 6), **arguments)
    # The gradient of the keys' bias is 0, up to rounding. That of the inputs is large: without a bias
    # it reaches 126, where an Intel Xeon and PyTorch round the two 2.6e-4 apart.
    assert_same(model, tokens(4, 5, 6), rtol=3e-6, least=1e-4)
    is_fast = BACKEND != "jax" and arguments.keys() <= {"key_dim", "use_bias"}
    assert replaced(model) == [f"{BACKEND.title()}MultiHeadAttention"] * is_fast


def test_attention_of_tokens_to_others():
    x, y = keras.Input((5, 6)), keras.Input((3, 6))
    out = layers.MultiHeadAttention(2, key_dim=3)(x, y)
    plain, fast = both(keras.Model([x, y], out))
    given = [tokens(4, 5, 6), tokens(4, 3, 6)]
    expected = plain.predict(given, verbose=0)
    np.testing.assert_allclose(fast.predict(given, verbose=0), expected, rtol=1e-4, atol=1e-5)


def test_attention_that_says_what_it_attended_to():
    """The form of Keras, whatever the backend, with the weights of the fast one."""
    plain, fast = both(attention((5, 6), key_dim=3))
    given = ops.convert_to_tensor(tokens(4, 5, 6))
    for arguments in ({"return_attention_scores": True}, {"use_causal_mask": True}):
        expected, found = (each.layers[-1](given, given, **arguments) for each in (plain, fast))
        for one, two in zip(*map(keras.tree.flatten, (found, expected)), strict=True):
            np.testing.assert_allclose(as_float32(one), as_float32(two), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("shape", "size"), [((8, 6), 2), ((9, 8), (3, 2)), ((11, 9), 4)])
def test_patches(shape, size, channels, padding):
    """Of images that they fill, and of others, whose last rows and columns are in none."""
    conv = layers.Conv2D(5, size, strides=size, padding=padding, activation="tanh")
    model = network((*shape, channels), conv)
    assert_same(model, tokens(4, *shape, channels))
    if BACKEND == "tensorflow":
        assert replaced(model) == ["TensorflowConv2D"] * (padding == "valid")


@pytest.mark.skipif(BACKEND != "tensorflow", reason="other backends know every size")
def test_sizes_that_a_graph_does_not_know():
    """A function may be traced for sizes that the network has and the batches do not say."""
    import tensorflow as tf

    x = keras.Input((5, 6))
    y = layers.Dense(6)(layers.MultiHeadAttention(2, key_dim=3)(x, x))
    images = network((9, 8, 3), layers.Conv2D(4, 2, strides=2))
    for model, shape in ((keras.Model(x, y), (4, 5, 6)), (images, (4, 9, 8, 3))):
        plain, fast = both(model)
        sizes = tf.TensorSpec([None] * (len(shape) - 1) + [shape[-1]])
        given = tf.constant(tokens(*shape))
        found = tf.function(fast, input_signature=[sizes])(given)
        np.testing.assert_allclose(found, plain(given), rtol=1e-4, atol=1e-5)


def test_the_gelu():
    """By its formula, with the error function of Python's `math`."""
    x = np.linspace(-6, 6, 49, dtype="float32")
    model = network((49,), layers.Activation("gelu"))
    assert_same(model, x[None])
    _, fast = both(model)
    expected = [each * 0.5 * (1 + math.erf(each / math.sqrt(2))) for each in x.tolist()]
    found = as_float32(fast(ops.convert_to_tensor(x[None])))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_attention_with_a_mask():
    """Of the embedding: 0 is no token."""
    x = keras.Input((5,), dtype="int32")
    embedded = layers.Embedding(9, 6, mask_zero=True)(x)
    model = keras.Model(x, layers.MultiHeadAttention(2, key_dim=3)(embedded, embedded))
    plain, fast = both(model)
    given = np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 0]])
    expected = plain.predict(given, verbose=0)
    np.testing.assert_allclose(fast.predict(given, verbose=0), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("arguments", [{}, {"scale": False}, {"center": False}, {"axis": (1, 2)}])
def test_layer_normalization(arguments):
    norm = layers.LayerNormalization(epsilon=1e-6, **arguments)
    assert_same(network((5, 6), norm), 3 + tokens(4, 5, 6), rtol=1e-5)


@pytest.mark.parametrize("kind", [ClassToken, PositionalEmbedding, TakeToken])
def test_layers_of_tokens(kind):
    assert_same(network((5, 6), kind()), tokens(4, 5, 6))


@pytest.mark.parametrize("count", [2, 3])
def test_sums(count):
    x = keras.Input((5, 6))
    branches = [x, *(layers.Activation(each)(x) for each in ("tanh", "relu"))][:count]
    assert_same(keras.Model(x, layers.Add()(branches)), tokens(4, 5, 6))


def test_sums_that_broadcast():
    x = keras.Input((5, 6))
    model = keras.Model(x, layers.Add()([x, layers.GlobalAveragePooling1D(keepdims=True)(x)]))
    assert_same(model, tokens(4, 5, 6))


def test_a_transformer():
    model = ViT((8, 8, 1), 3, patch_size=4, embed_dim=6, depth=2, num_heads=2)
    assert_same(model, np.abs(tokens(4, 8, 8, 1)), rtol=0, least=1e-4)
    kinds = {
        "TorchConv2D",
        "TorchReshape",
        "TorchClassToken",
        "TorchPositionalEmbedding",
        "TorchLayerNormalization",
        "TorchMultiHeadAttention",
        "TorchAdd",
        "TorchDense",
        "TorchActivation",
        "TorchTakeToken",
    }
    as_products = {"Conv2D", "MultiHeadAttention", "Dense", "Activation"}
    names = {
        "torch": kinds,
        "jax": set(),
        "tensorflow": {f"Tensorflow{kind}" for kind in as_products},
    }
    assert set(replaced(model)) == names[BACKEND]


def test_a_transformer_in_half_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        x = keras.Input((5, 8))
        y = PositionalEmbedding()(ClassToken()(x))
        y = encoder_block(y, 2, 16, init=("glorot_uniform", "zeros"), name="block")
        model = keras.Model(x, layers.Dense(3, dtype="float32")(TakeToken()(y)))
    finally:
        keras.config.set_dtype_policy(before)
    fast = with_fast_layers(model)
    fast.set_weights(model.get_weights())
    given, expected = (each(tokens(4, 5, 8), training=True) for each in (fast, model))
    assert keras.backend.standardize_dtype(given.dtype) == "float32"
    given, expected = as_float32(given), as_float32(expected)
    np.testing.assert_allclose(given, expected, atol=8 * 2**-8 * np.abs(expected).max())


def test_an_exact_layer_within_a_network_of_mixed_precision():
    """Its weights are not rounded: 1 + 2^-10 is no number of bfloat16."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = with_fast_layers(network((3,), layers.Dense(1, use_bias=False, dtype="float32")))
    finally:
        keras.config.set_dtype_policy(before)
    model.set_weights([np.full((3, 1), 1 + 2**-10, "float32")])
    assert as_float32(model(np.ones((1, 3), "float32"))) == 3 * (1 + 2**-10)


def test_masks_pass():
    x = keras.Input((5,), dtype="int32")
    embedded = layers.Embedding(9, 6, mask_zero=True)(x)
    y = layers.LSTM(4)(layers.Activation("tanh")(embedded))
    plain, fast = both(keras.Model(x, y))
    given = np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 0]])
    expected = plain.predict(given, verbose=0)
    np.testing.assert_allclose(fast.predict(given, verbose=0), expected, rtol=1e-5, atol=1e-6)


@ON_TORCH
def test_arrays_and_other_types_are_converted():
    layer = with_fast_layers(network((4,), layers.Dense(3))).layers[-1]
    x = np.ones((2, 4), "float64")
    assert ops.dtype(layer(x)) == "float32"
    assert ops.dtype(layer(ops.convert_to_tensor(x))) == "float32"


@ON_TORCH
def test_a_layer_goes_by_the_training_of_its_caller():
    class Outer(keras.layers.Layer):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, x, training=None):
            return self.inner(x)

    model = network((4,), layers.BatchNormalization())
    fast = with_fast_layers(model).layers[-1]
    Outer(fast)(tokens(8, 4), training=True)
    assert np.abs(as_float32(fast.moving_mean)).max() > 0


@ON_TORCH
def test_a_relu_is_computed_by_the_layer_before_it_where_nothing_else_needs_that():
    """Never what a gradient, another layer or the model's outputs need."""
    x = keras.Input((6, 6, 3))
    relus = [layers.Activation("relu", name=f"relu{i}") for i in range(6)]
    y = relus[0](layers.Conv2D(4, 3, name="conv")(x))
    y = relus[1](layers.BatchNormalization()(y))
    z = layers.Conv2D(4, 1, activation="tanh")(y)  # whose gradient needs what it gave
    z = layers.Add()([relus[2](z), y])
    w = layers.Dense(4)(relus[3](z))
    joined = layers.Add()([w, relus[4](w)])  # taken twice
    last = layers.Conv2D(4, 1)(joined)
    fast = with_fast_layers(keras.Model(x, [relus[5](last), last]))
    found = [fast.get_layer(f"relu{i}").is_joined for i in range(6)]
    assert found == [True, True, False, True, False, False]
    assert_same(keras.Model(x, joined), tokens(4, 6, 6, 3), rtol=0, least=1e-4)


@ON_TORCH
def test_a_pool_computes_the_relu_that_moves_behind_it():
    relu, pool = layers.Activation("relu", name="relu"), layers.MaxPooling2D(name="pool")
    fast = with_fast_layers(network((6, 6, 3), relu, pool))
    assert (fast.get_layer("pool").rectifies, fast.get_layer("relu").is_joined) == (True, True)


@pytest.mark.parametrize(
    "part",
    [
        layers.Conv2D(4, 3),
        layers.Conv2D(4, 3, strides=2, padding="same"),
        layers.BatchNormalization(),
        layers.BatchNormalization(trainable=False),
        layers.Dense(5),
        layers.MaxPooling2D(),
    ],
    ids=["conv", "strided", "norm", "frozen_norm", "dense", "pool"],
)
def test_a_layer_with_its_relu(part):
    model = network((6, 6, 3), part, layers.Activation("relu"))
    assert_same(model, tokens(4, 6, 6, 3), rtol=1e-5)
