"""The page of benches, from what `kerasdl bench --json` wrote."""

import json

import pytest
from page_readers import read_markdown
from result_files import TRAINING_BENCH, augmentation_bench

from kerasdl.errors import UsageError
from kerasdl.reports import speed
from kerasdl.reports.templating import render


def page(results):
    return render("benchmarks.md", title=speed.TITLE, speed=speed.gather(results))


def write(folder, name, result):
    (folder / name).write_text(json.dumps(result))


def test_page_from_several_backends(tmp_path):
    for backend in ("jax", "tensorflow"):
        write(tmp_path, f"augmentation-{backend}.json", augmentation_bench(backend))
    write(tmp_path, "training-torch.json", {**TRAINING_BENCH, "backend": "torch"})
    found = speed.read_results(tmp_path)
    text = page(found)
    assert text == page(found[::-1])
    assert text.index("### TensorFlow") < text.index("### JAX") < text.index("## Training")
    assert "|      | kerasdl | Keras | Kornia |    x |" in text
    assert "| ---- | ------: | ----: | -----: | ---: |" in text
    assert "| flip |   1,234 |  100* |  fails | 12.3 |" in text
    assert "n = 3, batches of 256; a processor, 2 cores; keras 3.15.1; 2026-11-21." in text
    assert (
        "| regularization/baseline | PyTorch | 2,346 | a plain Keras script | 2,400 | 0.987 | 7 | "
        "a processor, 2 cores | keras 3.15.1 | 2026-11-21 |"
    ) in text


@pytest.mark.parametrize("missing", ["Augmentation", "Training"])
def test_a_part_that_was_not_measured_has_no_heading(missing):
    result = TRAINING_BENCH if missing == "Augmentation" else augmentation_bench("jax")
    assert f"## {missing}" not in page([result])
    assert page([result]).count("\n## ") == 1


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "no JSON", json.dumps({**TRAINING_BENCH, "backend": "numpy"})],
    ids=["empty", "list", "no JSON", "backend"],
)
def test_what_no_bench_wrote_is_named(tmp_path, text):
    write(tmp_path, "training-jax.json", TRAINING_BENCH)
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(UsageError, match=r"other\.json (should be what|is not JSON)"):
        speed.read_results(tmp_path)


def test_folders(tmp_path):
    assert speed.read_results(tmp_path / "none") == []
    (tmp_path / "none" / "x.json").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"x\.json cannot be read: Is a directory"):
        speed.read_results(tmp_path / "none")


def test_a_column_of_dashes_is_still_a_table():
    """Of KerasCV alone there is no ratio: a column of one sign, whose rule needs more."""
    result = augmentation_bench("jax")
    result["rows"] = [{**result["rows"][0], "library": "keras_cv"}]
    assert read_markdown(page([result])).tables == [[["", "KerasCV", "x"], ["flip", "1,234", "-"]]]
