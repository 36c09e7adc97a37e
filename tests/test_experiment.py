"""Which data an experiment is trained on: limited, and in place of what cannot be had."""

import argparse
import functools
from dataclasses import replace

import keras
import numpy as np
import pytest

from kerasdl import datasets, studies
from kerasdl.commands import train
from kerasdl.datasets import DataNotFound, _published, digits
from kerasdl.datasets._transfer import DownloadError
from kerasdl.errors import UsageError
from kerasdl.recipes import Data, override
from kerasdl.training import resolve
from kerasdl.training.network import build_network

pytestmark = pytest.mark.any_backend


def on_digits(**data):
    """The experiment of a recipe for images on digits, carved and limited."""
    recipe = replace(studies.get("cifar10/batchnorm"), data=Data("digits", **data), batch_size=10)
    return resolve(recipe).dataset


@pytest.mark.parametrize("rule", ["random", "last"])
def test_a_count_of_validation_examples_stays_that_count(rule):
    """It shrank to 100 x 400 / 1,337 = 29, and a limit of 1 left one of them."""
    whole = on_digits(validation=100, validation_rule=rule)
    limited = on_digits(validation=100, validation_rule=rule, limit_train=400)
    assert (len(limited.train), len(limited.validation)) == (400, 100)
    np.testing.assert_array_equal(limited.validation.x, whole.validation.x)
    np.testing.assert_array_equal(limited.train.x, whole.train.x[:400])
    assert len(on_digits(validation=100, limit_train=10).validation) == 100


def test_a_fraction_of_validation_examples_stays_that_fraction():
    limited = on_digits(validation=0.2, limit_train=400)  # 287 of 1,437 were carved
    assert (len(limited.train), len(limited.validation)) == (400, 287 * 400 // 1150)
    assert len(on_digits(validation=0.2).validation) == 287


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """A machine without data and without a network."""
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(digits, "load", functools.cache(digits.load))

    def unreachable(folder, downloads):
        raise DownloadError("it could not be downloaded (no network)")

    monkeypatch.setattr(_published, "install", unreachable)


def asked(*words):
    """What `kerasdl train --dataset auto` trains."""
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    return train.resolve_experiment(parser.parse_args([*words, "--dataset", "auto"]))


# Those that begin from weights of the hub would ask it for them.
WITHOUT_WEIGHTS = ["--set", "pretrained=None", "--set", "freeze=False", "--set", "layer_decay=None"]


def test_every_recipe_runs_without_its_data_or_says_in_a_sentence_why_not(no_data, capsys):
    """Resolved, all of them, and a network of each kind built."""
    networks, refused = {}, {}
    for name in studies.names():
        recipe = studies.get(name)
        try:
            experiment = asked(name, *WITHOUT_WEIGHTS)
        except UsageError as error:
            refused[name] = str(error)
            continue
        if recipe.data.name == "circles":  # which are drawn
            assert experiment.dataset.name == "circles"
            continue
        assert experiment.dataset.name == "digits"
        assert experiment.notice.startswith(f"{recipe.data.name} was not found, so this run uses")
        # So that all networks fit that fit the recipe's own images.
        assert experiment.input_shape == datasets.info(recipe.data.name).shape
        networks[experiment.input_shape, recipe.model.builder] = experiment
    too_large = refused.pop("cifar10/fast")
    assert "batch_size should be at most the 1437 training examples of digits" in too_large
    for name in [name for name in refused if name.startswith("exercises/digits_")]:
        assert "A part carved from 1437 should hold" in refused.pop(name)  # 10,000 for validation
    assert {studies.get(name).data.name for name in refused} == {"ames_housing", "coloured_digits"}
    assert {shape for shape, _ in networks} == {(32, 32, 3), (28, 28, 1)}
    for name, sentence in refused.items():
        kind = {"ames_housing": "a regression"}.get(studies.get(name).data.name, "several outputs")
        assert sentence.startswith(
            f"{name} cannot run on the bundled digits in place of {studies.get(name).data.name} "
            f"(they are images of one class each, it is {kind}): "
        )
        assert " was not found: looked for " in sentence
        assert sentence.isprintable()
    for experiment in networks.values():
        recipe = override(experiment.recipe, SMALLER.get(experiment.recipe.model.builder, {}))
        network = build_network(
            recipe, experiment.outputs, experiment.input_shape, _ZERO, training=False
        )
        assert network.output_shape == (None, 10)
        keras.utils.clear_session()


# What decides neither whether a network fits its images nor what comes out of it.
SMALLER = {
    "ViT": {"model.arguments.depth": 1},
    "ResNet18": {"model.arguments.filters": (8, 8, 8, 8)},
    "MLP": {"model.arguments.units": (8,)},
}
_ZERO = np.zeros(3), np.ones(3)  # mean and deviation of images that are standardized


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("cifar10/default", ["data.validation=1437"], "A part carved from 1437 should hold"),
        ("cifar10/default", ["batch_size=1500"], "batch_size should be at most the 1437"),
    ],
)
def test_a_recipe_that_takes_more_than_there_are_digits_says_so(no_data, name, changes, reason):
    with pytest.raises(DataNotFound, match=reason) as error:
        asked(name, *(word for change in changes for word in ("--set", change)))
    assert "cifar10 was not found: looked for" in str(error.value)


def test_images_are_shown_in_the_shape_of_the_recipes_own(no_data):
    """So that patches of 7x7 fit."""
    assert asked("transformers/vit_embed_dim-8").input_shape == (28, 28, 1)
    assert asked("cifar10/default").input_shape == (32, 32, 3)
