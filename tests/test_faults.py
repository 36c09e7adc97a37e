"""The system's trouble and the user's mistakes with files: one sentence, an exit code, no loss."""

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from result_files import write_run

from kerasdl import files
from kerasdl.__main__ import guarded, main
from kerasdl.errors import SystemFailure, UsageError, without_memory

REPORTS = Path(__file__).parents[1] / "reports"
CIRCLES = ["exercises/circles_linear", "--epochs", "1", "--limit-train", "64"]
CURVES = {"loss": [1.0], "accuracy": [0.5]}


def sentence(capsys, words, code):
    """What a command says that ends with this exit code."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == code
    error = capsys.readouterr().err.splitlines()
    assert error[-1].startswith(f"kerasdl {words[0]}: error: ")
    assert not any("Traceback" in line for line in error)
    return error[-1]


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (["train", *CIRCLES, "--out", "runs"], "recipe.json"),
        (["sheet", "crop", "--images", "1", "--draws", "1"], "sheet-crop-digits.png"),
        (["lr-range", "exercises/circles_linear", "--steps", "10"], "lr_range.csv"),
        (["collect", "--runs", "finished", "--out", "kept"], "kept/"),
        (["report", "--runs", "finished", "--out", "pages"], "pages/"),
        (["describe", "exercises/circles_linear", "--out", "table.txt"], "table.txt"),
    ],
)
def test_a_full_disk_is_one_sentence(capsys, tmp_path, monkeypatch, words, file):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "finished", "exercises/circles_best", "jax", 0, CURVES)
    monkeypatch.setattr(files.os, "replace", full)
    said = sentence(capsys, words, 1)
    assert file in said
    assert os.strerror(errno.ENOSPC) in said
    monkeypatch.undo()
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def test_a_full_disk_loses_no_copy_of_a_run(tmp_path, monkeypatch):
    kept = write_run(tmp_path / "kept", "exercises/circles_best", "jax", 0, CURVES)
    write_run(tmp_path / "runs", "exercises/circles_best", "jax", 0, CURVES, seconds=1.0)
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    write_bytes = Path.write_bytes
    monkeypatch.setattr(
        Path,
        "write_bytes",
        lambda path, b: full() if "recipe" in path.name else write_bytes(path, b),
    )
    assert main(["collect", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "kept")]) == 1
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a file system here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills_up_in_training(capsys, small_disk):
    """The log of what was finished is kept, and the run goes on once there is room."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(40 * 1024))
    words = ["train", *CIRCLES, "--out", small_disk / "runs"]
    said = sentence(capsys, words, 1)
    assert "model.keras" in said or "No space left" in said
    result = next((small_disk / "runs").rglob("result.json"))
    # Of a disk that is full to the brim, not even the word "failed" finds a place.
    assert json.loads(result.read_text())["status"] in ("begun", "failed")
    assert result.with_name("log.csv").read_text().count("\n") == 2  # what was finished
    assert not list(result.parent.glob(".*"))
    ballast.unlink()
    assert main([*map(str, words), "--resume"]) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_standard_output_on_a_full_disk(capsys, monkeypatch):
    with open("/dev/full", "w") as full_disk:
        monkeypatch.setattr("sys.stdout", full_disk)
        code = guarded(lambda _: print("x" * 100_000) or 0, None, "kerasdl train", is_long=True)
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full_disk.close()
    assert code == 1
    error = capsys.readouterr().err
    assert "Standard output or a file cannot be read or written: No space left" in error


@pytest.mark.parametrize("fails", [PermissionError(errno.EACCES, "Permission denied"),
                                   OSError(errno.EROFS, "Read-only file system")])  # fmt: skip
def test_a_folder_that_only_can_be_read(capsys, tmp_path, monkeypatch, fails):
    def refuse(*_, **__):
        raise fails

    monkeypatch.setattr(files.tempfile, "TemporaryFile", refuse)
    said = sentence(capsys, ["train", *CIRCLES, "--out", tmp_path / "runs"], 1)
    assert fails.strerror in said
    with pytest.raises(SystemFailure, match=fails.strerror):
        files.make_folder(tmp_path / "a")


@pytest.mark.parametrize(
    "words",
    [
        ["train", *CIRCLES, "--out", "{long}"],
        ["train", *CIRCLES, "--out", "{file}"],
        ["lr-range", "exercises/circles_linear", "--out", "{long}"],
        ["lr-range", "exercises/circles_linear", "--out", "{file}/in"],
        ["sheet", "crop", "--out", "{long}.png"],
        ["sheet", "crop", "--out", "{folder}.png"],
        ["describe", "exercises/circles_linear", "--out", "{long}"],
        ["describe", "exercises/circles_linear", "--out", "{folder}.png"],
        ["describe", "{long}"],
        ["describe", "{long}.keras"],
        ["evaluate", "{long}"],
        ["evaluate", "{fifo}"],
        ["evaluate", "{folder}.png"],
        ["predict", "{long}", "a.png"],
        ["predict", "{fifo}", "a.png"],
        ["train", "exercises/circles_linear", "--pretrained", "{fifo}"],
        ["train", "exercises/circles_linear", "--pretrained", "{long}"],
        ["train", "cifar10/default", "--data-dir", "{long}"],
        ["train", "cifar10/default", "--data-dir", "{file}"],
        ["train", "cifar10/default", "--data-dir", "{fifo}"],
        ["train", "cifar10/default", "--data-dir", "~no-such-user/data"],
        ["run", "exercises", "--recipes", "circles_linear", "--out", "{file}"],
        ["run", "exercises", "--recipes", "circles_linear", "--out", "{long}"],
        ["collect", "--runs", "{long}"],
        ["collect", "--runs", "{fifo}"],
        ["collect", "--runs", "{runs}", "--out", "{file}"],
        ["collect", "--runs", "{runs}", "--out", "{long}"],
        ["report", "--runs", "{long}"],
        ["report", "--runs", "{fifo}"],
        ["report", "--runs", "{runs}", "--out", "{file}"],
        ["report", "--runs", "{runs}", "--out", "{long}"],
        ["report", "--runs", "{runs}", "--out", "{pages}", "--bench", "{long}"],
        ["report", "--runs", "{runs}", "--out", "{pages}", "--bench", "{fifos}"],
        ["report", "--runs", "{runs}", "--out", "{pages}", "--parity", "{fifos}"],
        ["bench", "augmentation", "--json", "{long}"],
        ["parity", "exercises/circles_linear", "--json", "{long}"],
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_a_path_that_cannot_be_right_is_a_mistake(capsys, tmp_path, monkeypatch, words):
    """A name that is too long, a pipe that nobody writes to, one kind of thing for another."""
    monkeypatch.chdir(tmp_path)
    places = {name: tmp_path / name for name in ("file", "fifo", "folder", "runs", "fifos")}
    places["file"].write_text("a file")
    os.mkfifo(places["fifo"])
    places["folder"].with_suffix(".png").mkdir()
    places["fifos"].mkdir()
    os.mkfifo(places["fifos"] / "a.json")
    write_run(places["runs"], "exercises/circles_best", "jax", 0, CURVES)
    places |= {"long": "n" * 300, "pages": tmp_path / "pages"}
    sentence(capsys, [word.format(**places) for word in words], 2)


def test_a_home_of_nobody_in_the_environment(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["train", "cifar10/default", "--epochs", "1"]
    for name in ("KERASDL_DATA", "KERASDL_CACHE"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "~no-such-user/data")
            said = sentence(capsys, words, 2)
        assert "~no-such-user" in said
        assert ("KERASDL_DATA should be a folder that exists" in said) == (name == "KERASDL_DATA")


@pytest.mark.parametrize("name", ["result.json", "log.csv", "recipe.json"])
@pytest.mark.parametrize("command", ["report", "collect"])
@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_a_pipe_among_the_files_of_a_run(capsys, tmp_path, monkeypatch, name, command):
    monkeypatch.chdir(tmp_path)
    folder = write_run(tmp_path / "runs", "exercises/circles_best", "jax", 0, CURVES)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    code = main([command, "--runs", "runs", "--out", "out"])
    out, err = capsys.readouterr()
    assert (code, "regular file" in err) in [(2, True), (0, False)]
    assert code == 2 or name == "recipe.json"
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_fifo()], out


def test_memory_that_is_used_up_is_one_sentence(capsys):
    """As Python, PyTorch on a processor and on a GPU, JAX and TensorFlow say it."""
    kinds = {"XlaRuntimeError": RuntimeError, "ResourceExhaustedError": Exception}
    named = {name: type(name, (base,), {}) for name, base in kinds.items()}
    for error in (
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        named["XlaRuntimeError"]("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes"),
        named["ResourceExhaustedError"]("{{function_node}} OOM when allocating tensor"),
    ):
        assert without_memory(error)

        def run(_, error=error):
            raise error

        assert guarded(run, None, "kerasdl train") == 1
        said = capsys.readouterr().err
        assert said.startswith("kerasdl train: error: There is not enough memory")
        assert said.count("\n") == 1
    assert not without_memory(RuntimeError("shapes differ"))


def test_a_defect_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        guarded(lambda _: 1 / 0, None, "kerasdl train")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"seed": NaN}', "NaN is no finite number"),
        (b'{"seed": -Infinity}', "-Infinity is no finite number"),
        (b'{"seed": 1e999}', "1e999 is no finite number"),
        (b'{"seed": ' + b"9" * 400 + b"}", "9999 is no finite number"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "9999 is no finite number"),
        (b'{"seed": ', "is not JSON"),
        (b"\xff\xfe{}", "is not JSON"),
        (b"", "is not JSON"),
        (rb'"\ud800"', "is not JSON: .*surrogates"),
        (b" " * (files.LARGEST_JSON + 1), "at most 16,777,216 bytes"),
    ],
)
def test_foreign_json_is_refused_in_a_sentence(tmp_path, content, expected):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UsageError, match=expected):
        files.read_json(tmp_path / "a.json")


def test_json_is_read_as_it_was_written(tmp_path):
    entries = {"zero": 0, "whole": 10**30, "real": 1.5, "none": None, "nested": [[{"a": "ä"}]]}
    files.write_json(tmp_path / "a.json", {**entries, "nan": float("nan")})
    assert files.read_json(tmp_path / "a.json") == {**entries, "nan": "nan"}
    assert isinstance(files.read_json(tmp_path / "a.json")["zero"], int)


@pytest.mark.parametrize("path", ["a\0b", "", "."])
def test_odd_paths(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        files.read_json(path)
