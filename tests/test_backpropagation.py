"""Gradients by hand against autodiff on each backend, and against finite differences."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from gradients import value_and_gradients
from scipy.special import log_softmax

from kerasdl.inspection import backpropagate
from kerasdl.inspection.backpropagation import Parameters, cross_entropy, draw_parameters, forward
from kerasdl.models import MLP

NAMES = ("W_h", "b_h", "W_y", "b_y")


def examples(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)), np.eye(2)[rng.integers(0, 2, n)]


@pytest.mark.parametrize("n", [1, 5, 64])
def test_equals_autodiff(n):
    X, Y = examples(n)
    inputs = keras.ops.convert_to_tensor(X.astype("float32"))
    labels = keras.ops.convert_to_tensor(Y.astype("float32"))

    def network(W_h, b_h, W_y, b_y):
        h = keras.ops.tanh(inputs @ keras.ops.transpose(W_h) + b_h)
        logits = h @ keras.ops.transpose(W_y) + b_y
        return keras.ops.mean(keras.losses.categorical_crossentropy(labels, logits, True))

    parameters = draw_parameters()
    expected, by_autodiff = value_and_gradients(network, *parameters.arrays())
    value, by_hand = backpropagate(parameters, X, Y)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    for name, theirs in zip(NAMES, by_autodiff, strict=True):
        np.testing.assert_allclose(getattr(by_hand, name), theirs, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(("n_x", "n_h", "n_y"), [(2, 4, 2), (3, 5, 4)])
def test_equals_finite_differences(n_x, n_h, n_y):
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(7, n_x)), np.eye(n_y)[rng.integers(0, n_y, 7)]
    parameters = draw_parameters(n_x, n_h, n_y, seed=3, deviation=1.0)
    _, by_hand = backpropagate(parameters, X, Y)
    step = 1e-6
    for name in NAMES:
        array = getattr(parameters, name)
        for index in np.ndindex(array.shape):
            nudge = np.zeros_like(array)
            nudge[index] = step
            there, back = (
                cross_entropy(forward(replace(parameters, **{name: array + sign * nudge}), X).yt, Y)
                for sign in (1, -1)
            )
            slope = (there - back) / (2 * step)
            np.testing.assert_allclose(getattr(by_hand, name)[index], slope, atol=1e-8)


def test_one_example_worked_by_hand():
    # tanh(1) in the first hidden unit, 0 in the others; logits (tanh(1), 0)
    parameters = Parameters(
        W_h=np.array([[1.0, 0], [0, 0], [0, 0], [0, 0]]),
        b_h=np.zeros(4),
        W_y=np.array([[1.0, 0, 0, 0], [0, 0, 0, 0]]),
        b_y=np.zeros(2),
    )
    h = 0.7615941559557649
    p = 1 / (1 + np.exp(-h))  # 0.68169...
    value, gradient = backpropagate(parameters, [[1.0, 2.0]], np.array([[0, 1]]))
    np.testing.assert_allclose(value, -np.log(1 - p))
    np.testing.assert_allclose(gradient.b_y, [p, -p])
    np.testing.assert_allclose(gradient.W_y, [[p * h, 0, 0, 0], [-p * h, 0, 0, 0]])
    np.testing.assert_allclose(gradient.b_h, [p * (1 - h**2), 0, 0, 0])
    np.testing.assert_allclose(gradient.W_h[0], [p * (1 - h**2), 2 * p * (1 - h**2)])


def test_it_is_the_network_that_the_builder_builds():
    """`MLP`'s kernels lead from row to column, the report's weights from column to row."""
    parameters = draw_parameters(deviation=1.0)
    model = MLP((2,), 2, units=(4,), activation="tanh", kernel_initializer="zeros")
    model.set_weights([parameters.W_h.T, parameters.b_h, parameters.W_y.T, parameters.b_y])
    X, _ = examples(8)
    given = model.predict(X.astype("float32"), verbose=0)
    np.testing.assert_allclose(forward(parameters, X).yh, given, atol=1e-6)


def test_large_logits_overflow_nothing():
    parameters = draw_parameters(deviation=1e4)
    X, Y = examples(16)
    passed = forward(parameters, X)
    np.testing.assert_allclose(passed.yh.sum(axis=1), 1)
    expected = -(Y * log_softmax(passed.yt, axis=1)).sum(axis=1).mean()
    np.testing.assert_allclose(cross_entropy(passed.yt, Y), expected, rtol=1e-12)
    value, gradient = backpropagate(parameters, X, Y)
    assert np.isfinite(value)
    assert all(np.isfinite(array).all() for array in gradient.arrays())


def test_refuses_other_shapes():
    X, Y = examples(3)
    with pytest.raises(ValueError, match=r"Expected X of shape \(n, 2\).*\(3, 1\)"):
        forward(draw_parameters(), X[:, :1])
    with pytest.raises(ValueError, match="Expected one-hot labels"):
        backpropagate(draw_parameters(), X, Y.argmax(axis=1))
    with pytest.raises(ValueError, match="Expected one-hot labels"):
        backpropagate(draw_parameters(), X, Y * 0.5)
