"""Gaussian negative log-likelihood: regression with a predicted variance.

A network for Gaussian regression ends in two linear units a target, the mean and
the logarithm of the variance: `MLP(..., classes=2, classifier_activation=None)`.
"""

import math

import keras
from keras import ops

from kerasdl.errors import UsageError
from kerasdl.losses._output import Output

# A float32 of order 1 carries an error of 1.2e-7, whose square is exp(-31.9): a
# smaller variance would describe the rounding of the targets.
MIN_LOG_VARIANCE = -30.0


@keras.saving.register_keras_serializable("kerasdl")
class GaussianNLL(keras.losses.Loss):
    """Negative logarithm of the normal density, mean and log-variance predicted.

    With mean `m` and log-variance `s` the loss of a target `y` is

        (log(2 pi) + s + (y - m)^2 exp(-s)) / 2

    with its constant: the mean of `-scipy.stats.norm.logpdf(y, m, exp(s / 2))`.
    (`torch.nn.GaussianNLLLoss` leaves out `log(2 pi) / 2 = 0.9189` unless
    `full=True`.) Several targets are independent, and averaged.

    It stays finite at any log-variance. The residual is divided by the standard
    deviation before it is squared, so that at a large `s` neither factor
    overflows on its own: the loss tends to `s / 2`, its gradient to 1/2. Below
    `min_log_variance` the variance is held there, where `exp(-s)` would overflow,
    but the gradient with respect to `s` is that at the bound, not the zero of a
    clip: a log-variance that fell too low is pushed up again by the first
    residual that contradicts it. (A softplus in place of the exponential would
    be safe too, but would change the density everywhere.)

    Args:
        min_log_variance: lowest log-variance that the density uses, in the
            square of the target's unit.
        reduction: as in Keras' losses.
        name: of the loss.
        dtype: as in Keras' losses.

    Call arguments:
        y_true: targets, `(batch, d)`, or `(batch,)` for `d = 1`.
        y_pred: `(batch, 2 d)`: `d` means, then `d` log-variances.

    Raises:
        ValueError: the prediction does not have two values for each target.

    Source: D. A. Nix and A. S. Weigend, "Estimating the mean and variance of the
    target probability distribution", ICNN 1994, equation 4 (plus its constant).

    Example:
    >>> loss = GaussianNLL()
    >>> f"{float(loss(np.ones((1, 1)), np.zeros((1, 2)))):.4f}"  # log(2 pi) / 2 + 1 / 2
    '1.4189'
    """

    def __init__(
        self,
        min_log_variance=MIN_LOG_VARIANCE,
        reduction="sum_over_batch_size",
        name="gaussian_nll",
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.min_log_variance = min_log_variance

    def call(self, y_true, y_pred):
        """The loss of each example, `(batch,)`."""
        mean, log_variance = split(y_pred)
        y_true = _like(y_true, mean)
        # The value of the bounded log-variance, the gradient of the free one.
        bounded = ops.stop_gradient(ops.maximum(log_variance, self.min_log_variance))
        log_variance = bounded + (log_variance - ops.stop_gradient(log_variance))
        standardized = (y_true - mean) * ops.exp(-log_variance / 2)
        nll = (math.log(2 * math.pi) + log_variance + ops.square(standardized)) / 2
        return ops.mean(nll, axis=-1)

    def get_config(self):
        """What the constructor takes."""
        return super().get_config() | {"min_log_variance": self.min_log_variance}


def split(y_pred):
    """Means and log-variances, `(batch, d)` each, of a Gaussian head's `(batch, 2 d)`.

    Example:
    >>> mean, log_variance = split(keras.ops.array([[1.0, 2.0, -3.0, -4.0]]))
    >>> keras.ops.convert_to_numpy(log_variance).tolist()
    [[-3.0, -4.0]]
    """
    units = y_pred.shape[-1]
    if units is None or units % 2:
        raise ValueError(
            "Expected y_pred to hold a mean and a log-variance for each target. "
            f"Received: y_pred.shape={tuple(y_pred.shape)}"
        )
    return y_pred[..., : units // 2], y_pred[..., units // 2 :]


def squared_error_of_mean(y_true, y_pred):
    """Squared error `(batch,)` of the means alone: what a plain regression reports.

    Args:
        y_true: targets, `(batch, d)`, or `(batch,)` for `d = 1`.
        y_pred: `(batch, 2 d)`: `d` means, then `d` log-variances.

    Example:
    >>> error = squared_error_of_mean(keras.ops.ones((1, 1)), keras.ops.zeros((1, 2)))
    >>> keras.ops.convert_to_numpy(error).tolist()
    [1.0]
    """
    mean, _ = split(y_pred)
    return ops.mean(ops.square(_like(y_true, mean) - mean), axis=-1)


def _like(y_true, mean):
    """`y_true` with the axis of targets that `mean` has."""
    if len(y_true.shape) == len(mean.shape) - 1:
        y_true = ops.expand_dims(y_true, -1)
    if y_true.shape[-1] != mean.shape[-1] or len(y_true.shape) != len(mean.shape):
        raise ValueError(
            f"Expected two predictions for each of {y_true.shape[-1]} targets. Received: "
            f"y_true.shape={tuple(y_true.shape)}, {2 * mean.shape[-1]} predictions"
        )
    return ops.cast(y_true, mean.dtype)


class GaussianOutput(Output):
    """A mean and a log-variance for each target value."""

    @property
    def units(self):
        """Two for each target value."""
        return 2 * self.values

    def keras_loss(self):
        """`GaussianNLL`: Keras has no such loss."""
        return GaussianNLL()

    @property
    def available_metrics(self):
        """The mean squared error of the predicted mean."""
        name = "mean_squared_error"
        return {name: lambda: keras.metrics.MeanMetricWrapper(squared_error_of_mean, name)}


def output(classes, values):
    """An output trained on this loss.

    Raises:
        UsageError: there are classes.
    """
    if classes is not None:
        raise UsageError(f"gaussian_nll needs a regression target; received {classes} classes.")
    return GaussianOutput(None, values)
