"""Recipes are literals that say what their reports say; they are written, read, changed, compared."""

import ast
import dataclasses
import itertools
import json
from pathlib import Path

import jsonschema
import pytest

from kerasdl import losses, recipes, studies
from kerasdl.errors import UsageError
from kerasdl.recipes import (
    ABSENT,
    Data,
    Model,
    Optimizer,
    Recipe,
    Schedule,
    differences,
    from_dict,
    override,
    to_dict,
)
from kerasdl.recipes.recipe import defaults, field_names
from kerasdl.runs.identity import Identity

pytestmark = pytest.mark.no_backend

ALL = [studies.get(name) for name in studies.names()]
BASELINE = studies.get("regularization/baseline")
COMMITTED = sorted(Path(__file__).parents[1].glob("reports/runs/*/*/*/recipe.json"))

SMALL = Recipe(
    name="tests/small",
    data=Data("digits", options={"shape": (32, 32, 3)}, validation=0.1),
    model=Model("CNN", arguments={"filters": ((8, 8), 16), "head": {"units": (4,), "bias": None}}),
    loss={"digit": "sparse_categorical_crossentropy", "size": "mean_squared_error"},
    optimizer=Optimizer("sgd", 0.1),
    schedule=Schedule("multi_step", arguments={"milestones": (1.5, 2), "factor": 0.1}),
    metrics=("accuracy", "mean_squared_error"),
    epochs=3,
    batch_size=16,
    assumptions={"epochs": "as few as will do"},
)
IN_JSON = """{
    "name": "tests/small",
    "data": {"name": "digits", "options": {"shape": [32, 32, 3]}, "validation": 0.1},
    "model": {
        "builder": "CNN",
        "arguments": {"filters": [[8, 8], 16], "head": {"units": [4], "bias": null}}
    },
    "loss": {"digit": "sparse_categorical_crossentropy", "size": "mean_squared_error"},
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "schedule": {"name": "multi_step", "arguments": {"milestones": [1.5, 2], "factor": 0.1}},
    "metrics": ["accuracy", "mean_squared_error"],
    "epochs": 3,
    "batch_size": 16,
    "assumptions": {"epochs": "as few as will do"}
}"""


# Written and read


@pytest.mark.parametrize("recipe", ALL, ids=studies.names())
def test_is_written_down_and_read_back(recipe):
    assert from_dict(json.loads(json.dumps(to_dict(recipe)))) == recipe


def test_is_read_from_json_with_tuples_all_the_way_down():
    found = from_dict(json.loads(IN_JSON))
    assert found == SMALL
    assert found.model.arguments["filters"] == ((8, 8), 16)
    assert found.model.arguments["head"]["units"] == (4,)
    assert found.metrics == ("accuracy", "mean_squared_error")


def test_lists_and_tuples_make_the_same_recipe():
    arguments = {"filters": [[8, 8], 16], "head": {"units": [4], "bias": None}}
    model = dataclasses.replace(SMALL.model, arguments=arguments)
    assert dataclasses.replace(SMALL, model=model, metrics=list(SMALL.metrics)) == SMALL


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: "/".join(file.parts[-4:-1]))
def test_committed_recipes_are_read(file):
    """What older versions wrote: read without loss, and with today's defaults for what is new."""
    entries = json.loads(file.read_text())
    entries.pop("notice", None)
    found = to_dict(from_dict(entries))
    assert {key: found[key] for key in entries} == entries
    assert all(found[key] == defaults(Recipe)[key] for key in found.keys() - entries.keys())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda entries: entries | {"dropout": 0.5}, ["dropout", "a recipe has name, data, model"]),
        (lambda entries: entries | {"data": {"name": "x", "size": 3}}, ["data.size", "validation"]),
        (lambda entries: entries | {"data": {}}, ["a value for data.name"]),
        (lambda entries: entries | {"model": None}, ["model.builder", "None"]),
        (lambda entries: entries | {"epochs": "3"}, ["epochs", "'3'"]),
        (lambda entries: {k: v for k, v in entries.items() if k != "loss"}, ["a value for loss"]),
    ],
)
def test_what_is_no_recipe_is_explained(change, words):
    with pytest.raises(UsageError) as error:
        from_dict(change(json.loads(IN_JSON)))
    assert all(word in str(error.value) for word in words), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [{3: "x"}, {"x": {1, 2}}, {"x": b"1"}, {"x": float("nan")}])
def test_what_json_cannot_give_back_is_refused(value):
    with pytest.raises(UsageError, match=r"model\.arguments should be a dictionary"):
        override(SMALL, {"model.arguments": value})


@pytest.mark.parametrize("field", ["optimizer.learning_rate", "optimizer.weight_decay"])
def test_a_whole_number_beyond_all_floats_is_refused(field):
    with pytest.raises(UsageError, match=f"^{field} should be a positive number.*received 1000"):
        override(SMALL, {field: 10**400})


# What the registered recipes say


@pytest.mark.parametrize("recipe", ALL, ids=studies.names())
def test_says_where_it_comes_from_and_what_it_assumes(recipe):
    assert recipe.source
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


# Changed


def test_override():
    changed = override(
        BASELINE,
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
        **BASELINE.model.arguments, "dropout": 0.5, "filters": ((8, 8), 16)
    }  # fmt: skip
    assert changed.data.name == "cifar100"
    assert studies.get("regularization/baseline") is BASELINE  # frozen, and untouched


WRONG = [
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
    ("precision", "float64", ["precision", "bfloat16", "'float64'"]),
    ("class_weight", "even", ["class_weight", "balanced", "'even'"]),
    ("class_weight", "{0: 2.0}", ["class_weight", "class name", "{0: 2.0}"]),
    ("class_weight", "{'cat': -1}", ["class_weight", "positive", "-1"]),
    ("label_smoothing", "1", ["label_smoothing", "below 1", "1"]),
    ("label_smoothing", "-0.1", ["label_smoothing", "from 0"]),
    ("label_smoothing", "True", ["label_smoothing", "True"]),
    ("accumulation", "0", ["accumulation", "from 1", "0"]),
    ("ema_momentum", "1", ["ema_momentum", "between 0 and 1", "1"]),
    ("mix", "mix_up", ["mix.name, mix.alpha", "'mix_up'"]),
    ("early_stopping", "3", ["early_stopping.patience", "3"]),
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
]


@pytest.mark.parametrize(("field", "value", "words"), WRONG)
def test_a_wrong_override_is_explained(field, value, words):
    with pytest.raises(UsageError) as error:
        override(studies.get("regularization/baseline"), {field: value})
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_recipe_without_a_schedule_can_be_given_one():
    changed = override(BASELINE, {"schedule.name": "one_cycle", "schedule.by": "epoch"})
    assert changed.schedule == Schedule("one_cycle", by="epoch")
    assert override(changed, {"schedule": "None"}) == BASELINE


def test_optional_parts_are_given_field_by_field_and_compared_without_their_defaults():
    changes = {"mix.name": "cut_mix", "early_stopping.patience": 3}
    changed = override(BASELINE, changes)
    assert (changed.mix.alpha, changed.early_stopping.monitor) == (1.0, "val_loss")
    assert differences(changed, BASELINE) == changes
    assert override(changed, {"mix": None, "early_stopping": None}) == BASELINE
    assert differences(BASELINE, changed) == {"mix": None, "early_stopping": None}


def test_fields_that_need_each_other_are_replaced_at_once():
    watched = override(BASELINE, {"select": "val_accuracy"})
    changed = override(watched, {"metrics": "()", "select": "val_loss"})
    assert (changed.metrics, changed.select) == ((), "val_loss")


def test_an_unknown_recipe_is_named_with_its_neighbours():
    with pytest.raises(UsageError, match="did you mean regularization/baseline"):
        studies.get("regularization/basline")
    with pytest.raises(UsageError, match="kerasdl list"):
        studies.get("zzz")


# Compared


def test_differences_are_named_by_their_path():
    changed = override(
        BASELINE,
        {
            "epochs": 12,
            "optimizer.learning_rate": 0.01,
            "model.arguments.dropout": 0.5,
            "data.options": {"shape": [8, 8]},
        },
    )
    assert differences(changed, BASELINE) == {
        "data.options.shape": [8, 8],
        "model.arguments.dropout": 0.5,
        "optimizer.learning_rate": 0.01,
        "epochs": 12,
    }


def test_seed_and_descriptions_are_no_difference():
    others = {
        "name": "a/b",
        "seed": 3,
        "cost": "1 h",
        "diverges": True,
        "assumptions": {"seed": ""},
    }
    assert differences(dataclasses.replace(BASELINE, **others), BASELINE) == {}


def test_what_only_the_original_has_is_absent():
    dropout = override(BASELINE, {"model.arguments.dropout": None})
    assert differences(dropout, BASELINE) == {"model.arguments.dropout": None}
    assert differences(BASELINE, dropout) == {"model.arguments.dropout": ABSENT}
    scheduled = override(BASELINE, {"schedule.name": "one_cycle"})
    assert differences(BASELINE, scheduled) == {"schedule": None}


def test_a_schedule_of_its_own_is_named_without_its_defaults():
    scheduled = override(BASELINE, {"schedule.name": "step", "schedule.arguments.every": 2})
    expected = {"schedule.name": "step", "schedule.arguments.every": 2}
    assert differences(scheduled, BASELINE) == expected


def test_differences_lead_from_one_recipe_to_the_other():
    """Their paths are those that `override` takes."""
    pairs = itertools.permutations(ALL[::7], 2)
    tried = 0
    for recipe, original in pairs:
        found = differences(recipe, original)
        if ABSENT not in found.values():
            tried += 1
            assert override(original, found).settings() == recipe.settings()
    assert tried > 20


def later_version(recipe):
    """The recipe as a later version makes it, whose schema has one more field in every part."""

    def extended(part):
        added = [("added", tuple, dataclasses.field(default=(1, 2)))]
        kind = dataclasses.make_dataclass("Later", added, bases=(type(part),), frozen=True)
        return kind(**{name: getattr(part, name) for name in field_names(type(part))})

    parts = {name: getattr(recipe, name) for name in ("data", "model", "optimizer", "schedule")}
    parts = {name: extended(part) for name, part in parts.items() if part is not None}
    return extended(dataclasses.replace(recipe, **parts))


def test_a_field_that_a_later_version_adds_renames_no_run():
    """Nor would one part of a run's directory, the hash, change: it covers what differs."""
    changes = {"epochs": 3, "schedule.name": "step", "schedule.arguments.every": 2}
    now = override(BASELINE, changes)
    then = later_version(now)
    assert to_dict(then)["added"] == to_dict(then)["schedule"]["added"] == [1, 2]
    found = differences(then, later_version(BASELINE))
    assert found == differences(now, BASELINE) == changes
    assert Identity(found).suffix == Identity(changes).suffix
    assert Identity(found | {"epochs": 4}).suffix != Identity(changes).suffix


# The schema


def is_valid(entries):
    schema = recipes.recipe_schema()
    return jsonschema.Draft202012Validator(schema).is_valid(entries)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(recipes.recipe_schema())


def test_the_schema_allows_every_recipe():
    assert is_valid(json.loads(IN_JSON))
    assert is_valid(json.loads(IN_JSON) | {"notice": "Run on the digits."})
    for entries in [*map(to_dict, ALL), *(json.loads(file.read_text()) for file in COMMITTED)]:
        assert is_valid(entries), entries["name"]


# Not wrong in JSON, or only beside another field.
BEYOND_THE_SCHEMA = (
    ("name", "x"),
    ("epochs.more", "1"),
    ("select", "val_acc"),
    ("class_weight", "{0: 2.0}"),
)


@pytest.mark.parametrize(
    ("field", "value"), [wrong[:2] for wrong in WRONG if wrong[:2] not in BEYOND_THE_SCHEMA]
)
def test_the_schema_refuses_what_the_rules_refuse(field, value):
    entries = to_dict(override(BASELINE, {"schedule.name": "constant"}))
    *parents, last = field.split(".")
    part = entries
    for key in parents:
        part = part[key]
    assert is_valid(entries)
    try:
        part[last] = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        part[last] = value
    assert not is_valid(json.loads(json.dumps(entries)))


def test_every_field_is_described():
    schema = recipes.recipe_schema()
    parts = [schema, *(schema["properties"][name] for name in ("data", "model", "optimizer"))]
    parts.append(schema["properties"]["schedule"]["anyOf"][0])
    for part in parts:
        assert len(part["properties"]) > 2
        for name, field in part["properties"].items():
            assert len(field["description"].split()) > 1, name


@pytest.mark.parametrize("loss", losses.NAMES)
def test_every_loss_that_there_is_can_be_named(loss):
    assert override(BASELINE, {"loss": loss}).loss == loss
