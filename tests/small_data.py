"""The published data sets in small, in their publishers' formats, taken for the published ones."""

import bz2
import gzip
import struct

import numpy as np

from kerasdl.datasets import _published, ames_housing, cifar10, cifar100, mnist, usps

KEYS = {"training": "TRAIN", "test": "TEST"}


def write(name, folder, monkeypatch):
    """Write the files of a data set below `folder`, and have them taken for those published.

    Returns:
        The paths of the files.
    """
    rng = np.random.default_rng(0)
    published, files, parts, module = BUILDERS[name](rng, monkeypatch)
    target = folder / published.folder
    target.mkdir(parents=True)
    for file, content in files.items():
        (target / file).write_bytes(content)
    checksums = {part: _published.content_checksum(rows) for part, rows in parts.items()}
    monkeypatch.setattr(module, "CONTENTS", checksums)
    return [target / file for file in files]


def _mnist(rng, monkeypatch):
    files, parts = {}, {}
    for part, prefix, each in (("training", "train", 2), ("test", "t10k", 1)):
        monkeypatch.setattr(mnist, f"{KEYS[part]}_COUNTS", (each,) * 10)
        x = rng.integers(256, size=(10 * each, 28 * 28), dtype="uint8")
        y = rng.permutation(np.arange(10 * each) % 10).astype("uint8")
        shape = struct.pack(">HBB3I", 0, 8, 3, len(x), 28, 28)
        files[f"{prefix}-images-idx3-ubyte.gz"] = gzip.compress(shape + x.tobytes(), 1, mtime=0)
        shape = struct.pack(">HBBI", 0, 8, 1, len(y))
        files[f"{prefix}-labels-idx1-ubyte.gz"] = gzip.compress(shape + y.tobytes(), 1, mtime=0)
        parts[part] = np.hstack([x, y[:, None]])
    return mnist.MNIST, files, parts, mnist


def _usps(rng, monkeypatch):
    files, parts = {}, {}
    for part, file, each in (("training", "usps.bz2", 2), ("test", "usps.t.bz2", 1)):
        monkeypatch.setattr(usps, f"{KEYS[part]}_COUNTS", (each,) * 10)
        values = rng.integers(-1000, 1001, size=(10 * each, 256)) / 1000
        y = rng.permutation(np.arange(10 * each) % 10)
        lines = [
            f"{label + 1} " + " ".join(f"{i}:{value:g}" for i, value in enumerate(row, 1))
            for label, row in zip(y, values, strict=True)
        ]
        files[file] = bz2.compress(("\n".join(lines) + "\n").encode())
        parts[part] = np.hstack([np.rint((values + 1) * 127.5), y[:, None]]).astype("uint8")
    return usps.USPS, files, parts, usps


def _cifar10(rng, monkeypatch):
    monkeypatch.setattr(cifar10, "BATCH", 10)
    names = [f"data_batch_{i}.bin" for i in range(1, 6)]
    labels = [*np.split(rng.permutation(np.arange(50) % 10), 5), rng.permutation(10)]
    records = [_records(rng, each[:, None]) for each in labels]
    files = dict(zip([*names, "test_batch.bin"], (r.tobytes() for r in records), strict=True))
    parts = {"training": np.concatenate(records[:5]), "test": records[5]}
    return cifar10.CIFAR10, files, parts, cifar10


def _cifar100(rng, monkeypatch):
    parts = {}
    for part, count in (("training", 200), ("test", 100)):
        monkeypatch.setattr(cifar100, KEYS[part], count)
        fine = rng.permutation(np.arange(count) % 100)
        parts[part] = _records(rng, np.stack([fine // 5, fine], axis=1))
    files = {"train.bin": parts["training"].tobytes(), "test.bin": parts["test"].tobytes()}
    return cifar100.CIFAR100, files, parts, cifar100


def _records(rng, labels):
    pixels = rng.integers(256, size=(len(labels), 3072), dtype="uint8")
    return np.hstack([labels.astype("uint8"), pixels])


def _ames(rng, monkeypatch):
    monkeypatch.setattr(ames_housing, "ROWS", 60)
    ranges = ames_housing.COLUMNS.values()
    table = np.stack([rng.integers(low, high + 1, size=60) for low, high in ranges], axis=1)
    table[:2, -1] = ames_housing.COLUMNS[ames_housing.TARGET]
    lines = [",".join(ames_housing.COLUMNS), *(",".join(map(str, row)) for row in table)]
    files = {"AmesHousing.csv": ("\n".join(lines) + "\n").encode()}
    return ames_housing.AMES, files, {"houses": table.astype("float64")}, ames_housing


BUILDERS = {
    "mnist": _mnist,
    "usps": _usps,
    "cifar10": _cifar10,
    "cifar100": _cifar100,
    "ames_housing": _ames,
}
