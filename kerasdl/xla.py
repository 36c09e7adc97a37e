"""The flags that XLA reads when JAX is imported, and the release of jaxlib that needs one."""

import functools
import os
import sys

# This release silently computes wrong results on a CPU (https://github.com/jax-ml/jax/issues/39103).
# The fault is in the operations that XLA fuses for the YNNPACK library: with none, results are right.
FAULTY_JAXLIB = "0.10.2"
NO_YNN_FUSION = "--xla_cpu_experimental_ynn_fusion_type="
# Fusions with which the program of that issue was right; also with all of the default but `reduce`.
# It was wrong with `reduce`, `dot` and `eltwise`, each alone, and with all but `dot`.
_RIGHT_FUSIONS = {"", "invalid", "individual_dot", "individual_convolution"}

_announced = set()  # what this process has said


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


def faulty_fusions():
    """A flag in `XLA_FLAGS` that leaves the fault of the faulty jaxlib on, whichever is installed.

    Returns:
        The flag with its value, as `"--xla_cpu_experimental_ynn_fusion_type=reduce"`; `None` where
        it is not set, or set to what avoids the fault. XLA takes the last of several.
    """
    words = os.environ.get("XLA_FLAGS", "").split()
    given = [word for word in words if word.startswith(NO_YNN_FUSION)]
    if not given:
        return None
    names = given[-1].removeprefix(NO_YNN_FUSION).strip("'\"").split(",")
    return None if "-reduce" in names or _RIGHT_FUSIONS.issuperset(names) else given[-1]


def avoid_wrong_results():
    """Set the flag that a faulty jaxlib needs, and say so in a line on standard error.

    A value that the user has set stays. One that leaves the fault on is named in a line, once in a
    process.

    Returns:
        Whether JAX can be used: jaxlib is not the faulty release, or `XLA_FLAGS` set
        the flag (to whatever the user chose) in time.
    """
    if jaxlib_version() != FAULTY_JAXLIB:
        return True
    if NO_YNN_FUSION in os.environ.get("XLA_FLAGS", ""):
        if given := faulty_fusions():
            _announce(
                f"{given} in XLA_FLAGS leaves the fault on: leave that out, and kerasdl sets "
                f"{NO_YNN_FUSION}, which prevents it, or pip install 'jaxlib!={FAULTY_JAXLIB}'"
            )
        return True
    if not add_flag(NO_YNN_FUSION):
        return False
    _announce(
        f"added {NO_YNN_FUSION} to XLA_FLAGS, which prevents them. Better: pip install "
        f"'jaxlib!={FAULTY_JAXLIB}'"
    )
    return True


def _announce(consequence):
    """Say once in this process that jaxlib is the faulty one, and what follows from that."""
    if consequence in _announced:
        return
    _announced.add(consequence)
    import logging  # writes the bare line, unless configured; under `-W error` a warning would raise

    logging.getLogger("kerasdl").warning(
        "kerasdl: jaxlib %s computes wrong results on a CPU (jax-ml/jax issue 39103); %s",
        *(FAULTY_JAXLIB, consequence),
    )
