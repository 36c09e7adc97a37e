"""`kerasdl collect`: what is copied, what a copy replaces, and what it tells of this machine."""

import json
import shutil
import sys

import keras
import pytest

from kerasdl import files, recipes, studies
from kerasdl.__main__ import main
from kerasdl.recipes import to_dict
from kerasdl.runs.archive import collect, without_paths

pytestmark = pytest.mark.any_backend

NAME = "exercises/circles_linear"


def result_of(folder):
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def record(root, name="jax-seed0", changes=None, **result):
    """Write what a run of `NAME` leaves behind; `changes` are to the settings of its recipe."""
    folder = root / NAME / name
    folder.mkdir(parents=True, exist_ok=True)
    recipe = recipes.override(studies.get(NAME), changes or {})
    files.write_json(folder / "recipe.json", to_dict(recipe))
    (folder / "log.csv").write_text("epoch,loss\n1,2.0\n", encoding="utf-8")
    (folder / "model.keras").write_text("weights", encoding="utf-8")
    files.write_json(
        folder / "result.json", {"recipe": NAME, "backend": "jax", "seed": 0, **result}
    )
    return folder


def test_a_run_with_overrides_is_refreshed(capsys, tmp_path):
    """Train, collect, train again, collect again."""
    train = ["train", NAME, "--epochs", "1", "--out", str(tmp_path / "runs")]
    collection = ["collect", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "kept")]
    for again in ([], ["--overwrite"]):
        assert main([*train, *again]) == 0
        assert main(collection) == 0
        assert capsys.readouterr().out.endswith(f"1 runs in {tmp_path / 'kept'}\n")
        (run,), (copy,) = ((tmp_path / root / NAME).iterdir() for root in ("runs", "kept"))
        assert copy.name == run.name
        assert copy.name.startswith(f"{keras.backend.backend()}-seed0-")
        assert sorted(path.name for path in copy.iterdir()) == [
            *("log.csv", "recipe.json", "result.json")
        ]
        assert result_of(copy) == result_of(run)
        assert (copy / "log.csv").read_bytes() == (run / "log.csv").read_bytes()
        # Mark the copy, so that the second round is seen to replace it.
        files.write_json(copy / "result.json", result_of(copy) | {"seconds": -1.0})


OWN_DATA = {"changes": {}, "data": "sha256:ab", "own_data": True, "network": "recipe"}
OWN_NETWORK = {"changes": {}, "data": "sha256:ab", "own_data": False, "network": "sha256:cd"}


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ({"status": "finished"}, None),
        ({"status": "diverged"}, None),
        ({"status": "failed"}, "it failed, and the run in its place did not"),
        ({"status": "interrupted"}, "it is interrupted"),
        ({"status": "begun"}, "it is begun"),
        ({"status": "finished", "dataset": "mine"}, "data of the user's own; the run"),
        ({"status": "finished", "dataset": "circles", "identity": OWN_DATA}, "data of the user's"),
        ({"status": "finished", "model": "own"}, "a network of the user's own; the run"),
        ({"status": "finished", "identity": OWN_NETWORK}, "a network of the user's own; the run"),
        ({"status": "finished", "changes": {"epochs": 3}}, "the recipe has other settings now"),
        ({"status": "finished", "notice": "on the digits"}, "on the digits; the run in its place"),
    ],
)
def test_what_replaces_a_run_of_the_registered_recipe(tmp_path, run, reason):
    """Only another one, that came to its end."""
    record(tmp_path / "runs", seconds=2.0, **run)
    kept = record(tmp_path / "kept", status="finished", seconds=1.0)
    collected = collect(tmp_path / "runs", tmp_path / "kept")
    place = f"{NAME}/jax-seed0"
    assert collected.copied == (() if reason else (place,))
    assert result_of(kept)["seconds"] == (1.0 if reason else 2.0)
    if reason:
        assert reason in collected.left[place]
    else:
        assert collected.left == {}


@pytest.mark.parametrize(
    "kept",
    [
        {"status": "failed", "error": "no"},
        {"status": "finished", "dataset": "mine"},
        {"status": "finished", "changes": {"epochs": 3}},
    ],
)
def test_a_run_that_decides_replaces_one_that_does_not(tmp_path, kept):
    folder = record(tmp_path / "kept", **kept)
    record(tmp_path / "runs", status="finished", seconds=2.0)
    assert collect(tmp_path / "runs", tmp_path / "kept").left == {}
    assert result_of(folder)["seconds"] == 2.0


def test_a_failure_is_collected_where_nothing_is_and_replaced_by_the_next(tmp_path):
    kept = tmp_path / "kept" / NAME / "jax-seed0"
    for error in ("no file /home/me/data/x.csv or C:\\data\\y", "again"):
        record(tmp_path / "runs", status="failed", error=error)
        collect(tmp_path / "runs", tmp_path / "kept")
        assert result_of(kept)["error"] == error.replace("/home/me/data/", "").replace(
            "C:\\data\\", ""
        )
    assert not (kept / "model.keras").exists()


def test_the_page_of_a_run_comes_along_and_goes_with_it(tmp_path):
    """A page shows one run: it is not left beside the run that takes its place."""
    run, kept = record(tmp_path / "runs", status="finished"), tmp_path / "kept" / NAME / "jax-seed0"
    (run / "page.html").write_text("<title>a page</title>", encoding="utf-8")
    collect(tmp_path / "runs", tmp_path / "kept")
    assert (kept / "page.html").read_bytes() == (run / "page.html").read_bytes()
    (run / "page.html").unlink()
    collect(tmp_path / "runs", tmp_path / "kept")
    assert not (kept / "page.html").exists()


def test_what_was_not_copied_is_said(capsys, tmp_path):
    record(tmp_path / "runs", status="interrupted")
    record(tmp_path / "runs", "torch-seed0", status="finished")
    assert main(["collect", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "kept")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"not copied: {NAME}/jax-seed0 (it is interrupted)",
        f"1 runs in {tmp_path / 'kept'}",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize(
    ("link", "points_to"),
    [
        (f"runs/{NAME}/jax-seed0/log.csv", "secret"),
        (f"runs/{NAME}/jax-seed0/recipe.json", "secret"),
        (f"runs/{NAME}/jax-seed0/steps.csv", "secret"),
        (f"runs/{NAME}/jax-seed0/page.html", "secret"),
        (f"runs/{NAME}/jax-seed0/result.json", "elsewhere/result.json"),
        (f"runs/{NAME}/jax-seed0", "elsewhere"),
        (f"runs/{NAME}", "elsewhere/all"),
        (f"kept/{NAME}/jax-seed0", "elsewhere"),
        (f"kept/{NAME}", "elsewhere"),
    ],
)
def test_links_are_not_followed(capsys, tmp_path, link, points_to):
    record(tmp_path / "runs", status="finished")
    other = record(tmp_path / "other", status="finished")
    (tmp_path / "secret").write_text("of another user")
    other.rename(tmp_path / "elsewhere")
    shutil.copytree(tmp_path / "elsewhere", tmp_path / "all" / "jax-seed0")
    (tmp_path / "all").rename(tmp_path / "elsewhere" / "all")
    path = tmp_path / link
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(tmp_path / points_to)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert main(["collect", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "kept")]) == 0
    assert "is a link" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("out", ["runs", "runs/kept", "."])
def test_runs_are_not_collected_onto_themselves(tmp_path, monkeypatch, capsys, out):
    monkeypatch.chdir(tmp_path)
    folder = record(tmp_path / "runs", status="finished")
    assert main(["collect", "--runs", "runs", "--out", out]) == 2
    assert "should lie apart" in capsys.readouterr().err
    assert (folder / "log.csv").exists()


def test_nothing_to_collect(capsys, tmp_path):
    assert main(["collect", "--runs", str(tmp_path)]) == 2
    assert "no result.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("cifar-10-batches-bin in /home/me/data", "cifar-10-batches-bin"),
        ("MNIST (mnist in /my data/x), colours", "MNIST (mnist), colours"),
        (r"files in C:\data", "files"),
        ("scikit-learn 1.9, bundled digits", "scikit-learn 1.9, bundled digits"),
    ],
)
def test_what_is_collected_names_no_folder(source, expected):
    assert without_paths({"source": source}) == {"source": expected}
