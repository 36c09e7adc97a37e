"""What all tests share. An unmarked test runs on the backend that KERAS_BACKEND names.

pytest-randomly shuffles the tests, by the seed in `setup.cfg` unless `--randomly-seed` names
another, and each test begins with random states that depend on its name and that seed alone. So
a test can neither pass nor fail by what ran before it.
"""

import importlib.util
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import pytest

from kerasdl import backend, compile_cache

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is first imported


def pytest_addoption(parser):
    """One option, for JAX, where XLA's optimizing takes up to half of a test's time."""
    parser.addoption(
        "--compiled",
        choices=("quickly", "optimized"),
        help="on JAX: without XLA's optimizations, all tests but those marked `optimized`; or with "
        "them, those alone",
    )


def pytest_configure(config):
    """Share what is compiled among all processes of a session, and hear signals."""
    if config.getoption("compiled") == "quickly":
        os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # read where JAX is imported, later
    _share_compiled_programs(config)
    _hear_signals()


def _share_compiled_programs(config):
    """Have the workers, and the processes that tests start, compile equal programs of JAX once.

    In a folder of this session: that of the user is not the tests' to fill, nor to read.
    """
    is_worker = hasattr(config, "workerinput")  # one of pytest-xdist's processes
    if not is_worker:
        folder = tempfile.TemporaryDirectory(prefix="compiled-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ[compile_cache.VARIABLE] = folder.name
    runs_tests = is_worker or not config.getoption("numprocesses", None)
    if runs_tests and backend.choose() == "jax" and "jax" in backend.installed():
        compile_cache.enable()


def _hear_signals():
    """Hear those that a job in the background, or under `nohup`, is started to ignore."""
    for name, handler in (
        ("SIGINT", signal.default_int_handler),
        ("SIGQUIT", signal.SIG_DFL),
        ("SIGHUP", signal.SIG_DFL),
    ):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_ignore_collect(collection_path, config):
    """Leave out, where no backend is installed, what cannot even be imported without one."""
    if collection_path.suffix != ".py" or backend.installed():
        return None
    text = collection_path.read_text(encoding="utf-8")
    return None if re.search(r"pytest\.mark\.(no_backend|package)\b", text) else True


def pytest_collection_modifyitems(config, items):
    """Skip what cannot run here; `package` and `cluster` run only when they are asked for."""
    if compiled := config.getoption("compiled"):
        kinds = {"quickly": [], "optimized": []}
        for item in items:
            kinds["optimized" if item.get_closest_marker("optimized") else "quickly"].append(item)
        items[:] = kinds.pop(compiled)
        (left_out,) = kinds.values()
        config.hook.pytest_deselected(items=left_out)
    missing = set(backend.BACKENDS) - set(backend.installed())
    for item in items:
        if item.get_closest_marker("parity") and missing:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(sorted(missing))} too"))
        if item.get_closest_marker("package") and "package" not in config.option.markexpr:
            item.add_marker(pytest.mark.skip(reason="needs a package index: pytest -m package"))
        if item.get_closest_marker("cluster") and "cluster" not in config.option.markexpr:
            item.add_marker(pytest.mark.skip(reason="takes long: pytest -m cluster"))
        if item.get_closest_marker("data") and not os.environ.get("KERASDL_DATA"):
            item.add_marker(pytest.mark.skip(reason="KERASDL_DATA is not set"))


def pytest_sessionfinish(session, exitstatus):
    """A file, or `-k`, whose tests are all left out by `tox` for this backend has not failed."""
    option = session.config.option
    leaves_out = option.compiled or "not any_backend" in option.markexpr
    if leaves_out and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def pytest_runtest_setup(item):
    """Seed what the fixtures of a module draw: the same whichever of its tests runs first."""
    _reseed(item.config, item.location[0])


def pytest_runtest_call(item):
    """Seed what a test draws without a seed of its own."""
    _reseed(item.config, item.nodeid)


def _reseed(config, name):
    """Set the global random states of Python, NumPy, Keras and its backend."""
    seed = zlib.crc32(f"{config.getoption('randomly_seed')} {name}".encode())
    random.seed(seed)
    np.random.seed(seed)
    # `set_random_seed` imports TensorFlow wherever it is installed, which takes seconds.
    if "keras" in sys.modules and (
        "tensorflow" in sys.modules or not importlib.util.find_spec("tensorflow")
    ):
        sys.modules["keras"].utils.set_random_seed(seed)
    elif "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


@pytest.fixture(scope="session")
def data_dir():
    """The folder of published data sets; tests that use it are marked `data`."""
    return os.environ["KERASDL_DATA"]


@pytest.fixture
def python(tmp_path):
    """Run Python in a process of its own: `python("-m", "kerasdl", "list", KERAS_BACKEND="jax")`.

    It runs in an empty folder, with no data sets and no network to look for them.
    """
    kept = compile_cache.VARIABLE

    def run(*words, check=True, timeout=300, **environment):
        environment = {
            **{k: v for k, v in os.environ.items() if k == kept or not k.startswith("KERASDL_")},
            "KERASDL_CACHE": str(tmp_path / "cache"),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **{key: str(value) for key, value in environment.items()},
        }
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    run.folder = tmp_path
    return run
