"""An attack on the files of the published data sets: damage is refused in a sentence, or named.

A few hundred cases, drawn with fixed seeds. `KERASDL_ATTACK=100 pytest tests/test_damaged_data.py`
draws a hundred times as many.
"""

import bz2
import gzip
import os
import random
from collections import Counter

import pytest
import small_data

from kerasdl.datasets import DataError, load

pytestmark = pytest.mark.no_backend

CASES = 120 * int(os.environ.get("KERASDL_ATTACK", "1"))  # of each data set
FOREIGN = (
    b"",
    b"\0",
    b"<html>Not found</html>\n",
    b"\x89PNG\r\n\x1a\n",
    b"version https://git-lfs",
)


def cut(content, draw):
    return content[: draw.randrange(len(content))]


def flip(content, draw):
    """Other bytes at one to three places, the header as likely as all the rest."""
    content = bytearray(content)
    for _ in range(draw.randint(1, 3)):
        content[draw.randrange(draw.choice((min(32, len(content)), len(content))))] ^= draw.randint(
            1, 255
        )
    return bytes(content)


def insert(content, draw):
    at = draw.randrange(len(content) + 1)
    return content[:at] + draw.randbytes(draw.randint(1, 100)) + content[at:]


def remove(content, draw):
    at = draw.randrange(len(content))
    return content[:at] + content[at + draw.randint(1, 100) :]


def repeat(content, draw):
    at, end = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:end] + content[at:end] + content[end:]


def blank(content, draw):
    at = draw.randrange(len(content))
    end = min(len(content), at + draw.randint(1, 1000))
    return content[:at] + bytes(end - at) + content[end:]


def digit(content, draw):
    """Another decimal digit in place of one, where there is one."""
    places = [at for at, byte in enumerate(content) if byte in b"0123456789"]
    if not places:
        return flip(content, draw)
    at = draw.choice(places)
    return content[:at] + draw.choice([b"%d" % n for n in range(10)]) + content[at + 1 :]


def replace(content, draw):
    return draw.choice((*FOREIGN, draw.randbytes(len(content))))


DAMAGES = (cut, flip, flip, insert, remove, repeat, blank, digit, replace)
PACKINGS = {".gz": (gzip.decompress, gzip.compress), ".bz2": (bz2.decompress, bz2.compress)}


def damaged(path, content, draw):
    """The content of a file with one damage, before or after it was packed."""
    damage = draw.choice(DAMAGES)
    if path.suffix in PACKINGS and draw.random() < 0.5:
        unpack, pack = PACKINGS[path.suffix]
        return f"{damage.__name__} inside", pack(damage(unpack(content), draw))
    return damage.__name__, damage(content, draw)


def contents(data):
    """All arrays of a data set, as bytes."""
    parts = (data.train, data.validation, data.test)
    return [array.tobytes() for part in parts if part is not None for _, array in part.arrays()]


def outcome(name, folder, expected):
    """What becomes of damaged files: refused, named, or the same content."""
    try:
        data = load(name, data_dir=folder, download=False)
    except DataError as error:
        sentence = str(error)
        return "refused" if str(folder) in sentence and sentence.isprintable() else sentence
    if "not as published" in data.source:
        return "named"
    return "the same" if contents(data) == expected else "accepted with other content"


@pytest.fixture
def files(request, tmp_path, monkeypatch):
    """The files of a data set, and what they hold."""
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    paths = small_data.write(request.param, tmp_path / "data", monkeypatch)
    data = load(request.param, data_dir=tmp_path / "data", download=False)
    assert "not as published" not in data.source
    return request.param, paths, contents(data)


EVERY = pytest.mark.parametrize("files", small_data.BUILDERS, indirect=True)


@EVERY
def test_damage_is_refused_or_named(files):
    name, paths, expected = files
    draw, found = random.Random(name), Counter()
    for case in range(CASES):
        path = draw.choice(paths)
        whole = path.read_bytes()
        damage, content = damaged(path, whole, draw)
        path.write_bytes(content)
        result = outcome(name, path.parent.parent, expected)
        path.write_bytes(whole)
        assert result in ("refused", "named", "the same"), (case, damage, path.name, result)
        assert result != "the same" or damage not in ("cut", "replace"), (case, path.name)
        found[result] += 1
    assert found["refused"] > CASES / 4
    assert found["named"] > 0


@EVERY
def test_files_in_each_others_place_are_refused_or_named(files):
    name, paths, expected = files
    for path in paths:
        whole = path.read_bytes()
        for other in paths:
            if other != path:
                path.write_bytes(other.read_bytes())
                assert outcome(name, path.parent.parent, expected) in ("refused", "named")
                kept = other.read_bytes()
                other.write_bytes(whole)
                result = outcome(name, path.parent.parent, expected)
                # The five batches of CIFAR-10 are one training part, in whatever order.
                both_batches = path.name.startswith("data_") and other.name.startswith("data_")
                assert result == ("accepted with other content" if both_batches else result)
                assert both_batches or result in ("refused", "named")
                other.write_bytes(kept)
        path.write_bytes(whole)


@EVERY
def test_what_is_no_file_is_missing(files):
    """A pipe is not waited for."""
    name, paths, expected = files
    for path in paths:
        whole = path.read_bytes()
        path.unlink()
        for make, undo in ((os.mkdir, os.rmdir), (os.mkfifo, os.unlink)):
            make(path)
            assert outcome(name, path.parent, expected) == "refused"
            undo(path)
        path.write_bytes(whole)


# Where the first label of a file stands, and which values are none.
LABELS = {
    "mnist": ("t10k-labels-idx1-ubyte.gz", 8, b"\x0a"),
    "usps": ("usps.bz2", 0, b"0"),
    "cifar10": ("data_batch_3.bin", 0, b"\x0a"),
    "cifar100": ("train.bin", 1, b"\x64"),
}


@pytest.mark.parametrize("files", LABELS, indirect=True)
def test_labels_out_of_range_are_refused(files):
    name, paths, expected = files
    file, at, value = LABELS[name]
    (path,) = (path for path in paths if path.name == file)
    unpack, pack = PACKINGS.get(path.suffix, (bytes, bytes))
    content = unpack(path.read_bytes())
    end = content.index(b" ") if name == "usps" else at + 1
    for wrong in (value, b"nan" if name == "usps" else b"\xff"):
        path.write_bytes(pack(content[:at] + wrong + content[end:]))
        assert outcome(name, path.parent.parent, expected) == "refused"
