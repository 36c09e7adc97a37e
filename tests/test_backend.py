"""Which backend is chosen, and what is loaded before one is needed."""

import importlib.util
import json
import sys

import pytest

from kerasdl import backend

CHOICES = [  # KERAS_BACKEND, keras.json, installed -> chosen
    ("jax", "tensorflow", ("tensorflow", "jax"), "jax"),
    ("", "torch", ("tensorflow", "torch"), "torch"),
    ("", "tensorflow", ("jax",), "jax"),  # Keras writes "tensorflow" into that file by itself
    ("", None, ("torch", "jax"), "torch"),
    ("", None, (), None),
    ("theano", None, ("jax",), "theano"),  # refused by `require`, not replaced
]


@pytest.mark.parametrize(("variable", "configured", "installed", "chosen"), CHOICES)
def test_choose(monkeypatch, tmp_path, variable, configured, installed, chosen):
    monkeypatch.setenv("KERAS_BACKEND", variable)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(backend, "installed", lambda: installed)
    if configured:
        (tmp_path / "keras.json").write_text(json.dumps({"backend": configured}))
    assert backend.choose() == chosen


@pytest.mark.parametrize(
    ("variable", "installed", "words"),
    [
        ("", (), ["TensorFlow, PyTorch or JAX", "pip install"]),
        ("theano", ("jax",), ["tensorflow, torch, jax", "'theano'"]),
        ("torch", ("jax",), ["torch", "not installed", "KERAS_BACKEND=jax"]),
    ],
)
def test_require_says_what_to_do(monkeypatch, tmp_path, variable, installed, words):
    monkeypatch.setenv("KERAS_BACKEND", variable)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(backend, "installed", lambda: installed)
    with pytest.raises(backend.BackendError) as error:
        backend.require()
    assert all(word in str(error.value) for word in words)


def test_a_broken_configuration_file_is_ignored(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(backend, "installed", lambda: ("jax",))
    (tmp_path / "keras.json").write_text("{")
    assert backend.choose() == "jax"


def test_threads_are_those_that_the_user_chose(python):
    """Else as many as cores: see `tests/test_processes.py`."""
    variables = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "NPROC")
    code = "import keras; from kerasdl import backend; print(backend.threads())"
    assert python("-c", code, **dict.fromkeys(variables, 1)).stdout == "1\n"


HEAVY = ("keras", "tensorflow", "torch", "jax", "matplotlib", "pandas", "sklearn")


@pytest.mark.parametrize(
    "code",
    [
        "import kerasdl",
        "import kerasdl.recipes, kerasdl.datasets, kerasdl.runs, kerasdl.augmentation.pipelines",
        "from kerasdl.__main__ import main; main(['list'])",
        "from kerasdl.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass",
        "from kerasdl.__main__ import main\ntry: main(['train', '--help'])\nexcept SystemExit: pass",
    ],
)
def test_loads_no_backend(python, code):
    check = f"\nimport sys; print('loaded', [m for m in {HEAVY} if m in sys.modules])"
    assert python("-c", code + check).stdout.endswith("loaded []\n")


@pytest.mark.parametrize("words", ["list", "list regularization", "--help", "train --help"])
def test_what_needs_no_backend_is_silent(python, words):
    assert python("-W", "error", "-m", "kerasdl", *words.split()).stderr == ""


def test_the_other_backends_stay_out(python):
    """A stray import would make the package need all three."""
    code = (
        "import sys, kerasdl.training, kerasdl.models, kerasdl.augmentation, kerasdl.callbacks\n"
        "import kerasdl.inspection.confusion, kerasdl.commands.evaluate, kerasdl.commands.predict\n"
        "others = {'tensorflow', 'torch', 'jax'} - {kerasdl.backend.require()}\n"
        "print(sorted(others & set(sys.modules)) if len(kerasdl.backend.installed()) == 1 else [])"
    )
    assert python("-c", code).stdout == "[]\n"


BACKENDS_LOADED = "sorted({'tensorflow', 'torch', 'jax'} & set(sys.modules))"


@pytest.mark.parity
@pytest.mark.parametrize("name", ["tensorflow", "torch", "jax"])
@pytest.mark.parametrize("first", ["pass", "from kerasdl.callbacks import Throughput"])
def test_a_training_run_loads_one_backend_where_three_are_installed(python, name, first):
    """From the first import to the saved model. Each of the others takes seconds."""
    code = (
        f"import sys; {first}\n"
        "from kerasdl.__main__ import main\n"
        "words = 'train exercises/circles_linear --epochs 1 --limit-train 100 --limit-test 10'\n"
        f"print(main(words.split()), {BACKENDS_LOADED})"
    )
    done = python("-c", code, KERAS_BACKEND=name)
    assert done.stdout.splitlines()[-1] == f"0 ['{name}']"


@pytest.mark.parity
def test_a_program_imports_the_others_itself(python):
    """Before or after ours; and what is installed is told as it is."""
    code = (
        "import importlib.util, sys, torch, kerasdl.models\n"
        f"print({BACKENDS_LOADED}, kerasdl.backend.installed())\n"
        "import tensorflow\n"
        "print(tensorflow.constant(3).numpy())"
    )
    found, computed = python("-c", code, KERAS_BACKEND="jax").stdout.splitlines()
    assert found == "['jax', 'torch'] ('tensorflow', 'torch', 'jax')"
    assert computed == "3"


def test_a_backend_that_is_kept_out_is_installed_but_cannot_be_imported(monkeypatch):
    monkeypatch.setattr(backend, "BACKENDS", {"wsgiref": "", "this": ""})  # modules of Python's
    monkeypatch.delitem(sys.modules, "this", raising=False)
    monkeypatch.delitem(sys.modules, "wsgiref", raising=False)
    with backend._no_other_backend("wsgiref"):
        import wsgiref  # noqa: F401

        assert backend.installed() == ("wsgiref", "this")
        with pytest.raises(ModuleNotFoundError, match="No module named 'this'") as error:
            import this  # noqa: F401
        assert error.value.name == "this"
    assert "this" not in sys.modules
    assert importlib.util.find_spec("this").origin.endswith("this.py")
