"""Recipes are literals that say what their reports say."""

import dataclasses
import json

import pytest

from kerasdl import pipelines, schedules, studies
from kerasdl.errors import UsageError
from kerasdl.recipes import recipe as recipe_module
from kerasdl.recipes.recipe import Recipe, from_dict, override, override_hash, to_dict

ALL = [studies.get(name) for name in studies.names()]


@pytest.mark.parametrize("recipe", ALL, ids=studies.names())
def test_is_written_down_and_read_back(recipe):
    assert from_dict(json.loads(json.dumps(to_dict(recipe)))) == from_dict(to_dict(recipe))
    assert to_dict(from_dict(to_dict(recipe))) == to_dict(recipe)


@pytest.mark.parametrize("recipe", ALL, ids=studies.names())
def test_names_what_there_is(recipe):
    assert recipe.source
    assert recipe.augmentation is None or recipe.augmentation in pipelines.NAMES
    assert recipe.schedule is None or recipe.schedule.name in schedules.NAMES
    for path in recipe.assumptions:  # an assumption is beside a field that exists
        part = to_dict(recipe)
        for key in path.split("."):
            part = part[key]


def test_settings_of_the_reports():
    """Literals copied from the reports' text and tables, not from the recipes."""
    baseline = studies.get("regularization/baseline")
    assert (baseline.epochs, baseline.batch_size) == (50, 128)  # II.Q18
    assert (baseline.optimizer.name, baseline.optimizer.learning_rate) == ("sgd", 0.1)
    assert baseline.test_curves  # figure 2
    assert studies.get("regularization/normalize").inputs == "standardize"  # II.Q19

    model2 = studies.get("dropout/model2")
    assert (model2.epochs, model2.batch_size) == (50, 32)  # table 4
    assert model2.optimizer.arguments == {"momentum": 0.9}
    assert model2.optimizer.learning_rate == 1e-3
    assert model2.model.arguments["dropout"] == 0.5
    assert (model2.data.validation, model2.data.validation_rule) == (1000, "last")
    assert (model2.log_every, model2.select, model2.seed) == (100, "val_accuracy", 0)


def test_override():
    recipe = studies.get("regularization/baseline")
    changed = override(
        recipe,
        {
            "epochs": "12",
            "optimizer.learning_rate": "0.01",
            "model.arguments.dropout": "0.5",
            "data.name": "cifar100",
            "model.arguments.filters": "((8, 8), 16)",
        },
    )
    assert (changed.epochs, changed.optimizer.learning_rate) == (12, 0.01)
    assert changed.model.arguments == {
        **recipe.model.arguments, "dropout": 0.5, "filters": ((8, 8), 16)
    }  # fmt: skip
    assert changed.data.name == "cifar100"
    assert recipe == studies.get("regularization/baseline")  # frozen, and untouched


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("epoch", "3", ["epoch", "epochs", "batch_size"]),
        ("optimizer.lr", "0.1", ["optimizer.lr", "learning_rate", "clip_norm"]),
        ("schedule.peak", "1", ["schedule.peak", "name, by, arguments"]),
        ("schedule.name", "one_bike", ["schedule.name", "one_cycle", "'one_bike'"]),
        ("epochs.more", "1", ["epochs.more", "none"]),
        ("seed", "99999999999", ["seed", "4294967295"]),
        ("optimizer.clip_norm", "-1", ["optimizer.clip_norm", "positive", "-1"]),
        ("optimizer.weight_decay", "abc", ["optimizer.weight_decay", "'abc'"]),
        ("data.validation", "abc", ["data.validation", "'abc'"]),
        ("data.validation", "True", ["data.validation", "True"]),
        ("data.options", "5", ["data.options", "dictionary", "5"]),
        ("data.name", "[1]", ["data.name", "[1]"]),
        ("model.arguments", "5", ["model.arguments", "5"]),
        ("select", "val_acc", ["select", "val_accuracy", "'val_acc'"]),
        ("name", "x", ["name"]),
        ("epochs", "-3", ["epochs", "at least 1", "-3"]),
        ("epochs", "2.5", ["epochs", "2.5"]),
        ("epochs", "many", ["epochs", "'many'"]),
        ("epochs", "True", ["epochs", "True"]),
        ("batch_size", "0", ["batch_size", "0"]),
        ("seed", "-1", ["seed", "-1"]),
        ("loss", "hinge", ["loss", "sparse_categorical_crossentropy", "'hinge'"]),
        ("inputs", "grey", ["inputs", "standardize", "'grey'"]),
        ("optimizer.name", "lion", ["optimizer.name", "sgd", "'lion'"]),
        ("optimizer.learning_rate", "0", ["optimizer.learning_rate", "positive"]),
        ("optimizer.learning_rate", "fast", ["optimizer.learning_rate", "'fast'"]),
        ("data.limit_train", "0", ["data.limit_train", "0"]),
        ("select", "test_accuracy", ["select", "val_", "'test_accuracy'"]),
        ("augmentation", "blur", ["augmentation", "crop_flip", "'blur'"]),
        ("model", "3", ["model"]),
        ("optimizer", "adam", ["optimizer"]),
        ("metrics", "accuracy", ["metrics"]),
        ("metrics", "([],)", ["metrics", "([],)"]),
        ("schedule.by", "'week'", ["schedule.by", "batch or epoch", "'week'"]),
        ("schedule.arguments", "3", ["schedule.arguments", "dictionary", "3"]),
        ("diverges", "no", ["diverges", "True or False", "'no'"]),
    ],
)
def test_a_wrong_override_is_explained(field, value, words):
    with pytest.raises(UsageError) as error:
        override(studies.get("regularization/baseline"), {field: value})
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_recipe_without_a_schedule_can_be_given_one():
    recipe = studies.get("regularization/baseline")
    changed = override(recipe, {"schedule.name": "one_cycle", "schedule.by": "epoch"})
    assert (changed.schedule.name, changed.schedule.by) == ("one_cycle", "epoch")


def test_an_unknown_recipe_is_named_with_its_neighbours():
    with pytest.raises(UsageError, match="did you mean regularization/baseline"):
        studies.get("regularization/basline")
    with pytest.raises(UsageError, match="kerasdl list"):
        studies.get("zzz")


def test_the_hash_is_of_what_decides_the_numbers():
    recipe = studies.get("regularization/baseline")
    assert override_hash(recipe, recipe) == ""
    assert override_hash(dataclasses.replace(recipe, seed=3, cost="1 h"), recipe) == ""
    shorter = override_hash(override(recipe, {"epochs": 3}), recipe)
    assert len(shorter) == 8
    assert int(shorter, 16) >= 0
    assert shorter == override_hash(override(recipe, {"epochs": "3"}), recipe)
    assert shorter != override_hash(override(recipe, {"epochs": 4}), recipe)


def test_from_dict_refuses_what_it_does_not_know():
    with pytest.raises(UsageError, match="dropout"):
        from_dict({**to_dict(ALL[0]), "dropout": 0.5})


def test_every_field_is_documented():
    for kind in (Recipe, *(getattr(recipe_module, n) for n in ("Data", "Model", "Optimizer"))):
        documented = kind.__doc__
        for field in dataclasses.fields(kind):
            assert f"{field.name}:" in documented or f"`{field.name}`" in documented, field.name
