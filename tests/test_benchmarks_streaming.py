"""`kerasdl bench streaming`: what is written, measured and said."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from kerasdl.__main__ import main
from kerasdl.benchmarks import memory, streaming, streaming_contender
from kerasdl.benchmarks.rounds import Outcome
from kerasdl.datasets import list_csv, list_folder
from kerasdl.files import read_json


def test_the_pictures_are_drawn_by_the_seed(tmp_path):
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        streaming.write_pictures(tmp_path / name, 20, seed)
    listing = list_folder(tmp_path / "one")
    assert {part: len(index) for part, index in listing.parts.items()} == {"train": 20, "test": 100}
    assert np.bincount(listing.parts["train"].labels).tolist() == [2] * 10
    path = listing.parts["train"][7][0].relative_to(tmp_path / "one")
    one, same, other = ((tmp_path / n / path).read_bytes() for n in ("one", "same", "other"))
    assert one == same != other
    sizes = set()
    for picture, _ in listing.parts["test"]:
        with Image.open(picture) as image:
            assert image.format == "JPEG"
            sizes.add(image.size)
    assert len(sizes) > 90
    assert min(map(min, sizes)) < 130 < 370 < max(map(max, sizes))


def test_a_table_lists_the_pictures_again_and_again(tmp_path):
    streaming.write_pictures(tmp_path, 20)
    streaming.write_table(tmp_path / "many.csv", tmp_path, 45)
    parts = list_csv(tmp_path / "many.csv").parts
    assert {part: len(index) for part, index in parts.items()} == {"train": 45, "test": 100}
    assert parts["train"][0] == parts["train"][20] == parts["train"][40] != parts["train"][1]
    expected = dict(list_folder(tmp_path).parts["train"])
    assert dict(parts["train"]) == expected


def test_what_is_measured_and_written(monkeypatch, tmp_path, capsys):
    """The memory of a table as long as the pictures, and of a long one; then both sides in turn."""

    def trained(contenders, rounds, notify):
        if rounds == 0:
            (contender,) = contenders
            (_, rows, *batches) = contender.command[-4:]
            assert batches == ["--first-batches", "7"]
            rows = int(rows)
            return [Outcome(contender, done={"tree_memory_mib": 400.0 + rows / 1000})]
        assert rounds == 2
        assert all("--batch-size 32 " in " ".join(each.command) for each in contenders)
        rates = {"streamed": [90.0, 99.0], "in memory": [100.0, 100.0]}
        peaks = {"streamed": 900.0, "in memory": 1800.0}
        return [
            Outcome(
                each,
                epochs=[{"images_per_second": rate} for rate in rates[each.name]],
                done={"tree_memory_mib": peaks[each.name]},
            )
            for each in contenders
        ]

    monkeypatch.setattr(streaming, "train_in_turn", trained)
    file = tmp_path / "streaming.json"
    words = ["bench", "streaming", "--n", "2", "--images", "256", "--json", str(file)]
    assert main(words) == 0
    result = read_json(file)
    assert (result["images_per_second"], result["beside"]["images_per_second"]) == (94.5, 100.0)
    assert (result["ratio"], result["n"], result["images"]) == (0.945, 2, 256)
    assert result["batch_size"] == 32
    assert result["peak_memory"] == {"streamed": 900.0, "in memory": 1800.0}
    assert [each["pictures"] for each in result["listed"]] == [256, 1_000_000]
    assert [each["peak_memory"] for each in result["listed"]] == [400.256, 1400.0]
    printed = capsys.readouterr().out
    assert "peak memory: streamed 900 MiB, in memory 1,800 MiB, " in printed
    assert "the first batches of 1,000,000 streamed 1,400 MiB" in printed


def test_a_contender_that_fails_is_no_measurement(monkeypatch):
    def failed(contenders, rounds, notify):
        return [Outcome(each, failure="it broke") for each in contenders]

    monkeypatch.setattr(streaming, "train_in_turn", failed)
    with pytest.raises(RuntimeError, match="streamed failed: it broke"):
        streaming.measure(n=1, images=256, batch_size=32)


def test_an_epoch_of_large_batches_is_longer(monkeypatch):
    """Six batches are not timed, and one has to be."""
    commands = []

    def trained(contenders, rounds, notify):
        commands.extend(each.command for each in contenders)
        line = {"images_per_second": 1.0}
        return [Outcome(each, epochs=[line], done={"tree_memory_mib": None}) for each in contenders]

    monkeypatch.setattr(streaming, "train_in_turn", trained)
    result = streaming.measure(n=1, images=80, batch_size=8, epoch=16, listed=90)
    assert [words[-1] for words in commands[-2:]] == ["64", "64"]
    assert result["epoch"] == 64


@pytest.mark.parametrize(
    ("words", "fewest"), [(["--images", "255"], 256), (["--batch-size", "4096"], 32_768)]
)
def test_too_few_pictures_are_refused(words, fewest, capsys):
    assert main(["bench", "streaming", *words]) == 2
    assert f"--images should be at least {fewest:,} for batches of" in capsys.readouterr().err


@pytest.mark.skipif(memory.resident() is None, reason="reads /proc")
def test_memory_is_that_of_all_processes():
    words = [sys.executable, "-c", "held = bytearray(b'1') * (60 << 20); print(); input()"]
    before = streaming_contender.tree_memory()
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert streaming_contender.tree_memory() > before + 55
        process.communicate(b"\n")
