"""Result and recipe files that somebody else wrote, or nobody: refused or read, never a traceback.

The cases are drawn from a fixed seed: committed files with one thing changed. `KERASDL_ATTACK=10`
makes the run ten times as long.
"""

import copy
import dataclasses
import json
import os
import random
import shutil
from pathlib import Path

import pytest

from kerasdl import files, studies, sweep
from kerasdl.errors import UsageError
from kerasdl.reports import content
from kerasdl.runs import directory, finished
from kerasdl.runs.archive import collect
from kerasdl.runs.identity import changes_since, identify, recorded_recipe

pytestmark = pytest.mark.no_backend

COMMITTED = Path(__file__).parents[1] / "reports" / "runs"
CASES = 600 * int(os.environ.get("KERASDL_ATTACK", "1"))
SOURCES = sorted(
    path.parent
    for path in COMMITTED.glob("*/*/*/result.json")
    if path.parent.parent.parent.name == "exercises"
)

ODD = (
    *(None, True, False, 0, 1, -1, 2**31, 2**64, 10**30, 10**200, -(10**300), 0.5, -0.0, 1e-320),
    *(
        1e38,
        1e308,
        -1e308,
        "",
        "x",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "0",
        "\x00",
        "\ud800",
        "ä" * 999,
    ),
    *("../../../etc/passwd", "<script>", "{{ 1 }}", "%s%n", "[]", "null", "\n\n# a", "finished"),
    *([], {}, [[]], [{}], {"": ""}, [None], [1, "a"], {"a": {"b": {"c": []}}}, [[[[[[1]]]]]]),
    *(
        "failed",
        "diverged",
        "begun",
        "jax",
        ["jax"],
        {"test": {}},
        {"test": []},
        {"test": {"a": 1}},
    ),
    *({"test": {"accuracy": 1e308}}, {"loss": "inf"}, {"changes": {}}, {"changes": None}),
)
TEXTS = (b"", b"{", b"[]", b"null", b"NaN", b"1", b'"a"', b"\xff\xfe", b"\x00" * 9, b"[" * 99999)
NUMBERS = (b"NaN", b"Infinity", b"-1e999", b"1e308", b"9" * 5000, b"1.5", b"-7", b"true", b'"1"')


def places(value, prefix=()):
    """The path of every entry of nested dictionaries and lists."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in entries:
        yield (*prefix, key)
        if isinstance(entry, (dict, list)):
            yield from places(entry, (*prefix, key))


def changed(value, draw):
    """A copy with one to three entries replaced, removed, renamed, nested or added."""
    value = copy.deepcopy(value)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        found = list(places(value))
        if not found:
            return value
        *path, key = draw.choice(found)
        inside = value
        for step in path:
            inside = inside[step]
        match draw.choice(("replace", "replace", "replace", "remove", "rename", "nest", "add")):
            case "replace":
                inside[key] = copy.deepcopy(draw.choice(ODD))
            case "remove":
                del inside[key]
            case "rename" if isinstance(inside, dict):
                inside[str(draw.choice(ODD))] = inside.pop(key)
            case "nest":
                for _ in range(draw.choice((1, 2, 40, 300))):
                    inside[key] = draw.choice(([inside[key]], {"a": inside[key]}))
            case _ if isinstance(inside, dict):
                inside[str(draw.choice(ODD))] = copy.deepcopy(draw.choice(ODD))
    return value


def damaged(content, draw):
    """The bytes of a JSON file with something changed in them, or in what they say."""
    kind = draw.random()
    if kind < 0.7:
        value = changed(json.loads(content), draw)
        try:
            return json.dumps(value, allow_nan=False).encode("utf-8", "surrogatepass")
        except RecursionError:
            return b'{"a":' * 99999
    if kind < 0.8:
        return content[: draw.randrange(len(content))]
    if kind < 0.88:
        at = draw.randrange(len(content))
        return content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
    if kind < 0.95:
        digits = [at for at, byte in enumerate(content) if byte in b"0123456789"]
        at = draw.choice(digits)
        return content[:at] + draw.choice(NUMBERS) + content[at + 1 :]
    return draw.choice(TEXTS)


def read_in_every_way(root, folder, place, target):
    """What `report`, `collect`, `train --resume` and `run` read of a run; which of them refused."""
    registered = studies.get("/".join(place.parts[:2]))
    backend, seed = place.parts[2].split("-seed")
    job = sweep.Job(registered.name, backend, int(seed))
    identity = identify(registered, Data, own_data=False)
    # The page without the recipes that have no run here: their settings are the same each time.
    study = dataclasses.replace(studies.STUDIES["exercises"], recipes=(registered,))
    refused = []
    for read in (
        lambda: content.gather(study, finished.read(root)),
        lambda: finished.read_changed(root, registered),
        lambda: collect(root, target),
        lambda: collect(root, target),  # onto a copy that is damaged too
        lambda: changes_since(folder, registered, identity),
        lambda: recorded_recipe(folder),
        lambda: sweep.is_done(job, root),
    ):
        try:
            read()
        except UsageError as error:
            refused.append(str(error))
    assert all(len(sentence) < 2000 for sentence in refused)
    return refused


class Data:
    """Stands for a data set whose fingerprint is known."""

    @staticmethod
    def fingerprint():
        return "sha256:" + "0" * 64


def test_changed_files_are_read_or_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "fsync", lambda descriptor: None)  # which takes half of the time
    draw, refused = random.Random(12), 0
    root, target = tmp_path / "runs", tmp_path / "kept"
    for number in range(CASES):
        sources = [draw.choice(SOURCES)]
        sources += [draw.choice(SOURCES)] * draw.choice((0, 0, 1))
        for source in dict.fromkeys(sources):
            shutil.copytree(source, root / source.relative_to(COMMITTED))
        place = sources[0].relative_to(COMMITTED)
        name = draw.choice(("result.json", "result.json", "recipe.json"))
        path = root / place / name
        path.write_bytes(damaged(path.read_bytes(), draw))
        try:
            refused += bool(read_in_every_way(root, path.parent, place, target))
        except Exception as error:
            kept = path.read_bytes()[:2000]
            raise AssertionError(f"case {number}, {name} of {place}: {kept}") from error
        for folder in (root, target):
            shutil.rmtree(folder, ignore_errors=True)
    assert CASES / 4 < refused < CASES  # neither all nor nothing is let through


@pytest.mark.parametrize("name", ["result.json", "recipe.json"])
def test_what_was_not_changed_is_read(tmp_path, name):
    """The generator's cases begin from files that are good."""
    source = SOURCES[0]
    place = source.relative_to(COMMITTED)
    shutil.copytree(source, tmp_path / "runs" / place)
    files.write_json(
        tmp_path / "runs" / place / name, files.read_json(tmp_path / "runs" / place / name)
    )
    assert directory.read_result(tmp_path / "runs" / place)["status"] in directory.ENDED
    found = finished.read(tmp_path / "runs")
    assert found.finished or found.left_out
