"""Run directories: names, claims, and files that are written whole."""

import errno
import json
import re
import subprocess
import sys

import pytest

from kerasdl import files, text
from kerasdl.errors import UsageError
from kerasdl.runs import directory, record

pytestmark = pytest.mark.no_backend


def test_directory():
    found = directory.locate("out", "regularization/baseline", "jax", 3)
    assert found.as_posix() == "out/regularization/baseline/jax-seed3"
    found = directory.locate("out", "regularization/baseline", "jax", 3, "0123abcd")
    assert found.name == "jax-seed3-0123abcd"


def test_a_directory_is_claimed(tmp_path):
    folder = tmp_path / "a" / "b"
    directory.expect_free(folder)
    files.make_folder(folder)
    (folder / directory.LOG).write_text("epoch\n")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"--resume.*--overwrite"):
        directory.expect_free(folder)
    files.make_folder(folder)
    assert (folder / directory.LOG).exists()
    directory.clear(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]  # only our own files go


def test_a_directory_is_for_one_process_at_a_time(tmp_path):
    with directory.occupied(tmp_path):
        another = directory.occupied(tmp_path)
        with pytest.raises(UsageError, match="Another process is training in"):
            another.__enter__()
        assert list(tmp_path.iterdir())  # the one who was refused took nothing away
    assert not list(tmp_path.iterdir())
    with directory.occupied(tmp_path):
        pass


OCCUPY = """
import pathlib, sys
from kerasdl.runs import directory
with directory.occupied(pathlib.Path(sys.argv[1])):
    print("occupied", flush=True)
    sys.stdin.readline()
"""


def test_a_process_that_is_killed_frees_its_directory(tmp_path):
    command = [sys.executable, "-c", OCCUPY, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == "occupied\n"
        with pytest.raises(UsageError, match="Another process is training in"):
            directory.occupied(tmp_path).__enter__()
        process.kill()
    directory.expect_free(tmp_path)  # what it left behind is no run
    with directory.occupied(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_lock_that_was_removed_keeps_nobody_out(tmp_path, monkeypatch):
    """Who opened the file just before its holder removed it has to look for the new one."""
    fcntl = pytest.importorskip("fcntl")
    flock = fcntl.flock

    def removed_meanwhile(file, how):
        monkeypatch.setattr(fcntl, "flock", flock)
        (tmp_path / directory.LOCK).unlink()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    with directory.occupied(tmp_path), pytest.raises(UsageError, match="Another process"):
        directory.occupied(tmp_path).__enter__()
    assert not list(tmp_path.iterdir())


def test_a_file_system_that_refuses_locks_keeps_nobody_out(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def unsupported(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with directory.occupied(tmp_path):
        entered = True
    assert entered
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("target", ["nowhere", "file"])
def test_a_lock_that_is_a_symbolic_link_is_named_and_stays(tmp_path, target):
    (tmp_path / "file").write_text("somebody's")
    folder = tmp_path / "run"
    folder.mkdir()
    lock = folder / directory.LOCK
    lock.symlink_to(tmp_path / target)
    with pytest.raises(UsageError, match=r"\.lock should be a file.* symbolic link: remove it\.$"):
        directory.occupied(folder).__enter__()
    assert lock.is_symlink()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["file"]
    assert (tmp_path / "file").read_text() == "somebody's"


def test_how_long():
    found = [text.clock(seconds) for seconds in (0.4, 59.6, 245, 3845)]
    assert found == ["0:00", "1:00", "4:05", "1:04:05"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"Cannot write to .*file"):
        files.make_folder(tmp_path / "file" / "run")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("old")

    def interrupted():
        with files.written_whole(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with files.written_whole(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_what_a_killed_process_had_begun_to_write_is_deleted(tmp_path):
    names = (".77.result.json", ".77.model.keras", ".77.model.saving.keras", ".tmp.log.csv")
    for name in (*names, ".mine", ".77.notes.txt", "log.csv"):
        (tmp_path / name).write_text("half")
    with directory.occupied(tmp_path):
        assert {path.name for path in tmp_path.iterdir()} == {
            *(".lock", ".mine", ".77.notes.txt", "log.csv")
        }
    assert {path.name for path in tmp_path.iterdir()} == {".mine", ".77.notes.txt", "log.csv"}


def test_json_has_no_nan(tmp_path):
    path = tmp_path / "result.json"
    files.write_json(path, {"loss": float("nan"), "all": [float("-inf"), 1.5], "name": "é"})

    def refuse(constant):
        raise AssertionError(constant)

    found = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert found == {"loss": "nan", "all": ["-inf", 1.5], "name": "é"}
    assert files.read_json(path) == found


def test_reading_says_what_is_wrong(tmp_path):
    with pytest.raises(UsageError, match="There is no"):
        files.read_json(tmp_path / "missing.json")
    (tmp_path / "half.json").write_text('{"a":')
    with pytest.raises(UsageError, match=r"half\.json is not JSON"):
        files.read_json(tmp_path / "half.json")


def test_what_decides_the_numbers_is_written_down():
    found = record.versions("numpy")
    assert {"python", "keras", "kerasdl", "numpy"} == set(found)
    assert re.search(r", (1 core|\d+ cores)", record.hardware())
    assert record.hardware(["NVIDIA H200"]).endswith("NVIDIA H200")
