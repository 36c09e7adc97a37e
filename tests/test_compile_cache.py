"""What JAX compiles is kept where that helps, and changes no bit of a result."""

import errno
import os
import sys
import types
import zlib

import numpy as np
import pytest

from kerasdl import backend, compile_cache
from kerasdl.models.saving import load_model

pytestmark = pytest.mark.optimized

on_jax = pytest.mark.skipif(backend.choose() != "jax", reason="JAX alone has such a cache")

TRAIN = ["train", "regularization/baseline", "--dataset", "digits", "--limit-train", "160"]
NETWORK = {"filters": (4,), "kernel_size": 3, "units": (8,)}  # compiles faster than the recipe's
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
        settings = {"KERASDL_COMPILE_CACHE": cache, "KERAS_BACKEND": "jax"}
        done = python(*words, **settings, TF_CPP_MIN_LOG_LEVEL="")
        assert "compilation cache" not in done.stderr  # JAX warns of what it cannot read
        assert "AOT" not in done.stderr  # XLA reports what it loads on a processor with AVX-512
        model, _ = load_model(next((python.folder / case).rglob("model.keras")))
        found[case] = model.get_weights()
        sizes = {path: path.stat().st_size for path in folder.rglob("*-cache")}
        # What compiles in about the least time that is kept is there in one process and not in another.
        steps = [path for path in sizes if path.name.startswith("jit_train_step")]
        if case == "empty":
            kept, kept_steps = sizes, steps
            assert steps
        if case in ("full", "damaged"):  # it found what it needed, and wrote anew what was cut off
            assert set(steps) == set(kept_steps)
            assert all(size > 0.9 * kept.get(path, 0) for path, size in sizes.items())
        if case == "full":
            assert sizes.keys() >= kept.keys()
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
def test_entries_that_were_cut_off_are_removed_once(monkeypatch, tmp_path, settings):
    """JAX would warn of them in every process, and never write them anew."""
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    folder = compile_cache.enable()
    whole = {f"{i}-cache": zlib.compress(bytes([i]) * 1000) for i in range(3)}
    for name, content in whole.items():
        (folder / name).write_bytes(content)
    for name, part in {"cut": whole["0-cache"][:-1], "empty": b""}.items():
        (folder / f"{name}-cache").write_bytes(part)
    (folder / "other").write_bytes(b"not an entry")
    compile_cache.enable()
    assert {path.name for path in folder.glob("*-cache")} == set(whole)
    assert (folder / "other").exists()

    # Old ones were seen to be whole: they are not read again.
    for name in whole:
        os.utime(folder / name, (1_000_000_000,) * 2)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda path: b"")
    compile_cache.enable()
    assert {path.name for path in folder.glob("*-cache")} == set(whole)


def test_each_entry_is_unpacked_as_it_was_packed(monkeypatch):
    """With Zstandard where JAX found such a module; what cannot be unpacked here is left."""
    packed = compile_cache.ZSTANDARD + b"1234"
    for name in ("compression.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    assert compile_cache._can_be_unpacked(packed)
    there = types.SimpleNamespace(decompress=bytes.decode)  # a reader of text, for one that fails
    monkeypatch.setitem(sys.modules, "zstandard", there)
    assert not compile_cache._can_be_unpacked(packed + b"\xff")
    assert compile_cache._can_be_unpacked(zlib.compress(b"1234"))


@on_jax
def test_a_folder_that_can_only_be_read_is_read(monkeypatch, tmp_path, settings):
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))

    def refuse(path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    folder = compile_cache.enable()
    assert settings["jax_compilation_cache_dir"] == str(folder)


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
    assert len(list(folder.glob("*-cache"))) == 5
    monkeypatch.setattr(compile_cache, "MOST_BYTES", 499)
    compile_cache.enable()
    assert {path.name for path in folder.glob("*-cache")} == {"0-cache", "1-cache"}
