"""The whitening layer beside a formula, in a network and in a file; convolutions that begin as Dirac's."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasdl import recipes, studies
from kerasdl.errors import UsageError
from kerasdl.layers import Dirac, Whitening
from kerasdl.layers.whitening import whitening_filters
from kerasdl.models.saving import load_model, save_model
from kerasdl.training import resolve
from kerasdl.training.initialization import draw
from kerasdl.training.network import build

pytestmark = pytest.mark.optimized

DIGITS = {
    "data.name": "digits",
    "data.options": {"shape": (32, 32, 3)},
    "data.limit_train": 200,
    "data.limit_test": 50,
    "batch_size": 100,
    "epochs": 1,
}


def images(shape=(20, 9, 10, 3), seed=0):
    """Correlated between neighbours and channels."""
    noise = np.random.default_rng(seed).normal(size=shape)
    return np.cumsum(noise, axis=2) + noise.sum(axis=-1, keepdims=True)


def patches(x, size):
    """Every patch as a row, found one by one."""
    n, height, width, _ = x.shape
    rows = [
        x[i, r : r + size, c : c + size].ravel()
        for i in range(n)
        for r in range(height - size + 1)
        for c in range(width - size + 1)
    ]
    return np.array(rows)


def test_the_outputs_are_uncorrelated_with_variance_one():
    x = images()
    layer = Whitening(2, epsilon=0.0)
    layer.adapt(x)
    out = ops.convert_to_numpy(layer(x.astype("float32"))).reshape(-1, 24).astype("float64")
    moments = out.T @ out / len(out)
    one = np.eye(12)
    np.testing.assert_allclose(moments, np.block([[one, -one], [-one, one]]), atol=1e-4)


def test_the_filters_are_the_scaled_eigenvectors():
    x, epsilon = images(), 0.5
    layer = Whitening(2, epsilon=epsilon)
    layer.adapt(x)
    rows = patches(x, 2)
    moments = rows.T @ rows / len(rows)
    filters = layer.kernel.numpy().reshape(12, 24).astype("float64")
    np.testing.assert_array_equal(filters[:, 12:], -filters[:, :12])
    values = np.sort(np.linalg.eigvalsh(moments))
    for i in range(12):
        vector = filters[:, i] * np.sqrt(values[i] + epsilon)
        np.testing.assert_allclose(moments @ vector, values[i] * vector, atol=1e-4 * values[-1])
        assert vector @ vector == pytest.approx(1, abs=1e-5)
        assert vector[np.abs(vector).argmax()] > 0


def test_no_output_of_grey_images_is_constant():
    """Their patches vary in 4 of 12 directions, whose filters stand three times each."""
    grey = np.repeat(images((20, 9, 10, 1)), 3, axis=-1)
    filters = whitening_filters(grey, (2, 2), epsilon=0.5).reshape(12, 24)
    np.testing.assert_array_equal(filters[:, 12:], -filters[:, :12])
    rows = patches(grey, 2)
    values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    for place in range(12):
        real = 8 + place % 4
        wanted = vectors[:, real] / np.sqrt(values[real] + 0.5)
        wanted *= np.sign(wanted[np.abs(filters[:, place]).argmax()])
        np.testing.assert_allclose(filters[:, place], wanted, atol=1e-5)
    assert (rows @ filters).std(axis=0).min() > 0.1
    black = whitening_filters(np.zeros((2, 4, 4, 1)), (2, 2), epsilon=0.25)
    np.testing.assert_allclose(np.linalg.norm(black.reshape(4, 8), axis=0), 2, rtol=1e-6)


def test_no_switch_makes_the_filters_trainable():
    layer = Whitening(2)
    layer.adapt(images())
    for trainable in (False, True):
        layer.trainable = trainable
        assert [each.name for each in layer.trainable_variables] == ["bias"] * trainable


def test_a_saved_network_has_the_filters(tmp_path):
    x = keras.Input((9, 10, 3))
    layer = Whitening(2, epsilon=0.1, name="whitening")
    model = keras.Model(x, keras.layers.GlobalAveragePooling2D()(layer(x)))
    layer.adapt(images())
    save_model(model, tmp_path / "m.keras", {})
    again, _ = load_model(tmp_path / "m.keras")
    assert again.get_layer("whitening").get_config() == layer.get_config()
    np.testing.assert_array_equal(again.get_layer("whitening").kernel.numpy(), layer.kernel.numpy())
    assert len(again.trainable_variables) == 1
    assert layer.compute_output_shape((None, 9, 10, 3)) == (None, 8, 9, 24)


def test_a_recipes_network_whitens_what_comes_to_its_first_layer():
    experiment = resolve(recipes.override(studies.get("cifar10/fast"), DIGITS))
    networks = build(experiment)
    kernel = networks.trained.get_layer("whitening").kernel.numpy()
    x = experiment.dataset.train.x.astype("float64")
    x = (x - x.mean(axis=(0, 1, 2))) / x.std(axis=(0, 1, 2))
    expected = Whitening(2)
    expected.adapt(x)
    np.testing.assert_allclose(kernel, expected.kernel.numpy(), rtol=1e-3, atol=1e-3)
    rows = patches(x[:20], 2) @ kernel.reshape(12, 24)[:, 8:12]
    assert 0.5 < np.mean(rows**2) < 2
    np.testing.assert_array_equal(networks.finish().get_layer("whitening").kernel.numpy(), kernel)


def test_inputs_that_are_no_scaling_are_refused_before_a_whitening_layer():
    recipe = recipes.override(studies.get("cifar10/fast"), {**DIGITS, "inputs": "imagenet"})
    with pytest.raises(UsageError, match=r"raw, unit, signed or standardize.*AdaptImages"):
        build(resolve(recipe))


@pytest.mark.parametrize("shape", [(3, 3, 2, 5), (3, 5, 4, 4), (2, 2, 3, 2)])
def test_dirac_passes_the_inputs_on(shape):
    """The first filters of a convolution with padding; those beyond are spread as PyTorch's."""
    x = np.random.default_rng(0).normal(size=(2, 6, 7, shape[2])).astype("float32")
    for kernel in (Dirac(seed=0)(shape), draw(Dirac(), shape, seed=0, path="a/kernel")):
        out = ops.convert_to_numpy(ops.conv(x, ops.convert_to_tensor(kernel), padding="same"))
        passing = min(shape[2:])
        np.testing.assert_allclose(out[..., :passing], x[..., :passing], atol=1e-6)


def test_filters_beyond_the_inputs_are_uniform():
    kernel = draw(Dirac(), (3, 3, 64, 256), seed=0, path="a/kernel")[..., 64:]
    bound = 1 / np.sqrt(3 * 3 * 64)
    assert 0.99 * bound < np.abs(kernel).max() <= bound
    assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.01)
    again = draw(Dirac(), (3, 3, 64, 256), seed=0, path="a/kernel")[..., 64:]
    np.testing.assert_array_equal(again, kernel)
    assert np.any(draw(Dirac(), (3, 3, 64, 256), seed=1, path="a/kernel")[..., 64:] != kernel)
