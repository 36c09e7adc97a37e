"""jaxlib 0.10.2, which computes wrong results on a CPU: never used as it is, and never silently."""

import os
import sys

import pytest

from kerasdl import backend, xla

pytestmark = pytest.mark.optimized

FLAG = "--xla_cpu_experimental_ynn_fusion_type="


@pytest.fixture
def jaxlib(monkeypatch):
    """`jaxlib(version, flags, imported)`: what is installed, set and imported already."""

    def pretend(version, flags="", imported=False):
        monkeypatch.setenv("KERAS_BACKEND", "jax")
        monkeypatch.setenv("XLA_FLAGS", flags)
        monkeypatch.setattr(backend, "installed", lambda: ("jax",))
        monkeypatch.setattr(xla, "jaxlib_version", lambda: version)
        monkeypatch.setattr(xla, "_announced", set())
        if imported:
            monkeypatch.setitem(sys.modules, "jax", object())
        else:
            monkeypatch.delitem(sys.modules, "jax", raising=False)

    return pretend


# From https://github.com/jax-ml/jax/issues/39103: the last row is (32768, 0, 0), whose squared
# length is 2**30. jaxlib 0.10.2 by itself says 1065369600.
REPRODUCER = """
import kerasdl
import jax
import jax.numpy as jnp

rows = jnp.stack([jnp.arange(32_769.0), *jnp.zeros((2, 32_769))], axis=1)
square = jax.vmap(lambda row: jnp.sum((jnp.eye(3) @ row) ** 2))
print(int(jax.jit(square)(rows)[-1]))
"""


@pytest.mark.skipif("jax" not in backend.installed(), reason="needs JAX")
def test_matrix_vector_products_over_many_rows_are_right(python):
    assert python("-c", REPRODUCER, KERAS_BACKEND="jax").stdout == f"{2**30}\n"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", FLAG),
        (" --xla_cpu_enable_fast_math=false ", f"--xla_cpu_enable_fast_math=false {FLAG}"),
    ],
)
def test_the_flag_is_added_once(jaxlib, given, expected):
    jaxlib("0.10.2", flags=given)
    backend.select()
    assert os.environ["XLA_FLAGS"] == expected
    assert backend.require() == "jax"
    assert os.environ["XLA_FLAGS"] == expected


def test_it_is_announced_in_one_line(python):
    """Also where warnings are errors, and not again by a process that this one starts."""
    code = (
        "import importlib.metadata, subprocess, sys\n"
        "importlib.metadata.version = {'jaxlib': '0.10.2'}.get\n"
        "import kerasdl\n"
    )
    twice = f"{code}subprocess.run([sys.executable, '-c', {code!r}], check=True)"
    done = python("-W", "error", "-c", twice, KERAS_BACKEND="jax", XLA_FLAGS="")
    (line,) = done.stderr.splitlines()
    assert line.startswith("kerasdl: jaxlib 0.10.2 computes wrong results on a CPU")


@pytest.mark.parametrize(
    ("version", "flags"),
    [
        ("0.10.1", ""),
        ("0.11.0", "--xla_cpu_enable_fast_math=false"),
        (None, ""),
        ("0.10.1", f"{FLAG}reduce"),
        ("0.10.2", f"{FLAG}-reduce"),  # the user's own choice
    ],
)
def test_nothing_else_is_touched(jaxlib, caplog, version, flags):
    jaxlib(version, flags=flags)
    backend.select()
    assert (backend.require(), os.environ["XLA_FLAGS"]) == ("jax", flags)
    assert not caplog.records


# What the reproducer gives with jaxlib 0.10.2 and each value of the flag, on an AMD EPYC: XLA takes
# the last of several.
RIGHT = ["", "''", "invalid", "-reduce", "individual_dot", "individual_convolution"]
RIGHT += ["-individual_dot,-reduce", "-dot,-reduce", f"reduce {FLAG}"]
WRONG = ["reduce", "+reduce", "dot", "-dot", "eltwise", "-individual_dot", f" {FLAG}reduce"]


@pytest.mark.parametrize("value", RIGHT)
def test_a_value_that_avoids_the_fault_stays(jaxlib, caplog, value):
    jaxlib("0.10.2", flags=FLAG + value)
    backend.select()
    assert (backend.require(), os.environ["XLA_FLAGS"]) == ("jax", FLAG + value)
    assert not caplog.records


@pytest.mark.parametrize("value", WRONG)
def test_a_value_that_leaves_the_fault_on_stays_and_is_named_once(jaxlib, caplog, value):
    jaxlib("0.10.2", flags=FLAG + value)
    backend.select()
    assert (backend.require(), os.environ["XLA_FLAGS"]) == ("jax", FLAG + value)
    (record,) = caplog.records
    line = record.getMessage()
    assert line.startswith("kerasdl: jaxlib 0.10.2 computes wrong results on a CPU")
    assert f"; {FLAG}{value.split(FLAG)[-1]} in XLA_FLAGS leaves the fault on" in line
    assert line.endswith("or pip install 'jaxlib!=0.10.2'")


@pytest.mark.parametrize(
    ("flags", "imported"),
    [
        ("", True),
        ("/etc/xla_flags.txt", False),  # XLA reads a file; nothing can be added to it here
    ],
)
def test_refused_where_it_is_too_late(jaxlib, flags, imported):
    jaxlib("0.10.2", flags=flags, imported=imported)
    backend.select()
    assert os.environ["XLA_FLAGS"] == flags
    with pytest.raises(backend.BackendError, match=r"jaxlib 0\.10\.2 .* import kerasdl before"):
        backend.require()


def test_other_backends_are_left_alone(jaxlib, monkeypatch):
    jaxlib("0.10.2", imported=True)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(backend, "installed", lambda: ("torch", "jax"))
    backend.select()
    assert (backend.require(), os.environ["XLA_FLAGS"]) == ("torch", "")
