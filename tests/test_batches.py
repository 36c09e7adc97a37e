"""The order of the images: NumPy's, keyed by seed and epoch, on every backend."""

import keras
import numpy as np
import pytest

from kerasdl import backend
from kerasdl.training.batches import Batches, EpochOrder


def test_order_is_that_of_numpy():
    x, y = np.arange(10) * 10, np.arange(10)
    batches = Batches(x, y, batch_size=4, seed=3)
    for epoch in (0, 7):
        batches.begin_epoch(epoch)
        expected = np.random.default_rng([3, epoch]).permutation(10)
        found = [batches[i] for i in range(len(batches))]
        np.testing.assert_array_equal(np.concatenate([b[1] for b in found]), expected)
        np.testing.assert_array_equal(np.concatenate([b[0] for b in found]), 10 * expected)
        assert [len(b[1]) for b in found] == [4, 4, 2]


def test_without_a_seed_the_order_is_that_of_the_arrays():
    batches = Batches(np.arange(5), {"a": np.arange(5), "b": -np.arange(5)}, batch_size=3)
    batches.begin_epoch(4)
    x, y = batches[1]
    assert x.tolist() == y["a"].tolist() == [3, 4]
    assert y["b"].tolist() == [-3, -4]


class Seen(keras.metrics.Metric):
    """What a network saw, in order: `sum of position * target` tells permutations apart."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.count = self.add_variable((), "zeros", name="count")
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "float32")
        before = keras.ops.convert_to_tensor(self.count)
        position = before + keras.ops.arange(keras.ops.shape(y)[0], dtype="float32")
        self.total.assign_add(keras.ops.sum(position * y))
        self.count.assign_add(keras.ops.cast(keras.ops.shape(y)[0], "float32"))

    def result(self):
        return keras.ops.convert_to_tensor(self.total)


@pytest.mark.parametrize("feed", [lambda batches: batches, backend.feed])
def test_fit_sees_each_epoch_in_its_order(feed):
    n = 12
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse", metrics=[Seen(name="seen")])
    batches = Batches(np.zeros((n, 1), "float32"), np.arange(n), batch_size=4, seed=0)
    history = model.fit(
        feed(batches), epochs=4, initial_epoch=1, shuffle=False, verbose=0,
        callbacks=[EpochOrder(batches)],
    )  # fmt: skip
    expected = [
        np.dot(np.arange(n), np.random.default_rng([0, epoch]).permutation(n))
        for epoch in (1, 2, 3)
    ]
    np.testing.assert_allclose(history.history["seen"], expected)
