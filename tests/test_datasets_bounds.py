"""Files made to take memory or time without end are refused before they take it."""

import bz2
import gzip
import pathlib

import pytest
from memory import memory_below

from kerasdl.datasets import DataError, ames_housing, load, mnist, usps

pytestmark = pytest.mark.no_backend

MB = 2**20


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """The only place where data are looked for."""
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def write(folder, **files):
    """Files of the given contents; a `__` in a name stands for its last dot."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)


def unfolding(line, size):
    """A bz2 file that unfolds to `size` bytes of a repeated line."""
    packer, block = bz2.BZ2Compressor(), line * (MB // len(line))
    return b"".join(packer.compress(block) for _ in range(size // MB)) + packer.flush()


# Each is far below 16 MiB, which is all that is read of a text: what it would become is not.
@pytest.mark.parametrize(
    "line",
    [b"1 1:1\n", b"\n", b"1 \n", b":\n", b"1 1:1\r", b"1 1:1 " * 1000 + b"\n", b"1 "],
    ids=["short rows", "empty rows", "labels", "colons", "returns", "long rows", "one row"],
)
def test_text_of_too_many_rows_is_refused(data, line):
    """The images of 524,000 rows of one pixel would take 1 GB, thrice."""
    bomb = unfolding(line, 3 * MB)
    assert len(bomb) < MB / 10
    write(data / "usps", usps__bz2=bomb, usps__t__bz2=bomb)
    with memory_below(100 * MB), pytest.raises(DataError, match=r"usps.bz2 should (hold|be) "):
        load("usps", data_dir=data)


def test_rows_beyond_the_published_number_are_refused(data):
    bomb = bz2.compress(b"1 1:1\n" * 7292)
    write(data / "usps", usps__bz2=bomb, usps__t__bz2=bomb)
    message = "at most 7,291 lines of at most 256 pixels each; it holds more"
    with pytest.raises(DataError, match=message):
        load("usps", data_dir=data)


COLUMNS = ",".join(ames_housing.COLUMNS).encode()
HOUSE = b"5,2000,,1000,200000\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x" * 64 * MB, "at most 2,097,152 bytes; it holds more"),
        (COLUMNS + b"\n" + HOUSE * 2**22, "at most 2,097,152 bytes; it holds more"),
        (b"x" * MB, "cannot be read: field larger than field limit"),
        (COLUMNS + b'\n"' + HOUSE * 50_000, "cannot be read: field larger than field limit"),
        (COLUMNS + b"\n" + HOUSE * 100_000, "2,930 houses, .* received more, 200,000 to 200,000"),
        (COLUMNS + b"\n" * MB, "2,930 houses; received none"),
    ],
    ids=["one line", "large", "one field", "quoted", "rows", "blank"],
)
def test_table_of_houses_without_end_is_refused(data, content, message):
    write(data / "ames_housing", AmesHousing__csv=content)
    with memory_below(100 * MB), pytest.raises(DataError, match=message):
        load("ames_housing", data_dir=data)


def test_table_of_houses_is_not_read_column_times_row(data):
    """150,000 columns and 50,000 rows: a dictionary of all columns a row would take hours."""
    header = COLUMNS + b"," + b",".join(b"%d" % i for i in range(150_000))
    write(data / "ames_housing", AmesHousing__csv=header + b"\n" + HOUSE * 50_000)
    with memory_below(100 * MB), pytest.raises(DataError, match="received more"):
        load("ames_housing", data_dir=data)


def sparse(path, size):
    """A file of `size` zeros that takes no room on a disk."""
    with path.open("wb") as file:
        file.truncate(size)


@pytest.mark.parametrize("name", ["usps/usps.bz2", "ames_housing/AmesHousing.csv"])
def test_file_larger_than_any_published_one_is_not_read(data, name, monkeypatch):
    write(data / name.partition("/")[0], usps__t__bz2=b"")
    sparse(data / name, 2**40)
    monkeypatch.setattr(usps, "LONGEST_TEXT", 2**40 - 1)  # read to the limit it would take a TiB
    monkeypatch.setattr(ames_housing, "LARGEST_FILE", 2**40 - 1)
    with memory_below(MB), pytest.raises(DataError, match="bytes; it holds more: another file"):
        load(name.partition("/")[0], data_dir=data)


def test_images_padded_with_what_unfolds_to_nothing_are_refused(data):
    """Empty gzip members, of which a reader takes one after the other."""
    write(data / "mnist", **{f"{name}__gz": b"" for name in mnist.CHECKSUMS})
    path = data / "mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(b""))
    sparse(path, mnist.LARGEST_FILE + 1)
    with memory_below(MB), pytest.raises(DataError, match="at most 67,108,864 bytes; it has more"):
        load("mnist", data_dir=data)


@pytest.mark.data
def test_published_files_are_within_the_bounds(data_dir):
    sizes = {path.name: path.stat().st_size for path in pathlib.Path(data_dir).rglob("*")}
    assert sizes["AmesHousing.csv"] < ames_housing.LARGEST_FILE / 2
    assert sizes["train-images-idx3-ubyte.gz"] < mnist.LARGEST_FILE / 2
