"""Class weights: in the training loss, as scikit-learn and NumPy have them, and nowhere else."""

import json

import jsonschema
import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.utils.class_weight import compute_class_weight

from kerasdl import datasets, studies
from kerasdl.__main__ import main
from kerasdl.commands._announcements import describe_class_weights
from kerasdl.errors import UsageError
from kerasdl.recipes import (
    Data,
    Model,
    Optimizer,
    Recipe,
    config,
    differences,
    from_dict,
    override,
    recipe_schema,
    to_dict,
)
from kerasdl.runs.result_schema import RESULT_SCHEMA
from kerasdl.training import resolve, train
from kerasdl.training.network import build

CLASSES = ("common", "usual", "rare")
RECIPE = Recipe(
    name="tests/class_weights",
    data=Data("arrays", validation=0.25),
    model=Model("MLP", arguments={"units": (8,)}),
    inputs="raw",
    loss="sparse_categorical_crossentropy",
    # No step changes a float32 weight: the losses of an epoch are all of the initial weights.
    optimizer=Optimizer("sgd", learning_rate=1e-20),
    epochs=1,
    batch_size=16,
)
TABLE = {"class_weight": {"rare": 5.0, "common": 0.25}}
FACTORS = {"common": 0.25, "usual": 1.0, "rare": 5.0}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    labels = rng.choice(3, size=200, p=(0.7, 0.2, 0.1))
    features = rng.normal(size=(200, 5)).astype("float32") + labels[:, None]
    return datasets.from_arrays(features, labels, classes=CLASSES)


def losses(logits, labels, smoothing=0.0):
    """Crossentropies of examples, by the formula."""
    log_softmax = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    classes = logits.shape[1]
    targets = (1 - smoothing) * np.eye(classes)[labels] + smoothing / classes
    return -(targets * log_softmax).sum(axis=1)


def predicted(network, x):
    return network.predict(x, verbose=0).astype("float64")


# What they are


def test_balanced_is_that_of_scikit_learn(data):
    experiment = resolve(override(RECIPE, {"class_weight": "balanced"}), dataset=data)
    labels = experiment.dataset.train.y
    assert len(labels) == 120  # without the validation part
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(experiment.class_weights, expected, rtol=1e-6)
    assert expected[2] > 2 * expected[0]


def test_classes_that_a_table_leaves_out_count_once(data):
    experiment = resolve(override(RECIPE, TABLE), dataset=data)
    assert experiment.class_weights.tolist() == [FACTORS[name] for name in CLASSES]
    by_class = override(RECIPE, {"class_weight.rare": "5.0", "class_weight.common": "0.25"})
    assert by_class == override(RECIPE, TABLE)


def test_examples_have_the_factor_of_their_label_in_every_order(data):
    experiment = resolve(override(RECIPE, TABLE), dataset=data)
    batches = experiment.training_batches
    for epoch in range(2):
        batches.begin_epoch(epoch)
        for i in range(len(batches)):
            _, y, weights = batches[i]
            np.testing.assert_array_equal(weights, [FACTORS[CLASSES[label]] for label in y])


# The loss


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_training_loss_is_weighted_and_nothing_else_is(tmp_path, data, smoothing):
    recipe = override(RECIPE, TABLE | {"label_smoothing": smoothing})
    parts = resolve(recipe, dataset=data).dataset
    network = build(resolve(recipe, dataset=data)).trained
    run = train(recipe, dataset=data, out=tmp_path, callbacks=())
    factors = np.array([FACTORS[name] for name in CLASSES])[parts.train.y]
    logits = predicted(network, parts.train.x)
    weighted = (factors * losses(logits, parts.train.y, smoothing)).mean()
    assert run.log["loss"][0] == pytest.approx(weighted, rel=1e-5)
    accuracy = (logits.argmax(axis=1) == parts.train.y).mean()
    assert run.log["accuracy"][0] == pytest.approx(accuracy, rel=1e-6)
    for part in ("validation", "test"):
        split = getattr(parts, part)
        plain = losses(predicted(network, split.x), split.y, smoothing).mean()
        assert run.result["metrics"][part]["loss"] == pytest.approx(plain, rel=1e-5)
    assert run.log["val_loss"][0] == pytest.approx(run.result["metrics"]["validation"]["loss"])


def squared_errors(outputs, labels):
    return ((outputs - np.eye(outputs.shape[1])[labels]) ** 2).mean(axis=1)


def binary_crossentropies(logits, labels):
    return np.log1p(np.exp(-np.where(labels == 1, 1, -1) * logits[:, 0]))


@pytest.mark.parametrize(
    ("loss", "labels", "formula"),
    [
        ("mean_squared_error", [0, 1, 1, 2] * 10, squared_errors),
        ("binary_crossentropy", [0, 0, 0, 1] * 10, binary_crossentropies),
    ],
)
def test_other_losses_are_weighted_too(loss, labels, formula):
    x = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
    data = datasets.from_arrays(x, labels, test=0.2)
    changes = {"loss": loss, "model.activation": "sigmoid", "class_weight.1": 3.0}
    experiment = resolve(override(RECIPE, changes | {"data.validation": None}), dataset=data)
    network = build(experiment).trained
    x, _, weights = experiment.training_batches[0]
    rows = experiment.training_batches.order[:16]
    labels = experiment.dataset.train.y[rows]
    expected = (np.where(labels == 1, 3.0, 1.0) * formula(predicted(network, x), labels)).mean()
    found = network.train_on_batch(*experiment.training_batches[0], return_dict=True)["loss"]
    assert set(weights.tolist()) == {1.0, 3.0}
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_a_factor_scales_the_step_of_an_example(data):
    """One step of plain SGD on a batch of one class: three times the factor, three times the step."""
    steps = []
    for factor in (1.0, 3.0):
        changes = {"class_weight.rare": factor, "optimizer.learning_rate": 0.1}
        experiment = resolve(override(RECIPE, changes), dataset=data)
        network = build(experiment).trained
        before = [np.copy(weight) for weight in network.get_weights()]
        rare = np.flatnonzero(experiment.dataset.train.y == 2)
        x, y = experiment.dataset.train.x[rare], experiment.dataset.train.y[rare]
        network.train_on_batch(x, y, sample_weight=experiment.class_weights[y])
        after = network.get_weights()
        steps.append([b - a for a, b in zip(before, after, strict=True)])
    for one, three in zip(*steps, strict=True):
        np.testing.assert_allclose(three, 3 * one, rtol=1e-3, atol=1e-6)


def test_a_network_of_ones_own_and_streamed_pictures(tmp_path):
    for name, count in (("common", 12), ("rare", 4)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(count):
            picture = Image.new("RGB", (8, 8), (20 * i, 0, 0))
            picture.save(tmp_path / "pictures" / name / f"{i}.png")
    data = datasets.from_folder(tmp_path / "pictures", image_size=8, stream=True, workers=0)
    recipe = override(RECIPE, {"class_weight": "balanced", "batch_size": 4, "inputs": "unit"})
    x = keras.Input((8, 8, 3))
    model = keras.Model(x, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    experiment = resolve(recipe, dataset=data, model=model, out=tmp_path)
    labels = experiment.dataset.train.y
    _, y, weights = experiment.training_batches[0]
    expected = len(labels) / (2 * np.bincount(labels))
    np.testing.assert_allclose(weights, expected[y], rtol=1e-6)
    run = train(recipe, dataset=data, model=model, out=tmp_path, callbacks=())
    assert run.result["status"] == "finished"


# Refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class_weight": {"scarce": 2}}, r"which has common, usual, rare; received scarce\."),
        ({"class_weight": {"rare": 0}}, "balanced, or a dictionary of class name to a positive"),
        ({"class_weight": "even"}, "class_weight should be balanced, or .*, or None; received 'ev"),
        (
            {"class_weight": "balanced", "mix.name": "mix_up"},
            "class_weight=balanced and mix=mix_up exclude each other",
        ),
    ],
)
def test_what_does_not_fit_is_refused(changes, words):
    x = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), "uint8")
    data = datasets.from_arrays(x, np.arange(60) % 3, classes=CLASSES)
    with pytest.raises(UsageError, match=words) as error:
        resolve(override(RECIPE, changes), dataset=data)
    assert "\n" not in str(error.value)


def test_a_class_without_examples_cannot_be_balanced():
    labels = np.array([0, 1] * 20)
    data = datasets.from_arrays(np.zeros((40, 5), "float32"), labels, classes=CLASSES)
    with pytest.raises(UsageError, match="needs a training example of every class; rare has none"):
        resolve(override(RECIPE, {"class_weight": "balanced"}), dataset=data)
    resolve(override(RECIPE, TABLE), dataset=data)


@pytest.mark.parametrize("name", ["exercises/regression_depth-1-tanh", "exercises/coloured_digits"])
def test_targets_that_are_not_one_class_are_refused(name):
    changes = {"class_weight": "balanced", "batch_size": 8, "data.validation": None}
    recipe = override(studies.get(name), changes)
    kind = studies.get(name).data.name
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    y = x[:, :1]
    if kind == "coloured_digits":
        x = np.zeros((40, 28, 28, 3), "uint8")
        y = {"digit": np.arange(40) % 10, "colour": np.arange(40) % 5}
    data = datasets.from_arrays(x, y, name=kind)
    with pytest.raises(UsageError, match=f"of one class each, which {kind} does not have"):
        resolve(recipe, dataset=data)


# Written down


def test_a_recipe_without_them_is_written_as_before_there_were_any():
    for recipe in map(studies.get, studies.names()):
        assert "class_weight" not in to_dict(recipe)
        assert "class_weight" not in recipe.settings()
        assert "class_weight" not in config.to_toml(recipe)


@pytest.mark.parametrize("value", ["balanced", {"rare": 5.0, "a b": 0.25}])
def test_they_are_written_read_and_compared(tmp_path, value):
    changed = override(RECIPE, {"class_weight": value})
    entries = json.loads(json.dumps(to_dict(changed)))
    assert from_dict(entries) == changed
    jsonschema.validate(entries, recipe_schema())
    (tmp_path / "recipe.toml").write_text(config.to_toml(changed), encoding="utf-8")
    assert config.from_toml(tmp_path / "recipe.toml") == changed
    assert differences(changed, RECIPE) == {"class_weight": value}
    assert differences(RECIPE, changed) == {"class_weight": None}
    assert list(jsonschema.Draft202012Validator(recipe_schema()).iter_errors(
        entries | {"class_weight": {"rare": -1}}
    ))  # fmt: skip


def test_many_classes_are_announced_by_their_ends():
    labels = np.repeat(np.arange(20), np.arange(10, 30))
    data = datasets.from_arrays(np.zeros((len(labels), 5), "float32"), labels, test=0.2)
    changes = {"class_weight": {"3": 0.5, "19": 40}, "data.validation": None}
    sentence = describe_class_weights(resolve(override(RECIPE, changes), dataset=data))
    assert sentence.endswith("nowhere else: from 0.5 (3) to 40 (19)")


def test_from_the_command_line(tmp_path, capsys):
    words = ["train", "exercises/circles_linear", "--epochs", "1", "--out", str(tmp_path)]
    assert main([*words, "--set", "class_weight={'inner': 4}"]) == 0
    shown = capsys.readouterr().out
    (folder,) = tmp_path.glob("exercises/circles_linear/*")
    result = json.loads((folder / "result.json").read_text())
    jsonschema.validate(result, RESULT_SCHEMA)
    assert result["class_weights"] == {"outer": 1.0, "inner": 4.0}
    assert result["identity"]["changes"]["class_weight"] == {"inner": 4}
    assert "class weights in the training loss, and nowhere else: outer 1, inner 4\n" in shown
    assert main(["describe", str(folder)]) == 0
    assert "trained with class_weight={'inner': 4}\n" in capsys.readouterr().out
