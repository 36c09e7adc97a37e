r"""Back-propagation by hand, in NumPy: loss and gradients of a network with one hidden layer.

It is the written exercise of the `regularization` report (part I, questions 4, 7
and 14 to 17), formula by formula: tanh, softmax and cross-entropy, by default 2
inputs, 4 hidden units and 2 classes. Automatic differentiation on each backend
gives the same gradients, and

    MLP((2,), 2, units=(4,), activation="tanh")

is the same network, with its kernels transposed: here examples are rows, `X` is
`(n, n_x)`, and as in the report a weight `W[i, j]` leads from input `j` to unit
`i`. Loss and gradients are means over the examples.

The report's slips are corrected:

- Q4 swaps two names: `n_h` is the size of the hidden layer, `n_y` that of the output.
- Q7 writes `X` for `h` in the output layer: it is `W_y h + b_y`.
- Q14 writes `y_i yt_j` under a sum over `i`: it is `y_i yt_i`.
- Q15 ends in `-y_i + yt_i`: what it has derived is the softmax, `-y_i + yh_i`; so on to Q17.
- Q16 sums `W_y[i, j]`'s gradient over all outputs `k`: only output `i` depends on it,
  and the factor is `h_j`: `(yh_i - y_i) h_j`. Nor is `b_y`'s a sum over them.
- Q17 leaves out the sum over the outputs, through each of which `h_i` acts, and writes
  `(1 - h_i)^2` for the derivative of tanh, `1 - h_i^2`.

(`yt` and `ht` are the report's y and h with a tilde, `yh` its y with a hat.)
"""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Parameters:
    """Weights and biases of the network, or their gradients.

    Attributes:
        W_h: `(n_h, n_x)`.
        b_h: `(n_h,)`.
        W_y: `(n_y, n_h)`.
        b_y: `(n_y,)`.
    """

    W_h: np.ndarray
    b_h: np.ndarray
    W_y: np.ndarray
    b_y: np.ndarray

    def __sub__(self, other):
        """Difference, array by array."""
        return Parameters(*(a - b for a, b in zip(self.arrays(), other.arrays(), strict=True)))

    def __rmul__(self, factor):
        """Multiple, array by array."""
        return Parameters(*(factor * array for array in self.arrays()))

    def arrays(self):
        """The four arrays, in the order above."""
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Activations:
    """Results of the forward pass, a row an example.

    Attributes:
        h: hidden units, `(n, n_h)`.
        yt: logits, `(n, n_y)`.
        yh: probabilities, `(n, n_y)`.
    """

    h: np.ndarray
    yt: np.ndarray
    yh: np.ndarray


def draw_parameters(n_x=2, n_h=4, n_y=2, seed=0, deviation=0.3):
    """Parameters from a normal distribution of mean 0.

    Args:
        n_x: number of inputs.
        n_h: number of hidden units.
        n_y: number of classes.
        seed: of the draw.
        deviation: standard deviation.

    Returns:
        `Parameters`.

    Example:
    >>> draw_parameters().W_h.shape
    (4, 2)
    """
    rng = np.random.default_rng(seed)
    shapes = ((n_h, n_x), (n_h,), (n_y, n_h), (n_y,))
    return Parameters(*(rng.normal(0, deviation, shape) for shape in shapes))


def forward(parameters, X):
    """The forward pass (Q7).

    Args:
        parameters: `Parameters`.
        X: examples, `(n, n_x)`.

    Returns:
        `Activations`.

    Raises:
        ValueError: `X` is not `(n, n_x)`.

    Example:
    >>> forward(draw_parameters(), np.zeros((3, 2))).yh.sum(axis=1)
    array([1., 1., 1.])
    """
    X = np.asarray(X, "float64")
    if X.ndim != 2 or X.shape[1] != parameters.W_h.shape[1]:
        raise ValueError(
            f"Expected X of shape (n, {parameters.W_h.shape[1]}). Received: X.shape={X.shape}"
        )
    ht = X @ parameters.W_h.T + parameters.b_h  # Q7: W_h x + b_h
    h = np.tanh(ht)  # Q7
    yt = h @ parameters.W_y.T + parameters.b_y  # Q7, h in place of X
    yh = np.exp(yt - _log_sum_exp(yt))  # Q7: softmax
    return Activations(h, yt, yh)


def cross_entropy(yt, Y):
    """Mean cross-entropy of logits (Q14): `-sum_i y_i yt_i + log sum_j exp(yt_j)`.

    Args:
        yt: logits, `(n, n_y)`.
        Y: one-hot labels, `(n, n_y)`.

    Raises:
        ValueError: `Y` is not one-hot of the logits' shape.

    Example:
    >>> f"{cross_entropy(np.zeros((1, 2)), np.array([[1, 0]])):.4f}"  # log 2
    '0.6931'
    """
    _expect_one_hot(Y, yt.shape)
    return np.mean(-(Y * yt).sum(axis=1, keepdims=True) + _log_sum_exp(yt))


def backpropagate(parameters, X, Y):
    """The loss and its gradient with respect to every parameter (Q15 to Q17).

    Args:
        parameters: `Parameters`.
        X: examples, `(n, n_x)`.
        Y: one-hot labels, `(n, n_y)`.

    Returns:
        The loss, and `Parameters` that hold its gradients.

    Raises:
        ValueError: `X` is not `(n, n_x)`, or `Y` is not one-hot of shape `(n, n_y)`.

    Example: full-batch gradient descent learns the exclusive or.
    >>> X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.eye(2)[[0, 1, 1, 0]]
    >>> parameters = draw_parameters()
    >>> for _ in range(2000):
    ...     loss, gradient = backpropagate(parameters, X, Y)
    ...     parameters = parameters - 0.5 * gradient
    >>> bool(loss < 0.01)
    True
    """
    X = np.asarray(X, "float64")
    results = forward(parameters, X)
    loss = cross_entropy(results.yt, Y)
    delta_y = (results.yh - Y) / len(X)  # Q15, of the mean over the examples
    W_y = delta_y.T @ results.h  # Q16: (yh_i - y_i) h_j
    b_y = delta_y.sum(axis=0)  # Q16: over the examples, not over the outputs
    delta_h = delta_y @ parameters.W_y * (1 - results.h**2)  # Q17, the sum over the outputs in @
    W_h = delta_h.T @ X  # Q17: dL/dht_i x_j
    b_h = delta_h.sum(axis=0)  # Q17
    return loss, Parameters(W_h, b_h, W_y, b_y)


def _log_sum_exp(yt):
    """`log sum_j exp(yt_j)` of each row, `(n, 1)`; the largest is taken out, or exp overflows."""
    largest = yt.max(axis=1, keepdims=True)
    return largest + np.log(np.exp(yt - largest).sum(axis=1, keepdims=True))


def _expect_one_hot(Y, shape):
    Y = np.asarray(Y)
    if Y.shape != shape or not (np.isin(Y, (0, 1)).all() and (Y.sum(axis=1) == 1).all()):
        raise ValueError(f"Expected one-hot labels of shape {shape}. Received: {Y!r}")
