"""From a recipe to the files of a run, on the bundled digits."""

import json
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from kerasdl import datasets
from kerasdl.datasets import from_arrays
from kerasdl.errors import UsageError
from kerasdl.models.saving import load_model
from kerasdl.recipes import Data, Model, Optimizer, Recipe, Schedule, override, to_dict
from kerasdl.runs import directory
from kerasdl.training import resolve, train
from kerasdl.training.optimizer import build_optimizer

SMALL = Recipe(
    name="tests/small",
    data=Data("digits", validation=100, limit_train=300, limit_test=60),
    model=Model(
        "CNN",
        arguments={"filters": (8,), "kernel_size": 3, "units": (16,), "batch_norm": True},
    ),
    inputs="standardize",
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", learning_rate=0.1, arguments={"momentum": 0.9}),
    epochs=3,
    batch_size=32,
    test_curves=True,
    source="a test",
)
DRAWING = override(  # everything that draws numbers while it trains
    SMALL,
    {"model.arguments.dropout": 0.3, "augmentation": "crop_flip", "select": "val_accuracy"},
)
TIMING = ["seconds", "images_per_second"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return train(SMALL, out=tmp_path_factory.mktemp("small"), callbacks=())


def test_leaves_the_files_of_a_run(small):
    backend = keras.backend.backend()
    assert small.directory.parts[-3:] == ("tests", "small", f"{backend}-seed0")
    names = {path.name for path in small.directory.iterdir()}
    assert names == {"recipe.json", "log.csv", "model.keras", "result.json"}
    assert json.loads((small.directory / "recipe.json").read_text()) == to_dict(SMALL)


def test_the_log_has_the_columns_of_the_conventions(small):
    log = pd.read_csv(small.directory / "log.csv")
    assert list(log.columns) == [
        *("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy"),
        *("learning_rate", "seconds", "images_per_second"),
    ]
    assert log["epoch"].tolist() == [1, 2, 3]
    assert log["learning_rate"].tolist() == [0.1] * 3
    np.testing.assert_allclose(log["images_per_second"], 300 / log["seconds"], rtol=0.01)


def test_it_learns(small):
    log = small.log
    assert log["loss"].iloc[-1] < 0.6 * log["loss"].iloc[0]
    assert small.result["metrics"]["test"]["accuracy"] > 0.5


def test_the_result_says_what_came_out(small):
    result = json.loads((small.directory / "result.json").read_text())
    assert result == small.result
    assert (result["recipe"], result["dataset"], result["seed"]) == ("tests/small", "digits", 0)
    assert (result["status"], result["epochs"]) == ("finished", 3)
    # conv 9*8+8, batch norm 2*8 learned and 2*8 not, dense 4*4*8*16+16, output 16*10+10
    assert result["parameters"] == 80 + 16 + 2064 + 170
    assert result["parameters_total"] == result["parameters"] + 16
    assert result["images"] == {"train": 300, "validation": 100, "test": 60}
    assert result["metrics"]["test"]["accuracy"] == pytest.approx(
        small.log["test_accuracy"].iloc[-1]
    )
    assert result["metrics"]["validation"]["loss"] == pytest.approx(small.log["val_loss"].iloc[-1])
    assert {"keras", "numpy", "python", keras.backend.backend()} <= set(result["versions"])
    assert "scikit-learn" in result["source"]


def test_the_saved_model_takes_raw_pixels_and_gives_probabilities(small):
    model, about = load_model(small.directory / "model.keras")
    digits = datasets.load("digits").limited(test=60)
    given = model.predict(digits.test.x, verbose=0)
    np.testing.assert_allclose(given.sum(axis=1), 1, rtol=1e-5)
    accuracy = (given.argmax(axis=1) == digits.test.y).mean()
    assert accuracy == pytest.approx(small.result["metrics"]["test"]["accuracy"])
    assert about["classes"] == list(digits.classes)
    assert about["recipe"] == to_dict(SMALL)


def test_the_saved_model_needs_no_kerasdl(tmp_path):
    """Augmentation is left out of it, so every layer is Keras' own."""
    run = train(override(DRAWING, {"epochs": 1}), out=tmp_path, callbacks=())
    own = [layer.name for layer in run.model.layers if "keras." not in type(layer).__module__]
    assert own == []


def test_two_runs_are_the_same(tmp_path):
    logs = [train(DRAWING, out=tmp_path / name, callbacks=()).log for name in "ab"]
    pd.testing.assert_frame_equal(*(log.drop(columns=TIMING) for log in logs), check_exact=True)


def test_another_seed_is_another_run(tmp_path, small):
    other = train(override(SMALL, {"seed": 1, "epochs": 1}), out=tmp_path, callbacks=())
    assert other.log["loss"].iloc[0] != small.log["loss"].iloc[0]


class Killed(keras.callbacks.Callback):
    """Interrupts training in the middle of an epoch."""

    def on_train_batch_begin(self, batch, logs=None):
        if self.epoch == 2 and batch == 4:
            raise KeyboardInterrupt

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch


def test_a_killed_run_continues_bit_for_bit(tmp_path, monkeypatch):
    monkeypatch.setattr("kerasdl.callbacks.checkpoint.SHARE", 1e9)  # save after every epoch
    whole = train(DRAWING, out=tmp_path / "whole", callbacks=())
    with pytest.raises(KeyboardInterrupt):
        train(DRAWING, out=tmp_path / "killed", callbacks=[Killed()])
    folder = directory.locate(tmp_path / "killed", "tests/small", keras.backend.backend(), 0)
    result = json.loads((folder / "result.json").read_text())
    assert (result["status"], result["epochs"]) == ("interrupted", 2)
    assert pd.read_csv(folder / "log.csv")["epoch"].tolist() == [1, 2]

    with pytest.raises(UsageError, match="--resume"):
        train(DRAWING, out=tmp_path / "killed", callbacks=())
    resumed = train(DRAWING, out=tmp_path / "killed", callbacks=(), existing="resume")
    pd.testing.assert_frame_equal(
        resumed.log.drop(columns=TIMING), whole.log.drop(columns=TIMING), check_exact=True
    )
    for ours, theirs in zip(resumed.model.weights, whole.model.weights, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(ours.value), keras.ops.convert_to_numpy(theirs.value)
        )
    assert resumed.result["metrics"] == whole.result["metrics"]
    assert {path.name for path in folder.iterdir()} == {
        "recipe.json", "log.csv", "model.keras", "result.json"
    }  # fmt: skip


def dense(units=10):
    inputs = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    return keras.Model(inputs, keras.layers.Dense(units)(flat))


def test_a_network_of_ones_own_is_continued_with_its_like_only(tmp_path, monkeypatch):
    monkeypatch.setattr("kerasdl.callbacks.checkpoint.SHARE", 1e9)  # save after every epoch
    options = {"out": tmp_path, "callbacks": ()}
    with pytest.raises(KeyboardInterrupt):
        train(SMALL, model=dense(), **options | {"callbacks": [Killed()]})
    begun = pd.read_csv(next(tmp_path.rglob("log.csv")))
    run = train(SMALL, model=dense(), existing="resume", **options)
    assert (run.result["status"], run.result["epochs"]) == ("finished", 3)
    pd.testing.assert_frame_equal(run.log[: len(begun)], begun)
    inputs = keras.Input((8, 8, 1))
    hidden = keras.layers.Dense(3)(keras.layers.Flatten()(inputs))
    other = keras.Model(inputs, keras.layers.Dense(10)(hidden))
    folders = {resolve(SMALL, model=model, out=tmp_path).folder for model in (None, other)}
    assert len(folders | {run.directory}) == 3


@pytest.mark.any_backend
def test_a_run_tells_from_the_start_whose_it_is(tmp_path):
    class Looks(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.result = json.loads(next(tmp_path.rglob("result.json")).read_text())

    looks = Looks()
    train(override(SMALL, {"epochs": 1}), out=tmp_path, callbacks=[looks])
    told = [looks.result[key] for key in ("status", "dataset", "model", "epochs")]
    assert told == ["begun", "digits", "recipe", 0]


@pytest.mark.any_backend
def test_another_recipe_cannot_be_continued(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(SMALL, out=tmp_path, callbacks=[Killed()])
    with pytest.raises(UsageError, match=r"other settings \(batch_size\)"):
        train(override(SMALL, {"batch_size": 30}), out=tmp_path, callbacks=(), existing="resume")
    other = datasets.load("digits").limited(train=200)
    assert resolve(SMALL, dataset=other, out=tmp_path).folder != (
        resolve(SMALL, out=tmp_path).folder
    )


@pytest.mark.any_backend
def test_resuming_a_finished_run_returns_it(small):
    before = (small.directory / "model.keras").stat().st_mtime_ns
    again = train(SMALL, out=small.directory.parents[2], callbacks=(), existing="resume")
    assert again.result == small.result
    assert (small.directory / "model.keras").stat().st_mtime_ns == before


@pytest.mark.any_backend
def test_a_damaged_result_is_named(tmp_path):
    folder = directory.locate(tmp_path, "tests/small", keras.backend.backend(), 0)
    folder.mkdir(parents=True)
    (folder / "result.json").write_text("{}")
    with pytest.raises(UsageError, match="should hold a recipe and a status"):
        train(SMALL, out=tmp_path, callbacks=(), existing="resume")


@pytest.mark.any_backend
def test_overwrite_starts_anew(tmp_path):
    short = override(SMALL, {"epochs": 1})
    first = train(short, out=tmp_path, callbacks=())
    second = train(short, out=tmp_path, callbacks=(), existing="overwrite")
    assert second.log["loss"].tolist() == first.log["loss"].tolist()


@pytest.mark.any_backend
def test_a_run_that_another_process_is_at_is_left_alone(tmp_path):
    pytest.importorskip("fcntl")
    short = override(SMALL, {"epochs": 1})
    folder = train(short, out=tmp_path, callbacks=()).directory
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with directory.occupied(folder):
        with pytest.raises(UsageError, match="Another process"):
            train(short, out=tmp_path, callbacks=(), existing="overwrite")
        assert {
            p.name: p.read_bytes() for p in folder.iterdir() if p.name != directory.LOCK
        } == before


def test_the_best_epoch_is_chosen_by_validation(tmp_path):
    run = train(override(DRAWING, {"epochs": 5}), out=tmp_path, callbacks=())
    best = run.log["val_accuracy"].idxmax()
    assert run.result["selected_epoch"] == best + 1
    for part, column in (("validation", "val_"), ("test", "test_")):
        for metric in ("loss", "accuracy"):
            assert run.result["metrics"][part][metric] == pytest.approx(
                run.log[column + metric][best], rel=1e-5
            )


@pytest.mark.any_backend
def test_the_best_error_is_the_lowest(tmp_path):
    x = np.random.default_rng(0).normal(size=(120, 1)).astype("float32")
    recipe = replace(
        SMALL,
        data=Data("mine", validation=20),
        model=Model("MLP", activation=None, arguments={"units": ()}),
        inputs="raw",
        loss="gaussian_nll",
        metrics=("mean_squared_error",),
        select="val_mean_squared_error",
        test_curves=False,
    )
    run = train(recipe, dataset=from_arrays(x, 3 * x + 1), out=tmp_path, callbacks=())
    error = run.log["val_mean_squared_error"]
    assert error.nunique() == 3
    assert run.result["selected_epoch"] == error.idxmin() + 1


@pytest.mark.any_backend
def test_only_what_is_logged_selects(tmp_path):
    x = np.zeros((120, 1), "float32")
    recipe = replace(
        SMALL,
        data=Data("mine", validation=20),
        model=Model("MLP", activation=None),
        inputs="raw",
        loss="mean_squared_error",
        select="val_accuracy",  # a metric of the recipe, but not of a regression
    )
    with pytest.raises(UsageError, match="select should be last or one of val_loss, which"):
        train(recipe, dataset=from_arrays(x, x), out=tmp_path, callbacks=())
    assert not list(tmp_path.iterdir())


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("names", "own", "expected"),
    [
        (("a", "b"), False, ["loss", "a_loss", "a_accuracy", "b_loss", "b_accuracy", "accuracy"]),
        (("a", "b"), True, ["loss", "a_loss", "a_accuracy", "b_loss", "b_accuracy"]),
        (("a",), False, ["loss", "accuracy"]),
    ],
)
def test_what_may_select_is_what_is_logged(tmp_path, names, own, expected):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (120, 8, 8, 1), "uint8")
    data = from_arrays(x, {name: rng.integers(0, 3, 120) for name in names})
    recipe = replace(
        SMALL,
        data=Data("mine", validation=20),
        model=Model("TwoTowerCNN", arguments={"filters": (4,), "kernel_size": 3}),
        loss=dict.fromkeys(names, "sparse_categorical_crossentropy"),
        test_curves=False,
        epochs=1,
        select=f"val_{expected[-1]}",
    )
    model = None
    if own:
        inputs = keras.Input((8, 8, 1))
        flat = keras.layers.Flatten()(inputs)
        model = keras.Model(inputs, {name: keras.layers.Dense(3)(flat) for name in names})
    run = train(recipe, dataset=data, model=model, out=tmp_path, callbacks=())
    logged = [name.removeprefix("val_") for name in run.log if name.startswith("val_")]
    assert sorted(logged) == sorted(expected)
    wrong = replace(recipe, select="val_f1")
    with pytest.raises(UsageError, match="which this run logs") as error:
        train(wrong, dataset=data, model=model, out=tmp_path, callbacks=(), existing="overwrite")
    assert all(f"val_{name}" in str(error.value) for name in expected)


def test_several_regressions_have_the_activation_of_the_recipe(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), "uint8")
    targets = {name: np.full((64, 1), 100, "float32") for name in "ab"}
    recipe = replace(
        SMALL,
        data=Data("mine"),
        model=Model("TwoTowerCNN", "sigmoid", {"filters": (4,), "kernel_size": 3}),
        loss=dict.fromkeys("ab", "mean_squared_error"),
        test_curves=False,
        epochs=1,
    )
    run = train(recipe, dataset=from_arrays(x, targets), out=tmp_path, callbacks=())
    given = run.model.predict(x, verbose=0)
    assert max(values.max() for values in given.values()) <= 1


def test_validation_that_data_bring_is_taken(tmp_path):
    data = datasets.load("digits").with_validation(count=70)
    run = train(override(SMALL, {"epochs": 1}), dataset=data, out=tmp_path, callbacks=())
    assert run.result["images"]["validation"] == 70 * 300 // (1437 - 70)


@pytest.mark.any_backend
def test_a_choice_needs_a_validation_part(tmp_path):
    with pytest.raises(UsageError, match="val_accuracy needs a validation part"):
        train(override(DRAWING, {"data.validation": None}), out=tmp_path, callbacks=())


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path):
    run = train(override(SMALL, {"optimizer.learning_rate": 1e20}), out=tmp_path, callbacks=())
    assert run.result["status"] == "diverged"
    assert run.result["epochs"] < 3
    assert not np.isfinite(run.log["loss"].iloc[-1])
    json.loads((run.directory / "result.json").read_text(), parse_constant=pytest.fail)


def test_a_diverged_run_that_was_killed_diverges_again(tmp_path, monkeypatch):
    """It must not go on from weights that are no numbers."""
    monkeypatch.setattr("kerasdl.callbacks.checkpoint.SHARE", 1e9)  # save after every epoch

    class Diverges(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                logs["loss"] = float("nan")

    def killed(*arguments):
        raise KeyboardInterrupt

    options = {"out": tmp_path, "callbacks": [Diverges()]}
    with monkeypatch.context() as patch:
        patch.setattr("kerasdl.training.fit.final_metrics", killed)
        with pytest.raises(KeyboardInterrupt):
            train(SMALL, **options)
    run = train(SMALL, existing="resume", **options)
    assert run.result["status"] == "diverged"
    assert run.log["epoch"].tolist() == [1, 2]


@pytest.mark.any_backend
def test_a_failure_is_recorded(tmp_path):
    class Broken(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        train(SMALL, out=tmp_path, callbacks=[Broken()])
    result = json.loads(next(tmp_path.rglob("result.json")).read_text())
    assert result["status"] == "failed"
    assert result["error"] == "RuntimeError: out of memory"
    assert result["epochs"] == 0


def test_one_output_of_ones_own_network_is_no_softmax(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), "uint8")
    recipe = replace(SMALL, data=Data("mine"), loss="binary_crossentropy", test_curves=False)
    data = from_arrays(x, np.arange(64) % 2)
    with pytest.raises(UsageError, match="softmax of one output is always 1"):
        train(recipe, dataset=data, model=dense(1), out=tmp_path, callbacks=())


def test_one_output_is_no_softmax(tmp_path):
    """It would always be 1: nothing is learned, and everything is label 1."""
    x = np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
    data = from_arrays(x, (x[:, 0] > 0).astype(int))
    recipe = Recipe(
        name="tests/two-classes",
        data=Data("mine"),
        model=Model("MLP", arguments={"units": ()}),
        loss="binary_crossentropy",
        optimizer=Optimizer("sgd", learning_rate=1.0),
        epochs=20,
        batch_size=8,
    )
    with pytest.raises(UsageError, match="sigmoid"):
        train(recipe, dataset=data, out=tmp_path, callbacks=())
    run = train(
        override(recipe, {"model.activation": "sigmoid"}),
        dataset=data,
        out=tmp_path,
        callbacks=(),
    )
    found = run.model.predict(x, verbose=0)[:, 0] > 0.5
    assert (found == (x[:, 0] > 0)).mean() > 0.9


def test_a_schedule_lasts_as_long_as_the_run(tmp_path):
    """One-cycle over three epochs of ten steps: the last rate is that of step 29 of 30."""
    recipe = override(SMALL, {"batch_size": 30})
    recipe = Recipe(
        **{
            **recipe.__dict__,
            "schedule": Schedule(
                "one_cycle", arguments={"warmup_fraction": 0.5, "anneal": "linear"}
            ),
        }
    )
    log = train(recipe, out=tmp_path, callbacks=()).log
    start, final = 0.1 / 25, 0.1 / 25 / 1e4
    expected = [
        start + (0.1 - start) * 9 / 15,
        0.1 + (final - 0.1) * 4 / 15,
        0.1 + (final - 0.1) * 14 / 15,
    ]
    np.testing.assert_allclose(log["learning_rate"], expected, rtol=1e-5)


def test_steps_are_logged_on_request(tmp_path):
    run = train(override(SMALL, {"log_every": 4, "epochs": 2}), out=tmp_path, callbacks=())
    steps = pd.read_csv(run.directory / "steps.csv")
    assert steps["step"].tolist() == [4, 8, 10, 14, 18, 20]


@pytest.mark.parametrize(
    "schedule", [None, Schedule("cosine_annealing"), Schedule("reduce_on_plateau")]
)
def test_a_learning_rate_may_be_a_whole_number(schedule):
    """As `--set optimizer.learning_rate=100` gives it; Keras takes none that is no float."""
    recipe = replace(override(SMALL, {"optimizer.learning_rate": 100}), schedule=schedule)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    optimizer = build_optimizer(recipe, network, steps_per_epoch=10)
    assert float(keras.ops.convert_to_numpy(optimizer.learning_rate)) == 100.0
    assert type(recipe.optimizer.learning_rate) is int  # the recipe stays as it is given


def test_weight_decay_and_clipping_are_those_of_sgd(tmp_path):
    """One step of one linear unit, computed by hand."""
    x = np.array([[1.0, 2.0]] * 4, "float32")
    y = np.array([[10.0]] * 4, "float32")
    inputs = keras.Input((2,))
    dense = keras.layers.Dense(1)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([np.array([[1.0], [1.0]]), np.array([0.5])])
    recipe = Recipe(
        name="tests/step",
        data=Data("mine"),
        model=Model("MLP", activation=None),
        loss="mean_squared_error",
        optimizer=Optimizer("sgd", learning_rate=0.1, clip_norm=2.0, weight_decay=0.3),
        epochs=1,
        batch_size=4,
        metrics=(),
    )
    train(recipe, dataset=from_arrays(x, y, test=(x, y)), model=model, out=tmp_path, callbacks=())
    error = 1 * 1 + 2 * 1 + 0.5 - 10
    gradient = 2 * error * np.array([1, 2, 1])  # kernel, kernel, bias
    gradient *= 2.0 / np.linalg.norm(gradient)
    before = np.array([1, 1, 0.5])
    decay = 0.1 * 0.3 * before * np.array([1, 1, 0])  # the bias is left alone
    expected = before - decay - 0.1 * gradient
    found = np.concatenate([w.ravel() for w in dense.get_weights()])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_several_outputs(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (120, 6, 6, 1), "uint8")
    y = {"bright": (x.mean(axis=(1, 2, 3)) > 127).astype(int), "corner": x[:, 0, 0, 0] // 64}
    inputs = keras.Input((6, 6, 1))
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    outputs = {
        "bright": keras.layers.Dense(2, name="bright")(flat),
        "corner": keras.layers.Dense(4, name="corner")(flat),
    }
    recipe = override(SMALL, {"data.validation": None, "test_curves": False})
    run = train(
        recipe,
        dataset=from_arrays(x, y),
        model=keras.Model(inputs, outputs),
        out=tmp_path,
        callbacks=(),
    )
    assert run.result["model"] == "own"
    assert {"loss", "bright_loss", "bright_accuracy", "corner_loss", "corner_accuracy"} <= set(
        run.log.columns
    )
    given = run.model.predict(x[:5], verbose=0)
    for name, classes in (("bright", 2), ("corner", 4)):
        assert given[name].shape == (5, classes)
        np.testing.assert_allclose(given[name].sum(axis=1), 1, rtol=1e-5)


def test_classes_beside_a_regression_target(tmp_path):
    """Each output has the activation that its own loss takes into account."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (120, 8, 8, 1), "uint8")
    mean = x.mean(axis=(1, 2, 3)) / 255
    y = {"bright": (mean > 0.5).astype(int), "mean": (10 * mean - 8).astype("float32")[:, None]}
    data = from_arrays(x, y, classes={"bright": ("no", "yes"), "mean": None})
    towers = Model("TwoTowerCNN", arguments={"filters": (4,), "kernel_size": 3})
    losses = {"bright": "sparse_categorical_crossentropy", "mean": "mean_squared_error"}
    for order in (tuple(losses), tuple(reversed(losses))):
        recipe = replace(
            SMALL,
            data=Data("mine"),
            model=towers,
            loss={name: losses[name] for name in order},
            optimizer=Optimizer("adam", learning_rate=0.05),
            test_curves=False,
        )
        run = train(recipe, dataset=data, out=tmp_path / order[0], callbacks=())
        assert {"accuracy", "bright_accuracy", "mean_loss"} <= set(run.log.columns)
        given = run.model.predict(x, verbose=0)
        np.testing.assert_allclose(given["bright"].sum(axis=1), 1, rtol=1e-5)
        assert given["mean"].max() < -0.5  # no probability
        squared = ((given["mean"] - y["mean"]) ** 2).mean()
        assert run.model.count_params() == run.result["parameters_total"]
        assert squared < 2  # its variance about 0 is 9


def test_a_linear_regression_finds_the_least_squares_solution(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype("float32")
    y = (x @ [[2.0], [-1.0]] + 0.5 + rng.normal(size=(200, 1)) * 0.01).astype("float32")
    recipe = Recipe(
        name="tests/regression",
        data=Data("mine"),
        model=Model("MLP", activation=None, arguments={"units": ()}),
        loss="mean_squared_error",
        optimizer=Optimizer("sgd", learning_rate=0.1),
        epochs=20,
        batch_size=20,
        metrics=(),
    )
    run = train(recipe, dataset=from_arrays(x, y, test=(x, y)), out=tmp_path, callbacks=())
    solution, *_ = np.linalg.lstsq(np.c_[x, np.ones(200)], y, rcond=None)
    kernel, bias = run.model.get_weights()
    np.testing.assert_allclose(np.append(kernel, bias), solution.ravel(), atol=0.01)
    assert list(run.result["metrics"]["test"]) == ["loss"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 301}, ["batch_size", "300", "301"]),
        ({"model.arguments.kernel_initializer": "orthogonal"}, ["kernel", "Orthogonal"]),
        ({"model.activation": "sofmax"}, ["CNN", "sofmax"]),
        ({"model.builder": "LSTM"}, ["model.builder", "CNN", "'LSTM'"]),
        ({"model.arguments.depth": 3}, ["CNN", "depth"]),
        ({"model.arguments.filters": (8,) * 5}, ["CNN", "image large enough"]),
        ({"model.arguments.padding": 3}, ["CNN cannot be built"]),
        ({"optimizer.arguments.rho": 0.9}, ["sgd", "momentum, nesterov", "rho"]),
        ({"data.name": "imagenet"}, ["cifar10", "'imagenet'"]),
        ({"data.options.size": 3}, ["digits", "shape", "size"]),
        ({"data.options.shape": 32}, ["shape", "(height, width, channels)", "32"]),
        ({"data.name": "circles"}, ["circles", "validation part of 1000", "data.validation"]),
        ({"data.options.data_dir": "x"}, ["data.options", "--data-dir"]),
        (
            {"schedule.name": "one_cycle", "schedule.arguments.warmup": "'a'"},
            ["schedule.arguments.warmup", "a number, at least 0", "'a'"],
        ),
    ],
)
def test_what_does_not_fit_is_explained(tmp_path, changes, words):
    with pytest.raises(UsageError) as error:
        train(override(SMALL, changes), out=tmp_path, callbacks=())
    assert all(word in str(error.value) for word in words), str(error.value)
    assert not list(tmp_path.rglob("result.json"))


def test_a_sequential_model_is_trained(tmp_path):
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )
    before = model.get_weights()[0].copy()
    run = train(override(SMALL, {"epochs": 1}), model=model, out=tmp_path, callbacks=())
    assert not np.array_equal(model.get_weights()[0], before)
    assert run.model.output_shape == (None, 10)
    assert run.result["initial_weights"].startswith("sha256:")


class Subclassed(keras.Model):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"recipe": 3}, "recipe should be a Recipe or str; received 3"),
        ({"dataset": (1, 2)}, r"from_folder\(path\) give it; received \(1, 2\)"),
        ({"model": "CNN"}, "model should be a Model; received 'CNN'"),
        ({"dataset": "digits"}, r"as kerasdl\.datasets\.load\(name\)"),
        ({"model": Subclassed()}, r"keras\.Model\(x, model\(x\)\)"),
        ({"model": keras.Sequential([keras.layers.Dense(2)])}, "begins with keras.Input"),
        ({"model": dense().layers[-1]}, "model should be a Model"),
        ({"callbacks": keras.callbacks.Callback()}, "callbacks should be a list"),
        ({"callbacks": ["x"]}, "callbacks should be a list"),
        ({"existing": "replace"}, "existing should be one of refuse, resume, overwrite"),
    ],
)
def test_arguments_of_other_types_are_refused(tmp_path, arguments, words):
    with pytest.raises(UsageError, match=words):
        train(**{"recipe": SMALL, "out": tmp_path, "callbacks": (), **arguments})
    assert not list(tmp_path.rglob("result.json"))


def test_an_experiment_has_its_data_already(tmp_path):
    with pytest.raises(UsageError, match=r"kerasdl\.training\.resolve"):
        train(resolve(SMALL), out=tmp_path)


def test_images_of_another_shape_are_refused(tmp_path):
    inputs = keras.Input((9, 9, 1))
    model = keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Flatten()(inputs)))
    with pytest.raises(UsageError, match=r"shape \(8, 8, 1\); this model takes \(9, 9, 1\)"):
        train(SMALL, model=model, out=tmp_path, callbacks=())
    assert not list(tmp_path.rglob("result.json"))


def test_labels_that_do_not_fit_the_model_are_refused(tmp_path):
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, keras.layers.Dense(7)(keras.layers.Flatten()(inputs)))
    with pytest.raises(UsageError, match="10 outputs; this one has 7"):
        train(SMALL, model=model, out=tmp_path, callbacks=())


def test_a_plain_keras_file_loads_and_another_file_is_refused(tmp_path, small):
    small.model.save(tmp_path / "plain.keras")
    _, about = load_model(tmp_path / "plain.keras")
    assert about == {}
    (tmp_path / "text.keras").write_text("no model")
    with pytest.raises(UsageError, match=r"text\.keras is not a Keras model"):
        load_model(tmp_path / "text.keras")
    whole = (small.directory / "model.keras").read_bytes()
    (tmp_path / "half.keras").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=r"half\.keras is not a Keras model"):
        load_model(tmp_path / "half.keras")
    with pytest.raises(UsageError, match="There is no model file"):
        load_model(tmp_path / "none.keras")
