"""The choice among TensorFlow, PyTorch and JAX, and what has to be done differently on each.

Keras reads `KERAS_BACKEND` once, when it is first imported, and falls back on
TensorFlow whether or not it is installed. Choosing looks up what is installed and
imports none of it, so it costs milliseconds.
"""

import contextlib
import importlib
import importlib.util
import json
import os
import pathlib
import sys

from kerasdl import xla
from kerasdl.errors import UsageError

# The name that Keras uses, and the one that people use.
BACKENDS = {"tensorflow": "TensorFlow", "torch": "PyTorch", "jax": "JAX"}

COPIED_AT_MOST = 2**29
"""Bytes of arrays that `feed` makes a copy of."""


class BackendError(UsageError, ImportError):
    """No backend, an unknown one, or one that is not installed."""


def installed():
    """Names of the backends that are installed, in the order of `BACKENDS`."""
    return tuple(name for name in BACKENDS if importlib.util.find_spec(name) is not None)


def choose():
    """Name of the backend that Keras will use, or `None` where none is installed.

    `KERAS_BACKEND` comes first. Where it is not set, Keras' configuration file
    decides, provided that the backend it names is installed (Keras writes that file
    unasked, so it need not be anyone's choice); else the first installed one is taken.
    """
    named = os.environ.get("KERAS_BACKEND") or _configured()
    present = installed()
    if os.environ.get("KERAS_BACKEND") or named in present:
        return named
    return present[0] if present else None


def select():
    """Tell Keras the backend of `choose()`, and keep a faulty JAX from wrong results.

    Has an effect only before Keras, or JAX, is imported.
    """
    _forget_failed_import()
    name = choose()
    if name is not None:
        os.environ["KERAS_BACKEND"] = name
    if name == "jax":
        xla.avoid_wrong_results()


def require():
    """Name of the backend in use; call it before Keras is imported.

    Raises:
        BackendError: none is installed, `KERAS_BACKEND` names one that is unknown
            or not installed, or JAX is of a release that computes wrong results and
            was imported before that could be prevented.

    Example:
    >>> require() in BACKENDS
    True
    """
    name, present = choose(), installed()
    if not present:
        raise BackendError(
            "Training needs TensorFlow, PyTorch or JAX, and none is installed: "
            f"try pip install {_requirement('jax')} (or torch, or tensorflow)."
        )
    if name not in BACKENDS:
        raise BackendError(
            f"KERAS_BACKEND should be one of {', '.join(BACKENDS)}; received {name!r}."
        )
    if name not in present:
        raise BackendError(
            f"KERAS_BACKEND is {name}, which is not installed here: "
            f"try pip install {_requirement(name)}, or use KERAS_BACKEND={present[0]}."
        )
    if name == "jax" and not xla.avoid_wrong_results():
        raise BackendError(
            f"jaxlib {xla.FAULTY_JAXLIB} computes wrong results on a CPU (jax-ml/jax issue 39103), "
            f"which XLA_FLAGS={xla.NO_YNN_FUSION} prevents if set before JAX is imported: import "
            f'kerasdl before Keras and JAX, or try pip install "jaxlib!={xla.FAULTY_JAXLIB}".'
        )
    return name


def load():
    """Import Keras with the backend in use, and with no other; call it before Keras is imported.

    Where several backends are installed, Keras 3.15 imports JAX too on PyTorch, and TensorFlow in
    order to save a model on whichever backend; TensorFlow imports JAX. None of them needs it: each
    takes seconds, and hundreds of MiB. From then on Keras takes TensorFlow for not installed where
    it looks for objects of TensorFlow's to save in a configuration. A program may import any
    backend of its own afterwards, and one that was imported before stays.

    Returns:
        Name of the backend in use.

    Raises:
        BackendError: see `require`.

    Example:
    >>> load() in BACKENDS
    True
    """
    name = require()
    with _no_other_backend(name):
        keras = importlib.import_module("keras")
        # Anything but plain types: Keras then looks for TensorFlow, once in a process.
        keras.saving.serialize_keras_object(importlib.import_module("numpy").zeros(1))
    return name


@contextlib.contextmanager
def _no_other_backend(name):
    """Within it, importing a backend but `name` fails, unless it was imported already."""
    finder = _Unavailable(other for other in BACKENDS if other not in (name, *sys.modules))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Unavailable:
    """Finds modules, as they are installed, and fails to import them, as if they were not.

    A finder and a loader in one. Their base classes in `importlib.abc` add nothing, and importing
    them takes a tenth of the start of `kerasdl list`.

    Args:
        names: of the modules.
    """

    def __init__(self, names):
        self.names = frozenset(names)

    def find_spec(self, name, path=None, target=None):
        """The module of that name, if it is one of ours."""
        return importlib.util.spec_from_loader(name, self) if name in self.names else None

    def create_module(self, spec):
        """Refuse."""
        raise ModuleNotFoundError(f"No module named {spec.name!r}", name=spec.name)

    def exec_module(self, module):
        """Never called."""


def named(text):
    """The backends in a text such as `"jax,torch"`, in its order.

    Raises:
        BackendError: a name is unknown, or of a backend that is not installed.
    """
    names = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for name in names:
        if name not in BACKENDS:
            raise BackendError(f"--backends should be of {', '.join(BACKENDS)}; received {name!r}.")
        if name not in installed():
            raise BackendError(
                f"{name} is not installed here: try pip install {_requirement(name)}, "
                "or leave it out of --backends."
            )
    return names


def accelerators():
    """Product names of the accelerators that the backend in use sees: `["NVIDIA H200"]`.

    Keras itself lists devices only as "gpu:0", and on PyTorch not at all.
    """
    name = load()
    module = importlib.import_module(name)
    match name:
        case "tensorflow":
            details = module.config.experimental.get_device_details
            devices = module.config.list_physical_devices("GPU")
            return [details(device).get("device_name", "GPU") for device in devices]
        case "torch":
            kinds, mps = (module.cuda, module.xpu), module.backends.mps
            names = [kind.get_device_name(i) for kind in kinds for i in range(kind.device_count())]
            return names + ([mps.get_name()] if mps.is_available() else [])
        case "jax":
            return [device.device_kind for device in module.devices() if device.platform != "cpu"]


def threads():
    """Number of threads of the CPU that an operation of the backend in use is divided among.

    Sums that are divided otherwise have other last bits.
    """
    name = require()
    match name:
        case "torch":
            return importlib.import_module("torch").get_num_threads()
        case "tensorflow":
            threading = importlib.import_module("tensorflow").config.threading
            chosen = threading.get_intra_op_parallelism_threads()
            chosen = chosen or os.environ.get("TF_NUM_INTRAOP_THREADS")
        case "jax":
            chosen = os.environ.get("PJRT_NPROC") or os.environ.get("NPROC")
    from kerasdl import processes

    return int(chosen or 0) or len(processes.usable_cores())


def feed(batches):
    """`batches`, a `Batches`, in the form that `fit` and `evaluate` read fastest.

    On TensorFlow this is a `tf.data.Dataset` without autotuning. Keras makes one with
    autotuning out of a `PyDataset` or arrays, and its tuning thread may sleep for
    seconds at the end of an epoch while the epoch waits for it (the plain side of
    `kerasdl bench training` shows that). Shuffled arrays of up to `COPIED_AT_MOST` bytes are copied into
    it, and it takes their rows by itself: a small network would wait for Python to do it.
    """
    if require() != "tensorflow":
        return batches
    tf = importlib.import_module("tensorflow")
    map_structure = importlib.import_module("keras").tree.map_structure
    arrays = batches.shuffled_arrays()
    if arrays is not None and sum(x.nbytes for x in tf.nest.flatten(arrays)) <= COPIED_AT_MOST:
        data = _rows_of(arrays, batches)
    else:
        signature = map_structure(
            lambda array: tf.TensorSpec((None, *array.shape[1:]), array.dtype), batches[0]
        )
        data = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature)
    data = data.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(2)
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.with_options(options)


def _rows_of(arrays, batches):
    """A `tf.data.Dataset` of the batches of an epoch, whose order is asked for when it begins."""
    tf = importlib.import_module("tensorflow")
    tensors = tf.nest.map_structure(tf.constant, arrays)
    orders = tf.data.Dataset.from_generator(
        lambda: [batches.rows()], output_signature=tf.TensorSpec((None,), tf.int64)
    )
    rows = orders.flat_map(tf.data.Dataset.from_tensor_slices).batch(batches.batch_size)
    return rows.map(lambda chosen: tf.nest.map_structure(lambda x: tf.gather(x, chosen), tensors))


def _requirement(name):
    """What pip installs a backend by, from anywhere (extras need an index that has kerasdl)."""
    return f'jax "jaxlib!={xla.FAULTY_JAXLIB}"' if name == "jax" else name


def _forget_failed_import():
    """Let Keras be imported anew where that failed before this package chose a backend.

    Keras takes TensorFlow without being told, and fails where it is not installed; the modules
    that it has imported until then stay, with that choice.
    """
    if "keras" not in sys.modules:
        for name in [name for name in sys.modules if name.startswith("keras.")]:
            del sys.modules[name]


def _configured():
    home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    try:
        return json.loads((pathlib.Path(home) / "keras.json").read_text()).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
