"""Training beside a plain Keras script, or one recipe beside another, epoch by epoch in turn.

The plain script is what anyone would write: the network of the `regularization`
report layer by layer, arrays given to `fit`, which shuffles them. Ours owns the
initial weights and the order of the images, and writes its logs and checkpoints.
"""

import tempfile

import keras
from keras import layers

from kerasdl import backend, callbacks, recipes, studies, training
from kerasdl.benchmarks import paired
from kerasdl.training.network import build

RECIPE = "regularization/baseline"


def measure(n=7, images=6_400):
    """Images per second of both, medians over `n` epochs each.

    Args:
        n: epochs counted, after one that compiles.
        images: images of 32x32x3 noise in an epoch.

    Returns:
        A dictionary for JSON: medians, quartiles, and the median of the ratios of
        an epoch of ours to the plain one right after it.
    """
    dataset = paired.noise(images)
    x, y = dataset.train.x, dataset.train.y
    recipe = recipes.override(studies.get(RECIPE), {"epochs": n + 1, "test_curves": False})
    plain = _PlainEpochs(x, y, recipe.batch_size)
    with tempfile.TemporaryDirectory() as out:
        run = training.train(recipe, dataset=dataset, out=out, callbacks=[plain])
    ours, theirs = run.log["images_per_second"].tolist()[1:], plain.rates[1:]
    return paired.result(recipe, "a plain Keras script", images, ours, theirs)


def compare(name, other, n=7, images=6_400):
    """Images per second of two recipes on the same noise, medians over `n` epochs each.

    Args:
        name: of a recipe for images in colour and integer labels.
        other: of another.
        n: epochs counted, after one that compiles.
        images: images of 32x32x3 noise in an epoch.

    Returns:
        A dictionary for JSON, as that of `measure`.
    """
    dataset, fits = paired.noise(images), []
    for recipe in map(studies.get, (name, other)):
        experiment = training.resolve(paired.on_all_images(recipe), dataset=dataset)
        fits.append((build(experiment).trained, backend.feed(experiment.training_batches)))
    ours, theirs = paired.epochs_in_turn(fits, n, images)
    return paired.result(studies.get(name), other, images, ours, theirs)


class _PlainEpochs(keras.callbacks.Callback):
    """Trains another model, with Keras alone, at the end of each of our epochs."""

    def __init__(self, x, y, batch_size):
        super().__init__()
        self.x, self.y, self.batch_size, self.rates = x, y, batch_size, []
        self.plain = keras.Sequential(
            [
                keras.Input((32, 32, 3)),
                layers.Rescaling(1 / 255),
                layers.Conv2D(32, 5, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(64, 5, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(64, 5, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(1000, activation="relu"),
                layers.Dense(10),
            ]
        )
        self.plain.compile(
            keras.optimizers.SGD(0.1),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )

    def on_epoch_end(self, epoch, logs=None):
        """One plain epoch, timed from its first batch on, as ours is."""
        clock = callbacks.Throughput(len(self.x))
        history = self.plain.fit(
            self.x, self.y, batch_size=self.batch_size, verbose=0, callbacks=[clock]
        )
        self.rates += history.history["images_per_second"]
