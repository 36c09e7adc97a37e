"""Files that are written whole or not at all."""

import os

import pytest

from kerasdl import files

pytestmark = pytest.mark.no_backend


def test_what_is_synced_was_opened_for_writing(tmp_path, monkeypatch):
    """Windows refuses to sync a descriptor that was opened for reading only."""
    fcntl = pytest.importorskip("fcntl")
    synced, fsync = [], os.fsync

    def watched(descriptor):
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
        synced.append((os.fstat(descriptor).st_ino, mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    path = tmp_path / "result.json"
    with files.written_whole(path) as temporary:
        temporary.write_text("{}")
    assert path.read_text() == "{}"
    assert [mode for inode, mode in synced if inode == path.stat().st_ino] == [os.O_RDWR]
