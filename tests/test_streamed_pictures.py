"""Pictures that stay in their files: the same numbers as in memory, in memory that does not grow."""

import collections
import csv
import gc
import importlib.util
import os
import pathlib
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib

import numpy as np
import pytest
from memory import memory_below
from PIL import Image
from test_datasets_pictures import chunk

from kerasdl import datasets
from kerasdl.datasets import (
    BatchStream,
    DataError,
    PictureOptions,
    StreamedImages,
    _loading,
    epoch_order,
    from_csv,
    from_folder,
    list_csv,
)
from kerasdl.datasets._prefetch import ChunkSource

pytestmark = pytest.mark.no_backend

needs_grain = pytest.mark.skipif(
    importlib.util.find_spec("grain") is None, reason="grain is an optional extra"
)
reads_proc = pytest.mark.skipif(not pathlib.Path("/proc/self/task").is_dir(), reason="reads /proc")
COUNTS = {"blue": 10, "green": 20, "red": 30}


@pytest.fixture
def folder(tmp_path):
    """Noisy JPEG of three classes, of several sizes."""
    rng = np.random.default_rng(0)
    for name, count in COUNTS.items():
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(256, size=(18 + i, 20, 3), dtype="uint8")
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.jpg")
    return tmp_path / "pictures"


def expect_equal(streamed, held):
    """Every part has the same pixels and labels."""
    for part in ("train", "validation", "test"):
        ours, theirs = getattr(streamed, part), getattr(held, part)
        assert ours.is_streamed
        assert ours.x.shape == theirs.x.shape
        np.testing.assert_array_equal(ours.x[:], theirs.x)
        np.testing.assert_array_equal(ours.y, theirs.y)


# The same data


@pytest.mark.parametrize("seed", [0, 3])
def test_the_same_examples_in_the_same_order(folder, seed):
    options = {"image_size": 16, "validation": 0.25, "seed": seed}
    held = from_folder(folder, **options)
    streamed = from_folder(folder, **options, stream=True, workers=0)
    expect_equal(streamed, held)
    assert (streamed.classes, streamed.info) == (held.classes, held.info)
    assert repr(streamed.train) == repr(held.train)
    assert streamed.source == f"{held.source}; streamed"
    for ours, theirs in zip(streamed.statistics(), held.statistics(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_statistics_decode_each_picture_once(folder, monkeypatch):
    streamed = from_folder(folder, image_size=16, stream=True, workers=0)
    decoded = collections.Counter()
    monkeypatch.setattr(
        "kerasdl.datasets._streamed.decode_image",
        lambda path, *_: decoded.update([path]) or np.zeros((16, 16, 3), "uint8"),
    )
    streamed.statistics()
    assert decoded == {path: 1 for path, _ in streamed.train.x.index}


def test_the_same_parts_are_carved_and_limited(folder):
    held, streamed = (
        from_folder(folder, image_size=16, channels=1, stream=stream, workers=0)
        .with_validation(count=9, seed=5)
        .limited(train=20, test=7)
        for stream in (False, True)
    )
    expect_equal(streamed, held)
    assert len(streamed.train) == 20


def test_a_csv_file_is_streamed_too(folder):
    file = folder.parent / "pictures.csv"
    paths = sorted(folder.rglob("*.jpg"))
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("label", "path", "part"))
        for i, path in enumerate(paths):
            rows.writerow(
                (path.parent.name, path.relative_to(folder.parent), "val" if i % 3 else "")
            )
    options = {"image_size": (12, 16), "test": 0.3}
    held = from_csv(file, PictureOptions(**options))
    expect_equal(from_csv(file, PictureOptions(**options, stream=True, workers=0)), held)


def test_positions_are_those_of_an_array(folder):
    held = from_folder(folder, image_size=16).train.x
    images = from_folder(folder, image_size=16, stream=True, workers=0).train.x
    assert isinstance(images, StreamedImages)
    assert (images.ndim, images.size, images.dtype) == (held.ndim, held.size, held.dtype)
    for chosen in (3, -1, slice(2, 9, 3), slice(0, 0), np.array([4, 4, 0]), held[:, 0, 0, 0] > 99):
        np.testing.assert_array_equal(images[chosen], held[chosen])
    np.testing.assert_array_equal(np.asarray(images.part(slice(5))), held[:5])
    with pytest.raises(IndexError):
        images[len(held)]


def test_fingerprints_of_files_and_of_pixels(folder):
    def fingerprint(place=folder, size=16):
        return from_folder(place, image_size=size, stream=True, workers=0).fingerprint()

    held, files = from_folder(folder, image_size=16).fingerprint(), fingerprint()
    streamed = from_folder(folder, image_size=16, stream=True, workers=0)
    assert streamed.fingerprint(pixels=True) == held != files
    assert fingerprint(size=17) != files
    moved = folder.rename(folder.parent / "elsewhere")
    assert fingerprint(moved) == files
    with (moved / "red" / "3.jpg").open("ab") as file:
        file.write(b"\0")  # the same pixels, in another file
    assert fingerprint(moved) != files
    (moved / "red" / "3.jpg").rename(moved / "red" / "33.jpg")
    one = fingerprint(moved)
    assert one not in (files, held)


# Every kind of picture, in memory and streamed alike


def test_kinds_of_pictures(tmp_path):
    """Upright and as they are seen on white; what has more than 8 bits is converted or named."""
    rng = np.random.default_rng(0)
    pixels = np.repeat(np.repeat(rng.integers(256, size=(2, 3, 3), dtype="uint8"), 8, 0), 8, 1)
    picture = Image.fromarray(pixels)
    kinds = tmp_path / "kinds"
    for name in ("a", "b"):
        (kinds / name).mkdir(parents=True)
        picture.save(kinds / name / "0.png")
    turned = Image.Exif()
    turned[0x0112] = 6  # "turn by 90 degrees to the right" (EXIF 2.3, orientation)
    Image.fromarray(np.rot90(pixels)).save(kinds / "a" / "exif.png", exif=turned)
    picture.quantize(16).save(kinds / "a" / "palette.png")
    half = Image.fromarray(np.dstack([pixels, np.full((16, 24), 128, "uint8")]))
    half.save(kinds / "b" / "alpha.png")
    picture.convert("CMYK").save(kinds / "b" / "cmyk.jpg", quality=100, subsampling=0)
    (kinds / "b" / "deep.png").write_bytes(png_of_16_bits(pixels))
    picture.save(kinds / "b" / "modern.webp")

    streamed = from_folder(kinds, image_size=(16, 24), stream=True, workers=0)
    assert "passed over: 1 .webp" in streamed.source
    names = [*map(streamed.train.x.index.name, range(len(streamed.train)))]
    names += [*map(streamed.test.x.index.name, range(len(streamed.test)))]
    images = dict(zip(names, [*streamed.train.x[:], *streamed.test.x[:]], strict=True))
    on_white = pixels * (128 / 255) + 255 * (127 / 255)
    for name, seen, tolerance in (
        ("a/exif.png", pixels, 0),
        ("a/palette.png", pixels, 1),
        ("b/alpha.png", on_white, 1),
        ("b/cmyk.jpg", pixels, 12),  # the four inks and JPEG's blocks round
        ("b/deep.png", pixels, 0),
    ):
        np.testing.assert_allclose(images[name], seen, atol=tolerance, err_msg=name)
    expect = from_folder(kinds, image_size=(16, 24))
    np.testing.assert_array_equal(streamed.train.x[:], expect.train.x)

    Image.fromarray(pixels[..., 0].astype("uint16") * 257).save(kinds / "a" / "grey16.png")
    streamed = from_folder(kinds, image_size=16, stream=True, workers=0, test_fraction=1)
    with pytest.raises(DataError, match=r"grey16.png should have 8 bits a channel; it has mode I"):
        streamed.fingerprint(pixels=True)


def png_of_16_bits(pixels):
    """A PNG in RGB with 16 bits a channel (RFC 2083): the upper eight are those of `pixels`."""
    height, width, _ = pixels.shape
    deep = (pixels.astype("uint16") << 8).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# Decoded ahead of time


@needs_grain
@pytest.mark.parametrize(("batch_size", "workers"), [(16, 2), (7, 1), (48, 3)])
def test_batches_are_those_of_numpys_permutations(folder, batch_size, workers):
    """From epoch to epoch, after a jump into the middle of an epoch, and asked for twice."""
    held = from_folder(folder, image_size=16).train
    images = from_folder(folder, image_size=16, stream=True, workers=workers).train.x
    stream = BatchStream(images, batch_size, seed=3)
    steps = -(-len(held) // batch_size)
    asked = [(epoch, i) for epoch in (0, 1) for i in range(steps)]
    asked += [(5, i) for i in range(steps // 2, steps)] + [(6, i) for i in range(steps)]
    asked += [(6, steps - 1), (0, 0), (0, 0)]
    try:
        for epoch, i in asked:
            order = np.random.default_rng([3, epoch]).permutation(len(held))
            rows = order[i * batch_size : (i + 1) * batch_size]
            batch = stream.batch(epoch, i, rows)
            np.testing.assert_array_equal(batch, held.x[rows], err_msg=str((epoch, i)))
    finally:
        stream.close()


@needs_grain
def test_a_thread_that_waits_for_batches_goes_on_when_they_are_closed(folder):
    """As one of TensorFlow does that reads ahead: it would never end, and hold up what frees it."""
    images = from_folder(folder, image_size=8, stream=True, workers=1).train.x
    stream, received = BatchStream(images, 4, seed=0), []

    def read_ahead():
        for i in range(40):
            epoch, step = divmod(i, len(images) // 4)
            rows = epoch_order(len(images), 0, epoch)[4 * step : 4 * step + 4]
            received.append((rows, stream.batch(epoch, step, rows)))

    thread = threading.Thread(target=read_ahead, daemon=True)
    thread.start()
    while len(received) < 3 and thread.is_alive():  # its processes have begun
        time.sleep(0.001)
    stream.close()
    thread.join(60)
    assert not thread.is_alive()
    assert len(received) == 40
    for rows, batch in received:
        np.testing.assert_array_equal(batch, images[rows])


@needs_grain
def test_what_a_worker_cannot_read_is_named(folder):
    images = from_folder(folder, image_size=16, stream=True, workers=1).train.x
    order = np.random.default_rng([0, 0]).permutation(len(images))
    path = images.index[int(order[20])][0]
    path.write_bytes(path.read_bytes()[:300])
    stream = BatchStream(images, 4, seed=0)
    for i in range(5):
        stream.batch(0, i, order[4 * i : 4 * i + 4])
    with pytest.raises(DataError, match=f"{path.name} cannot be read as a picture"):
        stream.batch(0, 5, order[20:24])
    assert path.name in str(images.failure)
    stream.close()


PROGRAM = """
import sys
from kerasdl.datasets import BatchStream, epoch_order, from_folder

images = from_folder(sys.argv[1], image_size=16, stream=True, workers=2).train.x
stream = BatchStream(images, 4, seed=0)
rows = epoch_order(len(images), 0, 0)
for i in range(3):
    stream.batch(0, i, rows[4 * i : 4 * i + 4])
print("ready", flush=True)
sys.stdin.read()
"""  # a script without `if __name__ == "__main__"`


@needs_grain
@reads_proc
@pytest.mark.parametrize("ending", ["end", signal.SIGKILL])
def test_workers_end_with_the_training(folder, tmp_path, ending):
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    words = [sys.executable, str(script), str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    files = tmp_path / "temporary"  # where the index of the pictures is
    files.mkdir()
    environment = os.environ | {"TMPDIR": str(files)}
    with subprocess.Popen(words, **pipes, env=environment, text=True) as process:
        line = process.stdout.readline()
        assert line == "ready\n", process.stderr.read()
        assert [*files.glob("kerasdl-index-*")]
        workers = children_of(process.pid)
        decoding = [worker for worker in workers if b"spawn_main" in command(worker)]
        assert len(decoding) == 2
        for worker in decoding:  # as a terminal and a scheduler signal the whole group
            os.kill(worker, signal.SIGINT)
            os.kill(worker, signal.SIGTERM)
        time.sleep(0.2)
        assert children_of(process.pid) == workers
        if ending != "end":
            process.send_signal(ending)
        _, errors = process.communicate()
        assert ending != "end" or (process.returncode, errors) == (0, "")
    until = time.monotonic() + 30
    while any(pathlib.Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert not [*files.glob("kerasdl-index-*")]


@needs_grain
@reads_proc
@pytest.mark.parametrize("low_priority", [False, True])
def test_workers_leave_the_cores_to_the_training(folder, low_priority):
    images = from_folder(folder, image_size=8, stream=True, workers=1).train.x
    before = children_of(os.getpid())
    stream = BatchStream(images, 4, seed=0, low_priority=low_priority)
    try:
        for i in range(2):
            stream.batch(0, i, epoch_order(len(images), 0, 0)[4 * i : 4 * i + 4])
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert priority_of_new_worker(before) == (19 if low_priority else own)
    finally:
        stream.close()


@needs_grain
@reads_proc
def test_workers_that_training_waits_for_have_its_priority(folder, monkeypatch):
    """Beside other busy programs they would hardly decode."""
    monkeypatch.setattr("kerasdl.datasets._prefetch.WAITED", 0.0)
    images = from_folder(folder, image_size=8, stream=True, workers=1).train.x
    before = children_of(os.getpid())
    stream = BatchStream(images, 4, seed=0, low_priority=True)
    rows = epoch_order(len(images), 0, 0)
    try:
        for i in range(6):  # asked for at once: all the time is waiting
            batch = stream.batch(0, i, rows[4 * i : 4 * i + 4])
            np.testing.assert_array_equal(batch, images[rows[4 * i : 4 * i + 4]])
        assert priority_of_new_worker(before) == os.getpriority(os.PRIO_PROCESS, 0)
    finally:
        stream.close()


def priority_of_new_worker(before):
    """The niceness of the process that decodes and was no child of this one before."""
    begun = set(children_of(os.getpid())) - set(before)
    (worker,) = (each for each in begun if b"spawn_main" in command(each))
    return os.getpriority(os.PRIO_PROCESS, worker)


def command(pid):
    """The words that a process was started with."""
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()


def children_of(pid):
    """Numbers of the processes that the threads of a process have started."""
    lists = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(number) for each in lists for number in each.read_text().split())


# What cannot be read, and what does not fit


def test_unreadable_pictures_are_left_out_as_in_memory(folder):
    for name in ("1.jpg", "7.jpg", "20.jpg"):
        (folder / "red" / name).write_bytes(b"<html>")
    listing = datasets.list_folder(folder)
    options = {"image_size": 8, "validation": 0.2, "skip_unreadable": True}
    held = datasets.load_pictures(listing, PictureOptions(**options))
    seen = []
    streamed = datasets.load_pictures(
        listing, PictureOptions(**options, stream=True, workers=0, notify=lambda *n: seen.append(n))
    )
    expect_equal(streamed, held)
    assert streamed.source == f"{held.source}; streamed"
    assert sorted(seen) == [(i, 60) for i in range(1, 61)]


def test_pictures_of_other_sizes_are_named_when_they_are_decoded(folder):
    streamed = from_folder(folder, stream=True, workers=0)
    with pytest.raises(
        DataError, match=r"should have one size, or image_size be given; .* has \d+x20"
    ):
        streamed.train.x[:]


def test_arrays_larger_than_the_memory_available_are_not_begun(folder, monkeypatch):
    monkeypatch.setattr(_loading, "available_memory", lambda: 10 << 30)
    with memory_below(10 << 20), pytest.raises(DataError) as error:
        from_folder(folder, image_size=10_000)
    assert str(error.value) == (
        f"The pictures in {folder} would take 16.8 GiB of memory, of which 10.0 GiB are available: "
        "--stream (stream=True in Python) decodes them when they are used, and a smaller image_size "
        "takes less."
    )
    monkeypatch.setattr(_loading, "available_memory", lambda: None)  # not on Linux
    assert from_folder(folder, image_size=8).train.x.nbytes == 48 * 8 * 8 * 3


@pytest.mark.parametrize(("size", "streamed"), [(8, False), (100, True)])
def test_pictures_are_streamed_by_themselves(folder, monkeypatch, size, streamed):
    monkeypatch.setattr(_loading, "available_memory", lambda: 60 * 100 * 100 * 3 * 2 - 1)
    monkeypatch.setattr(_loading.importlib.util, "find_spec", lambda name: object())
    options = PictureOptions(image_size=size, stream=None)
    data = datasets.load_pictures(datasets.list_folder(folder), options)
    assert data.train.is_streamed is streamed


def test_where_grain_is_missing(folder, monkeypatch):
    monkeypatch.setattr(_loading.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"needs grain, which is not installed: pip install grain"):
        from_folder(folder, image_size=8, stream=True)
    assert from_folder(folder, image_size=8, stream=True, workers=0).train.is_streamed


@pytest.mark.parametrize("workers", [-1, 1.5, "two", True, 10_000])
def test_workers_that_are_no_number(folder, workers):
    with pytest.raises(DataError, match="workers should be a number of processes from 0 to 1024"):
        from_folder(folder, stream=True, workers=workers)


# Memory


def test_an_index_is_compact(tmp_path):
    """50,000 rows that name few files, of 2 MB: an index of less than 45 bytes a row beside them."""
    rows = 50_000
    file = tmp_path / "many.csv"
    with file.open("w") as stream:
        stream.write("path,label\n")
        stream.writelines(f"pictures/{i % 7:06d}/{i % 100:06d}.jpg,{i % 5}\n" for i in range(rows))
    list_csv(file)  # what is imported
    with memory_below(rows * 100):
        listing = list_csv(file)
        options = PictureOptions(image_size=8, validation=0.1, stream=True, workers=0)
        data = datasets.load_pictures(listing, options)
    assert len(data.train) + len(data.validation) + len(data.test) == rows
    assert data.train.x.index[0][0].parent.parent == tmp_path / "pictures"


@pytest.mark.parametrize("chosen", [slice(None), slice(3, 11), np.array([5, 2, 2, 9])])
def test_an_index_in_a_file_is_the_same_and_is_shared(folder, chosen):
    index = datasets.list_folder(folder).parts["train"].take(chosen)
    mapped = index.in_file()
    sent = pickle.dumps(mapped)
    assert len(sent) < 500
    for ours in (mapped, mapped.in_file(), pickle.loads(sent), mapped.absolute()):
        assert list(ours) == list(index)
        np.testing.assert_array_equal(ours.labels, index.labels)
        assert [*map(ours.name, range(len(ours)))] == [*map(index.name, range(len(index)))]
        assert ours[-1] == index[-1]
        assert ours.file == mapped.file
        with pytest.raises(IndexError):
            ours[len(ours)]
    part = mapped.take([2, 0])
    assert list(part) == [index[2], index[0]]
    assert part.in_file().file != mapped.file


def test_the_file_of_an_index_goes_with_it(folder):
    index = datasets.list_folder(folder).parts["train"].in_file()
    path, part = pathlib.Path(index.file), index.take([3, 1]).absolute()
    del index
    gc.collect()
    assert path.exists()
    expected = part[0]
    copy = pickle.loads(pickle.dumps(part))
    del part
    gc.collect()
    assert not path.exists()
    assert copy[0] == expected  # what is mapped stays


@needs_grain
def test_what_a_worker_is_sent_does_not_grow_with_the_pictures(folder):
    images = from_folder(folder, image_size=8, stream=True, workers=1).train.x
    sources = [
        ChunkSource(images.part(rows), 4, seed=0)
        for rows in (slice(8), np.tile(np.arange(40), 1000))
    ]
    few, many = map(pickle.dumps, sources)
    assert len(many) - len(few) < 20
    received = pickle.loads(many)
    order = epoch_order(40_000, 0, 2)[8:12]
    np.testing.assert_array_equal(received[20_002], images[order % 40])


def test_a_table_that_is_no_table(tmp_path):
    (tmp_path / "long.csv").write_text("path,label\n" + "a" * (1 << 20) + "b,c\n")
    with pytest.raises(DataError, match="a line has more than 1,048,576 characters"):
        list_csv(tmp_path / "long.csv")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(DataError, match="it is no regular file"):
            list_csv(tmp_path / "pipe.csv")
