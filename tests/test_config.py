"""Recipes as TOML files: written for every recipe, read back as they were, refused in a sentence."""

import shlex
import tomllib

import jsonschema
import pytest

from kerasdl import studies
from kerasdl.__main__ import main
from kerasdl.commands import train as train_command
from kerasdl.commands._announcements import describe_mirrors
from kerasdl.errors import UsageError
from kerasdl.recipes import config, override
from kerasdl.recipes.unmirrored import is_mirroring, unmirrored
from kerasdl.training import resolve
from kerasdl.training.stand_in import resolve_on_digits

pytestmark = pytest.mark.any_backend

VALIDATOR = jsonschema.Draft202012Validator(config.config_schema())
ODD = override(
    studies.get("cifar10/fast"),
    {"source": 'a "quoted"\nline \x7f \\ é', "assumptions": {"a.b": "c", "d e": "#"}, "epochs": 1},
)


@pytest.mark.parametrize("recipe", [*map(studies.get, studies.names()), ODD], ids=lambda r: r.name)
def test_every_recipe_comes_back_as_it_was(tmp_path, recipe):
    (tmp_path / "recipe.toml").write_text(config.to_toml(recipe), encoding="utf-8")
    assert config.from_toml(tmp_path / "recipe.toml") == recipe
    assert list(VALIDATOR.iter_errors(tomllib.loads(config.to_toml(recipe)))) == []


def test_none_is_a_text():
    text = config.to_toml(studies.get("exercises/regression_depth-1-tanh"))
    assert 'activation = "None"' in text
    entries = tomllib.loads(text) | {"select": "test_accuracy"}
    assert len(list(VALIDATOR.iter_errors(entries))) == 1


def test_a_byte_order_mark_is_passed_over(tmp_path):
    recipe = studies.get("cifar10/default")
    (tmp_path / "a.toml").write_text(config.to_toml(recipe), encoding="utf-8-sig")
    assert config.from_toml(tmp_path / "a.toml") == recipe


def test_what_init_prints_can_be_typed(tmp_path, capsys):
    file = tmp_path / "my own.toml"
    assert main(["init", "cifar10/default", str(file)]) == 0
    (command,) = capsys.readouterr().out.split("`")[1:-1]
    assert shlex.split(command) == ["kerasdl", "train", "--config", str(file)]


def test_init_writes_a_file_that_is_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "exercises/circles_linear"]) == 0
    assert "kerasdl train --config circles_linear.toml" in capsys.readouterr().out
    assert main(["init", "exercises/circles_linear"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main(["init", "exercises/circles_linear", "--overwrite"]) == 0
    file = tmp_path / "circles_linear.toml"
    assert main(["train", "--config", str(file), "--epochs", "1"]) == 0
    file.write_text(file.read_text().replace("exercises/circles_linear", "mine/first"))
    assert main(["train", "--config", str(file), "--epochs", "1"]) == 0
    names = {path.parent.parent.name for path in tmp_path.rglob("result.json")}
    assert names == {"circles_linear", "first"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"epochs = ", "should be a file of TOML"),
        (b"\xff", "should be a file of TOML"),
        (b"a = " + b"[" * 100_000, "should be a file of TOML"),
        (b"epochs = 3", "A recipe needs a value for name"),
        (b"epoch = 3", "epoch is not a field: a recipe has name"),
        (b"name = 1979-05-27", "A recipe needs a value for data"),
    ],
)
def test_files_that_are_no_recipes(tmp_path, content, message):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(UsageError, match=message) as error:
        config.from_toml(tmp_path / "a.toml")
    assert "a.toml" in str(error.value)


def test_a_wrong_value_is_named(tmp_path):
    text = config.to_toml(studies.get("cifar10/default")).replace("epochs = 7", "epochs = 0")
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(UsageError, match=r"a.toml: epochs should be a whole number, at least 1"):
        config.from_toml(tmp_path / "a.toml")


# Digits in a mirror


@pytest.mark.parametrize(
    ("name", "augmentation"),
    [
        ("cifar10/default", "crop"),
        ("cifar10/fast", "crop"),
        ("mlp_vs_cnn/cnn_flip", None),
        ("mlp_vs_cnn/cnn_crop", "enlarge_crop"),
        ("cifar10/batchnorm", None),
    ],
)
def test_digits_are_not_mirrored(name, augmentation):
    recipe = train_command._on(studies.get(name), "digits")
    assert recipe.augmentation == augmentation
    assert not is_mirroring(recipe)


def test_the_stand_in_is_not_mirrored_either():
    from kerasdl.datasets import DataNotFound

    experiment = resolve_on_digits(studies.get("cifar10/default"), DataNotFound("nowhere"))
    assert experiment.recipe.augmentation == "crop"
    assert "digits are not mirrored here" in describe_mirrors(experiment)


def test_what_still_mirrors_is_said(tmp_path):
    recipe = train_command._on(studies.get("cifar10/default"), "digits")
    for name in ("crop_flip", "crop_flip_colour"):
        experiment = resolve(override(recipe, {"augmentation": name}), out=tmp_path)
        assert "shows digits in a mirror" in describe_mirrors(experiment)
    assert unmirrored(experiment.recipe).augmentation == "crop_flip_colour"
