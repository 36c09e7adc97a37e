"""The benches measure what they say; how fast that is, is for them to print."""

import keras
import numpy as np
import pytest

from kerasdl import layers, recipes, studies
from kerasdl.__main__ import main
from kerasdl.benchmarks import checkpoints, draws, numpy_draws, paired
from kerasdl.random import generators
from kerasdl.training import resolve
from kerasdl.training.batches import Batches
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
@pytest.mark.parametrize("other", draws.OTHERS)
@pytest.mark.parametrize("name", draws.RECIPES)
def test_portable_numbers_beside_others(name, other):
    shown = []
    result = draws.measure(name, other, n=1, images=128, notify=lambda *each: shown.append(each))
    assert shown == [(1, 2), (2, 2)]
    assert (result["recipe"], result["n"]) == (name, 1)
    assert result["beside"]["name"] == draws.OTHERS[other]
    assert result["ratio_quartiles"] == [result["ratio"]] * 2


def test_ratios_are_of_paired_epochs():
    """Of the ratios 2, 1 and 4 the median is 2, though that of the rates is 1."""
    recipe = studies.get("dropout/model2")
    result = paired.result(recipe, "other", 64, ours=[2, 4, 4], theirs=[1, 4, 1])
    assert (result["ratio"], result["ratio_quartiles"]) == (2, [1.5, 3])
    assert "ratio of paired epochs 2.000, quartiles 1.500 and 3.000" in paired.sentence(result)


def test_draws_of_numpy_are_inputs():
    """The network drops what the batch says, and the batch says what Philox draws of its step."""
    inputs = keras.Input((3,))
    network = keras.Model(inputs, layers.Dropout(0.25, seed=1)(inputs))
    network.compile(loss="mse")
    x = np.ones((8, 3), "float32")
    batches = Batches(x, x, batch_size=4, seed=7)
    copy, with_draws = numpy_draws.with_numpy_draws(network, batches)
    for step in range(2):
        ((images, mask), _) = with_draws[step]
        philox = np.random.Philox(key=[7, 0], counter=[0, 0, 0, step])
        expected = np.frombuffer(np.random.Generator(philox).bytes(12), "uint8").reshape(4, 3) >= 64
        assert np.array_equal(mask, expected)
        found = keras.ops.convert_to_numpy(copy([images, mask], training=True))
        np.testing.assert_allclose(found, expected / 0.75, rtol=1e-6)


def test_draws_of_numpy_need_batches_of_one_size():
    batches = Batches(np.ones((5, 3)), np.ones(5), batch_size=4)
    with pytest.raises(ValueError, match=r"batches of one size. Received: 5 images"):
        numpy_draws.with_numpy_draws(None, batches)


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
