"""Every unmarked test runs on whichever backend KERAS_BACKEND names."""

import os
import subprocess
import sys

import pytest

from kerasdl import backend

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is first imported


def pytest_collection_modifyitems(config, items):
    """Skip what cannot run here; `package` runs only when it is asked for."""
    missing = set(backend.BACKENDS) - set(backend.installed())
    for item in items:
        if item.get_closest_marker("parity") and missing:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(sorted(missing))} too"))
        if item.get_closest_marker("package") and "package" not in config.option.markexpr:
            item.add_marker(pytest.mark.skip(reason="needs a package index: pytest -m package"))
        if item.get_closest_marker("data") and not os.environ.get("KERASDL_DATA"):
            item.add_marker(pytest.mark.skip(reason="KERASDL_DATA is not set"))


@pytest.fixture(scope="session")
def data_dir():
    """The folder of published data sets; tests that use it are marked `data`."""
    return os.environ["KERASDL_DATA"]


@pytest.fixture
def python(tmp_path):
    """Run Python in a process of its own: `python("-m", "kerasdl", "list", KERAS_BACKEND="jax")`.

    It runs in an empty folder, with no data sets and no network to look for them.
    """

    def run(*words, check=True, timeout=300, **environment):
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("KERASDL_")},
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
