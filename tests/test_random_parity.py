"""The draws of every random layer, on the three backends, each in a process of its own."""

import itertools

import numpy as np
import pytest

from kerasdl import backend

pytestmark = pytest.mark.parity

# Draws every layer for its third step of epoch 2, compiled, and saves what it drew.
DRAW = """
import sys
from kerasdl import augmentation as aug
from kerasdl.layers import Dropout
import keras, numpy as np
from keras import ops

layers = {
    "crop": aug.RandomPadCrop(seed=1), "enlarged": aug.RandomEnlargeCrop(seed=1),
    "flip": aug.RandomHorizontalFlip(0.3, seed=1),
    "affine": aug.RandomAffine(15, (0.1, 0.3), scale=(0.5, 2), shear=(-5, 20), seed=1),
    "color": aug.RandomColor(0.2, (0.5, 1.5), 2, 0.1, seed=1),
    "erasing": aug.RandomErasing(value="random", seed=1), "cutout": aug.Cutout(7, seed=1),
    "noise": aug.RandomGaussianNoise(seed=1), "randaugment": aug.RandAugment(seed=1),
    "trivial": aug.TrivialAugmentWide(seed=1), "mixup": aug.MixUp(0.2, seed=1),
    "mixup of 1": aug.MixUp(1.0, seed=1), "cutmix": aug.CutMix(seed=1),
    "cutmix of 0.5": aug.CutMix(0.5, seed=1),
}
dropouts = {
    "dropout": Dropout(0.5, seed=1, name="a"), "dropout of 0.3": Dropout(0.3, seed=1, name="b"),
    "depth": Dropout(0.2, noise_shape=(None, 1, 1, 1), seed=1, name="c"),
}

def draw(layer, states):
    shape = (130, 20, 31, 3)
    with keras.StatelessScope(state_mapping=states):
        if isinstance(layer, Dropout):
            return {"out": layer(ops.ones(shape), training=True)}
        return layer.draw(shape)

found = {}
for name, layer in {**layers, **dropouts}.items():
    layer.generator.state.assign([2, 3])
    value = layer.generator.state.value
    def function(state, layer=layer):
        return draw(layer, [(layer.generator.state, state)])
    if keras.backend.backend() == "jax":
        import jax
        function = jax.jit(function)
    elif keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        function = tf.function(function, autograph=False)
        value = tf.convert_to_tensor(value)
    for key, values in function(value).items():
        found[f"{name}: {key}"] = ops.convert_to_numpy(values)
np.savez(sys.argv[1], **found)
"""

# Normal numbers of the word that gives the largest radius, 5.77, at every 64th angle.
EXTREME = """
import sys
import keras, numpy as np
from keras import ops
from kerasdl.random import kernels

angles = (np.arange(0, 2**24, 64, dtype="int64") * 256).astype("uint32").view("int32")
words = ops.convert_to_tensor(np.full(angles.shape, -1, "int32")), ops.convert_to_tensor(angles)

def function(*words):
    torch = keras.backend.backend() == "torch"
    return kernels.box_muller(*words, kernels.cos_sin if torch else kernels.cos_sin_by_polynomial)

if keras.backend.backend() == "jax":
    import jax
    function = jax.jit(function)
elif keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    function = tf.function(function, autograph=False, jit_compile=True)
np.save(sys.argv[1], np.stack([ops.convert_to_numpy(x) for x in function(*words)]))
"""


def test_draws_are_equal_to_the_bit(python):
    """Normals, which need a logarithm and a cosine, to 1e-6 of a deviation at these words."""
    found = {}
    for name in backend.BACKENDS:
        python("-c", DRAW, python.folder / f"{name}.npz", KERAS_BACKEND=name)
        with np.load(python.folder / f"{name}.npz") as saved:
            found[name] = dict(saved)
    first, *others = found.values()
    assert len(first) == 32
    for other in others:
        assert set(other) == set(first)
        for name, values in first.items():
            assert other[name].dtype == values.dtype, name
            if name == "noise: noise":
                np.testing.assert_allclose(other[name], values, atol=12.75e-6, rtol=0)
            else:
                np.testing.assert_array_equal(other[name], values, err_msg=name)


def test_the_largest_normal_numbers_are_within_three_roundings(python):
    """Of a number from 4 to 8: 3 x 2^-21, or 1.43e-6; of the formula too."""
    found = {}
    for name in backend.BACKENDS:
        python("-c", EXTREME, python.folder / f"{name}.npy", KERAS_BACKEND=name)
        found[name] = np.load(python.folder / f"{name}.npy").astype("float64")
    turns = np.arange(0, 2**24, 64) / 2**24  # from 1/2 on they go on from -1/2
    radius = np.sqrt(-2 * np.log(2.0**-24))
    formula = radius * np.stack([np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)])
    assert formula.max() > 5.76
    for one, other in itertools.combinations([formula, *found.values()], 2):
        assert np.abs(one - other).max() < 1.5e-6
