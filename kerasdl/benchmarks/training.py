"""Training beside a plain Keras script, or one recipe beside another, epoch by epoch in turn.

The plain script is what anyone would write: the network of the `regularization`
report layer by layer, arrays given to `fit`, which shuffles them. Ours owns the
initial weights and the order of the images, and writes its logs and checkpoints.
"""

import statistics
import tempfile

import keras
import numpy as np
from keras import layers

from kerasdl import backend, callbacks, recipes, studies, training
from kerasdl.datasets import from_arrays
from kerasdl.runs import record
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
    dataset = _noise(images)
    x, y = dataset.train.x, dataset.train.y
    recipe = recipes.override(studies.get(RECIPE), {"epochs": n + 1, "test_curves": False})
    plain = _PlainEpochs(x, y, recipe.batch_size)
    with tempfile.TemporaryDirectory() as out:
        run = training.train(recipe, dataset=dataset, out=out, callbacks=[plain])
    ours, theirs = run.log["images_per_second"].tolist()[1:], plain.rates[1:]
    return _result(RECIPE, "a plain Keras script", recipe.batch_size, images, ours, theirs)


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
    dataset, fits = _noise(images), []
    for recipe in map(studies.get, (name, other)):
        # All of the noise is trained on.
        recipe = recipes.override(recipe, {"data.validation": None, "select": "last"})
        experiment = training.resolve(recipe, dataset=dataset)
        batches = backend.feed(experiment.training_batches)
        fits.append((build(experiment).trained, batches, []))
    for _ in range(n + 1):
        for network, batches, rates in fits:
            clock = callbacks.Throughput(images)
            history = network.fit(batches, shuffle=False, verbose=0, callbacks=[clock])
            rates += history.history["images_per_second"]
    (*_, ours), (*_, theirs) = fits
    return _result(name, other, studies.get(name).batch_size, images, ours[1:], theirs[1:])


def sentence(result):
    """What was measured, in words."""
    one, other = result["images_per_second"], result["beside"]["images_per_second"]
    return (
        f"{result['recipe']} on {result['backend']}: {one:,.0f} images/s, "
        f"{result['beside']['name']} {other:,.0f}; "
        f"ratio of paired epochs {result['ratio']:.3f} (medians, n = {result['n']})"
    )


def _noise(images):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (images, 32, 32, 3), "uint8")
    y = rng.integers(0, 10, images).astype("int32")
    return from_arrays(x, y, test=(x[:128], y[:128]), classes=tuple("0123456789"))


def _result(recipe, beside, batch_size, images, ours, theirs):
    name = keras.backend.backend()
    return {
        "recipe": recipe,
        "backend": name,
        "n": len(ours),
        "images": images,
        "batch_size": batch_size,
        **_summary(ours),
        "beside": {"name": beside, **_summary(theirs)},
        "ratio": round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), 4),
        **record.environment(name, backend.accelerators()),
    }


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


def _summary(rates):
    low, middle, high = np.percentile(rates, (25, 50, 75)).round(1).tolist()
    return {"images_per_second": middle, "quartiles": [low, high]}
