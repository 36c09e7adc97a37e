"""Memory of a training on arrays of the size of CIFAR-10, epoch by epoch."""

import json
import sys
import tempfile

import keras

from kerasdl import recipes, studies, training
from kerasdl.benchmarks import paired

IMAGES = 50_000  # of CIFAR-10's training part
TRAINED_ON = 6_400  # of them, in an epoch: what an epoch leaves behind shows after few of them


def measure(name, epochs):
    """Train in this process, with all files of a run, and read its memory after each epoch.

    Args:
        name: of a recipe for images in colour in ten classes.
        epochs: 1 or more.

    Returns:
        A dictionary for JSON: `epochs`, MiB of memory after each epoch, and `peak`, the most that
        the process ever had; empty on a system that does not tell (only Linux does).
    """
    if resident() is None:
        return {}
    changes = {"epochs": epochs, "data.limit_train": TRAINED_ON}
    recipe = recipes.override(studies.get(name), changes)
    after_epochs = MemoryByEpoch()
    with tempfile.TemporaryDirectory() as out:
        dataset = paired.noise(IMAGES)
        training.train(recipe, dataset=dataset, out=out, callbacks=[after_epochs])
    return {"epochs": after_epochs.mib, "peak": resident("VmHWM")}


def resident(field="VmRSS"):
    """MiB of memory that this process has now, or (`"VmHWM"`) ever had; `None` if not on Linux.

    `resource.getrusage` knows the latter on more systems, but counts the parent process too.

    Example:
    >>> resident("VmHWM") >= resident()  # on Linux
    True
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith(f"{field}:"))
    except OSError:
        return None
    return round(int(line.split()[1]) / 1024, 1)


class MemoryByEpoch(keras.callbacks.Callback):
    """Reads the memory of this process after each epoch.

    Attributes:
        mib: list of MiB, one an epoch.
    """

    def __init__(self):
        super().__init__()
        self.mib = []

    def on_epoch_end(self, epoch, logs=None):
        """Read it once more."""
        self.mib.append(resident())


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
