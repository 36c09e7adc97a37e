"""Fast forms in networks of a user's own: derived layers, mixed types, odd inputs, LoRA, files."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasdl.layers import with_fast_layers
from kerasdl.models import ViT

not_on_jax = pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="there these layers have no other form"
)


def draws(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def assert_alike(model, x, rtol=1e-5):
    """The outputs of a model and of its fast form, with the same weights; returns the fast form."""
    fast = with_fast_layers(model)
    fast.set_weights(model.get_weights())
    given, expected = (
        ops.convert_to_numpy(ops.cast(ops.stop_gradient(each(x)), "float32"))
        for each in (fast, model)
    )
    np.testing.assert_allclose(given, expected, rtol=rtol, atol=rtol * np.abs(expected).max())
    return fast


@not_on_jax
@pytest.mark.parametrize("batch", [1, 3, 8])
def test_a_sum_of_inputs_with_other_numbers_of_axes(batch):
    """Keras puts axes of length 1 behind that of the batch."""
    image = keras.Input((8, 8, 4))
    total = layers.Add()([image, layers.GlobalAveragePooling2D()(image)])
    assert_alike(keras.Model(image, layers.Activation("relu")(total)), draws(batch, 8, 8, 4))


@not_on_jax
def test_a_sum_of_one_leaves_what_it_is_given():
    given = keras.Input((3,))
    before = layers.Dense(3)(given)
    joined = layers.Activation("relu")(layers.Add()([before]))
    assert_alike(keras.Model(given, layers.Concatenate()([joined, before])), draws(4, 3))
    alone = with_fast_layers(keras.Model(given, layers.Activation("relu")(layers.Add()([given]))))
    x = ops.convert_to_tensor([[-1.0, 2.0, -3.0]])
    assert ops.convert_to_numpy(alone(x)).tolist() == [[0, 2, 0]]
    assert ops.convert_to_numpy(x).tolist() == [[-1, 2, -3]]


class Contrast(layers.MaxPooling2D):
    """More than a max-pool: it does not commute with a ReLU."""

    def call(self, inputs):
        return super().call(inputs) - ops.mean(inputs, axis=(1, 2), keepdims=True)


class Shifted(layers.Activation):
    """More than a ReLU."""

    def call(self, inputs):
        return super().call(inputs) - 1


@pytest.mark.parametrize(
    "parts",
    [
        (layers.Activation("relu"), Contrast()),
        (Shifted("relu"), layers.MaxPooling2D()),
        (layers.Dense(4), Shifted("relu")),
    ],
    ids=["pool", "relu", "joined"],
)
def test_layers_of_derived_classes_stay_where_they_are(parts):
    x = inputs = keras.Input((6, 6, 4))
    for part in parts:
        x = part(x)
    assert_alike(keras.Model(inputs, x), draws(3, 6, 6, 4))


def test_a_relu_stays_before_a_pool_whose_outputs_are_penalized():
    inputs = keras.Input((4, 4, 1))
    pool = layers.MaxPooling2D(activity_regularizer=keras.regularizers.L1(1.0))
    fast = with_fast_layers(keras.Model(inputs, pool(layers.Activation("relu")(inputs))))
    fast(-np.ones((1, 4, 4, 1), "float32"), training=True)
    assert [float(loss) for loss in fast.losses] == [0]


@not_on_jax
@pytest.mark.parametrize(
    ("policy", "given", "layer_dtype"),
    [
        ("mixed_bfloat16", "float32", None),
        ("mixed_float16", "float32", None),
        ("float32", "float64", None),
        ("float32", "int32", None),
        ("float32", "uint8", None),
        ("float32", "float16", None),
        ("mixed_bfloat16", "bfloat16", "float32"),
    ],
)
@pytest.mark.parametrize(
    "kind", [layers.LayerNormalization, lambda dtype: layers.Dense(3, dtype=dtype)]
)
def test_inputs_of_another_type_than_the_layers(policy, given, layer_dtype, kind):
    """The values, and their type."""
    dtype = layer_dtype or keras.DTypePolicy(policy)
    inputs = keras.Input((6,), dtype=given)
    model = keras.Model(inputs, kind(dtype=dtype)(inputs))
    x = ops.cast(10 * np.abs(draws(5, 6)), given)
    fast = assert_alike(model, x, rtol=2e-2 if "mixed" in policy else 1e-5)
    assert keras.backend.standardize_dtype(fast(x).dtype) == model.output.dtype


@not_on_jax
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_adapted_statistics_follow_the_weights(policy):
    inputs = keras.Input((4,))
    normalization = layers.Normalization(dtype=keras.DTypePolicy(policy))
    x = 100 + 10 * draws(50, 4)
    normalization.adapt(x)
    assert_alike(keras.Model(inputs, normalization(inputs)), x, rtol=2e-2)


@pytest.mark.parametrize("layer", [layers.Dense(4), layers.Conv2D(4, 3)], ids=["dense", "conv"])
def test_low_rank_adaptation_that_is_added_afterwards(layer):
    inputs = keras.Input((5, 5, 3))
    model = keras.Model(inputs, layer(inputs))
    fast = with_fast_layers(model)
    for each in {id(each.layers[1]): each for each in (model, fast)}.values():  # or one, shared
        each.layers[1].enable_lora(2)
    for each in (model, fast):
        rng = np.random.default_rng(0)
        each.set_weights([rng.normal(size=weights.shape) for weights in each.weights])
    x = draws(2, 5, 5, 3)
    given, expected = (ops.convert_to_numpy(ops.stop_gradient(each(x))) for each in (fast, model))
    np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-4)


def test_what_was_quantized_or_adapted_before_stays_as_it_is():
    inputs = keras.Input((5, 8))
    attention = layers.MultiHeadAttention(2, 4)
    attended = attention(inputs, inputs)
    dense = layers.Dense(8)
    model = keras.Model(inputs, dense(attended))
    attention._query_dense.enable_lora(2)
    dense.quantize("int8")
    rng = np.random.default_rng(0)
    for weights in (attention._query_dense.lora_kernel_a, attention._query_dense.lora_kernel_b):
        weights.assign(rng.normal(size=weights.shape))
    assert_alike(model, draws(3, 5, 8))


@not_on_jax
@pytest.mark.parametrize("tokens", [6, 40, 300])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_attention_of_few_and_many_tokens(tokens, policy):
    """On PyTorch its form depends on how many there are."""
    inputs = keras.Input((tokens, 8))
    attention = layers.MultiHeadAttention(2, 4, dtype=keras.DTypePolicy(policy))
    model = keras.Model(inputs, attention(inputs, inputs))
    assert_alike(model, draws(2, tokens, 8), rtol=1e-5 if policy == "float32" else 2e-2)


@not_on_jax
def test_a_file_of_a_fast_vision_transformer_loads(tmp_path):
    plain = ViT(input_shape=(8, 8, 1), patch_size=4, embed_dim=8, depth=1, num_heads=2)
    fast = with_fast_layers(plain)
    fast.save(tmp_path / "fast.keras")
    loaded = keras.models.load_model(tmp_path / "fast.keras")
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in plain.layers]
    for one, two in zip(loaded.get_weights(), fast.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_sequential_model_is_refused_in_a_sentence():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"functional model: keras\.Model\(model\.inputs"):
        with_fast_layers(model)
