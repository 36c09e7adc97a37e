"""Which backend is chosen, and what is loaded before one is needed."""

import json

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


@pytest.mark.parity
@pytest.mark.parametrize("name", ["torch", "jax"])
def test_training_begins_without_tensorflow_where_it_is_installed(python, name):
    """It prints lines and takes seconds. (Keras imports it when it saves a model, as of 3.15.)"""
    code = (
        "import sys; from kerasdl.training import network, resolve\n"
        "network.build(resolve('exercises/circles_linear'))\n"
        "print('tensorflow' in sys.modules)"
    )
    assert python("-c", code, KERAS_BACKEND=name).stdout == "False\n"
