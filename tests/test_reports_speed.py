"""The page of benches, from what `kerasdl bench --json` wrote."""

import json
from pathlib import Path

import pytest
from page_readers import read_markdown
from result_files import (
    TRAINING_BENCH,
    augmentation_bench,
    engines_bench,
    startup_bench,
    step_bench,
    streaming_bench,
    training_measurement,
)

from kerasdl.errors import UsageError
from kerasdl.reports import augmentation_speed, speed, step_times, training_speed
from kerasdl.reports.templating import render

pytestmark = pytest.mark.no_backend


def page(results):
    values = {"title": speed.TITLE, "before": None, "after": None}
    return render("benchmarks.md", speed=speed.gather(results), **values)


def write(folder, name, result):
    (folder / name).write_text(json.dumps(result))


def test_page_from_several_backends(tmp_path):
    for backend in ("jax", "tensorflow"):
        write(tmp_path, f"augmentation-{backend}.json", augmentation_bench(backend))
    write(tmp_path, "training-torch.json", {**TRAINING_BENCH, "backend": "torch"})
    found = speed.read_results(tmp_path)
    text = page(found)
    assert text == page(found[::-1])
    assert text.index("### TensorFlow") < text.index("### JAX") < text.index("## Two ways to train")
    assert "|      | kerasdl | Keras | Kornia |     x |" in text
    assert "| ---- | ------: | ----: | -----: | ----: |" in text
    assert "| flip |   1,234 |  100* |  fails | 12.35 |" in text
    assert "n = 3, batches of 256; a processor, 2 cores; keras 3.15.1; 2026-11-21." in text
    assert (
        "| regularization/baseline | PyTorch | 2,346 | a plain Keras script | 2,400 | 0.987 | 7 | "
        "a processor, 2 cores | keras 3.15.1 | 2026-11-21 |"
    ) in text


def test_start_up_and_memory():
    """A process that was measured on one backend only is a dash on the other."""
    text = page([startup_bench("torch"), startup_bench("jax", cached=3.444)])
    lines = [" ".join(line.split()) for line in text.splitlines()]
    heading = "| recipe | backend | kerasdl list | first training step, compiled before | n | "
    assert heading + "hardware | versions | date |" in lines
    end = "a processor, 2 cores | keras 3.15.1 | 2026-11-21 |"
    assert f"| regularization/baseline | PyTorch | 0.12 | - | 3 | {end}" in lines
    assert f"| regularization/baseline | JAX | 0.12 | 3.44 | 3 | {end}" in lines
    assert f"| regularization/baseline | JAX | 900, 1,024 | 1,100 | {end}" in lines
    assert text.count("\n## ") == 2
    silent = {**startup_bench("jax"), "memory": {}}  # a system that does not tell
    assert "## Memory" not in page([silent])


def test_where_the_time_of_a_step_goes():
    """A column a part, and the fastest loop by hand of the same setting."""
    parts = {"all": 13.75, "forward": 5.25, "gradients": 7.5, "between steps": 1.0}
    failed = step_bench("torch", {}, failed="ended by signal 9")
    failed["steps"][0]["setting"] |= {"batch_size": 1024}
    results = [
        step_bench("jax", {"all": 100.46, "step": 99.96, "between steps": 0.5}),
        step_bench("torch", parts, operations=9.0),
        failed,
        {"measurements": [training_measurement("torch")]},
    ]
    text = page(results)
    assert text == page(results[::-1])
    (of_torch, of_jax) = (table for table in read_markdown(text).tables if "all" in table[0])
    by_hand = f"fast {1000 * 128 / 1250:.0f}"  # of 1,250 images a second
    assert of_torch == [
        [
            "workload",
            "precision",
            "batch",
            *parts,
            "within: operations",
            "fastest loop by hand",
            "n",
        ],
        ["vit", "float32", "128", "13.8", "5.2", "7.5", "1.0", "9.0", by_hand, "5"],
    ]
    assert of_jax[1] == ["vit", "float32", "128", "100", "100.0", "0.5", "-", "5"]
    assert "### PyTorch: a step" in text
    assert "vit, float32, batches of 1024: failed: ended by signal 9." in text
    assert step_times.step_text(failed["steps"][0]).startswith("vit, float32, batches of 1024: fai")


def test_pictures_in_files_and_engines():
    """They have tables of their own, and are no pairs."""
    text = page([engines_bench("torch"), streaming_bench("jax"), streaming_bench("torch")])
    lines = [" ".join(line.split()) for line in text.splitlines()]
    rates = "20,000 | 96x96 | 32 | 2,346 | 2,400 | 0.987 | 7 | 900, 1,800 | 800 of 20,000; 850 of 1,000,000"
    end = "a processor, 2 cores | keras 3.15.1 | 2026-11-21 |"
    name = "regularization/baseline"
    found = [line for line in lines if line.startswith(f"| {name} |")]
    assert found == [
        *(f"| {name} | {backend} | {rates} | {end}" for backend in ("PyTorch", "JAX")),
        f"| {name} | PyTorch | 6 | 2 | 40.0 | 41.0 | 0.976 | 0.870 | 3 | {end}",
    ]
    assert [line for line in lines if line.startswith("## ")] == [
        "## Pictures in files",
        "## Engines",
    ]


def layer_row(library, rate, layer="Layer", **more):
    row = {"case": "flip", "library": library, "layer": layer, "jit": False}
    return {**row, "images_per_second": rate, "quartiles": [1, 2], **more}


def test_augmentation_in_two_ways():
    """A table each, in the order of the file, with columns for what is in it."""
    rows = [
        layer_row("kerasdl", 100.0, mode="tf.function"),
        layer_row("keras", 50.0, mode="tf.function"),
        layer_row("native", 80.0, mode="tf.function"),
        layer_row("kerasdl", 300.0, mode="XLA", jit=True),
        layer_row("native", 400.0, mode="XLA", jit=True),
    ]
    result = {**augmentation_bench("tensorflow"), "rows": rows}
    text = page([result])
    assert text.index("### TensorFlow in a plain `tf.function`") < text.index("TensorFlow with XLA")
    plain, xla = read_markdown(text).tables
    assert plain == [["", "kerasdl", "Keras", "by hand", "x"], ["flip", "100", "50", "80", "1.25"]]
    assert xla == [["", "kerasdl", "by hand", "x"], ["flip", "300", "400", "0.75"]]
    printed = augmentation_speed.text(result)
    assert printed.index("tf.function") < printed.index("100") < printed.index("with XLA:")


def test_our_layer_without_its_draw_is_shown_and_not_compared_with():
    rows = [
        layer_row("kerasdl", 100.0, mode="eager"),
        layer_row("kerasdl_drawn_before", 900.0, mode="eager"),
        layer_row("kornia", 200.0, mode="eager"),
    ]
    (table,) = read_markdown(page([{**augmentation_bench("torch"), "rows": rows}])).tables
    assert table[0] == ["", "kerasdl", "drawn before", "Kornia", "x"]
    assert table[1] == ["flip", "100", "900", "200", "0.50"]


def test_what_draws_once_for_the_batch_is_shown_and_not_compared_with():
    rows = [
        layer_row("kerasdl", 100.0, mode="eager"),
        layer_row("keras", 500.0, "RandAugment", mode="eager"),
        layer_row("kornia", 40.0, "auto.RandAugment", mode="eager"),
        layer_row("kornia_one_draw", 600.0, "auto.RandAugment", mode="eager"),
        layer_row("torchvision", 25.0, "RandAugment", mode="eager"),
        layer_row("torchvision_one_draw", 700.0, "RandAugment", mode="eager"),
    ]
    (table,) = read_markdown(page([{**augmentation_bench("torch"), "rows": rows}])).tables
    assert table[0][4:] == ["Kornia, one draw", "torchvision", "torchvision, one draw", "x"]
    assert table[1] == ["flip", "100", "500†", "40", "600†", "25", "700†", "2.50"]
    alone = {**augmentation_bench("torch"), "rows": rows[:2]}
    assert read_markdown(page([alone])).tables[0][1] == ["flip", "100", "500†", "-"]


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_committed_measurements_are_readable(backend):
    file = Path(__file__).parents[1] / "reports" / "bench" / f"augmentation-{backend}.json"
    result = json.loads(file.read_text())
    tables = read_markdown(page([result])).tables
    cases = list(dict.fromkeys(row["case"] for row in result["rows"]))
    assert [row[0] for row in tables[0][1:]] == cases
    assert tables[0][0][:2] == ["", "kerasdl"]


@pytest.mark.parametrize(
    ("heading", "result"),
    [
        ("Augmentation", augmentation_bench("jax")),
        ("Training", {"measurements": [training_measurement("jax")]}),
        ("Two ways to train", TRAINING_BENCH),
    ],
)
def test_a_part_that_was_not_measured_has_no_heading(heading, result):
    assert f"\n## {heading}\n" in page([result])
    assert page([result]).count("\n## ") == 1


def test_training_beside_the_others(tmp_path):
    """A table a backend: ours, Keras, the fastest loop by hand, and what is to be said of them."""
    alone = training_measurement("torch")["contenders"][:1]
    alone = [{**alone[0], "peak_memory_mib": [None, None]}]
    measured = [
        training_measurement("torch", precision="bfloat16"),
        training_measurement("torch", contenders=alone, notices=["No loops here."]),
        training_measurement("torch", "resnet18", date="2026-11-20"),
        training_measurement("jax"),
    ]
    write(tmp_path, "training-torch.json", {"measurements": measured})
    found = speed.read_results(tmp_path)
    text = page(found)
    assert text == page([{"measurements": measured[::-1]}])
    torch, jax, *_ = read_markdown(text).tables
    assert torch[0] == [
        *("workload", "precision", "batch", "kerasdl", "Keras fit", "ratio"),
        *("best loop by hand", "ratio", "kerasdl, compiled", "ratio", "memory kept"),
        *("compiled in, s", "first step, s", "peak memory, MiB", "n"),
    ]
    others = ["500 (900 to 1,100)", "2.00", "fast 1,250 (900 to 1,100)", "0.80"]
    # of 1100 / 1000, 1200 / 1250 and 1300 / 1300 the one in the middle
    others += ["1,200 (900 to 1,100)", "1.00", "1.12"]
    seconds, memory = (
        [" / ".join([each] * 4) for each in ("1.2", "9.9")],
        " / ".join(["500 to 502"] * 4),
    )
    ours, none = "1,000 (900 to 1,100)", ["1.2 / - / - / -", "9.9 / - / - / -"]
    assert torch[1:] == [
        ["resnet18", "float32", "128", ours, *others, *seconds, memory, "7"],
        ["vit", "bfloat16", "128", ours, *others, *seconds, memory, "7"],
        ["vit", "float32", "128", ours, *"-------", *none, "- / - / - / -", "7"],
    ]
    assert jax[1][0] == "vit"
    assert text.index("### PyTorch") < text.index("### JAX")
    assert "a processor, 2 cores; keras 3.15.1; 2026-11-21." in text
    assert "vit, bfloat16: broken failed: ImportError: no compiler." in text
    assert "vit, float32: No loops here." in text
    assert " differ: " not in text


def test_sizes_stand_in_a_table_of_their_own():
    """What was measured in one size only is not in it, nor a size of another machine."""
    broken = [training_measurement("jax")["contenders"][-1]]
    measured = [
        training_measurement("torch", batch_size=1024, varied=["batch_size"]),
        training_measurement("torch"),
        training_measurement("torch", batch_size=32, contenders=broken, varied=["batch_size"]),
        training_measurement("torch", image_size=64, depth=8, varied=["image_size", "depth"]),
        training_measurement("torch", precision="bfloat16"),
        training_measurement("torch", "regularization"),
        training_measurement("jax", "resnet18", depth=None, image_size=64, varied=["image_size"]),
        training_measurement("jax", "resnet18", depth=None, image_size=32, hardware="slow"),
    ]
    text = page([{"measurements": measured}])
    assert text == page([{"measurements": measured[::-1]}])
    usual, grown = text.split("\n## How cost grows\n")
    assert [row[:3] for table in read_markdown(usual).tables for row in table[1:]] == [
        ["regularization", "float32", "128"],
        ["vit", "bfloat16", "128"],
        ["vit", "float32", "128"],
        ["resnet18", "float32", "128"],
    ]
    torch, jax, *_ = read_markdown(grown).tables
    assert torch[0] == [
        *("workload", "precision", "image", "blocks", "batch", "kerasdl", "Keras fit", "ratio"),
        *("best loop by hand", "ratio", "peak memory, MiB", "n"),
    ]
    rates = ["1,000 (900 to 1,100)", "500 (900 to 1,100)", "2.00", "fast 1,250 (900 to 1,100)"]
    rest = [*rates, "0.80", " / ".join(["500 to 502"] * 3), "7"]
    assert torch[1:] == [
        ["vit", "float32", "28x28", "2", "32", *"-----", "- / - / -", "7"],
        ["vit", "float32", "28x28", "2", "128", *rest],
        ["vit", "float32", "28x28", "2", "1024", *rest],
        ["vit", "float32", "64x64", "8", "128", *rest],
    ]
    assert [row[:5] for row in jax[1:]] == [["resnet18", "float32", "64x64", "-", "128"]]
    assert "vit, batches of 32, float32: broken failed" in grown


def test_what_falls_short_has_its_reason():
    """A row that is short, but not one that was not looked into, and none that is not short."""
    measured = [training_measurement("torch"), training_measurement("torch", "mlp")]
    text = page([{"measurements": measured}])
    table = read_markdown(text.split("\n## What falls short")[1]).tables[0]
    assert table[0] == ["backend", "row", "where the time goes", "what was tried"]
    assert [row[:2] for row in table[1:]] == [["PyTorch", "vit, float32"]]
    for each in measured[0]["contenders"]:
        each["ratio"] = 1.0
    assert "What falls short" not in page([{"measurements": measured}])


def test_the_loop_that_stands_beside_ours_is_the_strongest():
    """Epoch by epoch; the median of another one may be higher where epochs differ."""
    measured = training_measurement("jax")
    slow = next(each for each in measured["contenders"] if each["name"] == "slow")
    slow |= {"images_per_second": 1300, "ratio": 0.81, "rates": [1300] * 3}
    assert "fast 1,250" in page([{"measurements": [measured]}])
    slow["ratio"] = 0.79
    assert "slow 1,300" in page([{"measurements": [measured]}])


def test_a_contender_of_two_speeds_is_said():
    """Its median is neither: ours stand beside its faster epochs too."""
    measured = training_measurement("tensorflow")
    measured["contenders"][1]["quartiles"] = [350.0, 800.0]
    words = (
        "vit, float32: epochs of Keras fit differ: 350 to 800 images/s; beside its upper quartile"
    )
    assert f"{words} the ratio is 1.25." in page([{"measurements": [measured]}])
    measured["contenders"][0]["quartiles"] = [400.0, 1000.0]
    words = "vit, float32: epochs of kerasdl differ: 400 to 1,000 images/s.\n"
    assert words in page([{"measurements": [measured]}])


def test_machines_are_not_mixed_in_one_table():
    measured = [training_measurement("jax", hardware=name) for name in ("fast", "slow")]
    assert page([{"measurements": measured}]).count("### JAX") == 2


def test_all_contenders_of_one_measurement():
    lines = training_speed.measurement_text(training_measurement("jax")).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:9]]
    assert cells[2] == ["kerasdl", "1,000 (900 to 1,100)", "1.00", "1.2", "9.9", "500 to 502"]
    names = ["Keras fit", "given back", "compiled", "slow", "fast", "broken"]
    assert [row[0] for row in cells[3:]] == names
    assert cells[8][1:] == ["fails"] * 5
    assert lines[-1] == "vit, float32: broken failed: ImportError: no compiler."


def test_words_of_a_measurement_are_shown_as_they_are():
    hostile = "</td> | <b>a</b> [f](g.html) `c`"
    contenders = [{"kind": "native", "name": hostile, "failed": hostile}]
    measured = training_measurement("jax", hostile, contenders=contenders, notices=[hostile])
    read = read_markdown(page([{"measurements": [measured]}]))
    assert read.tables[0][1][0] == hostile
    assert f"{hostile}, float32: {hostile} failed: {hostile}." in read.text
    assert "b" not in read.tags
    assert "g.html" not in read.targets


@pytest.mark.parametrize(
    "text",
    [
        *("{}", "[]", "no JSON", '{"measurements": [1]}', '{"measurements": [{"n": 7}]}'),
        json.dumps({**TRAINING_BENCH, "backend": "numpy"}),
        json.dumps({"measurements": [training_measurement("numpy")]}),
    ],
    ids=["empty", "list", "no JSON", "number", "no setting", "backend", "backend of training"],
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
