"""Files of networks with fast layers: they load without this package."""

import keras
import numpy as np
from keras import layers
from test_layers_fast import both, network

from kerasdl import recipes, studies, training
from kerasdl.benchmarks import paired
from kerasdl.training.network import build


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


def trained_logits(run, experiment, x):
    """Of the network as it was trained, with the weights that were saved."""
    network = build(experiment).trained
    network.set_weights(run.model.get_weights())
    return network.predict(x, verbose=0)
