"""The vision transformer: its parts by hand, its sizes by their papers."""

import math

import keras
import numpy as np
import pytest
from autodiff import outputs as run
from PIL import Image

from kerasdl.inspection import rollout
from kerasdl.layers import AdaptImages, SinusoidalPositions
from kerasdl.models import ViT
from kerasdl.models.attention import attention_model
from kerasdl.models.vit import SIZES
from kerasdl.training.initialization import initialize

TINY = {"patch_size": 7, "embed_dim": 16, "depth": 3, "num_heads": 2, "mlp_ratio": 2}


def tiny(shape=(28, 28, 1), **changes):
    model = ViT(shape, 10, None, **{**TINY, "kernel_initializer": "zeros", **changes})
    model.set_weights([draw(weight.path, weight.shape) for weight in model.weights])
    return model


def draw(path, shape):
    """Normal numbers, of a size that keeps activations about 1."""
    values = np.random.default_rng(len(path)).standard_normal(shape)
    if path.endswith("kernel"):
        return values / np.sqrt(np.prod(shape[:-1]))
    return 1 + 0.1 * values if path.endswith("gamma") else 0.3 * values


def images(n=4, shape=(28, 28, 1)):
    return np.random.default_rng(0).random((n, *shape)).astype("float32")


# timm 1.0.31's models; for ViT-Lite, millions of weights in table 1 of its paper
PARAMETERS = {
    "vit_tiny_patch16_224": 5_717_416,
    "vit_small_patch16_224": 22_050_664,
    "vit_base_patch16_224": 86_567_656,
    "vit_lite6_patch4_32": 3_190_000,
    "vit_lite7_patch4_32": 3_720_000,
}


@pytest.mark.parametrize("name", SIZES)
def test_number_of_parameters(name):
    classes = 10 if "lite" in name else 1000
    model = ViT(**SIZES[name], classes=classes, kernel_initializer="zeros")
    unit = 10_000 if "lite" in name else 1  # the paper cuts off after that
    assert model.count_params() // unit == PARAMETERS[name] // unit


def test_the_defaults_are_vit_base():
    base = SIZES["vit_base_patch16_224"]
    defaults = ViT.__kwdefaults__ | {"input_shape": ViT.__defaults__[0]}
    assert {key: defaults[key] for key in base} == base


def test_a_remainder_is_dropped():
    """28 = 2 * 11 + 6: the last six rows and columns change nothing."""
    model = tiny(patch_size=11)
    x = images()
    other = x.copy()
    other[:, 22:] = 7
    other[:, :, 22:] = -3
    np.testing.assert_array_equal(run(model, x), run(model, other))
    other[:, 21, 0] += 1
    assert np.abs(run(model, x) - run(model, other)).max() > 1e-4
    assert model.get_layer("embedding_positions").positions.shape == (1, 5, 16)


def test_average_pooling_has_no_class_token():
    """Without positions the order of the patches does not matter then."""
    model = tiny(pooling="avg")
    positions = model.get_layer("embedding_positions")
    assert positions.positions.shape == (1, 16, 16)
    positions.set_weights([np.zeros((1, 16, 16))])
    x = images()
    np.testing.assert_allclose(run(model, x), run(model, np.roll(x, 7, axis=1)), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"num_heads": 3}, "`num_heads` to divide `embed_dim`"),
        ({"patch_size": 29}, "a patch that fits into an image of 28x28"),
        ({"patch_size": (7, 0)}, "a positive whole number, or two"),
        ({"patch_size": (7,)}, "a positive whole number, or two"),
        ({"resize": -1}, "a positive whole number, or two"),
        ({"num_heads": 0}, "positive `embed_dim`, `depth` and `num_heads`"),
        ({"depth": -1}, "positive `embed_dim`, `depth` and `num_heads`"),
        ({"shape": (2,)}, r"`input_shape` to be \(height, width, channels\)"),
        ({"pooling": "max"}, "`pooling` to be 'token' or 'avg'"),
        ({"epsilon": "x"}, "`epsilon` to be a number, 0 or more"),
    ],
)
def test_what_cannot_be_built(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        tiny(**arguments)


def test_sinusoidal_positions_by_the_formula():
    """Value by value, as section 3.5 of "Attention Is All You Need" defines them."""
    found = keras.ops.convert_to_numpy(SinusoidalPositions()(np.ones((2, 5, 6), "float32")))
    for i in range(5):
        for j in range(6):
            angle = i / 10000 ** ((j - j % 2) / 6)
            expected = 1 + (math.cos(angle) if j % 2 else math.sin(angle))
            np.testing.assert_allclose(found[:, i, j], expected, atol=1e-6)


def test_sinusoidal_positions_learn_nothing(tmp_path):
    model, learned = tiny(positions="sinusoidal"), tiny()
    assert learned.count_params() - model.count_params() == 17 * 16  # tokens * width
    assert model.get_layer("embedding_positions").weights == []
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(run(again, images()), run(model, images()), atol=1e-6)


def test_images_of_any_size_need_positions_of_any_size():
    with pytest.raises(ValueError, match="images of one size"):
        ViT((None, None, 3), 10, patch_size=4, embed_dim=8, depth=1, num_heads=2)


def test_sizes_may_be_those_of_numpy():
    assert tiny(patch_size=np.int64(7), resize=np.int64(28)).output_shape == (None, 10)


def test_two_channels_are_not_made_three():
    with pytest.raises(ValueError, match="one channel or three"):
        ViT((8, 8, 2), 10, patch_size=4, embed_dim=8, depth=1, num_heads=2, rgb=True)


def test_dropout_is_where_it_should_be_and_off_in_inference():
    plain = tiny()
    dropped = tiny(dropout=0.5, attention_dropout=0.5, stochastic_depth=0.2)
    dropped.set_weights(plain.get_weights())
    np.testing.assert_allclose(run(dropped, images()), run(plain, images()), atol=1e-5)
    rates = [layer.rate for layer in dropped.layers if layer.name.endswith("drop_path")]
    assert rates == pytest.approx([0.1, 0.1, 0.2, 0.2])  # none in the first block
    names = [layer.name for layer in dropped.layers]
    assert [name for name in names if name.startswith("block1") and "drop" in name] == [
        *("block1_attention_dropout", "block1_mlp_hidden_dropout", "block1_mlp_output_dropout")
    ]
    assert "embedding_dropout" in names
    assert dropped.get_layer("block3_attention").dropout == 0.5


def test_stochastic_depth_skips_a_branch_for_an_image_as_a_whole():
    keras.utils.set_random_seed(0)
    model = tiny(depth=2, stochastic_depth=0.5)
    branch = model.get_layer("block2_mlp_drop_path")
    given = keras.ops.convert_to_numpy(branch(np.ones((400, 3, 2), "float32"), training=True))
    assert set(given.ravel()) == {0.0, 2.0}
    assert (given == given[:, :1, :1]).all()
    assert 0.4 < (given[:, 0, 0] > 0).mean() < 0.6


# https://keras.io/api/layers/initializers/ for a matrix of 64 inputs and 64 outputs, which each
# kernel of the attention stands for; Keras itself counts them so from release 3.15
DEVIATIONS = {
    "glorot_uniform": np.sqrt(2 / (64 + 64)),
    "fan_in_uniform": np.sqrt(1 / 3 / 64),
    "he_normal": np.sqrt(2 / 64),
}


@pytest.mark.parametrize(("initializer", "deviation"), DEVIATIONS.items())
def test_initial_weights_have_the_deviation_of_their_initialiser(initializer, deviation):
    keras.utils.set_random_seed(0)
    model = ViT(
        (14, 14, 1), 10, **{**TINY, "depth": 1, "embed_dim": 64}, kernel_initializer=initializer
    )
    before = {weight.path: weight.numpy() for weight in model.weights}
    initialize(model, seed=0)
    for weight in model.weights:
        if weight.path.startswith("block1_attention/") and weight.name == "kernel":
            ours = weight.numpy()
            assert np.abs(ours - before[weight.path]).max() > 0.01
            # an estimate from 4,096 values errs by 1/sqrt(2n) = 1.1 %: four times that
            assert ours.std() == pytest.approx(deviation, rel=0.045)
    assert model.get_layer("embedding_class_token").get_weights()[0].std() == pytest.approx(
        0.02, rel=0.3
    )


# Attention


def test_attention_weights_beside_the_same_predictions():
    model = tiny()
    seen = attention_model(model)
    given = run(seen, images())
    np.testing.assert_allclose(given["predictions"], run(model, images()), atol=1e-5)
    assert given["attention"].shape == (4, 3, 2, 17, 17)
    np.testing.assert_allclose(given["attention"].sum(axis=-1), 1, atol=1e-5)
    # By hand, for the first block: softmax of q k / sqrt(size of a head)
    norm, first = model.get_layer("block1_attention_norm"), model.get_layer("block1_attention")
    tokens = run(keras.Model(model.input, norm.output), images())
    (q, q_bias), (k, k_bias) = first.query_dense.get_weights(), first.key_dense.get_weights()
    q = np.einsum("btd,dhs->bths", tokens, q) + q_bias
    k = np.einsum("btd,dhs->bths", tokens, k) + k_bias
    scores = np.exp(np.einsum("bths,buhs->bhtu", q, k) / np.sqrt(8))
    expected = scores / scores.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(given["attention"][:, 0], expected, atol=1e-5)


def test_a_model_that_is_built_with_its_attention(tmp_path):
    model = tiny(return_attention=True)
    model.save(tmp_path / "m.keras")
    given = run(keras.saving.load_model(tmp_path / "m.keras"), images())
    assert given["attention"].shape == (4, 3, 2, 17, 17)
    np.testing.assert_allclose(given["predictions"], run(model, images())["predictions"], atol=1e-5)


def test_attention_of_another_model():
    with pytest.raises(ValueError, match="a model with attention layers"):
        attention_model(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))


def test_rollout_by_hand():
    first = np.array([[1.0, 0.0], [0.5, 0.5]])
    second = np.array([[0.0, 1.0], [0.0, 1.0]])
    # halves of the identity: [[1, 0], [1/4, 3/4]] and [[1/2, 1/2], [0, 1]], the second on the left
    expected = [[0.625, 0.375], [0.25, 0.75]]
    attention = np.stack([first, second])[None, :, None]
    np.testing.assert_allclose(rollout.attention_rollout(attention)[0], expected)


@pytest.mark.parametrize("pooling", ["token", "avg"])
def test_a_map_has_the_grid_of_the_patches(pooling):
    model = tiny((28, 42, 1), patch_size=(7, 12), pooling=pooling)
    maps = rollout.attention_maps(model, images(shape=(28, 42, 1)))
    assert maps.shape == (4, 4, 3)
    assert (maps > 0).all()
    total = maps.sum(axis=(1, 2))
    # with a class token, what is left is in the token itself: at least 1/2 ** 3
    assert ((total < 1 - 1 / 8) if pooling == "token" else (np.abs(total - 1) < 1e-5)).all()


def test_the_map_follows_attention():
    """Every token of the only block looks at the patch that is bright."""
    model = tiny(depth=1)
    x = np.zeros((1, 28, 28, 1), "float32")
    x[0, 7:14, 14:21] = 1  # row 1, column 2
    attention = model.get_layer("block1_attention")
    norm = model.get_layer("block1_attention_norm")
    tokens = run(keras.Model(model.input, norm.output), x)[0]
    bright = tokens[1 + 4 + 2]
    kernel = np.zeros((16, 2, 8), "float32")
    kernel[:, :, 0] = 20 * bright[:, None]  # keys: likeness to the bright token
    weights = attention.get_weights()
    weights[0], weights[1] = np.zeros((16, 2, 8)), np.eye(8)[[0, 0]]  # queries: always e_0
    weights[2], weights[3] = kernel, np.zeros((2, 8))
    attention.set_weights(weights)
    maps = rollout.attention_maps(model, x)
    assert np.unravel_index(maps[0].argmax(), (4, 4)) == (1, 2)
    assert maps[0, 1, 2] > 0.4


def test_the_picture(tmp_path):
    pixels = 255 * images(2)
    rollout.draw_attention(tiny(patch_size=11), pixels, tmp_path / "r.png", titles=["3", "5"])
    with Image.open(tmp_path / "r.png") as picture:
        assert picture.format == "PNG"
        assert np.asarray(picture.convert("RGB")).std() > 10
    with pytest.raises(ValueError, match="Expected a ViT"):
        rollout.draw_attention(
            keras.Sequential([keras.Input((28, 28, 1))]), pixels, tmp_path / "no.png"
        )


# Layers


def test_adapted_images():
    x = images(2, (4, 6, 1))
    layer = AdaptImages(rgb=True)
    np.testing.assert_array_equal(run(layer_model(layer, x), x), x.repeat(3, axis=-1))
    layer = AdaptImages((8, 3))
    assert run(layer_model(layer, x), x).shape == (2, 8, 3, 1)
    with pytest.raises(ValueError, match="one channel or three"):
        AdaptImages(rgb=True)(images(2, (4, 6, 2)))
    again = AdaptImages.from_config(AdaptImages(5, rgb=True).get_config())
    assert again.compute_output_shape((None, 4, 6, 1)) == (None, 5, 5, 3)


def layer_model(layer, x):
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == layer.compute_output_shape((None, *x.shape[1:]))
    return model


@pytest.mark.parametrize("size", [None, (8, 3)])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_adapted_images_have_the_dtype_that_is_declared(size, policy):
    """Bilinear values of uint8 images are not rounded."""
    layer = AdaptImages(size, rgb=True, dtype=policy)
    x = np.random.default_rng(0).integers(0, 256, (2, 4, 6, 1), "uint8")
    out = layer(x)
    declared = layer(keras.KerasTensor(x.shape, "uint8")).dtype
    assert keras.backend.standardize_dtype(out.dtype) == declared == layer.compute_dtype
    as_float = layer(x.astype("float32"))
    np.testing.assert_array_equal(*(keras.ops.cast(y, "float32") for y in (out, as_float)))
