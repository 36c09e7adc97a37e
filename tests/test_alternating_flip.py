"""Alternating flip: both sides of every image in two epochs, whatever the batches are."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasdl.augmentation import AlternatingFlip, pipeline


def images(n=200, shape=(8, 6, 3)):
    return np.random.default_rng(0).integers(0, 256, (n, *shape), "uint8")


def flips(layer, x, epoch):
    layer.generator.begin_epoch(epoch)
    return ops.convert_to_numpy(layer.draw(x)["flip"])


def test_two_epochs_in_a_row_show_both_sides_of_every_image():
    layer, x = AlternatingFlip(seed=3), images()
    first = flips(layer, x, 0)
    assert 0.4 < first.mean() < 0.6
    np.testing.assert_array_equal(flips(layer, x, 1), ~first)
    np.testing.assert_array_equal(flips(layer, x, 2), first)
    np.testing.assert_array_equal(flips(layer, x, 7), ~first)


def test_a_coin_is_an_images_own_in_any_batch_dtype_and_range():
    layer, x = AlternatingFlip(seed=3), images()
    whole = flips(layer, x, 0)
    order = np.random.default_rng(1).permutation(len(x))
    np.testing.assert_array_equal(flips(layer, x[order][:50], 0), whole[order][:50])
    np.testing.assert_array_equal(flips(layer, x.astype("float32"), 0), whole)
    scaled = AlternatingFlip(seed=3, value_range=(0, 1))
    np.testing.assert_array_equal(flips(scaled, (x / 255).astype("float32"), 0), whole)
    assert bool(flips(layer, x[0], 0)[0]) == whole[0]


def test_the_coins_are_those_of_the_hash_that_is_documented():
    """In Python's whole numbers, which have no end."""
    layer, x = AlternatingFlip(seed=5), images(40)
    rng = np.random.default_rng(5)
    by_row, by_place = rng.integers(1021, size=8), rng.integers(1021, size=18)
    expected = []
    for image in x.tolist():
        total = 0
        for row, v in zip(image, by_row.tolist(), strict=True):
            values = [level for pixel in row for level in pixel]
            total += v * (sum(w * p for w, p in zip(by_place.tolist(), values, strict=True)) % 1021)
        expected.append(total % 1021 < 511)
    np.testing.assert_array_equal(flips(layer, x, 0), expected)


def test_the_hash_of_the_brightest_large_image_does_not_overflow():
    x = np.full((1, 64, 900, 3), 255, "uint8")
    layer = AlternatingFlip(seed=5)
    found = flips(layer, x, 0)[0]
    rng = np.random.default_rng(5)
    by_row, by_place = rng.integers(1021, size=64), rng.integers(1021, size=2700)
    assert found == (int(by_row.sum()) * (255 * int(by_place.sum()) % 1021) % 1021 < 511)


def test_images_and_seeds_have_independent_coins():
    """Images that differ in one level of one pixel agree half of the time, over seeds."""
    x = images(2)
    x[1] = x[0]
    x[1, 3, 2, 1] ^= 1
    pairs = [flips(AlternatingFlip(seed=seed), x, 0) for seed in range(300)]
    agree = np.mean([one == other for one, other in pairs])
    assert 0.4 < agree < 0.6


def test_apply_mirrors_those_that_the_draw_names():
    layer, x = AlternatingFlip(seed=3), images(4)
    found = ops.convert_to_numpy(layer.apply(x, {"flip": np.array([1, 0, 0, 1], bool)}))
    np.testing.assert_array_equal(found[[0, 3]], x[[0, 3], :, ::-1])
    np.testing.assert_array_equal(found[[1, 2]], x[[1, 2]])


def test_a_network_that_is_trained_sees_the_side_of_the_epoch():
    """Compiled too: the epoch is a variable."""
    layer, x = AlternatingFlip(seed=3), images(30)
    inputs = keras.Input(x.shape[1:], dtype="uint8")
    model = keras.Model(inputs, layer(inputs))
    first = flips(layer, x, 0)
    for epoch, expected in enumerate((first, ~first)):
        layer.generator.begin_epoch(epoch)
        out = ops.convert_to_numpy(model(x, training=True))
        np.testing.assert_array_equal(
            out, np.where(expected[:, None, None, None], x[:, :, ::-1], x)
        )
    np.testing.assert_array_equal(ops.convert_to_numpy(model(x)), x)


def test_the_pipeline_flips_what_no_layer_has_changed():
    names = [type(layer).__name__ for layer in pipeline("alternating_flip_crop", seed=0)]
    assert names == ["AlternatingFlip", "RandomPadCrop"]


@pytest.mark.parametrize("seed", [0, 2**31 + 5])
def test_a_layer_made_again_flips_the_same(seed):
    layer, x = AlternatingFlip(seed=seed), images()
    again = AlternatingFlip.from_config(layer.get_config())
    np.testing.assert_array_equal(flips(again, x, 4), flips(layer, x, 4))
