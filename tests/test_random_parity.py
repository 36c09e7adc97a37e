"""The draws of every random layer, on the three backends, each in a process of its own."""

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


def test_draws_are_equal_to_the_bit(python):
    """Normals, which need a logarithm and a cosine, to 1e-6 of a deviation."""
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
