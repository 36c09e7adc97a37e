"""The wheel is sound and complete, and works outside the checkout without a backend."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.package

ROOT = Path(__file__).parents[1]


def run(*words, cwd, check=True):
    done = subprocess.run(
        list(map(str, words)), cwd=cwd, capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return folder


def test_twine_accepts_both(dist):
    files = list(dist.iterdir())
    assert {path.suffix for path in files} == {".whl", ".gz"}
    run(sys.executable, "-m", "twine", "check", "--strict", *files, cwd=dist)


def test_wheel_holds_the_package_and_nothing_else(dist):
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top.split("-")[0] for top in tops} == {"kerasdl"}
    files = {path for path in (ROOT / "kerasdl").rglob("*") if path.is_file()}
    expected = {path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".pyc"}
    assert expected == {name for name in names if name.startswith("kerasdl/")}


def test_without_a_backend(dist, tmp_path):
    """Import, list and help work and are silent; training says what to install."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    options = ["--quiet", "--no-compile", "-c", ROOT / "constraints.txt"]
    wheel = next(dist.glob("*.whl"))
    run(python, "-m", "pip", "install", *options, wheel, cwd=tmp_path)
    kerasdl = tmp_path / "venv" / "bin" / "kerasdl"
    run(python, "-c", "import kerasdl, kerasdl.recipes, kerasdl.datasets", cwd=tmp_path)
    for word, expected in [("list", "regularization/baseline"), ("--help", "train")]:
        done = run(python, "-W", "error", "-m", "kerasdl", word, cwd=tmp_path)
        assert expected in done.stdout
        assert done.stderr == ""
    for words in (["train", "cifar10/default"], ["evaluate", "x.keras"], ["predict", "x", "y"]):
        done = run(kerasdl, *words, cwd=tmp_path, check=False)
        assert done.returncode == 2
        assert 'pip install jax "jaxlib!=0.10.2"' in done.stderr
        assert done.stderr.count("\n") == 1
