"""The same bits from every run on one machine: what each backend needs for that, and cannot do.

The last bits of a sum depend on the order of its terms. On a CPU the three backends were found to
keep that order from run to run unasked, for one number of threads (`kerasdl.backend.threads`). On
a GPU they keep it where they are told to:

- TensorFlow by `tf.config.experimental.enable_op_determinism`; Keras then leaves out XLA.
- PyTorch by `torch.use_deterministic_algorithms`, and cuDNN's choice of an algorithm by trial off.
- JAX by XLA's flag `--xla_gpu_deterministic_ops`, which also turns off choice by trial, and which
  is read when JAX starts.

Each raises an error for an operation that it cannot compute so: XLA, the gradient of max-pooling
(https://github.com/openxla/xla/blob/main/docs/determinism.md). kerasdl has compared runs on CPUs,
not on a GPU.
"""

import contextlib
import importlib
import logging

from kerasdl import backend, xla
from kerasdl.errors import UsageError

_XLA_FLAG = "--xla_gpu_deterministic_ops=true"
# How the products begin whose drivers' and backends' documentation promises equal bits.
_NVIDIA = ("NVIDIA", "Tesla", "GeForce", "Quadro", "TITAN")

# Between calls of one compiled function: https://github.com/jax-ml/jax/issues/39741
_VARYING_JAXLIB = "0.11.0"

_enabled = False


def enable():
    """Compute the same bits in every run from now on, in this process.

    There is no way back: on JAX the flag holds for the process. Call it before Keras is imported.

    Raises:
        UsageError: the backend sees an accelerator for which it does not promise equal bits, or
            it is JAX, sees a GPU, and has started.

    Example:
    >>> # kerasdl.determinism.enable(), and then: from kerasdl.training import train
    >>> is_enabled()
    False
    """
    global _enabled
    if _enabled:
        return
    name = backend.require()
    in_time = name != "jax" or xla.add_flag(_XLA_FLAG)  # before JAX looks for devices
    devices = backend.accelerators()
    unknown = [device for device in devices if not device.startswith(_NVIDIA)]
    if unknown:
        raise UsageError(
            f"--deterministic is for CPUs and NVIDIA's GPUs; {backend.BACKENDS[name]} computes on "
            f"{', '.join(unknown)}, of which no promise of equal bits is known: leave it out, or "
            "train on the CPU."
        )
    if devices and not in_time:
        raise UsageError(
            f"JAX has started on {', '.join(devices)} and reads XLA_FLAGS no more: ask for "
            "--deterministic, or call kerasdl.determinism.enable() before Keras is imported."
        )
    match name:
        case "tensorflow":
            importlib.import_module("tensorflow").config.experimental.enable_op_determinism()
        case "torch":
            torch = importlib.import_module("torch")
            torch.use_deterministic_algorithms(True)
            torch.backends.cudnn.benchmark = False
    for line in _reservations(name, devices):
        logging.getLogger("kerasdl").warning("kerasdl: %s", line)
    _enabled = True


def is_enabled():
    """Whether `enable` was called in this process."""
    return _enabled


def _reservations(name, devices):
    """What a user should know of the promise: a sentence each."""
    if devices:
        yield (
            f"{backend.BACKENDS[name]} computes with its deterministic operations on "
            f"{', '.join(devices)}; equal bits were tested on CPUs only"
        )
    elif name == "jax" and xla.jaxlib_version() == _VARYING_JAXLIB and backend.threads() > 1:
        yield (
            f"jaxlib {_VARYING_JAXLIB} was seen to give other bits from call to call on a CPU with "
            "more than one thread (jax-ml/jax issue 39741); NPROC=1 gives it one"
        )


@contextlib.contextmanager
def explain_refusals():
    """Within it, a backend's refusal of an operation that has no deterministic form is a `UsageError`.

    TensorFlow raises it when the operation runs, PyTorch too, XLA when it compiles; all of them
    say "deterministic" or "determinism". Without `enable`, errors go on as they come.

    Example:
    >>> with explain_refusals():
    ...     pass
    """
    try:
        yield
    except Exception as error:
        reasons = [line for line in str(error).splitlines() if "determinis" in line.lower()]
        if not _enabled or isinstance(error, UsageError) or not reasons:
            raise
        name = backend.BACKENDS[backend.require()]
        devices = ", ".join(backend.accelerators()) or "the CPU"
        raise UsageError(
            f"{name} cannot compute this on {devices} with equal bits every time "
            f"({reasons[0].strip()[:200]}): leave out --deterministic, or train on the CPU."
        ) from error
