"""The fast forms of layers beside Keras' own: values, gradients, updates, ties and odd sizes."""

import keras
import numpy as np
import pytest
from gradients import value_and_gradients
from keras import layers, ops

from kerasdl.inspection import graph
from kerasdl.layers import Whitening, with_fast_layers
from kerasdl.layers.fast import relus_apart
from kerasdl.models import CNN

pytestmark = pytest.mark.optimized

BACKEND = keras.backend.backend()


def network(shape, *parts):
    x = inputs = keras.Input(shape)
    for part in parts:
        x = part(x)
    return keras.Model(inputs, x)


def both(model, seed=0):
    """The model and its fast form, with the same drawn weights."""
    rng = np.random.default_rng(seed)
    fast = with_fast_layers(model)
    weights = [rng.uniform(0.5, 1.5, value.shape).astype("float32") for value in model.weights]
    for each in (model, fast):
        each.set_weights(weights)
    return model, fast


def step(model, x):
    """A weighted sum of outputs in training, its gradients, and the new non-trainable weights."""
    upstream = np.random.default_rng(1).normal(size=model(x).shape).astype("float32")
    others = [np.asarray(v) for v in map(ops.convert_to_numpy, model.non_trainable_variables)]

    def weighted_sum(x, *weights):
        outputs, _ = model.stateless_call(list(weights), others, x, training=True)
        return ops.sum(ops.cast(outputs, "float32") * ops.convert_to_tensor(upstream))

    trainable = [ops.convert_to_numpy(value) for value in model.trainable_variables]
    value, gradients = value_and_gradients(weighted_sum, x, *trainable)
    _, updated = model.stateless_call(model.trainable_variables, others, x, training=True)
    return value, gradients, [ops.convert_to_numpy(ops.stop_gradient(each)) for each in updated]


def assert_same(model, x, rtol=2e-6, least=0.0):
    """Outputs, gradients and new statistics, to `rtol` of the largest value of each, or to `least`."""

    def bound(values):
        return max(rtol * np.abs(values).max(), least)

    plain, fast = both(model)
    expected = plain.predict(x, verbose=0)
    given = fast.predict(x, verbose=0)
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=bound(expected))
    (value, gradients, updated), (other, others, expected) = step(fast, x), step(plain, x)
    assert value == pytest.approx(other, rel=1e-4, abs=1e-4)
    for one, two in zip([*gradients, *updated], [*others, *expected], strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=bound(two))


def replaced(model):
    """Names of the classes of the layers that stand in for Keras' own."""
    kinds = [type(layer) for layer in with_fast_layers(model).layers]
    return [kind.__qualname__ for kind in kinds if hasattr(kind, "applies_to")]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("kernel", "strides"), [(3, 1), (5, 1), (2, 1), ((3, 4), (2, 1)), (1, 2)])
def test_convolutions(channels, padding, kernel, strides):
    x = np.random.default_rng(0).normal(size=(3, 9, 7, channels)).astype("float32")
    conv = layers.Conv2D(5, kernel, strides=strides, padding=padding, use_bias=channels != 4)
    assert_same(network(x.shape[1:], conv), x)


@pytest.mark.parametrize("arguments", [{"groups": 3}, {"dilation_rate": 2}, {"activation": "tanh"}])
def test_convolutions_with_other_arguments(arguments):
    x = np.random.default_rng(0).normal(size=(2, 8, 9, 3)).astype("float32")
    assert_same(network(x.shape[1:], layers.Conv2D(6, 3, padding="same", **arguments)), x)


@pytest.mark.parametrize("channels", [1, 3])
def test_whitening(channels):
    """Its filters are frozen, and the same for the same images."""
    x = np.random.default_rng(0).normal(size=(3, 9, 7, channels)).astype("float32")
    model = network(x.shape[1:], Whitening(2, epsilon=0.1, name="whitening"))
    assert_same(model, x)
    fast = with_fast_layers(model)
    assert [each.path for each in fast.trainable_variables] == ["whitening/bias"]
    plain_layer, fast_layer = (each.get_layer("whitening") for each in (model, fast))
    for each in (plain_layer, fast_layer):
        each.adapt(x)
    np.testing.assert_array_equal(fast_layer.kernel.numpy(), plain_layer.kernel.numpy())
    names = {"torch": ["TorchWhitening"], "jax": ["JaxWhitening"] * (channels == 3)}
    assert replaced(model) == names.get(BACKEND, [])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [2, 3, (2, 3)])
@pytest.mark.parametrize("shape", [(6, 6), (7, 9), (8, 5)])
def test_pools_and_their_ties(channels, size, shape):
    """Whole numbers from 0 to 3: most windows hold their maximum twice or more."""
    x = np.random.default_rng(0).integers(0, 4, (5, *shape, channels)).astype("float32")
    assert_same(network(x.shape[1:], layers.MaxPooling2D(size)), x)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_pools_and_their_ties_in_half_precision(policy):
    """Steps of 1/256 above 1 are no bfloat16: what differs in float32 alone is a tie here too."""
    steps = np.random.default_rng(0).integers(0, 4, (5, 7, 8, 3))
    x = (1 + steps / 256).astype("float32")
    pool = layers.MaxPooling2D(2, dtype=policy)
    model = network(x.shape[1:], pool, layers.Activation("linear", dtype="float32"))
    pooled = with_fast_layers(model).layers[1](ops.convert_to_tensor(x))
    assert keras.backend.standardize_dtype(pooled.dtype) == policy.removeprefix("mixed_")
    assert_same(model, x)


@pytest.mark.parametrize("arguments", [{"strides": 1}, {"padding": "same"}])
def test_other_pools(arguments):
    x = np.random.default_rng(0).normal(size=(2, 7, 7, 3)).astype("float32")
    assert_same(network(x.shape[1:], layers.MaxPooling2D(2, **arguments)), x)


@pytest.mark.skipif(BACKEND == "tensorflow", reason="TensorFlow's own pool leaves NaN out")
def test_a_window_with_a_nan_gives_a_nan():
    x = np.zeros((4, 2, 2, 1), "float32")
    for i in range(4):
        x[i, i // 2, i % 2] = np.nan
    _, fast = both(network((2, 2, 1), layers.MaxPooling2D(2)))
    assert np.isnan(ops.convert_to_numpy(fast(x))).all()


def test_a_relu_moves_behind_the_pool_that_takes_it():
    relu, pool = layers.Activation("relu", name="relu"), layers.MaxPooling2D(name="pool")
    x = np.random.default_rng(0).integers(-3, 3, (4, 6, 6, 3)).astype("float32")  # zeros, too
    model = network((6, 6, 3), relu, pool)
    assert [layer.name for layer in with_fast_layers(model).layers][1:] == ["pool", "relu"]
    assert_same(model, x)


def test_a_relu_that_others_take_stays():
    x = keras.Input((6, 6, 3))
    y = layers.Activation("relu")(x)
    pooled = layers.MaxPooling2D()(y)
    model = keras.Model(x, layers.UpSampling2D()(pooled) + y)
    assert_same(model, np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype("float32"))
    model = keras.Model(x, {"relu": y, "pool": pooled})
    values = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype("float32")
    given = keras.tree.map_structure(ops.convert_to_numpy, with_fast_layers(model)(values))
    np.testing.assert_array_equal(given["relu"], np.maximum(values, 0))


def test_a_relu_and_a_pool_called_by_keyword():
    x = keras.Input((6, 6, 3))
    model = keras.Model(x, layers.MaxPooling2D()(inputs=layers.Activation("relu")(inputs=x)))
    assert_same(model, np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype("float32"))


def test_a_relu_stays_whose_outputs_are_regularized():
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype("float32")
    relu = layers.Activation("relu", activity_regularizer=keras.regularizers.L1(1.0))
    fast = with_fast_layers(network((6, 6, 3), relu, layers.MaxPooling2D()))
    fast(x, training=True)
    assert float(sum(fast.losses)) == pytest.approx(np.maximum(x, 0).sum() / len(x), rel=1e-5)


def test_a_relu_stays_in_a_precision_of_its_own():
    relu = layers.Activation("relu", dtype="mixed_bfloat16")
    fast = with_fast_layers(network((6, 6, 3), relu, layers.MaxPooling2D()))
    assert fast.output.dtype == "float32"


@pytest.mark.parametrize("shape", [(6, 5, 3), (4,)])
@pytest.mark.parametrize(
    "arguments", [{}, {"renorm": True}, {"scale": False, "center": False}, {"epsilon": 1e-5}]
)
def test_batch_normalization(shape, arguments):
    x = np.random.default_rng(0).normal(3, 2, size=(7, *shape)).astype("float32")
    norm = layers.BatchNormalization(momentum=0.9, **arguments)
    assert_same(network(shape, norm), x, rtol=1e-5)


@pytest.mark.skipif(BACKEND != "torch", reason="no faster form on the other backends")
def test_batch_normalization_whatever_lies_in_unused_memory(monkeypatch):
    monkeypatch.setattr("torch.empty", lambda *args, **kwargs: pytest.fail("memory as it lies"))
    x = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")
    _, fast = both(network((4,), layers.BatchNormalization()))
    fast(x, training=True)


@pytest.mark.parametrize("shape", [(3,), (1, 1, 3)])
def test_batch_normalization_of_one_example_in_training(shape):
    model = network(shape, layers.BatchNormalization())
    assert_same(model, np.ones((1, *shape), "float32"))


@pytest.mark.parametrize("shape", [(3,), (2, 5, 3)])
def test_batch_normalization_that_is_frozen(shape):
    norm = layers.BatchNormalization(trainable=False)
    x = np.random.default_rng(0).normal(size=(4, *shape)).astype("float32")
    assert_same(network(shape, norm), x)


def test_batch_normalization_with_less_added_than_the_least_of_a_gpu():
    """1.001e-5, which TensorFlow's own function puts in the place of less, would double a variance."""
    x = np.random.default_rng(0).normal(0, 3e-3, size=(7, 6, 5, 3)).astype("float32")
    assert_same(network(x.shape[1:], layers.BatchNormalization(epsilon=1e-7)), x, rtol=1e-5)


def test_batch_normalization_of_the_channels_first():
    x = np.random.default_rng(0).normal(3, 2, size=(7, 3, 6, 5)).astype("float32")
    assert_same(network(x.shape[1:], layers.BatchNormalization(axis=1)), x, rtol=1e-5)


def test_batch_normalization_of_what_a_mask_leaves():
    """Of the images' middle alone: Keras has masks for its statistics."""
    x = np.random.default_rng(0).normal(3, 2, size=(7, 6, 5, 3)).astype("float32")
    mask = np.zeros((7, 6, 5), bool)
    mask[:, 2:4, 1:4] = True
    _, fast = both(network(x.shape[1:], layers.BatchNormalization(momentum=0.0)))
    fast.layers[-1](x, training=True, mask=mask)
    mean = as_float32(fast.layers[-1].moving_mean)
    np.testing.assert_allclose(mean, x[mask].mean(0), rtol=1e-5)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="how XLA compiles TensorFlow's own operation")
@pytest.mark.parametrize("offset", [0, 3, 1000])
def test_batch_normalization_compiled_by_xla(offset):
    """As NumPy has it in float64, also far from zero."""
    import tensorflow as tf

    x = np.random.default_rng(0).normal(offset, 1, size=(8, 6, 5, 3)).astype("float32")
    norm = layers.BatchNormalization(momentum=0.5, epsilon=1e-3)
    fast = with_fast_layers(network(x.shape[1:], norm))
    given = tf.function(lambda x: fast(x, training=True), jit_compile=True)(x).numpy()
    exact = x.astype("float64")
    mean, variance = exact.mean((0, 1, 2)), exact.var((0, 1, 2))
    np.testing.assert_allclose(given, (exact - mean) / np.sqrt(variance + 1e-3), atol=1e-5)
    *_, moving_mean, moving_variance = fast.get_weights()
    np.testing.assert_allclose(moving_mean, mean / 2, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(moving_variance, (1 + variance) / 2, rtol=1e-5)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="shapes that are known when it runs")
def test_batch_normalization_of_a_shape_that_is_not_known():
    import tensorflow as tf

    x = np.random.default_rng(0).normal(3, 2, size=(7, 6, 5, 3)).astype("float32")
    layer = with_fast_layers(network(x.shape[1:], layers.BatchNormalization())).layers[-1]
    graph = tf.function(lambda x: layer(x, training=True))
    given = graph.get_concrete_function(tf.TensorSpec((None,) * 4))(tf.constant(x)).numpy()
    np.testing.assert_allclose(given.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(given.var((0, 1, 2)), 1, rtol=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
@pytest.mark.parametrize("shape", [(4,), (3, 2, 4)])
def test_batch_normalization_of_whole_numbers(dtype, shape):
    x = np.random.default_rng(0).integers(0, 256, size=(6, *shape)).astype(dtype)
    inputs = keras.Input(shape, dtype=dtype)
    plain, fast = both(keras.Model(inputs, layers.BatchNormalization()(inputs)))
    given, expected = (as_float32(each(x, training=True)) for each in (fast, plain))
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(4,), (5, 4)])
@pytest.mark.parametrize("use_bias", [True, False])
def test_dense_layers(shape, use_bias):
    x = np.random.default_rng(0).normal(size=(3, *shape)).astype("float32")
    assert_same(network(shape, layers.Dense(6, "tanh", use_bias=use_bias)), x)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize(
    ("scale", "offset"), [(1 / 255, 0.0), (1 / 127.5, -1), ([0.1, 2.0, 3.0], [0.5, 0.25, 1.0])]
)
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_rescaling_gives_the_same_bits(policy, scale, offset, dtype):
    x = np.random.default_rng(0).uniform(0, 255, (2, 4, 4, 3)).astype(dtype)
    inputs = keras.Input(x.shape[1:], dtype=dtype)
    model = keras.Model(inputs, layers.Rescaling(scale, offset, dtype=policy)(inputs))
    given, expected = (
        ops.convert_to_numpy(ops.cast(each(x), "float32"))
        for each in (with_fast_layers(model), model)
    )
    np.testing.assert_array_equal(given, expected)
    if policy == "float32":
        by_numpy = x.astype("float32") * np.float32(scale) + np.float32(offset)
        np.testing.assert_allclose(given, by_numpy, rtol=1e-6)


def test_which_layers_are_replaced():
    model = CNN((32, 32, 3), 10, batch_norm=True)
    expected = {
        "tensorflow": ["TensorflowBatchNormalization"],
        "torch": [
            "TorchActivation",
            "TorchBatchNormalization",
            "TorchConv2D",
            "TorchDense",
            "TorchFlatten",
            "TorchMaxPooling2D",
        ],
        "jax": ["JaxConv2D", "JaxMaxPooling2D"],
    }
    assert sorted(set(replaced(model))) == expected[BACKEND]
    assert replaced(model).count("JaxConv2D") in (0, 1)  # that of three channels


def test_half_precision():
    def part(kind, *args, **kwargs):
        return kind(*args, **kwargs, dtype="mixed_bfloat16")

    model = network(
        (8, 8, 3),
        part(layers.Conv2D, 4, 3, padding="same"),
        part(layers.BatchNormalization),
        part(layers.Activation, "relu"),
        part(layers.MaxPooling2D),
        part(layers.Flatten),
        part(layers.Dense, 5),
    )
    plain, fast = both(model)
    x = np.random.default_rng(0).normal(size=(6, 8, 8, 3)).astype("float32")
    given, expected = (each(x, training=True) for each in (fast, plain))
    for each in (given, expected):
        assert keras.backend.standardize_dtype(each.dtype) == "bfloat16"
    given, expected = (as_float32(each) for each in (given, expected))
    # 2^-8 is half the distance of neighbours in bfloat16, and each layer rounds.
    np.testing.assert_allclose(given, expected, atol=4 * 2**-8 * np.abs(expected).max())
    for one, two in zip(fast.weights, plain.weights, strict=True):
        assert one.dtype == two.dtype == "float32"
        np.testing.assert_allclose(as_float32(one), as_float32(two), rtol=0.02, atol=0.02)


def as_float32(tensor):
    return ops.convert_to_numpy(ops.stop_gradient(ops.cast(tensor, "float32")))


@pytest.mark.parametrize("shape", [(4,), (3, 2, 4)])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_batch_normalization_whose_weights_are_in_half_precision(dtype, shape):
    x = np.random.default_rng(0).normal(3, 2, size=(6, *shape)).astype("float32")
    plain, fast = both(network(shape, layers.BatchNormalization(dtype=dtype)))
    given, expected = (as_float32(each(x, training=True)) for each in (fast, plain))
    np.testing.assert_allclose(given, expected, atol=2 * 2**-8 * np.abs(expected).max())
    for one, two in zip(fast.weights, plain.weights, strict=True):
        np.testing.assert_allclose(as_float32(one), as_float32(two), rtol=2**-8)


@pytest.mark.skipif(BACKEND != "torch", reason="no faster form on the other backends")
def test_batch_normalization_in_float64():
    """Keras' own layer has the digits of float32 there: 3.5e-7 from the formula."""
    x = np.random.default_rng(0).normal(3, 2, size=(6, 4))
    inputs = keras.Input((4,), dtype="float64")
    norm = layers.BatchNormalization(epsilon=1e-3, dtype="float64")
    _, fast = both(keras.Model(inputs, norm(inputs)))
    gamma, beta = (ops.convert_to_numpy(each.value.detach()) for each in fast.trainable_variables)
    expected = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) * gamma + beta
    given = ops.convert_to_numpy(ops.stop_gradient(fast(x, training=True)))
    np.testing.assert_allclose(given, expected, rtol=1e-13)


def test_layers_whose_relu_is_apart_give_what_keras_layers_do():
    """Each layer by its name, but the two that changed places; afterwards joined as before."""
    plain, fast = both(CNN((8, 8, 3), classes=4, filters=(4,), units=(5,), batch_norm=True))
    x = np.random.default_rng(2).uniform(0, 255, (3, 8, 8, 3)).astype("float32")

    def outputs(model):
        traced = graph.trace(model)
        called = {each.layer.name: each.outputs[0] for each in traced.calls}
        return keras.Model(traced.inputs, called).predict_on_batch(x)

    def joined():
        return [getattr(layer, "rectifies", False) for layer in fast.layers]

    before = joined()
    assert any(before) == (BACKEND == "torch")
    with relus_apart(fast):
        assert not any(joined())
        apart = outputs(fast)
    assert joined() == before
    expected = outputs(plain)
    moved = [name for name in expected if apart[name].shape != expected[name].shape]
    assert len(moved) == 1  # the ReLU behind its pool
    for name in expected.keys() - {*moved, *(n for n in expected if "pool" in n)}:
        np.testing.assert_allclose(apart[name], expected[name], rtol=1e-4, atol=1e-4)
