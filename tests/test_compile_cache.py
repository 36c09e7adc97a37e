"""What JAX compiles is kept where that helps, and changes no bit of a result."""

import os

import numpy as np
import pytest

from kerasdl import backend, compile_cache
from kerasdl.models.saving import load_model

on_jax = pytest.mark.skipif(backend.choose() != "jax", reason="JAX alone has such a cache")

TRAIN = ["train", "regularization/baseline", "--dataset", "digits", "--limit-train", "160"]
NETWORK = {"filters": (8, 8), "kernel_size": 3, "units": (16,)}  # compiles faster than the recipe's
TRAIN += ["--epochs", "1", "--limit-test", "100", "--set", f"model.arguments={NETWORK}"]


@on_jax
def test_results_have_the_same_bits(python):
    """Without a cache, with an empty one, with a full one, and with a damaged one."""
    folder, found = python.folder / "compiled", {}
    for case in ("off", "empty", "full", "damaged"):
        if case == "damaged":
            for path in folder.rglob("*-cache"):
                os.truncate(path, path.stat().st_size // 2)
        cache = "off" if case == "off" else folder
        words = ["-m", "kerasdl", *TRAIN, "--out", case]
        python(*words, KERASDL_COMPILE_CACHE=cache, KERAS_BACKEND="jax")
        model, _ = load_model(next((python.folder / case).rglob("model.keras")))
        found[case] = model.get_weights()
        if case == "empty":
            kept = set(folder.rglob("*-cache"))
            assert any(path.name.startswith("jit_train_step") for path in kept)
    assert set(folder.rglob("*-cache")) == kept  # later processes found what they needed
    for weights in found.values():
        for one, other in zip(weights, found["off"], strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.skipif(backend.choose() == "jax", reason="JAX has such a cache")
def test_nothing_is_kept_on_other_backends(monkeypatch, tmp_path):
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    assert compile_cache.enable() is None
    assert list(tmp_path.iterdir()) == []


@on_jax
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (compile_cache.VARIABLE, "off"),
        ("JAX_COMPILATION_CACHE_DIR", "elsewhere"),
        ("JAX_ENABLE_COMPILATION_CACHE", "false"),
    ],
)
def test_what_the_user_chose_stays(monkeypatch, tmp_path, variable, value):
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    monkeypatch.setenv(variable, value)
    assert compile_cache.enable() is None
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def settings(monkeypatch):
    """JAX's settings as `enable` makes them, without an effect on this process."""
    import jax

    found = {}
    monkeypatch.setattr(jax.config, "update", found.__setitem__)
    return found


@on_jax
def test_programs_for_another_number_of_threads_are_kept_apart(monkeypatch, tmp_path, settings):
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    folders = []
    for threads in (1, 2):
        monkeypatch.setattr(backend, "threads", lambda threads=threads: threads)
        folders.append(compile_cache.enable())
        assert settings["jax_compilation_cache_dir"] == str(folders[-1])
    assert [folder.parent for folder in folders] == [tmp_path] * 2
    assert [folder.name.partition("-")[2] for folder in folders] == ["1", "2"]


@on_jax
def test_a_folder_that_cannot_be_made_is_done_without(monkeypatch, tmp_path, settings):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path / "file"))
    assert compile_cache.enable() is None
    assert settings == {}


@on_jax
def test_a_folder_that_cannot_be_read_is_done_without(monkeypatch, tmp_path, settings):
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))

    def refuse(folder):
        raise PermissionError(folder)

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    assert compile_cache.enable() is None
    assert settings == {}


@on_jax
def test_it_is_in_the_users_cache_and_its_oldest_files_make_room(monkeypatch, tmp_path, settings):
    monkeypatch.delenv(compile_cache.VARIABLE)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path))
    folder = compile_cache.enable()
    assert folder.parent == tmp_path / "compiled"
    for age in range(5):
        path = folder / f"{age}-cache"
        path.write_bytes(bytes(100))
        os.utime(path, (1_000_000 - age,) * 2)
    monkeypatch.setattr(compile_cache, "MOST_BYTES", 500)
    compile_cache.enable()
    assert len(list(folder.iterdir())) == 5
    monkeypatch.setattr(compile_cache, "MOST_BYTES", 499)
    compile_cache.enable()
    assert {path.name for path in folder.iterdir()} == {"0-cache", "1-cache"}
