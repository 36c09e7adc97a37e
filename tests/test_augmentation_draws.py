"""The distribution and the independence of every draw, with fixed seeds."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from kerasdl import augmentation as aug
from kerasdl.augmentation import OPERATIONS
from kerasdl.augmentation._operations import BINS

N = 4000
UNLIKELY = 1e-3  # with fixed seeds a test passes always or never


def draws(layer, count=N, size=(20, 30)):
    """Two calls' worth, so that a mistake between calls would show."""
    shape = (count // 2, *size, 1)
    parts = [layer.draw(shape), layer.draw(shape)]
    return {
        key: np.concatenate([ops.convert_to_numpy(part[key]) for part in parts]) for key in parts[0]
    }


def assert_equally_likely(values, count, expected=None):
    observed = np.bincount(np.asarray(values).ravel(), minlength=count)
    assert len(observed) == count
    assert stats.chisquare(observed, expected).pvalue > UNLIKELY


def assert_uniform(values, low, high):
    assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > UNLIKELY


def assert_independent(*columns):
    """No correlation between parts of a draw, nor between an image and its neighbours."""
    bound = 4.5 / np.sqrt(N)
    for i, a in enumerate(columns):
        for b in columns[i + 1 :]:
            assert abs(stats.spearmanr(a, b).statistic) < bound
        for lag in (1, 2, N // 2):  # N // 2: the same place in the next call
            assert abs(stats.spearmanr(a[:-lag], a[lag:]).statistic) < bound * np.sqrt(2)


def test_crops():
    for layer in (aug.RandomPadCrop(padding=4, seed=1), aug.RandomEnlargeCrop(margin=4, seed=1)):
        offset = draws(layer)["offset"]
        assert_equally_likely(offset[:, 0] * 9 + offset[:, 1], 81)
        assert_independent(offset[:, 0], offset[:, 1])


@pytest.mark.parametrize("probability", [0.5, 0.2])
def test_flip(probability):
    flip = draws(aug.RandomHorizontalFlip(probability, seed=1))["flip"]
    assert_equally_likely(flip.astype(int), 2, [N * (1 - probability), N * probability])
    assert_independent(flip)


def test_affine():
    layer = aug.RandomAffine(15, (0.1, 0.3), scale=(0.5, 2), shear=(-5, 20), seed=1)
    draw = draws(layer)
    columns = (draw["rotation"], *draw["translation"].T, draw["scale"], *draw["shear"].T)
    ranges = ((-15, 15), (-0.1, 0.1), (-0.3, 0.3), (0.5, 2), (-5, 20), (-5, 20))
    for values, (low, high) in zip(columns, ranges, strict=True):
        assert_uniform(values, low, high)
    assert_independent(*columns)


def test_color():
    draw = draws(aug.RandomColor(0.2, (0.5, 1.5), 2, 0.1, seed=1))
    ranges = {
        "brightness": (0.8, 1.2),
        "contrast": (0.5, 1.5),
        "saturation": (0, 3),
        "hue": (-0.1, 0.1),
    }
    for key, (low, high) in ranges.items():
        assert_uniform(draw[key], low, high)
    assert_independent(*draw.values())
    assert set(draws(aug.RandomColor(saturation=0.3), 10)) == {"saturation"}


def test_erasing():
    layer = aug.RandomErasing(0.7, area=(0.02, 0.2), aspect=(0.4, 2.5), seed=1)
    top, left, tall, wide = draws(layer, size=(2000, 3000))["box"].T.astype(float)
    erased = tall > 0
    assert_equally_likely(erased.astype(int), 2, [0.3 * N, 0.7 * N])
    top, left, tall, wide = top[erased], left[erased], tall[erased], wide[erased]
    assert_uniform(tall * wide / 6e6, 0.02, 0.2)
    assert_uniform(np.log(tall / wide), np.log(0.4), np.log(2.5))
    assert_uniform(top / (2000 - tall + 1), 0, 1)
    assert_uniform(left / (3000 - wide + 1), 0, 1)
    assert np.all(top + tall <= 2000)
    assert np.all(left + wide <= 3000)
    noise = ops.convert_to_numpy(
        aug.RandomErasing(value="random", seed=1).draw((4, 30, 30, 3))["noise"]
    )
    assert_uniform(noise.ravel(), 0, 255)


def test_cutout():
    top, left, tall, wide = draws(aug.Cutout(6, seed=1))["box"].T
    # The middle is any pixel; what sticks out is cut: 3 pixels before it, 2 after.
    assert_equally_likely(top + tall - 3, 18, N / 20 * np.array([1] * 17 + [3]))
    assert_equally_likely(left, 27, N / 30 * np.array([4] + [1] * 26))
    assert (tall.max(), wide.max(), tall.min(), wide.min()) == (6, 6, 3, 3)
    assert_independent(top, left)


def test_noise():
    layer = aug.RandomGaussianNoise(stddev=12, seed=1)
    noise = [ops.convert_to_numpy(layer.draw((10, 12, 10, 3))["noise"]) for _ in range(2)]
    assert stats.kstest(np.ravel(noise), stats.norm(0, 12).cdf).pvalue > UNLIKELY
    assert abs(np.corrcoef(np.ravel(noise[0]), np.ravel(noise[1]))[0, 1]) < 0.08
    assert abs(np.corrcoef(noise[0].reshape(10, -1))[np.triu_indices(10, 1)]).max() < 0.25


def test_rand_augment():
    draw = draws(aug.RandAugment(num_ops=2, magnitude=9, seed=1))
    pairs = draw["operation"][:, 0] * len(OPERATIONS) + draw["operation"][:, 1]
    assert_equally_likely(pairs, len(OPERATIONS) ** 2)
    assert_equally_likely((draw["sign"] + 1) // 2 @ [1, 2], 4)
    assert np.all(draw["bin"] == 9)
    assert_independent(*draw["operation"].T, *draw["sign"].T)


def test_trivial_augment_wide():
    draw = draws(aug.TrivialAugmentWide(seed=1))
    assert_equally_likely(draw["operation"], len(OPERATIONS))
    assert_equally_likely(draw["bin"], BINS)
    assert_equally_likely((draw["sign"] + 1) // 2, 2)
    assert_independent(*(draw[key][:, 0] for key in ("operation", "bin", "sign")))


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mixup(alpha):
    layer = aug.MixUp(alpha, seed=1)
    shape = (N // 2, 2, 2, 1)
    parts = [layer.draw(shape), layer.draw(shape)]
    weight = np.concatenate([ops.convert_to_numpy(part["weight"]) for part in parts])
    # Far below 1e-30 float32 keeps no small numbers on some backends: compare the middle.
    middle = weight[(weight > 1e-4) & (weight < 1 - 1e-4)]
    law = stats.beta(alpha, alpha)
    low, high = law.cdf([1e-4, 1 - 1e-4])
    assert stats.kstest(middle, lambda w: (law.cdf(w) - low) / (high - low)).pvalue > UNLIKELY
    assert stats.binomtest(len(middle), N, high - low).pvalue > UNLIKELY
    for part in parts:
        partner = ops.convert_to_numpy(part["partner"])
        np.testing.assert_array_equal(np.sort(partner), np.arange(N // 2))
        assert abs(stats.spearmanr(partner, np.arange(N // 2)).statistic) < 0.1
    small = [ops.convert_to_numpy(layer.draw((4, 2, 2, 1))["partner"]) for _ in range(240)]
    _, counts = np.unique(small, axis=0, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > UNLIKELY


def test_cutmix():
    box = draws(aug.CutMix(1.0, seed=1), size=(400, 600))["box"]
    top, left, tall, wide = box.T.astype(float)
    inside = (top > 0) & (left > 0) & (top + tall < 400) & (left + wide < 600)
    np.testing.assert_allclose(tall[inside] / 400, wide[inside] / 600, atol=1 / 400)
    # Cut at the edges, a side of `s` becomes one of at least `s / 2`.
    assert np.all((top >= 0) & (left >= 0) & (top + tall <= 400) & (left + wide <= 600))
    middle = (top[inside] + tall[inside] / 2) / 400
    assert abs(middle.mean() - 0.5) < 0.02
    share = 1 - (tall / 400) * (wide / 600)
    # The mean of the box's share, (s - s^2 / 4)^2 with s^2 uniform: 1/2 - 1/5 + 1/48.
    assert share.mean() == pytest.approx(1 - 77 / 240, abs=0.01)


def test_a_compiled_model_goes_on_drawing():
    """Epoch to epoch, batch to batch, image to image: no two rows of noise are alike."""
    seen = []

    class Probe(keras.Model):
        def __init__(self):
            super().__init__()
            self.noise = aug.RandomGaussianNoise(20, clip=False, seed=0)
            self.rows = self.add_weight(shape=(6, 5, 4), initializer="zeros", trainable=False)
            self.turn = self.add_weight(
                shape=(), initializer="zeros", dtype="int32", trainable=False
            )
            self.scale = self.add_weight(shape=(), initializer="ones")

        def call(self, x, training=False):
            y = self.noise(x, training=training)
            if training:
                row = ops.cast(ops.arange(6) == self.turn, "float32")[:, None, None]
                self.rows.assign(self.rows + row * ops.reshape(y, (1, 5, 4)))
                self.turn.assign(self.turn + 1)
            return self.scale * ops.mean(y, axis=(1, 2, 3))

    model = Probe()
    model.compile("sgd", "mse", jit_compile=keras.backend.backend() != "torch")
    x = np.zeros((15, 2, 2, 1), "float32")
    model.fit(x, np.zeros(15), batch_size=5, epochs=2, verbose=0)
    seen = ops.convert_to_numpy(model.rows).reshape(30, 4)
    assert len(np.unique(seen, axis=0)) == 30
    assert np.abs(np.corrcoef(seen.reshape(6, 20)) - np.eye(6)).max() < 0.8
