"""Every example in a docstring runs, and says what it gives."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import keras
import numpy as np
import pandas
import pytest

import kerasdl

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(kerasdl.__path__, "kerasdl.")
    if module.name != "kerasdl.__main__"
)
# Modules in another library's own terms.
OF_ONE_BACKEND = {
    "kerasdl.benchmarks.native_jax": "jax",
    "kerasdl.benchmarks.native_tensorflow": "tensorflow",
    "kerasdl.augmentation._native_torch": "torch",
    "kerasdl.layers.direct_call_torch": "torch",
    "kerasdl.layers.fast_tensorflow": "tensorflow",
    "kerasdl.layers.fast_torch": "torch",
    "kerasdl.layers.kernels_tensorflow": "tensorflow",
    "kerasdl.layers.kernels_torch": "torch",
    "kerasdl.optimizers.fused_tensorflow": "tensorflow",
    "kerasdl.optimizers.fused_torch": "torch",
    "kerasdl.training.compiled_torch": "torch",
    "kerasdl.training.forward_torch": "torch",
    "kerasdl.training.train_step_torch": "torch",
}


@pytest.fixture(scope="module")
def fitted():
    """What an example may take for granted: a small compiled model and data for it."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    return {"model": model, "x": x, "y": (x[:, 0] > 0).astype("int32")}, model.get_weights()


@pytest.mark.parametrize("name", ["kerasdl", *MODULES])
def test_examples(name, tmp_path, monkeypatch, fitted):
    """`tmp` is an empty folder, the current one."""
    if OF_ONE_BACKEND.get(name, keras.backend.backend()) != keras.backend.backend():
        pytest.skip("of another backend")
    module = importlib.import_module(name)
    if ">>> " not in Path(module.__file__).read_text(encoding="utf-8"):
        return
    monkeypatch.chdir(tmp_path)
    small, weights = fitted
    small["model"].set_weights(weights)
    known = {"tmp": tmp_path, "np": np, "pandas": pandas, "keras": keras, "kerasdl": kerasdl}
    failed, _ = doctest.testmod(
        module,
        extraglobs={**known, **small},
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert failed == 0
