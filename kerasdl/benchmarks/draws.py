"""Training with portable random numbers beside the same training with others."""

import keras
from keras import ops

from kerasdl import backend, studies, training
from kerasdl.augmentation import RandomImageLayer
from kerasdl.benchmarks import paired
from kerasdl.benchmarks.numpy_draws import with_numpy_draws
from kerasdl.benchmarks.rounds import silent
from kerasdl.layers import Dropout
from kerasdl.training.network import build

RECIPES = ("dropout/model2", "regularization/augment")
"""Those that draw most and least for what else they do."""


OTHERS = {
    "backend": "the backend's own random numbers",
    "numpy": "NumPy's random numbers, in the input pipeline",
}
"""Name of an option -> what is measured beside ours."""


def measure(name=RECIPES[0], other="backend", n=15, images=3_200, notify=silent):
    """Images per second of both, medians over `n` epochs each, in turn.

    Args:
        name: of a recipe for images in colour and integer labels, which draws.
        other: one of `OTHERS`.
        n: epochs counted, after one that compiles.
        images: images of 32x32x3 noise in an epoch.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON, as `kerasdl.benchmarks.paired.result` gives it.
    """
    recipe = paired.on_all_images(studies.get(name))
    experiment = training.resolve(recipe, dataset=paired.noise(images))
    batches = experiment.training_batches
    ours, theirs = (build(experiment).trained for _ in range(2))
    # By Keras' own step, as theirs: on PyTorch that of recipes is shorter.
    ours.compile_from_config(ours.get_compile_config())
    if other == "numpy":
        pair = with_numpy_draws(theirs, batches)
    else:
        pair = with_own_draws(theirs), batches
    fits = [(network, backend.feed(data)) for network, data in ((ours, batches), pair)]
    rates = paired.epochs_in_turn(fits, n, images, notify)
    return paired.result(recipe, OTHERS[other], images, *rates)


def with_own_draws(network):
    """A compiled functional network, drawing by `keras.random` and `keras.layers.Dropout`."""

    def own(layer):
        if isinstance(layer, Dropout):
            return keras.layers.Dropout(layer.rate, layer.noise_shape, name=layer.name)
        if isinstance(layer, RandomImageLayer):
            layer = type(layer).from_config(layer.get_config())
            layer.generator = _OwnGenerator(layer.seed % 2**31)
        return layer

    copy = keras.models.clone_model(network, clone_function=own)
    copy.compile_from_config(network.get_compile_config())
    return copy


class _OwnGenerator(keras.random.SeedGenerator):
    """Gives a layer, in place of a stream, what `keras.random` draws."""

    def next_step(self):
        return self

    def uniform(self, shape):
        return keras.random.uniform(shape, dtype="float32", seed=self)

    def integers(self, shape, count):
        return keras.random.randint(shape, 0, count, seed=self)

    def normal(self, shape):
        return keras.random.normal(shape, dtype="float32", seed=self)

    def permutation(self, count):
        return ops.argsort(self.uniform((count,)))
