"""The generators of this process: seeded, saved, and put back.

Layers of `kerasdl` draw from generators of their own (`kerasdl.random`). These here are what else may
draw: random layers of Keras, on PyTorch, and Keras' shuffling.
"""

import contextlib
import importlib
import sys

from kerasdl import backend


def seed(number):
    """Seed every generator of this process by a whole number.

    As `keras.utils.set_random_seed`, which on every backend imports TensorFlow, where it is
    installed, in order to seed it: here it is seeded where it computes, or was imported already.

    Example:
    >>> import random
    >>> seed(3)
    >>> first = random.random()
    >>> seed(3)
    >>> random.random() == first
    True
    """
    import random

    if backend.require() == "tensorflow" or "tensorflow" in sys.modules:
        importlib.import_module("keras").utils.set_random_seed(number)
        return
    random.seed(number)
    importlib.import_module("numpy").random.seed(number)
    if backend.require() == "torch":
        importlib.import_module("torch").manual_seed(number)
    keras_globals = _keras_globals()
    keras_globals.set_global_attribute("global_random_seed", number)
    keras_globals.set_global_attribute("global_seed_generator", None)


def reseed(*key):
    """Seed the backend's process-wide generator by integers such as a seed and an epoch.

    Only PyTorch draws from one, in random layers of Keras' own. On the other backends every layer
    has a random state of its own.
    """
    if backend.require() == "torch":
        import hashlib

        digest = hashlib.sha256(repr(key).encode()).digest()
        importlib.import_module("torch").manual_seed(int.from_bytes(digest[:7], "little"))


def state():
    """State of the generator that `reseed` seeds: dictionary of device to array of bytes.

    It is empty on backends that have none.
    """
    return {name: get().cpu().numpy() for name, get, _ in _torch_generators()}


def set_state(found):
    """Put back what `state` gave, as far as there are such devices."""
    for name, _, put_back in _torch_generators():
        if name in found:
            put_back(importlib.import_module("torch").from_numpy(found[name].copy()))


@contextlib.contextmanager
def preserved():
    """Within it numbers may be drawn; after it every generator of the process is as before.

    These are Python's; NumPy's, by which Keras shuffles arrays on JAX; the generator of
    Keras' draws without a seed; and PyTorch's, on the CPU (the order of a `DataLoader`) and
    on the accelerator (dropout there). Generators of layers are not: their state is a
    variable of the model.

    Example:
    >>> import random
    >>> with preserved():
    ...     inside = random.random()
    >>> random.random() == inside
    True
    """
    before = [(setter, getter()) for getter, setter in _generators()]
    try:
        yield
    finally:
        for setter, found in before:
            setter(found)


def _generators():
    """The functions that get and set the state of each generator of the process."""
    import random

    numpy = importlib.import_module("numpy")
    yield random.getstate, random.setstate
    yield numpy.random.get_state, numpy.random.set_state
    yield _keras_state, _set_keras_state
    for _, getter, setter in _torch_generators():
        yield getter, setter


def _torch_generators():
    """Of each device: its name, and the functions that get and set the state of its generator."""
    if backend.require() != "torch":
        return
    torch = importlib.import_module("torch")
    yield "cpu", torch.get_rng_state, torch.set_rng_state
    for name in ("cuda", "mps", "xpu"):  # where Keras puts models
        device = getattr(torch, name, None)
        if hasattr(device, "device_count") and device.device_count():
            yield name, device.get_rng_state, device.set_rng_state  # of the current device


def _keras_state():
    """The generator of Keras' draws without a seed and its state; `None` while there is none."""
    generator = _keras_globals().get_global_attribute("global_seed_generator")
    ops = importlib.import_module("keras").ops
    return generator and (generator, ops.convert_to_numpy(generator.state).copy())


def _set_keras_state(before):
    generator, state = before or (None, None)
    _keras_globals().set_global_attribute("global_seed_generator", generator)
    if generator is not None:
        generator.state.assign(state)


def _keras_globals():
    return importlib.import_module("keras.src.backend.common.global_state")  # no public name
