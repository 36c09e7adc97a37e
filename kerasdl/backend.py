"""Which of TensorFlow, PyTorch and JAX does the arithmetic.

Keras reads `KERAS_BACKEND` once, when it is first imported, and falls back on
TensorFlow whether or not it is installed. Nothing here imports a backend: a
backend is looked for, not loaded, so the answer costs milliseconds.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import pathlib

from kerasdl.errors import UsageError

# Their names, and how they are spelled.
BACKENDS = {"tensorflow": "TensorFlow", "torch": "PyTorch", "jax": "JAX"}


class BackendError(UsageError, ImportError):
    """No backend, an unknown one, or one that is not installed."""


def installed():
    """The backends that can be imported here, in the order of `BACKENDS`."""
    return tuple(name for name in BACKENDS if importlib.util.find_spec(name) is not None)


def choose():
    """The backend that Keras will use, or `None` where none is installed.

    `KERAS_BACKEND` decides where it is set. Else Keras' own configuration file
    decides, if what it names is installed (Keras writes that file by itself, so
    it is no proof of a choice); else the first installed one does.
    """
    named = os.environ.get("KERAS_BACKEND") or _configured()
    present = installed()
    if os.environ.get("KERAS_BACKEND") or named in present:
        return named
    return present[0] if present else None


def select():
    """Make `choose()` known to Keras, before anything imports it."""
    name = choose()
    if name is not None:
        os.environ["KERAS_BACKEND"] = name


def require():
    """Name of the backend in use, checked before Keras is imported.

    Raises:
        BackendError: none is installed, or `KERAS_BACKEND` names one that is
            unknown or not installed.

    Example:
    >>> require() in BACKENDS
    True
    """
    name, present = choose(), installed()
    if not present:
        raise BackendError(
            "Training needs TensorFlow, PyTorch or JAX, and none is installed: "
            'try pip install "kerasdl[jax]" (or [torch], or [tensorflow]).'
        )
    if name not in BACKENDS:
        raise BackendError(
            f"KERAS_BACKEND should be one of {', '.join(BACKENDS)}; received {name!r}."
        )
    if name not in present:
        raise BackendError(
            f"KERAS_BACKEND is {name}, which is not installed here: "
            f'try pip install "kerasdl[{name}]", or use KERAS_BACKEND={present[0]}.'
        )
    return name


def accelerators():
    """Names of the accelerators that the backend in use sees, such as `["NVIDIA H200"]`.

    Keras names devices only as "gpu:0", and on PyTorch not at all.
    """
    name = require()
    module = importlib.import_module(name)
    match name:
        case "tensorflow":
            details = module.config.experimental.get_device_details
            devices = module.config.list_physical_devices("GPU")
            return [details(device).get("device_name", "GPU") for device in devices]
        case "torch":
            return [module.cuda.get_device_name(i) for i in range(module.cuda.device_count())]
        case "jax":
            return [device.device_kind for device in module.devices() if device.platform != "cpu"]


def reseed(*key):
    """Set the random state that no model owns, by integers such as a seed and an epoch.

    PyTorch's dropout draws from a state of the whole process, which no checkpoint
    of a model holds; on the other backends every layer owns its state.
    """
    if require() == "torch":
        digest = hashlib.sha256(repr(key).encode()).digest()
        importlib.import_module("torch").manual_seed(int.from_bytes(digest[:7], "little"))


def same_draws():
    """Within it, what is drawn from random states that no model owns is not drawn for good."""
    if require() != "torch":
        return contextlib.nullcontext()
    # A DataLoader draws a seed for its workers, whether or not it has any, on the CPU.
    return importlib.import_module("torch").random.fork_rng(devices=[])


def feed(batches):
    """`batches`, a `Batches`, in the form that `fit` and `evaluate` take fastest.

    Keras turns a `PyDataset` or arrays into a `tf.data.Dataset` that tunes itself. The
    thread that tunes may sleep for seconds when an epoch ends, and the epoch waits for
    it (`kerasdl bench training` shows it on its plain side). This one does not tune.
    """
    if require() != "tensorflow":
        return batches
    tf = importlib.import_module("tensorflow")
    keras = importlib.import_module("keras")
    signature = keras.tree.map_structure(
        lambda array: tf.TensorSpec((None, *array.shape[1:]), array.dtype), batches[0]
    )
    data = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature)
    data = data.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(2)
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.with_options(options)


def _configured():
    home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    try:
        return json.loads((pathlib.Path(home) / "keras.json").read_text()).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
