"""The network of airbench94 and its optimizer, SGD and Muon, in plain TensorFlow.

Of Keller Jordan's airbench94_muon.py, https://github.com/KellerJordan/cifar10-airbench; see
`cifar_net_torch` for the same in PyTorch.
"""

import itertools

import tensorflow as tf

WIDTHS = (64, 256, 256)
WHITENED = 2 * 3 * 2**2  # each eigenvector of the 2x2 patches, with both signs
BIAS_RATE, HEAD_RATE = 0.053, 0.67  # of losses summed over the batch
WEIGHT_DECAY = 2e-6 * 2000  # a step, of what SGD trains, whatever its learning rate
SGD_MOMENTUM, MUON_MOMENTUM = 0.85, 0.6
NEWTON_SCHULZ_STEPS, NEWTON_SCHULZ = 3, (3.4445, -4.7750, 2.0315)


def uniform(inputs, *shape, trainable=True):
    """A weight, uniform in +-1/sqrt(inputs) as in PyTorch."""
    values = tf.random.uniform(shape, -(inputs**-0.5), inputs**-0.5)
    return tf.Variable(values, trainable=trainable)


class ConvNormGelu(tf.Module):
    """A 3x3 convolution, perhaps a max-pool, batch norm with a shift alone, and GELU."""

    def __init__(self, inputs, outputs, pools):
        super().__init__()
        self.kernel = uniform(9 * inputs, 3, 3, inputs, outputs)
        self.shift, self.scale = tf.Variable(tf.zeros(outputs)), tf.ones(outputs)
        self.mean = tf.Variable(tf.zeros(outputs), trainable=False)
        self.variance = tf.Variable(tf.ones(outputs), trainable=False)
        self.pools = pools

    def __call__(self, x):
        x = tf.nn.conv2d(x, tf.cast(self.kernel, x.dtype), 1, "SAME")
        if self.pools:
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        x, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            x, self.scale, self.shift, epsilon=1e-12
        )
        for running, new in ((self.mean, mean), (self.variance, variance)):
            running.assign(0.6 * running + 0.4 * new)
        return tf.nn.gelu(x)


class CifarNet(tf.Module):
    """Whitening of 2x2 patches, three blocks, and a head without a bias; 1.97 million weights."""

    def __init__(self):
        super().__init__()
        self.whitening = uniform(2 * 2 * 3, 2, 2, 3, WHITENED, trainable=False)
        self.bias = uniform(2 * 2 * 3, WHITENED)
        self.layers = [
            ConvNormGelu(width if i else inputs, width, pools=not i)
            for inputs, width in itertools.pairwise((WHITENED, *WIDTHS))
            for i in (0, 1)
        ]
        self.head = uniform(WIDTHS[-1], WIDTHS[-1], 10)

    def __call__(self, x):
        x = tf.nn.conv2d(x, tf.cast(self.whitening, x.dtype), 1, "VALID")
        x = tf.nn.gelu(tf.nn.bias_add(x, tf.cast(self.bias, x.dtype)))
        for layer in self.layers:
            x = layer(x)
        return tf.matmul(tf.reduce_max(x, (1, 2)), tf.cast(self.head, x.dtype)) / WIDTHS[-1]


class Muon:
    """Muon for the convolutions, SGD with Nesterov momentum for the rest."""

    def __init__(self, workload, weights):
        self.rate, self.weights = workload.learning_rate, weights
        self.velocities = [tf.Variable(tf.zeros_like(each)) for each in weights]

    def update(self, gradients):
        """One step; `gradients` are those of the sum of the losses of the batch."""
        for weight, velocity, gradient in zip(
            self.weights, self.velocities, gradients, strict=True
        ):
            if len(weight.shape) == 4:
                new = velocity.assign(MUON_MOMENTUM * velocity + gradient)
                direction = orthogonalized(gradient + MUON_MOMENTUM * new)
                scaled = weight * (weight.shape[-1] ** 0.5 / tf.norm(weight))
                weight.assign(scaled - self.rate * direction)
            else:
                rate = HEAD_RATE if len(weight.shape) == 2 else BIAS_RATE
                gradient = gradient + WEIGHT_DECAY / rate * weight
                new = velocity.assign(SGD_MOMENTUM * velocity + gradient)
                weight.assign_sub(rate * (gradient + SGD_MOMENTUM * new))


def orthogonalized(kernel):
    """Nearly the orthogonal factor of a kernel `(height, width, in, out)` as a matrix."""
    a, b, c = NEWTON_SCHULZ
    x = tf.reshape(kernel, (-1, kernel.shape[-1]))
    x = x / (tf.norm(x) + 1e-7)
    if wide := x.shape[0] <= x.shape[1]:
        x = tf.transpose(x)  # so that the products x^T x are small
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = tf.matmul(x, x, transpose_a=True)
        x = a * x + tf.matmul(x, b * gram + c * tf.matmul(gram, gram))
    return tf.reshape(tf.transpose(x) if wide else x, kernel.shape)
