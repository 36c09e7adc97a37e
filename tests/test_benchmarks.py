"""The benches measure what they say; how fast that is, is for them to print."""

import keras
import pytest

from kerasdl import recipes, studies
from kerasdl.__main__ import main
from kerasdl.benchmarks import checkpoints, draws, paired
from kerasdl.random import generators
from kerasdl.training import resolve
from kerasdl.training.network import build


@pytest.fixture
def narrow(monkeypatch):
    """Recipes with one narrow layer of each kind, which compiles quickly: speeds are not tested."""
    get, changes = studies.get, {"model.arguments.filters": (4,), "model.arguments.units": (8,)}
    monkeypatch.setattr(studies, "get", lambda name: recipes.override(get(name), changes))


@pytest.mark.usefixtures("narrow")
def test_one_recipe_beside_another():
    shown = []
    pair = ("dropout/model2", "regularization/augment")
    result = paired.compare(*pair, n=1, images=128, notify=lambda *each: shown.append(each))
    assert shown == [(1, 2), (2, 2)]
    assert (result["recipe"], result["n"]) == ("dropout/model2", 1)
    assert result["beside"]["name"] == "regularization/augment"
    for side in (result, result["beside"]):
        low, high = side["quartiles"]
        assert 0 < low <= side["images_per_second"] <= high
    assert result["ratio"] > 0
    assert "regularization/augment" in paired.sentence(result)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("name", draws.RECIPES)
def test_portable_numbers_beside_the_backends_own(name):
    shown = []
    result = draws.measure(name, n=1, images=128, notify=lambda *each: shown.append(each))
    assert shown == [(1, 2), (2, 2)]
    assert (result["recipe"], result["n"]) == (name, 1)
    assert result["beside"]["name"] == "the backend's own random numbers"
    assert result["ratio"] > 0


def test_the_other_side_draws_by_keras():
    """Its dropout is Keras' own, and no layer has a generator of ours."""
    recipe = recipes.override(studies.get("dropout/model2"), {"augmentation": "crop_flip"})
    experiment = resolve(paired.on_all_images(recipe), dataset=paired.noise(128))
    network = build(experiment).trained
    other = draws.with_own_draws(network)
    assert len(generators(network)) == 5
    assert generators(other) == []
    assert sum(isinstance(layer, keras.layers.Dropout) for layer in other.layers) == 3


@pytest.mark.usefixtures("narrow")
def test_checkpoints_beside_none():
    shown = []
    result = checkpoints.measure(n=2, images=256, notify=lambda *each: shown.append(each))
    assert shown == [(1, 3), (2, 3), (3, 3)]
    assert (result["recipe"], result["n"]) == ("regularization/baseline", 2)
    assert "without checkpoints" in result["beside"]["name"]
    assert result["ratio"] > 0


def test_a_bench_that_cannot_write_says_so_before_it_measures(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert main(["bench", "training", "--json", str(tmp_path / "file" / "x.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
