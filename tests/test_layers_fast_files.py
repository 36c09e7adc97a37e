"""Files of networks with fast layers: they load without this package, but for those with layers of its own."""

import json
import math

import keras
import numpy as np
from keras import layers
from test_layers_fast import both, network

from kerasdl import recipes, studies, training
from kerasdl.benchmarks import paired
from kerasdl.layers import with_fast_layers
from kerasdl.models import CNN, MLP, CIFARNet, ResNet18, TwoTowerCNN, ViT
from kerasdl.training.network import build

IMAGE = (8, 8, 3)
ZEROS = {"kernel_initializer": "zeros"}  # JAX compiles what draws, once a shape
NARROW = {"filters": (4, 4, 4, 4), "stem": "cifar", "classes": 10}
OF_KERAS = {  # builders and arguments of networks of Keras' layers alone
    MLP: {"units": (8,), "batch_norm": True},
    CNN: {"filters": (4, 4), "kernel_size": 3, "units": (8,), "batch_norm": True, "dropout": 0.2},
    ResNet18: NARROW,
    TwoTowerCNN: {"filters": (4,), "kernel_size": 3},
}
OF_OURS = {  # those with a layer or an initialiser of this package, by whose name loading stops
    "ClassToken": (ViT, {"patch_size": 4, "embed_dim": 8, "depth": 1, "num_heads": 2}),
    "Whitening": (CIFARNet, {"widths": (4,)}),
    "AdaptImages": (ResNet18, {**NARROW, "resize": 9, "rgb": True}),
    "Dirac": (CNN, {"filters": (4,), "units": (), "kernel_initializer": "dirac"}),
}
"""`docs/how-to/backend.md` says which they are."""

LOAD_WITHOUT_THIS_PACKAGE = """
import json, sys
from pathlib import Path

sys.modules["kerasdl"] = None  # from now on importing it raises
import keras
import numpy as np

refused = {}
for path in Path().glob("*.keras"):
    try:
        model = keras.saving.load_model(path)
    except TypeError as error:
        while error.__context__ is not None:
            error = error.__context__
        refused[path.stem] = str(error)[:120]  # the cause; then follows a configuration
    else:
        y = model.predict(np.load("images.npy"), verbose=0)
        np.savez(path.with_suffix(".npz"), *keras.tree.flatten(y))
print(json.dumps(refused))
"""


def test_files_of_a_fast_network_are_those_of_keras_own_layers(tmp_path):
    kinds = layers.Conv2D, layers.BatchNormalization, layers.MaxPooling2D, layers.Flatten
    arguments = (4, 3), (), (), ()
    parts = [kind(*given) for kind, given in zip(kinds, arguments, strict=True)]
    plain, fast = both(network((8, 8, 3), *parts, layers.Dense(5)))
    fast.save(tmp_path / "whole.keras")
    whole = keras.models.load_model(tmp_path / "whole.keras")
    assert [type(layer) for layer in whole.layers[1:]] == [*kinds, layers.Dense]
    fast.save_weights(tmp_path / "network.weights.h5")
    expected = fast.get_weights()
    plain.set_weights([np.zeros_like(each) for each in expected])
    plain.load_weights(tmp_path / "network.weights.h5")
    for network_ in (whole, plain):
        for one, two in zip(network_.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(one, two)


def test_a_network_that_was_trained_fast_is_saved_with_keras_own_layers(tmp_path):
    recipe = recipes.override(studies.get("cifar10/batchnorm"), {"epochs": 1})
    experiment = training.resolve(
        paired.on_all_images(recipe), dataset=paired.noise(256), out=tmp_path
    )
    run = training.train(experiment, callbacks=())
    loaded = keras.models.load_model(run.directory / "model.keras")
    kinds = {type(layer).__module__.partition(".")[0] for layer in loaded.layers}
    assert kinds == {"keras"}
    x = experiment.dataset.test.x[:4]
    probabilities = keras.ops.softmax(trained_logits(run, experiment, x))
    np.testing.assert_allclose(loaded.predict(x, verbose=0), probabilities, rtol=1e-4, atol=1e-6)


def test_files_load_where_this_package_is_not_installed(python):
    """In a process that cannot import it; networks with layers of ours are refused by name."""
    x = np.random.default_rng(0).normal(size=(5, *IMAGE)).astype("float32")
    np.save(python.folder / "images.npy", x)
    expected = {}
    for builder, arguments in OF_KERAS.items():
        fast = with_drawn_weights(with_fast_layers(builder(IMAGE, **ZEROS, **arguments)))
        fast.save(python.folder / f"{fast.name}.keras")
        expected[fast.name] = keras.tree.flatten(fast.predict(x, verbose=0))
    for kind, (builder, arguments) in OF_OURS.items():
        fast = with_fast_layers(builder(IMAGE, **ZEROS | arguments))
        fast.save(python.folder / f"{kind}.keras")
    done = python("-c", LOAD_WITHOUT_THIS_PACKAGE, PYTHONPATH="")
    refused = json.loads(done.stdout.splitlines()[-1])
    assert refused.keys() == OF_OURS.keys(), refused
    assert all(kind in reason for kind, reason in refused.items())
    for name, outputs in expected.items():
        with np.load(python.folder / f"{name}.npz") as found:
            for one, two in zip(found.values(), outputs, strict=True):
                assert np.ptp(two, axis=0).max() > 1e-3  # what an image gives depends on it
                np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def with_drawn_weights(model):
    """The model with statistics, biases and scales that are not those of initialization."""
    rng = np.random.default_rng(0)

    def draw(shape):
        if len(shape) == 1:
            return rng.uniform(0.5, 1.5, shape)
        return rng.normal(size=shape) / math.sqrt(math.prod(shape[:-1]))

    model.set_weights([draw(weight.shape).astype("float32") for weight in model.weights])
    return model


def trained_logits(run, experiment, x):
    """Of the network as it was trained, with the weights that were saved."""
    network = build(experiment).trained
    network.set_weights(run.model.get_weights())
    return network.predict(x, verbose=0)
