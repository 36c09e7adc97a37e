"""`kerasdl compare`: settings that differ, curves on one scale, paired differences over seeds."""

import numpy as np
import pytest
from page_readers import Page
from result_files import write_run
from scipy import stats

from kerasdl.__main__ import main
from kerasdl.errors import UsageError
from kerasdl.reports import comparable, side_by_side
from kerasdl.reports.curves import Curve
from kerasdl.reports.sparklines import sparklines

pytestmark = pytest.mark.no_backend

RECIPE = "regularization/baseline"
# test accuracy of each seed: of the recipe as it is, and with another learning rate
BEFORE, AFTER = (0.71, 0.70, 0.74, 0.69), (0.73, 0.73, 0.74, 0.72)
COLUMNS = {"loss": [2.0, 1.0, 0.5], "accuracy": [0.1, 0.5, 0.7]}


def write(root, seed, accuracy, backend="torch", recipe=RECIPE, **changes):
    metrics = {"test": {"accuracy": accuracy, "loss": 1.0}}
    return write_run(root, recipe, backend, seed, COLUMNS, changes=changes, metrics=metrics)


@pytest.fixture
def folders(tmp_path):
    changes = {"optimizer.learning_rate": 0.5, "batch_size": 64}
    return [
        *(write(tmp_path, seed, each) for seed, each in enumerate(BEFORE)),
        *(write(tmp_path, seed, each, **changes) for seed, each in enumerate(AFTER)),
    ]


def compared(folders):
    return side_by_side.gather(comparable.read(folders))


def test_differences_are_paired_within_seeds_as_in_scipy(folders):
    (row,) = compared(folders).differences.rows
    expected = stats.ttest_rel(AFTER, BEFORE).confidence_interval(0.95)
    low, high = map(float, row[4].split(" to "))
    assert row[1:3] == ("test accuracy", "4")
    assert float(row[3]) == pytest.approx(np.mean(AFTER) - np.mean(BEFORE), abs=5e-5)
    assert (low, high) == pytest.approx(tuple(expected), abs=5e-5)


def test_only_seeds_of_both_groups_count(tmp_path, folders):
    folders.append(write(tmp_path, 9, 0.99))
    page = compared(folders)
    assert page.differences.rows == compared(folders[:-1]).differences.rows
    assert [row[1] for row in page.results.rows] == ["5", "4"]


def test_settings_that_differ_are_those_that_were_changed(folders):
    page = compared(folders)
    found = {row[0]: row[1:] for row in page.settings.rows}
    assert found == {"optimizer.learning_rate": ("0.1", "0.5"), "batch_size": ("128", "64")}
    assert page.settings.headings[1:] == (RECIPE, f"{RECIPE}, learning_rate=0.5, batch_size=64")


def test_results_are_mean_and_deviation_over_seeds(folders):
    first, _ = compared(folders).results.rows
    assert first[0] == RECIPE
    assert first[-1] == f"{np.mean(BEFORE):.4g} ± {np.std(BEFORE, ddof=1):.4g}"


def test_runs_of_the_same_settings_are_compared_by_backend(tmp_path):
    folders = [write(tmp_path, seed, each) for seed, each in enumerate(BEFORE)]
    folders += [write(tmp_path, seed, each, "jax") for seed, each in enumerate(AFTER)]
    page = compared(folders)
    assert page.settings.rows == ()
    assert [row[0] for row in page.results.rows] == ["torch", "jax"]
    (row,) = page.differences.rows
    assert (row[0], row[2]) == ("jax less torch", "4")


def test_a_seed_on_two_backends_is_one_sample(tmp_path):
    """A seed begins alike on every backend: its difference is the mean over the backends."""
    folders = [write(tmp_path, s, BEFORE[s], name) for s in (0, 1) for name in ("jax", "torch")]
    folders += [
        write(tmp_path, s, AFTER[s], name, epochs=3) for s in (0, 1) for name in ("jax", "torch")
    ]
    (row,) = compared(folders).differences.rows
    expected = stats.ttest_rel(AFTER[:2], BEFORE[:2]).confidence_interval(0.95)
    assert row[2] == "2"
    assert tuple(map(float, row[4].split(" to "))) == pytest.approx(tuple(expected), abs=5e-5)


def test_one_seed_gives_no_interval(folders):
    assert compared([folders[0], folders[4]]).differences.rows == ()
    assert "need two groups that share at least two seeds" in side_by_side.to_text(
        compared([folders[0], folders[4]])
    )


def test_a_run_without_metrics_is_compared_by_its_curves(tmp_path, folders):
    more = {"metrics": {}}
    folders.append(write_run(tmp_path, RECIPE, "torch", 7, COLUMNS, status="interrupted", **more))
    page = compared(folders)
    assert set(page.figure.charts) == {"accuracy", "loss"}
    assert page.results.rows[0][4] == "finished, interrupted"


def test_a_metric_that_one_run_lacks_is_shown_with_its_number_of_runs(tmp_path, folders):
    """Of five runs of the first group four have it; differences are of the four seeds of both."""
    before = compared(folders)
    more = {"metrics": {"validation": {"accuracy": 0.5}}}
    folders.insert(4, write_run(tmp_path, RECIPE, "torch", 7, COLUMNS, **more))
    page = compared(folders)
    headings = page.results.headings
    first, second = (dict(zip(headings, row, strict=True)) for row in page.results.rows)
    spread = f"{np.mean(BEFORE):.4g} ± {np.std(BEFORE, ddof=1):.4g}"
    assert (first["n"], first["test accuracy"]) == ("5", f"{spread} (n = 4)")
    assert (first["validation accuracy"], second["validation accuracy"]) == ("0.5 (n = 1)", "none")
    assert "n =" not in second["test accuracy"]
    assert page.differences.rows == before.differences.rows


def own_data(name, digit, images=90):
    """Entries of a result of pictures of the user's own, whose fingerprint is one digit."""
    identity = {"changes": {}, "data": f"sha256:{digit * 64}", "own_data": True}
    return {"dataset": name, "images": {"train": images, "test": 10}, "identity": identity}


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("pets", "cars"), ("pets, 100 examples", "cars, 100 examples")),
        (("pets", "pets"), ("pets, 100 examples (aaaaaaaa)", "pets, 100 examples (bbbbbbbb)")),
    ],
)
def test_data_of_ones_own_are_named_and_told_by_a_hash_only_where_names_are_equal(
    names, shown, tmp_path
):
    folders = [
        write_run(tmp_path / name / digit, RECIPE, "torch", seed, COLUMNS, **own_data(name, digit))
        for name, digit in zip(names, "ab", strict=True)
        for seed in (0, 1)
    ]
    page = compared(folders)
    assert page.settings.rows == (("data", *shown),)
    assert page.settings.headings[1:] == (RECIPE, f"{RECIPE}, data={shown[1]}")


def test_data_that_all_runs_share_are_no_difference(tmp_path):
    folders = [
        write_run(tmp_path, RECIPE, "torch", 0, COLUMNS, changes=changes, **own_data("pets", "a"))
        for changes in ({}, {"batch_size": 64})
    ]
    assert [row[0] for row in compared(folders).settings.rows] == ["batch_size"]


def test_the_page_needs_no_other_file(folders, tmp_path, capsys):
    path = tmp_path / "page.html"
    assert main(["compare", *map(str, folders), "--html", str(path)]) == 0
    page = Page(path.read_text(encoding="utf-8"))
    assert page.targets == ["data:,"]
    assert [chart["quantity"] for chart in page.charts] == ["accuracy", "loss"]
    assert page.charts[0]["parts"][0]["values"] == COLUMNS["accuracy"]
    settings, results, differences = page.tables
    assert [row[0] for row in settings[1:]] == ["optimizer.learning_rate", "batch_size"]
    assert [len(settings), len(results), len(differences)] == [3, 3, 2]
    printed = capsys.readouterr().out
    for row in (*settings, *differences):
        for cell in row:
            assert cell.replace("\xa0", " ") in printed


def test_what_a_result_says_is_no_markup_in_the_page(tmp_path):
    hostile = "<script>alert(1)</script>"
    metrics = {"metrics": {"test": {hostile: 1.0}}}
    folders = [write_run(tmp_path, RECIPE, "torch", seed, COLUMNS, **metrics) for seed in (0, 1)]
    assert hostile not in side_by_side.to_html(compared(folders))


@pytest.mark.parametrize("chosen", [(0,), (0, 0)])
def test_less_than_two_runs_are_refused(folders, chosen):
    with pytest.raises(UsageError, match="at least two run directories, each once"):
        comparable.read([folders[i] for i in chosen])


def test_what_is_no_run_is_named(folders, tmp_path):
    with pytest.raises(UsageError, match=r"should be a run directory; it has no result.json"):
        comparable.read([folders[0], tmp_path])


def test_a_recipe_of_another_version_is_named_with_its_file(folders):
    (folders[1] / "recipe.json").write_text('{"name": "a/b", "colour": 3}')
    with pytest.raises(UsageError, match=r"recipe\.json: colour is not a field") as error:
        comparable.read(folders[:2])
    assert str(folders[1]) in str(error.value)


def test_curves_are_on_one_scale():
    """Eight levels from the lowest value of all to the highest; what is not finite is a dot."""
    lines = [Curve.numbered(0, "a", [0.0, 4.0, 8.0]), Curve.numbered(1, "b", [2.0, float("nan")])]
    first, second = sparklines("loss", lines).splitlines()[1:]
    assert first.split() == ["a", "▁▅█", "8"]
    assert second.split() == ["b", "▃·", "nan"]


def test_a_long_curve_is_thinned_and_keeps_its_end():
    line = sparklines("loss", [Curve.numbered(0, "a", list(range(120)))]).splitlines()[1]
    drawn = line.split()[1]
    assert len(drawn) == 60
    assert drawn[-1] == "█"
