"""Two networks trained epoch by epoch in turn, so that whatever else a machine does hurts both."""

import keras
import numpy as np

from kerasdl import backend, callbacks, recipes, studies, training
from kerasdl.benchmarks.rounds import counted, silent
from kerasdl.datasets import from_arrays
from kerasdl.runs import record
from kerasdl.training.network import build


def compare(name, other, n=15, images=6_400, notify=silent):
    """Images per second of two recipes on the same noise, medians over `n` epochs each.

    Args:
        name: of a recipe for images in colour and integer labels.
        other: of another.
        n: epochs counted, after one that compiles.
        images: images of 32x32x3 noise in an epoch.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON, as `result` gives it.
    """
    dataset, fits = noise(images), []
    for recipe in map(studies.get, (name, other)):
        experiment = training.resolve(on_all_images(recipe), dataset=dataset)
        fits.append((build(experiment).trained, backend.feed(experiment.training_batches)))
    ours, theirs = epochs_in_turn(fits, n, images, notify)
    return result(studies.get(name), other, images, ours, theirs)


def noise(images, shape=(32, 32, 3), classes=10):
    """A data set of uint8 noise in so many classes, all of it for training, part of it for tests."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (images, *shape), "uint8")
    y = rng.integers(0, classes, images).astype("int32")
    return from_arrays(x, y, test=(x[:128], y[:128]), classes=tuple(map(str, range(classes))))


def on_all_images(recipe):
    """The recipe without a validation part: all images are trained on."""
    return recipes.override(recipe, {"data.validation": None, "select": "last"})


def epochs_in_turn(fits, n, images, notify=silent):
    """Images per second of each network in `n` epochs, after one that compiles.

    Args:
        fits: pairs of a compiled network and the batches that it is fitted to.
        n: epochs counted.
        images: in an epoch.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A list of `n` rates for each network.
    """
    rates = [[] for _ in fits]
    for _ in counted(n + 1, notify):
        for (network, batches), found in zip(fits, rates, strict=True):
            clock = callbacks.Throughput(images)
            history = network.fit(batches, shuffle=False, verbose=0, callbacks=[clock])
            found += history.history["images_per_second"]
    return [found[1:] for found in rates]


def result(recipe, beside, images, ours, theirs):
    """A dictionary for JSON: medians and quartiles of the rates, and of the ratios of paired epochs.

    Args:
        recipe: that was trained.
        beside: name of what it is compared with.
        images: in an epoch.
        ours: images per second of each epoch.
        theirs: those of the epochs right after.
    """
    name = keras.backend.backend()
    ratios = np.divide(ours, theirs)
    return {
        "recipe": recipe.name,
        "backend": name,
        "n": len(ours),
        "images": images,
        "batch_size": recipe.batch_size,
        **_summary(ours),
        "beside": {"name": beside, **_summary(theirs)},
        "ratio": round(float(np.median(ratios)), 4),
        "ratio_quartiles": np.percentile(ratios, (25, 75)).round(4).tolist(),
        **record.environment(name, backend.accelerators()),
    }


def sentence(result):
    """What was measured, in words."""
    one, other = result["images_per_second"], result["beside"]["images_per_second"]
    low, high = result["ratio_quartiles"]
    return (
        f"{result['recipe']} on {result['backend']}: {one:,.0f} images/s, "
        f"{result['beside']['name']} {other:,.0f}; "
        f"ratio of paired epochs {result['ratio']:.3f}, quartiles {low:.3f} and {high:.3f} "
        f"(medians, n = {result['n']})"
    )


def _summary(rates):
    low, middle, high = np.percentile(rates, (25, 50, 75)).round(1).tolist()
    return {"images_per_second": middle, "quartiles": [low, high]}
