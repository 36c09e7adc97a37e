"""One layer of one library, made ready to augment the same batch again and again."""

import importlib
import importlib.util

import keras

from kerasdl import augmentation as ours
from kerasdl.benchmarks.augmentation_cases import DRAWN_BEFORE, ONE_DRAW

MODES = {"tensorflow": ("tf.function", "XLA"), "torch": ("eager",), "jax": ("jit",)}
"""How each backend runs a layer, first as Keras' `fit` does on a CPU."""


class NotHere(Exception):
    """The library is not installed, or does not run on this backend in this mode."""


def prepare(library, name, arguments, images, mode):
    """A function that augments `images` once and waits for it, and whether that is compiled.

    Args:
        library: "kerasdl", `DRAWN_BEFORE`, "keras", "keras_cv", "kornia", "torchvision" or
            "native"; those of PyTorch also with `ONE_DRAW`.
        name: of the layer.
        arguments: of the layer.
        images: float32 array `(batch, 32, 32, 3)` from 0 to 255.
        mode: one of `MODES`.

    Raises:
        NotHere: there is no such contender here.
        Exception: whatever the layer of another library raises.
    """
    backend = keras.backend.backend()
    if library == "native":
        if backend == "torch":
            raise NotHere
        module = importlib.import_module(f"kerasdl.benchmarks.native_{backend}")
        if backend == "jax":
            return module.prepared(name, images), True
        return module.prepared(name, images, mode == "XLA"), mode == "XLA"
    if library.startswith(("kornia", "torchvision")):
        return _torch_library(library, name, arguments, images), False
    if library == DRAWN_BEFORE:
        jit = backend == "jax" or mode == "XLA"
        return _given_draw(_keras_layer("kerasdl", name, arguments), images, jit), jit
    layer = _keras_layer(library, name, arguments)
    run = _BACKENDS[backend]
    if backend == "torch":
        return run(layer, images, False), False
    if mode == "tf.function":
        return run(layer, images, False), False
    if library == "keras_cv":
        raise NotHere  # none of its layers compiles
    if layer.supports_jit:
        compiled = run(layer, images, True)
        try:
            compiled()
            return compiled, True
        except Exception:  # Keras' RandAugment supports JIT by its word, its parts do not
            if library == "kerasdl":
                raise
    if mode == "XLA":
        raise NotHere
    return run(layer, images, False), False


def _keras_layer(library, name, arguments):
    if library == "kerasdl":
        return getattr(ours, name)(**arguments)
    if library == "keras":
        return getattr(keras.layers, name)(**arguments)
    if keras.backend.backend() != "tensorflow" or not importlib.util.find_spec("keras_cv"):
        raise NotHere
    import keras_cv

    return getattr(keras_cv.layers, name)(**arguments)


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
    step = tf.function(lambda x: layer(x, training=True), jit_compile=jit, autograph=False)
    return lambda: step(images).numpy()


def _torch(layer, images, _):
    images = keras.ops.convert_to_tensor(images)  # on the device that Keras uses
    return _waiting_for_torch(lambda: layer(images, training=True))


def _waiting_for_torch(call):
    import torch

    def run():
        with torch.no_grad():
            out = call()
        out[-1, -1, -1, -1].item()  # waits for the device

    return run


def _given_draw(layer, images, jit):
    images = keras.ops.convert_to_tensor(images)
    draw = layer.draw(images)
    backend = keras.backend.backend()
    if backend == "torch":
        return _waiting_for_torch(lambda: layer.apply(images, draw))
    if backend == "jax":
        import jax

        step = jax.jit(layer.apply)
        return lambda: jax.block_until_ready(step(images, draw))
    import tensorflow as tf

    # The draw is an argument: of constants TensorFlow would compute beforehand what it can.
    step = tf.function(layer.apply, jit_compile=jit, autograph=False)
    return lambda: step(images, draw).numpy()


_BACKENDS = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}


def _torch_library(library, name, arguments, images):
    """Of Kornia or torchvision v2, on float32 `(batch, 3, 32, 32)` from 0 to 1."""
    package = library.removesuffix(ONE_DRAW)
    if keras.backend.backend() != "torch" or not importlib.util.find_spec(package):
        raise NotHere
    import torch

    home = "kornia.augmentation" if package == "kornia" else "torchvision.transforms.v2"
    layer = importlib.import_module(home)
    for part in name.split("."):
        layer = getattr(layer, part)
    layer = layer(**arguments)
    images = torch.from_numpy(images.transpose(0, 3, 1, 2).copy() / 255)
    if library.endswith(ONE_DRAW) or not draws_once(package, name):
        return lambda: layer(images)
    return lambda: torch.cat([layer(image[None]) for image in images])


def draws_once(library, name):
    """Whether a layer of this library draws once for the whole batch, and can be given one image."""
    return library == "torchvision" or (library == "kornia" and name.startswith("auto."))
