"""Training that is saved as it goes, in our order, beside the same training without either."""

import tempfile
import time

from kerasdl import backend, studies, training
from kerasdl.benchmarks import paired
from kerasdl.benchmarks.rounds import counted, silent
from kerasdl.callbacks import Checkpoint
from kerasdl.training.batches import Batches, EpochOrder
from kerasdl.training.continuation import OneTraining
from kerasdl.training.network import build

RECIPE = "regularization/baseline"


def measure(n=15, images=6_400, notify=silent):
    """Images per second of both, medians over `n` epochs each, in turn.

    Time counts from the start of an epoch to the end of its last callback, so that saving is in it.
    A run is saved as often as `kerasdl train` does without `--checkpoint-every`.

    Args:
        n: epochs counted, after one that compiles.
        images: images of 32x32x3 noise in an epoch.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON, as `kerasdl.benchmarks.paired.result` gives it.
    """
    recipe = paired.on_all_images(studies.get(RECIPE))
    experiment = training.resolve(recipe, dataset=paired.noise(images))
    ordered = experiment.training_batches
    in_place = Batches(ordered.x, ordered.y, ordered.batch_size)
    networks = [build(experiment).trained for _ in range(2)]
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint()
        checkpoint.attach(folder, owner={}, steps=len(ordered))
        sides = [
            _Side(networks[0], ordered, [checkpoint.first, EpochOrder(ordered), checkpoint], n),
            _Side(networks[1], in_place, [], n),
        ]
        epochs = counted(n + 1, notify)
        rates = [[images / side.epoch(epoch) for side in sides] for epoch in epochs]
    ours, theirs = zip(*rates[1:], strict=True)
    beside = "without checkpoints and with the images as they lie"
    return paired.result(recipe, beside, images, ours, theirs)


class _Side:
    """A training of `n` epochs and one more, of which each is timed by itself."""

    def __init__(self, network, batches, callbacks, n):
        self.network, self.batches = network, backend.feed(batches)
        self.callbacks = OneTraining(callbacks, network, epochs=n + 1, steps=len(batches))
        self.callbacks.is_last = False

    def epoch(self, number):
        """Train one epoch; returns the seconds that it took."""
        started = time.perf_counter()
        self.network.fit(
            self.batches,
            initial_epoch=number,
            epochs=number + 1,
            callbacks=self.callbacks,
            shuffle=False,
            verbose=0,
        )
        return time.perf_counter() - started
