"""Images per second of our layers beside those of Keras and others, and beside code by hand.

Every case draws and applies one layer to the same batch, in one process, all of
them in turn, so that whatever else the machine does hurts them alike; in each round in
another order, because each finds the caches as the one before has left them. On TensorFlow each is
measured twice: in a plain `tf.function`, as Keras' `fit` runs it on a CPU, and with XLA.
"""

import time

import keras
import numpy as np

from kerasdl.backend import accelerators
from kerasdl.benchmarks.augmentation_cases import CASES, DRAWN_BEFORE, ONE_DRAW
from kerasdl.benchmarks.augmentation_contenders import MODES, NotHere, draws_once, prepare
from kerasdl.benchmarks.rounds import counted, silent
from kerasdl.runs import record

PACKAGES = ("keras-cv", "kornia", "torchvision")


def measure(n=15, batch_size=256, cases=None, notify=silent):
    """Medians over `n` rounds, each of which runs every case of every library once.

    Args:
        n: rounds, 1 or more, after one that compiles and one that warms up.
        batch_size: 32x32x3 float32 images from 0 to 255 in a batch.
        cases: some of `CASES`; all of them where `None`.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON: `rows` (case, mode, library, layer, whether it was compiled,
        median and quartiles of images per second, or the error of another
        library's layer), backend, hardware, versions and date.
    """
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (batch_size, 32, 32, 3)).astype("float32")
    # A network's arrays are larger than these images. Once one has been freed, as in training after
    # the first step, the C library keeps the memory of smaller ones.
    np.ones(2**23 - 2**12, "float32")
    contenders = list(_contenders(cases or CASES, images))
    for turn in counted(n + 1, notify):
        for i in rng.permutation(len(contenders)):
            _, run, seconds = contenders[i]
            if run is None:
                continue
            started = time.perf_counter()
            run()
            if turn:
                seconds.append(time.perf_counter() - started)
    for row, run, seconds in contenders:
        if run is not None:
            rates = batch_size / np.array(seconds)
            low, middle, high = np.percentile(rates, (25, 50, 75)).round(1).tolist()
            row |= {"images_per_second": middle, "quartiles": [low, high]}
    backend = keras.backend.backend()
    return {
        "backend": backend,
        **record.environment(backend, accelerators(), packages=PACKAGES),
        "n": n,
        "batch_size": batch_size,
        "rows": [row for row, _, _ in contenders],
    }


def _contenders(cases, images):
    """A row, a function that augments the batch, or `None` where it fails, and an empty list."""
    for mode in MODES[keras.backend.backend()]:
        for case in cases:
            libraries = {**CASES[case], DRAWN_BEFORE: CASES[case]["kerasdl"]}
            for library, (name, arguments) in CASES[case].items():
                if draws_once(library, name):
                    libraries[library + ONE_DRAW] = (name, arguments)
            for library, (name, arguments) in libraries.items():
                row = {"case": case, "mode": mode, "library": library, "layer": name}
                run = None
                try:
                    run, row["jit"] = prepare(library, name, arguments, images, mode)
                    run()  # nothing that happens only once is timed
                except NotHere:
                    continue
                except Exception as error:  # that another library's layer fails is a result too
                    if library.startswith("kerasdl"):
                        raise
                    lines = str(error).splitlines() or [""]
                    row["error"] = f"{type(error).__name__}: {lines[0][:120]}"
                    run = None
                yield row, run, []
