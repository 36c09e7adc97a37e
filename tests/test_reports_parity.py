"""The page of parity, from files as `kerasdl parity --json` writes them and from runs over seeds."""

import itertools
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from page_readers import Page, read_markdown
from result_files import parity_result, write_run
from scipy import stats

from kerasdl import recipes, studies
from kerasdl.__main__ import main
from kerasdl.backend import BACKENDS
from kerasdl.errors import UsageError
from kerasdl.reports import agreement
from kerasdl.reports.backend_distances import BackendDistances
from kerasdl.reports.pair_verdicts import departures_of_whole_quantities
from kerasdl.studies import parity

pytestmark = pytest.mark.no_backend

PLAN = {planned.file: planned for planned in parity.PLAN}
TRAINING_ON = [planned for planned in parity.PLAN if not planned.lockstep]
WITHIN, DEPARTS, DOUBLE = (
    "regularization-baseline.json",
    "dropout-model2.json",
    "mlp_vs_cnn-mlp-float64.json",
)
ADAM = "mlp_vs_cnn-mlp-float64-adam.json"
DEPARTURE = {
    "step": 3,
    "quantity": "statistics",
    "name": "conv2_bn/moving_mean",
    "distance": 2.34e-3,
    "allowed": 1.2e-5,
}


def write(folder, file, result):
    folder.mkdir(exist_ok=True)
    (folder / file).write_text(json.dumps(result))


def with_distance(result, pair, quantity, step, distance):
    """`result` where one pair of backends is further apart, in one quantity at one step."""
    curve = list(result["pairs"][pair][quantity])
    curve[step - 1] = distance
    changed = {**result["pairs"][pair], quantity: curve}
    return {**result, "pairs": {**result["pairs"], pair: changed}}


def write_seeds(root, accuracies):
    """Runs of three epochs: `accuracies` is backend -> seed -> test accuracy."""
    for backend, seeds in accuracies.items():
        for seed, accuracy in seeds.items():
            write_run(
                root,
                "cifar10/batchnorm",
                backend,
                seed,
                {"loss": [3, 2, 1]},
                changes={"epochs": 3},
                metrics={"test": {"accuracy": float(np.float32(accuracy)), "loss": 1.0}},
            )


def write_precision(root, precision, accuracies):
    """Runs of the recipe's ten epochs on PyTorch: `accuracies` is seed -> test accuracy."""
    for seed, accuracy in accuracies.items():
        write_run(
            root,
            "cifar10/batchnorm",
            "torch",
            seed,
            {"loss": range(10, 0, -1)},
            changes={} if precision == "float32" else {"precision": precision},
            metrics={"test": {"accuracy": float(np.float32(accuracy)), "loss": 1.0}},
        )


def draw_accuracies(seeds, effect=0.0):
    rng = np.random.default_rng(seeds)
    drawn = (rng.normal(0.72, 0.02, (seeds, 1)) + rng.normal(0, 0.003, (seeds, 3))).round(4)
    drawn[:, 2] += effect
    columns = zip(BACKENDS, drawn.T.tolist(), strict=True)
    return {name: dict(enumerate(column)) for name, column in columns}


def pages(tmp_path):
    """Text of the page in both forms."""
    for folder in ("runs", "parity"):
        (tmp_path / folder).mkdir(exist_ok=True)
    words = ["--runs", tmp_path / "runs", "--out", tmp_path, "--parity", tmp_path / "parity"]
    assert main(["report", *map(str, words)]) == 0
    return [(tmp_path / f"parity.{form}").read_text() for form in ("md", "html")]


def row_of(table, recipe, precision):
    """A row of the table of comparisons, by its headings."""
    head, *rows = table
    found = (dict(zip(head, row, strict=True)) for row in rows)
    return next(r for r in found if (r["recipe"], r["precision"]) == (recipe, precision))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three of the comparisons: one within, one that departs, one in float64; and five seeds."""
    out = tmp_path_factory.mktemp("parity")
    within = parity_result(PLAN[WITHIN])
    for pair, distance in {"tensorflow-jax": 3e-6, "torch-jax": 4.5e-6}.items():
        within = with_distance(within, pair, "gradients", 1, distance)
    within = with_distance(within, "torch-jax", "gradients", 2, 1e-3)  # of no first step
    far = {**within["yardstick"][3], "gradients": [3.3e-6, *[1e-3] * 49]}
    within["yardstick"] = [*within["yardstick"][:4], far]
    write(out / "parity", WITHIN, within)
    departures = {
        "tensorflow-torch": [],
        "tensorflow-jax": [{**DEPARTURE, "step": step} for step in (3, 7, 50)],
        "torch-jax": [{**DEPARTURE, "quantity": "weights", "name": "conv1/bias"}],
    }
    write(out / "parity", DEPARTS, parity_result(PLAN[DEPARTS], departures=departures))
    double = with_distance(parity_result(PLAN[DOUBLE]), "tensorflow-torch", "loss", 20, 6.7e-15)
    write(out / "parity", DOUBLE, double)
    write_seeds(out / "runs", draw_accuracies(5))
    return out, *pages(out)


def test_a_table_of_what_was_planned(made):
    _, markdown, html = made
    tables = read_markdown(markdown).tables
    assert tables == Page(html).tables
    assert len(tables[0]) + len(tables[1]) == 2 + len(parity.PLAN)
    assert row_of(tables[0], "regularization/baseline", "float32") == {
        "recipe": "regularization/baseline",
        "builder": "CNN",
        "precision": "float32",
        "optimizer": "sgd 0.1",
        "steps": "50",
        "gradients, step 1": "4.5e-06",
        "one rounding": "3.3e-06",
        "losses, first 20": "",
        "verdict": "within",
        "departures": "",
    }
    row = row_of(tables[0], "dropout/model2", "float32")
    assert row["optimizer"] == "sgd 0.001, momentum 0.9"
    assert row["verdict"] == "departs"
    assert row["departures"] == (
        "TensorFlow and JAX: 3 of 50 steps, first 3, statistics of conv2_bn/moving_mean, 2.34e-03 "
        "where 1.20e-05 is allowed; PyTorch and JAX: 1 of 50 steps, first 3, weights of conv1/bias, "
        "2.34e-03 where 1.20e-05 is allowed"
    )
    row = row_of(tables[0], "mlp_vs_cnn/mlp", "float64")
    assert row["losses, first 20"] == "6.7e-15"
    assert row["optimizer"] == "sgd 0.01"


def test_what_starts_from_the_same_state_has_a_table_of_its_own(tmp_path):
    """Medians over all pairs and steps beside those of all perturbed runs and steps."""
    planned = PLAN["regularization-baseline-lockstep.json"]
    result = parity_result(planned)
    for step, distance in enumerate((2e-7, 3e-7, 4e-7), start=1):
        for pair in result["pairs"]:
            result = with_distance(result, pair, "gradients", step, distance)
    far = {**result["yardstick"][0], "gradients": [*[1e-7] * 19, 2e-4]}
    result["yardstick"] = [*result["yardstick"][:4], far]
    result["departures"] = {**result["departures"], "tensorflow-jax": [DEPARTURE]}
    write(tmp_path / "parity", planned.file, result)
    markdown, html = pages(tmp_path)
    head, *rows = read_markdown(markdown).tables[1]
    assert [head, *rows] == Page(html).tables[1]
    row = next(dict(zip(head, row, strict=True)) for row in rows if row[0] == planned.recipe.name)
    assert row["steps"] == "20"
    assert row["gradients, median: backends / one rounding"] == "1.0e-07 / 1.0e-07"
    assert row["gradients, largest: backends / one rounding"] == "4.0e-07 / 2.0e-04"
    assert row["verdict"] == "departs"
    assert [row[-2] for row in rows].count("not run") == len(rows) - 1
    assert "so that nothing accumulates, that is 0 of 1." in markdown
    assert "### regularization/baseline, float32, in lockstep" in markdown
    curves = {part["name"]: part for part in Page(html).charts[2]["parts"]}
    assert curves["allowed"]["values"] == [pytest.approx(2e-3)] * 20


def test_what_was_not_run_is_a_row(made):
    table = read_markdown(made[1]).tables[0]
    assert [row[-2] for row in table].count("not run") == len(TRAINING_ON) - 3
    row = row_of(table, "mlp_vs_cnn/resnet18_scratch", "float32")
    assert list(row.values()) == [
        *("mlp_vs_cnn/resnet18_scratch", "ResNet18", "float32", "adam 0.0001, epsilon 1e-08"),
        *("50", "", "", "", "not run", ""),
    ]


def test_the_summary_counts(made):
    for page in made[1:]:
        text = Page(page).text
        planned = len(parity.PLAN)
        assert f"3 of {planned} planned comparisons were made; in 2 of them every pair of" in text
        assert (
            "first step, in float32 or float64, between any two backends is 4.5e-06, where one "
            "rounding makes 3.3e-06 (regularization/baseline, float32)" in text
        )
        assert (
            "in float64 between any two backends is 6.7e-15, where one rounding makes 1.0e-16 "
            "(mlp_vs_cnn/mlp, float64)" in text
        )
        assert "with Adam, over all steps" not in text  # none was made


def test_a_perturbed_run_that_is_not_finite_allows_nothing():
    """As `kerasdl.parity.distances.Envelope` has it for arrays: infinity is no rounding."""
    result = parity_result(PLAN[DEPARTS])
    far = {**result["yardstick"][0], "gradients": ["inf"] * 50}
    result["yardstick"] = [*result["yardstick"][:4], far]
    result = with_distance(result, "tensorflow-jax", "gradients", 7, 1.1e-5)
    (found,) = departures_of_whole_quantities(result, "tensorflow-jax")
    assert (found["step"], found["quantity"]) == (7, "gradients")
    assert found["allowed"] == 1e-5


def test_whole_quantities_are_counted_beside_arrays(tmp_path):
    """Ten times the farthest perturbed run of the step, in lockstep of any step, or 1e-5."""
    name = "regularization-baseline-lockstep.json"
    within = parity_result(PLAN[WITHIN], departures={"tensorflow-jax": [DEPARTURE]})
    far = {**within["yardstick"][0], "weights": [1e-7] * 4 + [3e-6] + [1e-7] * 45}
    within["yardstick"] = [*within["yardstick"][:4], far]
    within = with_distance(within, "torch-jax", "weights", 5, 2.9e-5)  # of 3.0e-5
    within = with_distance(within, "torch-jax", "weights", 6, 0.9e-5)  # of 1.0e-5
    departing = parity_result(PLAN[DEPARTS])
    for step in (7, 9):
        departing = with_distance(departing, "tensorflow-jax", "gradients", step, 1.1e-5)
    lockstep = parity_result(PLAN[name])
    far = {**lockstep["yardstick"][0], "weights": [1e-7] * 19 + [3e-6]}
    lockstep["yardstick"] = [*lockstep["yardstick"][:4], far]
    lockstep = with_distance(lockstep, "torch-jax", "weights", 2, 2.9e-5)
    lockstep = with_distance(lockstep, "torch-jax", "weights", 3, 3.1e-5)
    for file, result in ((WITHIN, within), (DEPARTS, departing), (name, lockstep)):
        write(tmp_path / "parity", file, result)
    write(tmp_path / "parity", DOUBLE, parity_result(PLAN[DOUBLE]))  # in float64: not counted
    for page in pages(tmp_path):
        assert (
            "in 1 of 2 comparisons in float32 that train on (dropout/model2 departs at steps 7, 9) "
            "and in 0 of 1 comparisons in float32 in lockstep (regularization/baseline departs at "
            "step 3)." in Page(page).text
        )


def test_adam_in_float64_has_a_sentence_and_a_heading(tmp_path):
    """Its largest distance of the weights, of all steps and pairs, beside that of one rounding."""
    result = with_distance(parity_result(PLAN[ADAM]), "torch-jax", "weights", 19, 2.5e-14)
    far = {**result["yardstick"][0], "weights": [1e-16] * 9 + [3.5e-14] + [1e-16] * 10}
    result["yardstick"] = [*result["yardstick"][:4], far]
    write(tmp_path / "parity", ADAM, result)
    write(tmp_path / "parity", DOUBLE, parity_result(PLAN[DOUBLE]))
    for page in pages(tmp_path):
        assert (
            "weights in float64 with Adam, over all steps, between any two backends is 2.5e-14, where "
            "one rounding makes 3.5e-14 (mlp_vs_cnn/mlp, float64)" in Page(page).text
        )
    markdown = (tmp_path / "parity.md").read_text()
    assert "### mlp_vs_cnn/mlp, float64, adam" in markdown
    assert "### mlp_vs_cnn/mlp, float64, sgd" in markdown


def test_each_comparison_has_its_conditions_and_its_figure(made):
    out, markdown, html = made
    assert markdown.count("\n### ") == html.count("<h3>") == 3
    conditions = (
        "20 steps of 256 examples of cifar100; seed 0; TensorFlow, PyTorch, JAX; changed from the "
        "recipe: model.arguments.units \\[1024, 1024\\], optimizer.name sgd, "
        "optimizer.learning_rate 0.01, no optimizer.arguments.epsilon; a processor, 2 cores; "
        "keras 3.15.1; 2026-11-21."
    )
    assert conditions in markdown
    assert "with 1,024 units a layer for 4,096" in markdown
    name = "parity-mlp_vs_cnn-mlp-float64.svg"
    assert f"](figures/{name})" in markdown
    text = (out / "figures" / name).read_text()
    assert ElementTree.fromstring(text).tag.endswith("svg")
    words = ("outputs", "weights", "one rounding", "allowed", "TensorFlow and PyTorch", "step")
    assert [word for word in words if f">{word}<" not in text] == []
    charts = Page(html).charts
    assert len(charts) == 3 * 6
    loss = charts[-5]  # of the last section: outputs, loss, ...
    assert (loss["quantity"], loss["along"], loss["logarithmic"]) == ("loss", "step", True)
    curves = {part["name"]: part for part in loss["parts"]}
    assert curves["TensorFlow and PyTorch"]["values"] == [1e-16] * 19 + [6.7e-15]
    assert curves["one rounding"]["low"] == curves["one rounding"]["high"] == [1e-16] * 20
    assert curves["allowed"]["values"] == [1e-10] * 20


def test_the_envelope_is_that_of_the_farthest_run(tmp_path):
    """Ten times the farthest, where that is more than the floor; nothing is drawn at 0."""
    result = parity_result(PLAN[WITHIN])
    far = {**result["yardstick"][0], "loss": [2e-4] * 49 + [0.0]}
    result["yardstick"] = [*result["yardstick"][:4], far]
    write(tmp_path / "parity", WITHIN, result)
    loss = Page(pages(tmp_path)[1]).charts[1]
    curves = {part["name"]: part for part in loss["parts"]}
    assert curves["allowed"]["values"] == [2e-3] * 49 + [1e-5]
    assert curves["one rounding"]["high"] == [2e-4] * 49 + [1e-7]
    assert curves["one rounding"]["low"] == [1e-7] * 49 + [1e-10]


@pytest.mark.parametrize(
    ("ending", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_a_figure_is_saved_in_the_format_of_its_ending(tmp_path, ending, begins):
    """As `kerasdl parity --plot` saves it."""
    distances = BackendDistances.parse("a recipe", parity_result(PLAN[DOUBLE]))
    distances.figure().save(tmp_path / f"plot.{ending}")
    assert (tmp_path / f"plot.{ending}").read_bytes().startswith(begins)


def test_the_index_links_to_the_page_while_there_is_one(made, tmp_path, monkeypatch):
    out, *_ = made
    monkeypatch.chdir(tmp_path)  # where `parity` is no folder of `reports`
    assert "(parity.md)" in (out / "README.md").read_text()
    assert 'href="parity.html"' in (out / "index.html").read_text()
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN]))
    pages(tmp_path)
    (tmp_path / "parity" / WITHIN).unlink()
    empty = ["--parity", str(tmp_path / "parity")]
    main(["report", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path), *empty])
    assert not [path for path in tmp_path.rglob("*parity*") if path.is_file()]
    assert "parity.md" not in (tmp_path / "README.md").read_text()


def test_other_settings_are_no_planned_comparison(tmp_path):
    """They have rows of their own, after those that were planned."""
    planned = PLAN[WITHIN]
    recipe = recipes.override(planned.recipe, {"batch_size": 64})
    two = {"tensorflow-torch": parity_result(planned)["pairs"]["tensorflow-torch"]}
    for file, result in {
        "a.json": parity_result(planned, settings=recipe.settings()),
        "b.json": parity_result(planned, steps=10),
        "c.json": parity_result(planned, pairs=two, departures={"tensorflow-torch": []}),
    }.items():
        write(tmp_path / "parity", file, result)
    markdown, _ = pages(tmp_path)
    table = read_markdown(markdown).tables[0]
    assert row_of(table, "regularization/baseline", "float32")["verdict"] == "not run"
    assert [row[-2] for row in table[-3:]] == ["within"] * 3
    assert f"0 of {len(PLAN)} planned comparisons were made, and 3 more" in markdown
    assert "changed from the recipe: batch_size 64" in markdown


def older(result, **first):
    """An older file, which has the first departure of each backend, or `None`."""
    return {**result, "departures": {"torch": None, "jax": None} | first}


def test_older_files_are_judged_by_what_they_have(tmp_path):
    """PyTorch beside JAX by its curves, step by step, or in lockstep by the farthest of all steps."""
    result = with_distance(parity_result(PLAN[WITHIN]), "torch-jax", "gradients", 2, 2e-5)
    result = with_distance(result, "torch-jax", "weights", 5, 3e-4)
    result = with_distance(result, "torch-jax", "loss", 5, 2e-3)
    result = with_distance(result, "torch-jax", "loss", 7, 1e-5)  # allowed
    far = {**result["yardstick"][0], "loss": [1e-7] * 4 + [1e-3] + [1e-7] * 45}
    result["yardstick"] = [far, *result["yardstick"][1:]]
    write(tmp_path / "parity", WITHIN, older(result, jax=DEPARTURE))
    planned = PLAN["regularization-baseline-lockstep.json"]
    result = with_distance(parity_result(planned), "torch-jax", "loss", 3, 2e-4)
    far = {**result["yardstick"][0], "loss": [1e-7] * 19 + [3e-5]}
    result["yardstick"] = [far, *result["yardstick"][1:]]
    write(tmp_path / "parity", planned.file, older(result))
    write(tmp_path / "parity", DEPARTS, older(parity_result(PLAN[DEPARTS])))
    write(tmp_path / "parity", DOUBLE, parity_result(PLAN[DOUBLE]))
    for page in pages(tmp_path):
        text = Page(page).text
        assert "in 3 of them every pair of backends stays within the envelope" in text
        assert "†: made when less was recorded" in text
    markdown = read_markdown((tmp_path / "parity.md").read_text())
    row = row_of(markdown.tables[0], "regularization/baseline", "float32")
    assert row["verdict"] == "departs †"
    assert row["departures"] == (
        "TensorFlow and JAX: steps not counted, first 3, statistics of conv2_bn/moving_mean, "
        "2.34e-03 where 1.20e-05 is allowed; PyTorch and JAX: 2 of 50 steps, first 2, gradients of "
        "all layers together, 2.00e-05 where 1.00e-05 is allowed"
    )
    assert row_of(markdown.tables[0], "dropout/model2", "float32")["verdict"] == "within †"
    assert row_of(markdown.tables[0], "mlp_vs_cnn/mlp", "float64")["verdict"] == "within"
    (row,) = [row for row in markdown.tables[1] if row[0] == "regularization/baseline"]
    assert row[-2:] == ["within †", ""]


def test_only_older_files_are_marked(made):
    assert "†" not in made[1] + made[2]


def test_a_departure_may_be_infinite(tmp_path):
    departures = {"tensorflow-torch": [{**DEPARTURE, "distance": "inf"}]}
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN], departures=departures))
    assert "moving_mean, inf where 1.20e-05 is allowed" in pages(tmp_path)[0]


def test_what_is_not_finite_is_named(tmp_path):
    """The first step on each backend; infinite distances of one rounding allow nothing."""
    result = parity_result(PLAN[WITHIN], not_finite={"tensorflow": 40, "jax": 39})
    result = with_distance(result, "tensorflow-jax", "loss", 39, "inf")
    far = {**result["yardstick"][0], "loss": [1e-7] * 39 + ["inf"] + [2e-6] * 10}
    result["yardstick"] = [*result["yardstick"][:4], far]
    write(tmp_path / "parity", WITHIN, result)
    markdown, html = pages(tmp_path)
    words = "not finite: TensorFlow, first at step 40; JAX, first at step 39; a processor, 2 cores"
    assert words in markdown
    assert words in Page(html).text
    curves = {part["name"]: part for part in Page(html).charts[1]["parts"]}
    assert curves["allowed"]["values"] == [1e-5] * 40 + [pytest.approx(2e-5)] * 10
    assert curves["TensorFlow and JAX"]["values"] == [1e-7] * 38 + [None] + [1e-7] * 11
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN]))
    assert "not finite" not in pages(tmp_path)[0]


@pytest.mark.parametrize(
    "change",
    [{"pairs": {}}, {"settings": {}}, {"yardstick": []}, {"reference": "numpy"}, {"versions": 3}],
    ids=lambda change: next(iter(change)),
)
def test_what_no_comparison_wrote_is_named(tmp_path, change):
    write(tmp_path, "other.json", parity_result(PLAN[WITHIN], **change))
    with pytest.raises(UsageError, match=r"other\.json should be what `kerasdl parity --json`"):
        agreement.read_folder(tmp_path)


def test_a_missing_folder_is_named(tmp_path, capsys):
    (tmp_path / "runs").mkdir()
    words = ["report", "--runs", str(tmp_path / "runs"), "--parity", str(tmp_path / "none")]
    assert main(words) == 2
    assert "which --parity names" in capsys.readouterr().err


def test_means_over_seeds(made):
    accuracies = draw_accuracies(5)
    tables = read_markdown(made[1]).tables
    for row, (name, seeds) in zip(tables[2][1:], accuracies.items(), strict=True):
        values = list(seeds.values())
        shown = f"{np.mean(values):.4g} ± {np.std(values, ddof=1):.4g}"
        assert row[:4] == [BACKENDS[name], "5", shown, "0, 1, 2, 3, 4"]
        assert row[4:] == ["a processor, 2 cores", "keras 3.15.1", "2026-11-21"]


@pytest.mark.parametrize("effect", [0.0, 0.02], ids=["none", "of JAX"])
def test_whether_the_backend_explains_anything(tmp_path, effect):
    accuracies = draw_accuracies(5, effect)
    write_seeds(tmp_path / "runs", accuracies)
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN]))
    markdown, html = pages(tmp_path)
    samples = [np.array(list(seeds.values())) for seeds in accuracies.values()]
    expected = stats.permutation_test(
        samples,
        lambda *columns: np.var([np.mean(column) for column in columns]),
        permutation_type="samples",
        alternative="greater",
        n_resamples=np.inf,
    ).pvalue
    shown = "a difference" if effect else "no difference"
    assert (expected < 0.05) == bool(effect)
    for text in (read_markdown(markdown).text, Page(html).text):
        assert "3 epochs, n = 5 seeds on each of TensorFlow, PyTorch, JAX." in text
        assert "among all 7,776 ways" in text
        assert (
            f"p = {expected:.2g}. At the level of 0.05, {shown} between backends is shown" in text
        )
    head, *rows = read_markdown(markdown).tables[3]
    assert head == ["test accuracy", "n", "mean difference", "95 % interval"]
    pairs = {"TensorFlow less PyTorch": (0, 1), "TensorFlow less JAX": (0, 2)}
    pairs["PyTorch less JAX"] = (1, 2)
    for row, (name, (i, j)) in zip(rows, pairs.items(), strict=True):
        found = stats.ttest_rel(samples[i], samples[j]).confidence_interval(0.95)
        mean = np.mean(samples[i] - samples[j])
        assert row == [name, "5", f"{mean:+.4f}", f"{found.low:+.4f} to {found.high:+.4f}"]


def test_accuracy_in_both_precisions_is_compared_within_seeds(tmp_path):
    full, half = {0: 0.80, 1: 0.81, 2: 0.79, 3: 0.5}, {0: 0.801, 1: 0.808, 2: 0.793, 4: 0.5}
    write_precision(tmp_path / "runs", "float32", full)
    write_precision(tmp_path / "runs", "bfloat16", half)
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN]))
    markdown, html = pages(tmp_path)
    for text in (read_markdown(markdown).text, Page(html).text):
        assert "cifar10/batchnorm, 10 epochs: 3 seeds on PyTorch." in text
        assert "Left out on PyTorch, with none that finished in the other: seed 3, 4." in text
    (row,) = next(rows for head, *rows in read_markdown(markdown).tables if "bfloat16" in head)
    found = stats.ttest_rel([0.801, 0.808, 0.793], [0.80, 0.81, 0.79]).confidence_interval(0.95)
    assert row[:7] == [
        "PyTorch",
        "3",
        "0.8 ± 0.01",
        f"0.8007 ± {np.std([0.801, 0.808, 0.793], ddof=1):.4g}",
        "+0.0007",
        f"{found.low:+.4f} to {found.high:+.4f}",
        "0, 1, 2",
    ]


def test_without_runs_in_both_precisions_it_is_not_run(tmp_path):
    write_precision(tmp_path / "runs", "float32", {0: 0.8})
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN]))
    text = pages(tmp_path)[0]
    assert "`cifar10/batchnorm`, 10 epochs: not run. Left out on PyTorch" in text


def test_equal_accuracies_are_equal_though_files_have_them_in_float32(tmp_path):
    """Images out of 10,000, counted as whole numbers: many arrangements are as far apart."""
    right = np.array([[71, 72, 72], [72, 73, 71], [72, 72, 73], [71, 73, 72], [73, 73, 72]]) * 100
    arrangements = itertools.product(*map(itertools.permutations, right.tolist()))
    sums = np.array([np.sum(arrangement, axis=0) for arrangement in arrangements])
    squares = (sums**2).sum(axis=1)
    expected = (squares >= (right.sum(axis=0) ** 2).sum()).mean()
    columns = (right / 1e4).T.tolist()
    accuracies = {
        name: dict(enumerate(column)) for name, column in zip(BACKENDS, columns, strict=True)
    }
    write_seeds(tmp_path / "runs", accuracies)
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN]))
    assert f"*p = {expected:.2g}*" in pages(tmp_path)[0]


def test_fewer_than_five_seeds_decide_nothing(tmp_path):
    """A seed that one backend lacks does not count."""
    accuracies = draw_accuracies(5)
    del accuracies["jax"][2]
    write_seeds(tmp_path / "runs", accuracies)
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN]))
    for page in pages(tmp_path):
        text = Page(page).text
        assert "4 seeds; at least 5 are needed" in text
        assert "Not on every backend, and left out: seed 2." in text
        assert "p = " not in text
        assert "interval" not in text
    assert read_markdown(pages(tmp_path)[0]).tables[2][1][3] == "0, 1, 3, 4"


def test_no_seed(tmp_path):
    write(tmp_path / "parity", WITHIN, parity_result(PLAN[WITHIN]))
    markdown, html = pages(tmp_path)
    assert len(Page(html).tables) == 2
    assert "n = 0 seeds on each of" in markdown


def test_the_plan_has_every_builder_and_every_first_experiment():
    compared = {planned.recipe.name for planned in parity.PLAN}
    builders = {planned.recipe.model.builder for planned in parity.PLAN}
    assert builders == {"MLP", "CNN", "ResNet18", "TwoTowerCNN", "ViT", "CIFARNet"}
    for study in studies.STUDIES.values():
        first = study.recipes[0].name
        assert not study.title or compared & {first, *studies.twins(first)}, first
    augmented = {planned.recipe.augmentation for planned in parity.PLAN}
    assert augmented == {None, "crop_flip", "alternating_flip_crop"}
    assert studies.get("dropout/model2").model.arguments["dropout"] == 0.5
    assert "dropout/model2" in compared


def test_the_plan_is_in_float32_as_it_is_and_in_float64_with_sgd_or_adam():
    assert len(PLAN) == len(parity.PLAN)
    by_kind = {}
    for each in parity.PLAN:
        by_kind.setdefault((each.precision, each.lockstep), []).append(each)
    single, lockstep = by_kind["float32", False], by_kind["float32", True]
    half = by_kind["bfloat16", False]
    double = [each for each in by_kind["float64", False] if each.recipe.optimizer.name == "sgd"]
    adam = [each for each in by_kind["float64", False] if each not in double]
    names = [each.recipe.name for each in single]
    assert [each.recipe.name for each in double] == names
    assert [each.recipe for each in lockstep] == [each.recipe for each in single]
    assert [each.recipe.name for each in half] == [
        "transformers/vit_patch_size-7",
        "cifar10/batchnorm",
    ]
    assert {each.recipe.precision for each in half} == {"bfloat16"}
    assert {each.steps for each in single} == {50}
    assert {each.steps for each in double + adam + lockstep + half} == {20}
    alone = {each.recipe.name: each.recipe for each in single}
    assert [each.file for each in adam] == [
        "exercises-coloured_digits-float64-adam.json",
        "mlp_vs_cnn-mlp-float64-adam.json",
    ]
    assert [each.recipe for each in adam] == [alone[each.recipe.name] for each in adam]
    assert {each.recipe.optimizer.name for each in adam} == {"adam"}
    changed = {
        each.recipe.name: recipes.differences(each.recipe, studies.get(each.recipe.name))
        for each in single
    }
    assert {name: changes for name, changes in changed.items() if changes} == {
        "mlp_vs_cnn/mlp": {"model.arguments.units": [1024, 1024]},
        "mlp_vs_cnn/resnet18_scratch": {"batch_size": 16},
        "cifar10/fast": {"batch_size": 128, "precision": "float32"},
    }
