"""The flags that XLA reads when JAX is imported, and the release of jaxlib that needs one."""

import functools
import os
import sys

# This release silently computes wrong results on a CPU (https://github.com/jax-ml/jax/issues/39103).
# The fault is in the operations that XLA fuses for the YNNPACK library: with none, results are right.
FAULTY_JAXLIB = "0.10.2"
NO_YNN_FUSION = "--xla_cpu_experimental_ynn_fusion_type="


def add_flag(flag):
    """Add a flag to `XLA_FLAGS`, unless it is there; whether JAX has it or will read it."""
    flags = os.environ.get("XLA_FLAGS", "").strip()
    if flag in flags.split():
        return True
    if "jax" in sys.modules or (flags and not flags.startswith("-")):  # it may name a file of flags
        return False
    os.environ["XLA_FLAGS"] = f"{flags} {flag}".strip()
    return True


@functools.cache
def jaxlib_version():
    """The release of jaxlib, such as `"0.10.1"`; `None` where it is not installed."""
    import importlib.metadata  # takes 10 ms, which the other backends need not spend

    try:
        return importlib.metadata.version("jaxlib")
    except importlib.metadata.PackageNotFoundError:
        return None


def avoid_wrong_results():
    """Set the flag that a faulty jaxlib needs, and say so in a line on standard error.

    Returns:
        Whether JAX can be used: jaxlib is not the faulty release, or `XLA_FLAGS` set
        the flag (to whatever the user chose) in time.
    """
    if jaxlib_version() != FAULTY_JAXLIB or NO_YNN_FUSION in os.environ.get("XLA_FLAGS", ""):
        return True
    if not add_flag(NO_YNN_FUSION):
        return False
    import logging  # writes the bare line, unless configured; under `-W error` a warning would raise

    logging.getLogger("kerasdl").warning(
        "kerasdl: jaxlib %s computes wrong results on a CPU (jax-ml/jax issue 39103); added %s to "
        "XLA_FLAGS, which prevents them. Better: pip install 'jaxlib!=%s'",
        *(FAULTY_JAXLIB, NO_YNN_FUSION, FAULTY_JAXLIB),
    )
    return True
