"""Images per second of our layers beside Keras', KerasCV's and Kornia's.

Every case draws and applies one layer to the same batch, in one process, all of
them in turn, so that whatever else the machine does hurts them alike.
"""

import importlib.util
import time

import keras
import numpy as np

from kerasdl import augmentation as ours
from kerasdl.backend import accelerators
from kerasdl.runs import record

_RANGE = {"value_range": (0, 255)}
_SHIFT = {"height_factor": 0.125, "width_factor": 0.125}
_TURN = {"factor": 15 / 360, "fill_mode": "constant"}
_JITTER = {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 0.1}
_JITTER_FACTORS = {**{f"{key}_factor": value for key, value in _JITTER.items()}, **_RANGE}

# What is compared, and what each library calls it: class and arguments. Where a library has
# nothing that does the same, this is the nearest: Keras' RandomTranslation shifts by fractions of
# a pixel, its RandAugment draws the operations once for the whole batch.
CASES = {
    "pad and crop": {
        "kerasdl": ("RandomPadCrop", {"padding": 4}),
        "keras": ("RandomTranslation", _SHIFT),
        "keras_cv": ("RandomTranslation", _SHIFT),
        "kornia": ("RandomCrop", {"size": (32, 32), "padding": 4}),
    },
    "horizontal flip": {
        "kerasdl": ("RandomHorizontalFlip", {}),
        "keras": ("RandomFlip", {"mode": "horizontal"}),
        "keras_cv": ("RandomFlip", {"mode": "horizontal"}),
        "kornia": ("RandomHorizontalFlip", {"p": 0.5}),
    },
    "rotation by 15 degrees": {
        "kerasdl": ("RandomAffine", {"rotation": 15}),
        "keras": ("RandomRotation", _TURN),
        "keras_cv": ("RandomRotation", _TURN),
        "kornia": ("RandomAffine", {"degrees": 15.0, "p": 1.0}),
    },
    "colour": {
        "kerasdl": ("RandomColor", _JITTER),
        "keras": ("RandomColorJitter", _JITTER_FACTORS),
        "keras_cv": ("RandomColorJitter", _JITTER_FACTORS),
        "kornia": ("ColorJitter", {**_JITTER, "p": 1.0}),
    },
    "erasing": {
        "kerasdl": ("RandomErasing", {}),
        "keras": ("RandomErasing", _RANGE),
        "keras_cv": ("RandomCutout", {"height_factor": 0.5, "width_factor": 0.5}),
        "kornia": ("RandomErasing", {"p": 0.5}),
    },
    "Gaussian noise": {
        "kerasdl": ("RandomGaussianNoise", {"stddev": 12.75}),
        "keras": ("GaussianNoise", {"stddev": 0.05}),  # it takes no more than 1
        "kornia": ("RandomGaussianNoise", {"std": 0.05, "p": 1.0}),
    },
    "RandAugment": {
        "kerasdl": ("RandAugment", {}),
        "keras": ("RandAugment", _RANGE),
        "keras_cv": ("RandAugment", _RANGE),
        "kornia": ("auto.RandAugment", {"n": 2, "m": 9}),
    },
    "TrivialAugmentWide": {
        "kerasdl": ("TrivialAugmentWide", {}),
        "keras": ("RandAugment", _RANGE),
        "kornia": ("auto.TrivialAugment", {}),
    },
}


def measure(n=15, batch_size=256, cases=None):
    """Medians over `n` rounds, each of which runs every case of every library once.

    Args:
        n: rounds, 1 or more, after one that compiles.
        batch_size: 32x32x3 float32 images from 0 to 255 in a batch.
        cases: some of `CASES`; all of them where `None`.

    Returns:
        A dictionary for JSON: `rows` (case, library, layer, whether it was compiled,
        median and quartiles of images per second, or the error of another
        library's layer), backend, hardware, versions and date.
    """
    images = np.random.default_rng(0).integers(0, 256, (batch_size, 32, 32, 3)).astype("float32")
    rows, prepared = [], []
    for case in cases or CASES:
        for library, (name, arguments) in CASES[case].items():
            row = {"case": case, "library": library, "layer": name}
            try:
                run, row["jit"] = _prepare(library, name, arguments, images)
                run()  # nothing that happens only once is timed
                prepared.append((row, run, []))
            except _NotHere:
                continue
            except Exception as error:  # another library's layer that fails here is a result too
                if library == "kerasdl":
                    raise
                row["error"] = f"{type(error).__name__}: {str(error).splitlines()[0][:120]}"
            rows.append(row)
    for _ in range(n):
        for _, run, seconds in prepared:
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
    for row, _, seconds in prepared:
        low, middle, high = np.percentile(batch_size / np.array(seconds), (25, 50, 75)).round(1)
        row |= {"images_per_second": float(middle), "quartiles": [float(low), float(high)]}
    backend = keras.backend.backend()
    return {
        "backend": backend,
        **record.environment(backend, accelerators(), packages=("keras-cv", "kornia")),
        "n": n,
        "batch_size": batch_size,
        "rows": rows,
    }


class _NotHere(Exception):
    """The library is not installed, or does not run on this backend."""


def _prepare(library, name, arguments, images):
    """A function that augments the batch once and waits for it, and whether it is compiled."""
    if library == "kornia":
        return _kornia(name, arguments, images), False
    if library == "kerasdl":
        layer = getattr(ours, name)(**arguments)
    elif library == "keras":
        layer = getattr(keras.layers, name)(**arguments)
    else:
        if keras.backend.backend() != "tensorflow" or not importlib.util.find_spec("keras_cv"):
            raise _NotHere
        import keras_cv

        layer = getattr(keras_cv.layers, name)(**arguments)
    backend = keras.backend.backend()
    run = _BACKENDS[backend](layer, images, False)
    if not layer.supports_jit or library == "keras_cv" or backend == "torch":
        run()
        return run, False
    try:
        compiled = _BACKENDS[backend](layer, images, True)
        compiled()
    except Exception:  # Keras' RandAugment supports JIT by its word, its parts do not
        if library == "kerasdl":
            raise
        run()
        return run, False
    return compiled, True


def _jax(layer, images, jit):
    import jax

    layer.build(images.shape)
    images = jax.numpy.asarray(images)
    if not jit:
        return lambda: jax.block_until_ready(layer(images, training=True))
    step = jax.jit(lambda state, x: layer.stateless_call([], state, x, training=True))
    held = [[variable.value for variable in layer.non_trainable_variables]]

    def run():
        out, held[0] = step(held[0], images)
        jax.block_until_ready(out)

    return run


def _tensorflow(layer, images, jit):
    import tensorflow as tf

    images = tf.convert_to_tensor(images)
    step = tf.function(lambda x: layer(x, training=True), jit_compile=jit)
    return lambda: step(images).numpy()


def _torch(layer, images, _):
    import torch

    images = keras.ops.convert_to_tensor(images)  # on the device that Keras uses

    def run():
        with torch.no_grad():
            out = layer(images, training=True)
        out.sum().item()  # waits for the device

    return run


_BACKENDS = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}


def _kornia(name, arguments, images):
    if keras.backend.backend() != "torch" or not importlib.util.find_spec("kornia"):
        raise _NotHere
    import kornia.augmentation
    import torch

    layer = kornia.augmentation
    for part in name.split("."):
        layer = getattr(layer, part)
    layer = layer(**arguments)
    images = torch.from_numpy(images.transpose(0, 3, 1, 2).copy() / 255)
    return lambda: layer(images)
