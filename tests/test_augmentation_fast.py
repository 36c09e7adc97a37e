"""Each fast path of augmentation and of its draws beside the plain form that it replaces.

The plain form is what the backends without a fast one run: it is reached by the same code under
another backend's name.
"""

import keras
import numpy as np
import pytest
from compiling import compiled
from gradients import value_and_gradients
from keras import ops

from kerasdl import augmentation as aug
from kerasdl.augmentation import _native, _resample
from kerasdl.random import Stream, kernels
from kerasdl.random.threefry import threefry2x32

pytestmark = pytest.mark.optimized

BACKEND = keras.backend.backend()


class Plain:
    """`keras` for a module that chooses by the backend's name, with another name."""

    class backend:
        @staticmethod
        def backend():
            return "plain"

    ops = ops


@pytest.fixture
def plain(monkeypatch):
    """Calls a function without the fast paths of augmentation."""

    def call(function, *arguments):
        with monkeypatch.context() as patched:
            patched.setattr(_native, "keras", Plain)
            return array(function(*arguments))

    return call


def array(value):
    return keras.tree.map_structure(ops.convert_to_numpy, value)


def fast(function, *arguments):
    """As users run it: compiled where the backend compiles."""
    return array(compiled(function)(*arguments))


def as_in_fit(function, *arguments):
    """As Keras' `fit` runs it on a processor: on TensorFlow in a graph without XLA."""
    if BACKEND != "tensorflow":
        return fast(function, *arguments)
    import tensorflow as tf

    return array(tf.function(function)(*arguments))


def images(*shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(dtype)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (8, 11), (7, 4)])
def test_bilinear(plain, size, channels):
    """Between centres, on them, and where both sides of a centre are the edge."""
    (height, width), r = size, np.random.default_rng(1)
    x = r.uniform(0, width - 1, (5, 6, 9)).astype("float32")
    y = r.uniform(0, height - 1, (5, 6, 9)).astype("float32")
    x[0], y[0] = np.round(x[0]), np.round(y[0])
    x[1], y[2] = width - 1, 0
    given = images(5, height, width, channels), x, y

    def sample(images, x, y):
        images, x, y = map(ops.convert_to_tensor, (images, x, y))
        return _resample.sample(images, x, y, "bilinear", "nearest", 0)

    np.testing.assert_allclose(fast(sample, *given), plain(sample, *given), atol=2e-3, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (8, 11), (7, 4)])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest"])
def test_affine_maps(plain, size, channels, fill_mode):
    """Outside XLA too, where TensorFlow has an operation; far outside, and by whole pixels."""
    draw = {
        "rotation": np.array([15, -70, 0, 90, 180, 0], "float32"),
        "translation": np.array(
            [[0.1, 0], [0, -9], [0, 0], [0, 0], [0, 0], [0.5, 0.25]], "float32"
        ),
        "scale": np.array([1.2, 0.7, 1, 1, 1, 1], "float32"),
        "shear": np.array([[5, -10], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]], "float32"),
    }
    layer = aug.RandomAffine(fill_mode=fill_mode, fill_value=9)
    x = images(6, *size, channels)
    expected = plain(layer.apply, x, draw)
    for found in (
        layer.apply(x, draw),
        fast(layer.apply, x, draw),
        as_in_fit(layer.apply, x, draw),
    ):
        np.testing.assert_allclose(array(found), expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "reflect", "wrap"])
def test_gradients_of_bilinear_sampling(monkeypatch, fill_mode):
    """To the pixels; a position's gradient differs on a centre, where it has none."""
    draw = {
        "rotation": np.array([15, -70, 0], "float32"),
        "translation": np.array([[0.1, 0], [0, -0.2], [0, 0]], "float32"),
        "scale": np.array([1.2, 0.7, 1], "float32"),
        "shear": np.zeros((3, 2), "float32"),
    }
    layer, x = aug.RandomAffine(fill_mode=fill_mode), images(3, 7, 9, 3)
    upstream = np.random.default_rng(2).normal(size=x.shape).astype("float32")

    def weighted_sum(x):
        return ops.sum(layer.apply(x, draw) * ops.convert_to_tensor(upstream))

    value, (gradient,) = value_and_gradients(weighted_sum, x)
    monkeypatch.setattr(_native, "keras", Plain)
    expected, (gradient_expected,) = value_and_gradients(weighted_sum, x)
    assert value == pytest.approx(expected, rel=1e-4, abs=0.05)
    np.testing.assert_allclose(gradient, gradient_expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_windows_are_equal_to_the_bit(plain, dtype, channels):
    x = ops.cast(images(6, 9, 12, channels), dtype)
    offset = np.array([(0, 0), (4, 5), (4, 0), (0, 5), (2, 3), (1, 1)], "int32")

    def crop(x, offset):
        out = _resample.windows(x, ops.convert_to_tensor(offset), 5, 7)
        assert keras.backend.standardize_dtype(out.dtype) == dtype
        return ops.cast(out, "float32")

    found = fast(crop, x, offset)
    np.testing.assert_array_equal(found, plain(crop, x, offset))
    whole = array(ops.cast(x, "float32"))
    expected = [one[a : a + 5, b : b + 7] for one, (a, b) in zip(whole, offset, strict=True)]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("value", [0, 7, (1, 2, 3), "random"])
def test_erased_boxes_are_equal_to_the_bit(plain, value):
    layer, x = aug.RandomErasing(1.0, value=value, seed=0), images(5, 7, 9, 3)
    draw = array(layer.draw(x.shape, step=0))
    draw["box"][:2] = [(0, 0, 7, 9), (3, 4, 0, 2)]
    np.testing.assert_array_equal(fast(layer.apply, x, draw), plain(layer.apply, x, draw))


@pytest.mark.parametrize("chosen", [[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
def test_mirrors_are_equal_to_the_bit(plain, chosen):
    x, chosen = images(4, 5, 7, 3), np.array(chosen, bool)

    def mirror(x, chosen):
        return _native.mirror(ops.convert_to_tensor(x), ops.convert_to_tensor(chosen))

    np.testing.assert_array_equal(fast(mirror, x, chosen), plain(mirror, x, chosen))


def test_taking_and_counting_are_equal_to_the_bit(plain):
    r = np.random.default_rng(3)
    values, index = r.normal(size=(11, 3)).astype("float32"), r.integers(0, 11, (4, 5, 6))

    def take(values, index):
        return _native.take(ops.convert_to_tensor(values), ops.convert_to_tensor(index))

    def count(index):
        return _native.count(ops.reshape(ops.convert_to_tensor(index), (-1,)), 13)

    index = index.astype("int32")
    np.testing.assert_array_equal(fast(take, values, index), values[index])
    np.testing.assert_array_equal(plain(take, values, index), values[index])
    expected = np.bincount(index.ravel(), minlength=13)
    np.testing.assert_array_equal(fast(count, index), expected)
    np.testing.assert_array_equal(plain(count, index), expected)


@pytest.mark.skipif(BACKEND != "torch", reason="only PyTorch has fast paths in them")
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layer", [aug.RandAugment(seed=1), aug.TrivialAugmentWide(seed=1)])
def test_policies_are_equal_to_the_bit(plain, layer, channels):
    """Whole levels between operations leave no room for rounding."""
    x = images(64, 9, 13, channels)
    draw = array(layer.draw(x.shape, step=0))
    np.testing.assert_array_equal(fast(layer.apply, x, draw), plain(layer.apply, x, draw))


# What follows is of draws.


@pytest.mark.parametrize("count", [1, 7, kernels.FEW, kernels.FEW + 1])
def test_words_are_equal_to_the_bit(count):
    """NumPy's few, PyTorch's in place and XLA's program, beside the operations as they stand."""
    key, step = (ops.convert_to_tensor(7, "int32"), ops.convert_to_tensor(-8, "int32")), 2**31 - 1
    step = ops.convert_to_tensor(step, "int32")
    expected = array(threefry2x32(key, (ops.arange(count, dtype="int32"), step)))
    expected = np.broadcast_to(expected, (2, count))
    *numbers, step_number = kernels.scalars(*key, step)
    for given in ((key, step), (numbers, step_number)):
        np.testing.assert_array_equal(array(kernels.blocks(*given, count)), expected)
    units = np.concatenate(expected).view("uint32")[: 2 * count - 1] >> 8
    found = array(kernels.uniforms(numbers, step_number, 2 * count - 1))
    np.testing.assert_array_equal(found, units.astype("float32") * np.float32(2.0**-24))


def test_a_sine_by_a_polynomial_is_the_sine():
    """At the ends of its quarters, at the first number beside them, and in between."""
    turns = np.linspace(-0.5, 0.5, 2**16 + 1).astype("float32")
    turns = np.concatenate([turns, np.nextafter(turns[:: 2**14], np.float32(0))])
    angle = 2 * np.pi * turns.astype("float64")
    found = fast(kernels.cos_sin_by_polynomial, ops.convert_to_tensor(turns))
    np.testing.assert_allclose(found, [np.cos(angle), np.sin(angle)], atol=3e-7, rtol=0)
    plain = fast(kernels.cos_sin, ops.convert_to_tensor(turns))
    np.testing.assert_allclose(found, plain, atol=5e-7, rtol=0)


@pytest.mark.parametrize("count", [1, 6, 4001])
def test_normals_are_those_of_the_plain_sine(count):
    stream = Stream((5, 6), epoch=1, step=2)
    first, second = kernels.blocks(
        *[(ops.convert_to_tensor(5, "int32"), ops.convert_to_tensor(7, "int32"))],
        ops.convert_to_tensor(2, "int32"),
        (count + 1) // 2,
    )
    expected = array(ops.concatenate(kernels.box_muller(first, second, kernels.cos_sin)))
    np.testing.assert_allclose(array(stream.normal((count,))), expected[:count], atol=1e-6, rtol=0)
