"""The convolutional equivalent against the network itself, at its size and window by window."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasdl.errors import UsageError
from kerasdl.inspection import fully_convolutional
from kerasdl.models import CNN
from kerasdl.models.saving import load_model, save_model


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 255, shape).astype("float32")


def outputs(model, x):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, model(x, training=False))


def fill(model):
    """Random weights, statistics too; the layers begin with zeros, which costs JAX no compiling."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        positive = weight.name in ("gamma", "moving_variance", "variance")
        scale = 1 / np.sqrt(np.prod(weight.shape[:-1], initial=1))
        value = rng.uniform(0.5, 1.5, weight.shape) if positive else rng.normal(size=weight.shape)
        weight.assign((value if positive else scale * value).astype("float32"))
    return model


def zeros(layer):
    for name in ("kernel", "depthwise", "pointwise"):
        if hasattr(layer, f"{name}_initializer"):
            setattr(layer, f"{name}_initializer", keras.initializers.Zeros())
    return layer


def sequential(*parts, shape=(12, 12, 3)):
    return fill(keras.Sequential([keras.Input(shape), *map(zeros, parts)]))


def test_the_regularization_network_at_its_size_and_on_a_larger_image():
    unit = layers.Rescaling(1 / 255, name="unit")
    model = fill(CNN(preprocessing=[unit], kernel_initializer="zeros"))
    convolutional = fully_convolutional(model)
    x = drawn(4, 32, 32, 3)
    np.testing.assert_allclose(outputs(convolutional, x)[:, 0, 0], outputs(model, x), atol=1e-5)
    kernels = {w.path.split("/")[0]: w.shape for w in convolutional.weights if "kernel" in w.path}
    assert kernels["dense1"] == (4, 4, 64, 1000)
    assert kernels["logits"] == (1, 1, 1000, 10)
    assert convolutional.count_params() == 1_191_170

    large = outputs(convolutional, drawn(2, 48, 64, 3))
    assert large.shape == (2, 3, 5, 10)  # 48 / 8 - 4 + 1, 64 / 8 - 4 + 1
    np.testing.assert_allclose(large.sum(axis=-1), 1, atol=1e-5)  # a softmax at each position


def test_without_padding_the_map_is_the_network_on_every_window():
    network = {"filters": (4, 5), "kernel_size": 3, "padding": "valid", "units": (7,)}
    model = fill(CNN((14, 14, 2), 3, **network, kernel_initializer="zeros"))
    # 14 -> 12 -> 6 -> 4 -> 2, a position every 4 pixels
    image = drawn(1, 22, 27, 2) / 255
    found = outputs(fully_convolutional(model), image)
    assert found.shape == (1, 3, 4, 3)
    for i in range(3):
        for j in range(4):
            window = image[:, 4 * i : 4 * i + 14, 4 * j : 4 * j + 14]
            np.testing.assert_allclose(found[:, i, j], outputs(model, window), atol=1e-5)


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_global_pooling_slides_too(pooling):
    network = {"filters": (4,), "kernel_size": 3, "padding": "valid", "units": ()}
    model = fill(CNN((8, 8, 2), 3, pooling=pooling, **network, kernel_initializer="zeros"))
    # 8 -> 6 -> 3, a position every 2 pixels
    image = drawn(1, 10, 12, 2) / 255
    found = outputs(fully_convolutional(model), image)
    assert found.shape == (1, 2, 3, 3)
    for i in range(2):
        for j in range(3):
            window = image[:, 2 * i : 2 * i + 8, 2 * j : 2 * j + 8]
            np.testing.assert_allclose(found[:, i, j], outputs(model, window), atol=1e-5)


HEADS = {
    "flatten": [layers.Flatten(), layers.Dense(5, activation="tanh"), layers.Dense(3)],
    "reshape": [layers.Reshape((32,)), layers.Dense(3, use_bias=False)],
    "between": [layers.Flatten(), layers.ReLU(), layers.Dropout(0.5), layers.Dense(3)],
    "norms": [
        *(layers.Flatten(), layers.Dense(6), layers.BatchNormalization(axis=1)),
        *(layers.LayerNormalization(), layers.Dense(3), layers.Softmax()),
    ],
    "keepdims": [layers.GlobalAveragePooling2D(keepdims=True), layers.Conv2D(3, 1)],
    "dense on a map": [layers.Dense(4), layers.Flatten(), layers.Dense(3)],
}


@pytest.mark.parametrize("head", HEADS)
def test_every_kind_of_head(head):
    parts = [layer.__class__.from_config(layer.get_config()) for layer in HEADS[head]]
    model = sequential(
        layers.Normalization(),  # its statistics are weights here, as after `adapt`
        layers.Conv2D(4, 3, strides=2, padding="same"),
        layers.BatchNormalization(),
        layers.SeparableConv2D(2, 3, activation="relu"),
        *parts,
    )
    model.layers[0].finalize_state()
    convolutional = fully_convolutional(model)
    x = drawn(3, 12, 12, 3)
    expected = outputs(model, x).reshape(3, 3)
    np.testing.assert_allclose(outputs(convolutional, x)[:, 0, 0], expected, rtol=1e-5, atol=1e-5)
    assert outputs(convolutional, drawn(1, 16, 14, 3)).shape[1:] == (3, 2, 3)


def dense(units, name):
    return zeros(layers.Dense(units, name=name))


def test_branches_shared_layers_nested_models_and_several_outputs():
    image = keras.Input((8, 8, 1), name="image")
    conv = zeros(layers.Conv2D(2, 3, padding="same", name="twice"))
    x = layers.Concatenate(axis=3)([conv(image), conv(layers.MaxPooling2D(3, 1, "same")(image))])
    inside = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 1, name="c")], name="in")
    x = layers.Add()([x, inside(x)])
    x = layers.Flatten()(x)
    x = layers.Concatenate(axis=1)([dense(3, "a")(x), dense(2, "b")(x)])
    model = fill(
        keras.Model(image, {"digit": dense(4, "digit")(x), "colour": dense(2, "colour")(x)})
    )
    convolutional = fully_convolutional(model)
    assert convolutional.count_params() == model.count_params()
    x = drawn(2, 8, 8, 1) / 255
    expected, found = outputs(model, x), outputs(convolutional, x)
    for name in ("digit", "colour"):
        np.testing.assert_allclose(found[name][:, 0, 0], expected[name], atol=1e-5)
    assert outputs(convolutional, drawn(1, 9, 11, 1))["digit"].shape == (1, 2, 4, 4)


def test_saves_and_loads(tmp_path):
    model = sequential(
        layers.Normalization(mean=[120, 130, 125], variance=[3600, 4900, 4200]),
        *(layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)),
    )
    convolutional = fully_convolutional(model, name="sliding")
    save_model(convolutional, tmp_path / "m.keras", {})
    again, _ = load_model(tmp_path / "m.keras")
    x = drawn(1, 15, 13, 3)
    assert again.name == "sliding"
    np.testing.assert_allclose(outputs(again, x), outputs(convolutional, x), rtol=1e-6)


def squeeze_and_excite():
    image = keras.Input((8, 8, 2))
    scale = layers.GlobalAveragePooling2D(keepdims=True)(image)
    return keras.Model(image, layers.Multiply(name="excite")([image, scale]))


def attention():
    tokens = keras.Input((8, 8, 2))
    attend = layers.MultiHeadAttention(1, 2, name="attend")
    return keras.Model(tokens, attend(tokens, tokens))


REFUSED = {
    "attention": (attention, r"attend \(MultiHeadAttention\).*every position alike"),
    "excite": (squeeze_and_excite, r"excite \(Multiply\).*pooled one"),
    "flattened norm": (
        lambda: sequential(layers.Flatten(), layers.BatchNormalization(name="bn"), layers.Dense(2)),
        r"bn \(BatchNormalization\).*behind a flattened map",
    ),
    "axis": (
        lambda: sequential(layers.Normalization(axis=1, name="rows")),
        r"rows \(Normalization\).*expected the channels'",
    ),
    "reshape": (
        lambda: sequential(layers.Reshape((144, 3), name="tokens")),
        r"tokens \(Reshape\).*\(144, 3\)",
    ),
    "resize": (lambda: sequential(layers.Resizing(4, 4, name="small")), r"small \(Resizing\)"),
    "open end": (lambda: sequential(layers.Flatten()), "ends in a flattened map"),
    "features": (lambda: sequential(layers.Dense(2), shape=(4,)), r"it takes \(4,\)"),
    "not built": (lambda: keras.Sequential([layers.Dense(2)], name="raw"), "raw should be"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_in_one_sentence_what_has_no_equivalent(case):
    make, message = REFUSED[case]
    with pytest.raises(UsageError, match=message):
        fully_convolutional(make())
