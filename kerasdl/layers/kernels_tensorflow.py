"""Batch normalization in TensorFlow's own form.

Keras computes it by operations on whole maps, forward and backward, and in bfloat16 on a copy in
float32. TensorFlow has one operation for it, on a CPU one of oneDNN's. What it brings is in the
rows of ResNet-18: `kerasdl bench training --workload resnet18`.
"""

import tensorflow as tf


def batch_norm(x, gamma, beta, epsilon):
    """Normalization by the batch's own mean and variance, in one operation.

    Args:
        x: `(batch, height, width, channels)`, in float32 or less.
        gamma: `(channels,)`, scale, or `None`.
        beta: `(channels,)`, offset, or `None`.
        epsilon: added to the variance.

    Returns:
        The normalized `x`, and the mean and variance of each channel, in float32.

    Example:
    >>> y, mean, variance = batch_norm(tf.constant([[[[1.0]], [[3.0]]]]), None, None, 0.0)
    >>> y.numpy().ravel().tolist(), mean.numpy().tolist(), variance.numpy().tolist()
    ([-1.0, 1.0], [2.0], [1.0])
    """
    channels = x.shape[-1:]
    # XLA takes the variance as a difference of squares, which around zero loses no digits
    # (`reports/upstream/xla-batch-norm-variance.md`). In bfloat16 the inputs have lost more.
    near = tf.zeros(channels, x.dtype)
    if x.dtype != tf.bfloat16:
        of_one = tf.reduce_mean(tf.cast(x[:1], "float32"), (0, 1, 2))
        near = tf.cast(tf.stop_gradient(of_one), x.dtype)
        x = x - near  # TensorFlow refuses `-=` for what may be a variable
    # The function under `tf.nn` is not used: it raises a small epsilon to 1.001e-5.
    outputs = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=tf.ones(channels) if gamma is None else tf.cast(gamma, "float32"),
        offset=tf.zeros(channels) if beta is None else tf.cast(beta, "float32"),
        mean=tf.zeros(channels),
        variance=tf.ones(channels),
        epsilon=epsilon,
        is_training=True,
    )
    # What it gives as variance is the sum of squares over n - 1, which is infinite for one example;
    # it divides by n to normalize.
    n = tf.cast(tf.size(x, tf.int64) // channels[0], "float32")
    variance = tf.math.multiply_no_nan(outputs.batch_variance, (n - 1) / n)
    return outputs.y, outputs.batch_mean + tf.cast(near, "float32"), variance
