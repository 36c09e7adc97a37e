"""Test-time augmentation beside its formula, and that it never replaces the plain number."""

import json

import jsonschema
import keras
import numpy as np
import pytest

from kerasdl import studies
from kerasdl.errors import UsageError
from kerasdl.recipes import override
from kerasdl.recipes.rules import TEST_TIME_AUGMENTATIONS
from kerasdl.runs.result_schema import RESULT_SCHEMA
from kerasdl.training import resolve, train
from kerasdl.training.averaged_views import VIEWS, with_averaged_views

SMALL = {
    "data.name": "digits",
    "data.options": {"shape": (32, 32, 3)},
    "data.limit_train": 100,
    "data.limit_test": 60,
    "data.validation": 40,
    "epochs": 1,
    "batch_size": 30,
}


def six_view_mean(network, x):
    """airbench's `infer_mirror_translate`, in NumPy."""

    def mirror_mean(x):
        return 0.5 * network(x) + 0.5 * network(x[:, :, ::-1])

    border = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect")
    size = x.shape[1]
    moved = [border[:, i : i + size, i : i + size] for i in (0, 2)]
    return 0.5 * mirror_mean(x) + 0.5 * np.mean([mirror_mean(each) for each in moved], axis=0)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_the_output_is_the_weighted_mean_over_the_views(dtype):
    inputs = keras.Input((6, 6, 3), dtype=dtype)
    y = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(4, activation="tanh")(y))
    x = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 3)).astype(dtype)

    def network(x):
        return model.predict(np.ascontiguousarray(x), verbose=0).astype("float64")

    found = with_averaged_views(model, "mirror_translate", (6, 6, 3)).predict(x, verbose=0)
    np.testing.assert_allclose(found, six_view_mean(network, x), atol=1e-6)
    found = with_averaged_views(model, "mirror", (6, 6, 3)).predict(x, verbose=0)
    np.testing.assert_allclose(found, (network(x) + network(x[:, :, ::-1])) / 2, atol=1e-6)


def test_every_kind_that_a_recipe_may_name_exists_and_weighs_one():
    assert set(VIEWS) == set(TEST_TIME_AUGMENTATIONS)
    for views in VIEWS.values():
        assert sum(weight for weight, _ in views(keras.ops.zeros((1, 4, 4, 1)))) == 1


def test_a_run_states_both_numbers(tmp_path):
    recipe = override(studies.get("cifar10/batchnorm"), SMALL)
    plain = train(recipe, out=tmp_path / "plain", callbacks=())
    both = override(recipe, {"test_time_augmentation": "mirror_translate"})
    run = train(both, out=tmp_path / "both", callbacks=())
    metrics = run.result["metrics"]
    assert list(metrics) == ["test", "validation", "test_augmented", "validation_augmented"]
    assert set(plain.result["metrics"]) == {"test", "validation"}
    for part in ("test", "validation"):
        assert metrics[part] == pytest.approx(plain.result["metrics"][part], abs=1e-5)
        assert set(metrics[f"{part}_augmented"]) == {"loss", "accuracy"}
        assert metrics[f"{part}_augmented"]["loss"] != metrics[part]["loss"]
    jsonschema.validate(json.loads((run.directory / "result.json").read_text()), RESULT_SCHEMA)


def test_examples_that_are_no_images_have_no_views():
    """Said before the training, not after."""
    recipe = studies.get("exercises/circles_wide")
    with pytest.raises(UsageError, match="mirror or mirror_translate"):
        override(recipe, {"test_time_augmentation": "rotate"})
    recipe = override(recipe, {"test_time_augmentation": "mirror"})
    with pytest.raises(UsageError, match="test_time_augmentation should be None"):
        resolve(recipe)
