"""The builders, against the tables of the reports and formulas of their own."""

import keras
import numpy as np
import pytest

from kerasdl.models import CNN, MLP

# The networks of the reports, and how many numbers each learns: weights + biases, layer by layer.
NETWORKS = {
    "regularization": (  # II.Q10: 2400 + 51200 + 102400 + 1024000 + 10000, and a bias each
        lambda: CNN(),
        1_190_000 + 32 + 64 + 64 + 1000 + 10,
    ),
    "LeNet5": (  # LeCun et al. 1998, fully connected: 156 + 2416 + 48120 + 10164 + 850
        lambda: CNN(
            (28, 28, 1),
            filters=(6, 16),
            padding=("same", "valid"),
            units=(120, 84),
            activation="tanh",
        ),
        61_706,
    ),
    "regularization on a crop of 28, its weights as on 32": (
        lambda: CNN(crop=28, pool_padding="same"),
        1_190_000 + 1170,
    ),
    "regularization on MNIST": (
        lambda: CNN((28, 28, 1)),
        5 * 5 * 32 + 51200 + 102400 + 3 * 3 * 64 * 1000 + 10000 + 1170,
    ),
    "dropout": (  # 1,600 inputs to the dense layer
        lambda: CNN(filters=((32, 32), (64, 64)), kernel_size=3, padding="valid", units=(512,)),
        9 * (3 * 32 + 32 * 32 + 32 * 64 + 64 * 64) + 192 + 1600 * 512 + 512 + 512 * 10 + 10,
    ),
    "mlp_vs_cnn cnn": (  # its code: fc1 = Linear(256 * 4 * 4, 4096)
        lambda: CNN(
            classes=100,
            filters=((128, 128, 128, 256),),
            kernel_size=((5, 3, 3, 3),),
            strides=((2, 1, 1, 1),),
            padding="valid",
            units=(4096,),
        ),
        (25 * 3 * 128 + 9 * (128 * 128 * 2 + 128 * 256) + 3 * 128 + 256)
        + (256 * 4 * 4 * 4096 + 4096)
        + (4096 * 100 + 100),
    ),
    "mlp_vs_cnn mlp": (
        lambda: MLP(classes=100, units=(4096, 4096), activation="sigmoid"),
        3072 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 100 + 100,
    ),
    "exercises digits, three convolutions with pools between": (
        lambda: CNN(
            (16, 16, 1),
            filters=(10, 10, 10),
            kernel_size=3,
            pool_size=(2, 2, None),
            activation="tanh",
            units=(),
        ),
        (9 * 10 + 10) + 2 * (9 * 10 * 10 + 10) + (4 * 4 * 10 * 10 + 10),
    ),
    "exercises circles": (
        lambda: MLP((2,), classes=1, classifier_activation=None, units=(100, 150)),
        2 * 100 + 100 + 100 * 150 + 150 + 150 + 1,
    ),
    "exercises regression, five layers of ten": (
        lambda: MLP((4,), classes=1, classifier_activation=None, units=(10,) * 4),
        4 * 10 + 10 + 3 * (10 * 10 + 10) + 10 + 1,
    ),
    "linear": (lambda: MLP((16, 16, 1), units=()), 256 * 10 + 10),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_number_of_parameters(name):
    build, expected = NETWORKS[name]
    assert build().count_params() == expected


def test_layers_read_like_the_report():
    names = [layer.name for layer in CNN(batch_norm=True, dropout=0.5).layers]
    assert names == [
        *("image", "conv1", "conv1_bn", "conv1_activation", "pool1"),
        *("conv2", "conv2_bn", "conv2_activation", "pool2"),
        *("conv3", "conv3_bn", "conv3_activation", "pool3"),
        *("flatten", "dense1", "dense1_activation", "dense1_dropout", "logits", "predictions"),
    ]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (("dense",), ["dense1_dropout"]),
        (("pool", "dense"), ["pool1_dropout", "pool2_dropout", "dense1_dropout"]),
        (("conv",), ["conv1_1_dropout", "conv1_2_dropout", "conv2_dropout"]),
    ],
)
def test_where_dropout_stands(where, expected):
    model = CNN(filters=((8, 8), 8), dropout=0.3, dropout_after=where)
    found = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.name for layer in found] == expected
    assert {layer.rate for layer in found} == {0.3}


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda **more: CNN((16, 20, 1), filters=(4, 8), units=(6,), **more), (16, 20, 1)),
        (lambda **more: CNN((9, 9, 3), filters=(4,), pooling="avg", units=(), **more), (9, 9, 3)),
        (lambda **more: MLP((7,), units=(5,), batch_norm=True, dropout=0.5, **more), (7,)),
        (lambda **more: MLP((4, 4, 3), units=(5,), **more), (4, 4, 3)),
    ],
)
def test_logits_and_probabilities(build, shape):
    """Probabilities are the softmax of the logits of a model without the last activation."""
    x = np.random.default_rng(0).uniform(0, 255, (3, *shape)).astype("float32") / 255
    with_softmax = build(classes=4)
    logits = build(classes=4, classifier_activation=None)
    logits.set_weights(with_softmax.get_weights())
    z = logits.predict(x, verbose=0).astype("float64")
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(with_softmax.predict(x, verbose=0), expected, atol=1e-6)


def test_a_convolution_against_numpy():
    """One valid convolution, ReLU, average pool and dense layer, computed by hand."""
    model = CNN(
        (4, 4, 2), classes=3, classifier_activation=None, filters=(5,), kernel_size=3,
        padding="valid", pool="average", units=(),
    )  # fmt: skip
    x = np.random.default_rng(1).normal(size=(2, 4, 4, 2))
    kernel, bias, dense, dense_bias = (w.astype("float64") for w in model.get_weights())
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))  # n, 2, 2, c, 3, 3
    maps = np.maximum(np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias, 0)
    expected = maps.mean(axis=(1, 2)) @ dense + dense_bias
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=1e-5)


def test_a_crop_shows_the_middle_of_the_image():
    """What lies outside changes nothing; of an odd border the larger part is left at the end."""
    model = CNN((9, 8, 1), 2, None, filters=(3,), kernel_size=3, units=(), crop=4)
    x = np.random.default_rng(0).normal(size=(2, 9, 8, 1)).astype("float32")
    alone = CNN((4, 4, 1), 2, None, filters=(3,), kernel_size=3, units=())
    alone.set_weights(model.get_weights())
    expected = alone.predict(x[:, 2:6, 2:6], verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=1e-6)


def test_a_padded_pool_takes_what_there_is():
    """Of 3x3 in pools of 2: a whole one, two of a pair, and the last pixel by itself."""
    model = CNN(
        (3, 3, 1), 4, None, filters=(1,), kernel_size=1, units=(), activation="linear",
        pool_padding="same",
    )  # fmt: skip
    one, none = np.ones((1, 1, 1, 1)), np.zeros(1)
    model.set_weights([one, none, np.eye(4), np.zeros(4)])
    x = np.array([[1, 2, 3], [4, 5, 6], [7, 8, -9]], "float32").reshape(1, 3, 3, 1)
    np.testing.assert_allclose(model.predict(x, verbose=0), [[5, 6, 8, -9]], atol=1e-6)


def test_batch_normalization_of_some_convolutions():
    model = CNN(filters=((4, 4), 4), batch_norm=((True, False), True))
    found = [layer.name for layer in model.layers if layer.name.endswith("_bn")]
    assert found == ["conv1_1_bn", "conv2_bn"]


def test_where_batch_normalization_stands_and_what_it_keeps():
    model = CNN(
        filters=(4,),
        batch_norm=True,
        batch_norm_after="activation",
        batch_norm_momentum=0.99,
        batch_norm_epsilon=1e-3,
    )
    names = [layer.name for layer in model.layers]
    assert names.index("conv1_bn") == names.index("conv1_activation") + 1
    normalization = model.get_layer("conv1_bn")
    assert (normalization.momentum, normalization.epsilon) == (0.99, 1e-3)
    usual = CNN(filters=(4,), batch_norm=True).get_layer("conv1_bn")
    assert (usual.momentum, usual.epsilon) == (0.9, 1e-5)


def test_preprocessing_comes_first():
    model = CNN(filters=(4,), preprocessing=[keras.layers.Rescaling(1 / 255, name="unit")])
    assert [layer.name for layer in model.layers[:3]] == ["image", "unit", "conv1"]


def test_pytorch_default_initialisers():
    """Uniform in +-1/sqrt(fan_in), weights and biases: the sample fills the range, and no more."""
    keras.utils.set_random_seed(0)
    model = CNN(
        filters=(64, 64), kernel_initializer="fan_in_uniform", bias_initializer="fan_in_uniform"
    )
    for name, fan_in in {"conv2": 25 * 64, "dense1": 8 * 8 * 64}.items():
        # Weights are float32, and so are their bounds, which a draw may hit: 0.025, the first, is
        # rounded up.
        bound = np.float32(1 / np.sqrt(fan_in))
        for weights in model.get_layer(name).get_weights():
            assert np.abs(weights).max() <= bound
            assert np.abs(weights).max() > 0.9 * bound
            # The standard deviation of n uniform numbers has a relative error of 0.45 / sqrt(n).
            deviation = np.std(weights, dtype="float64")
            assert deviation == pytest.approx(1 / np.sqrt(3 * fan_in), rel=2 / weights.size**0.5)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: CNN(kernel_size=(5, 3)), ["kernel_size", "3 stages", "(5, 3)"]),
        (lambda: CNN(filters=((8, 8),), strides=((1, 2, 1),)), ["strides", "2 stages"]),
        (lambda: CNN(dropout_after=("pools",)), ["dropout_after", "pools"]),
        (lambda: CNN(padding=("same", "valid")), ["padding", "3 stages", "valid"]),
        (lambda: CNN(batch_norm_after="pool"), ["batch_norm_after", "'pool'"]),
        (lambda: CNN(batch_norm=(True, False)), ["batch_norm", "3 stages", "(True, False)"]),
        (lambda: CNN(batch_norm_epsilon=-1), ["0 or more", "batch_norm_epsilon=-1"]),
        (lambda: CNN(batch_norm_epsilon=10**400), ["0 or more", "batch_norm_epsilon=1000"]),
        (lambda: CNN(padding=3), ["'same' or 'valid'", "padding=3"]),
        (lambda: CNN(crop=33), ["crop=33", "32x32"]),
        (lambda: CNN(pool="median"), ["pool", "median"]),
        (lambda: CNN(pooling="flat"), ["pooling", "flat"]),
        (lambda: CNN((8, 8, 3), filters=(4,) * 4), ["image large enough", "(8, 8, 3)"]),
        (lambda: MLP(units=(10, 0)), ["positive widths", "(10, 0)"]),
    ],
)
def test_errors_say_what_came(build, words):
    with pytest.raises(ValueError, match="Expected") as error:
        build()
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("build", [lambda: CNN(filters=(4,), batch_norm=True), lambda: MLP()])
def test_saves_and_loads(build, tmp_path):
    model = build()
    x = np.random.default_rng(0).uniform(0, 1, (2, 32, 32, 3)).astype("float32")
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))


def test_double_precision_ends_in_float64():
    if keras.backend.backend() == "jax":
        pytest.skip("JAX computes in float64 only in a process that asks for it")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        model = CNN((8, 8, 3), filters=(4,), units=())
    finally:
        keras.config.set_dtype_policy(before)
    assert model.get_layer("logits").compute_dtype == "float64"
    assert model.get_layer("predictions").compute_dtype == "float64"


def test_mixed_precision_ends_in_float32():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = CNN(filters=(4,), batch_norm=True)
        assert model.get_layer("conv1").compute_dtype == "bfloat16"
        given = model.predict(np.zeros((2, 32, 32, 3)), verbose=0)
    finally:
        keras.config.set_dtype_policy(before)
    assert given.dtype == "float32"
    np.testing.assert_allclose(given.sum(axis=1), 1, rtol=1e-5)
