"""The networks of the workloads, in plain TensorFlow; images are `(batch, height, width, channels)`.

A network takes images in the type that is computed in, float32 or bfloat16, and casts its weights,
which are float32, to that type.
"""

import itertools

import tensorflow as tf
from cifar_net_tensorflow import CifarNet, uniform


class Dense(tf.Module):
    """A dense layer."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.kernel = uniform(inputs, inputs, outputs)
        self.bias = uniform(inputs, outputs)

    def __call__(self, x):
        kernel, bias = tf.cast(self.kernel, x.dtype), tf.cast(self.bias, x.dtype)
        if len(x.shape) == 2:
            return tf.nn.bias_add(tf.matmul(x, kernel), bias)
        y = tf.matmul(tf.reshape(x, (-1, x.shape[-1])), kernel)
        return tf.reshape(tf.nn.bias_add(y, bias), (*x.shape[:-1], kernel.shape[-1]))


class Conv(tf.Module):
    """A convolution with a bias."""

    def __init__(self, size, inputs, outputs, padding="SAME"):
        super().__init__()
        self.kernel = uniform(size * size * inputs, size, size, inputs, outputs)
        self.bias = uniform(size * size * inputs, outputs)
        self.padding = padding

    def __call__(self, x):
        x_kernel = tf.nn.conv2d(x, tf.cast(self.kernel, x.dtype), 1, self.padding)
        return tf.nn.bias_add(x_kernel, tf.cast(self.bias, x.dtype))


class LayerNorm(tf.Module):
    """Layer normalization, computed in float32."""

    def __init__(self, width):
        super().__init__()
        self.scale, self.shift = tf.Variable(tf.ones(width)), tf.Variable(tf.zeros(width))

    def __call__(self, x):
        wide = tf.cast(x, tf.float32)
        mean = tf.reduce_mean(wide, -1, keepdims=True)
        variance = tf.reduce_mean(tf.math.squared_difference(wide, mean), -1, keepdims=True)
        normal = (wide - mean) * tf.math.rsqrt(variance + 1e-6)
        return tf.cast(normal * self.scale + self.shift, x.dtype)


class ConvNorm(tf.Module):
    """A convolution without bias, normalized by the batch with statistics in float32."""

    def __init__(self, size, inputs, outputs, stride=1):
        super().__init__()
        self.kernel = uniform(size * size * inputs, size, size, inputs, outputs)
        self.scale, self.shift = tf.Variable(tf.ones(outputs)), tf.Variable(tf.zeros(outputs))
        self.mean = tf.Variable(tf.zeros(outputs), trainable=False)
        self.variance = tf.Variable(tf.ones(outputs), trainable=False)
        self.stride, self.padding = stride, size // 2

    def __call__(self, x, momentum=0.9):
        # Padding that is given to the convolution itself takes TensorFlow about twice as long in
        # float32, and far longer in bfloat16.
        same = self.stride == 1
        if self.padding and not same:
            x = tf.pad(x, [[0, 0], *[[self.padding] * 2] * 2, [0, 0]])
        padding = "SAME" if same else "VALID"
        x = tf.nn.conv2d(x, tf.cast(self.kernel, x.dtype), self.stride, padding)
        x, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            x, self.scale, self.shift, epsilon=1e-5
        )
        for running, new in ((self.mean, mean), (self.variance, variance)):
            running.assign(momentum * running + (1 - momentum) * new)
        return x


class Regularization(tf.Module):
    """Three 5x5 convolutions, each with a max-pool, and two dense layers."""

    def __init__(self, side=32):
        super().__init__()
        self.convs = [Conv(5, 3, 32), Conv(5, 32, 64), Conv(5, 64, 64)]
        self.dense, self.logits = Dense((side // 8) ** 2 * 64, 1000), Dense(1000, 10)

    def __call__(self, x):
        for conv in self.convs:
            x = tf.nn.max_pool2d(tf.nn.relu(conv(x)), 2, 2, "VALID")
        x = tf.reshape(x, (x.shape[0], -1))
        return self.logits(tf.nn.relu(self.dense(x)))


class Dropout(tf.Module):
    """Two stages of two 3x3 convolutions without padding, a max-pool and dropout."""

    def __init__(self, side=32):
        super().__init__()
        self.stage1 = [Conv(3, 3, 32, "VALID"), Conv(3, 32, 32, "VALID")]
        self.stage2 = [Conv(3, 32, 64, "VALID"), Conv(3, 64, 64, "VALID")]
        self.dense = Dense((((side - 4) // 2 - 4) // 2) ** 2 * 64, 512)
        self.logits = Dense(512, 10)

    def __call__(self, x):
        for stage in (self.stage1, self.stage2):
            for conv in stage:
                x = tf.nn.relu(conv(x))
            x = tf.nn.dropout(tf.nn.max_pool2d(x, 2, 2, "VALID"), 0.5)
        x = tf.reshape(x, (x.shape[0], -1))
        return self.logits(tf.nn.dropout(tf.nn.relu(self.dense(x)), 0.5))


class MLP(tf.Module):
    """Two hidden layers of 4096 sigmoid units."""

    def __init__(self, side=32):
        super().__init__()
        self.hidden = [Dense(side**2 * 3, 4096), Dense(4096, 4096)]
        self.logits = Dense(4096, 100)

    def __call__(self, x):
        x = tf.reshape(x, (x.shape[0], -1))
        for dense in self.hidden:
            x = tf.sigmoid(dense(x))
        return self.logits(x)


class EncoderBlock(tf.Module):
    """`x + attention(norm(x))`, then `x + mlp(norm(x))`."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = LayerNorm(width), LayerNorm(width)
        self.qkv, self.projection = Dense(width, 3 * width), Dense(width, width)
        self.hidden, self.output = Dense(width, 4 * width), Dense(4 * width, width)

    def __call__(self, x):
        x = x + self.projection(self._attended(self.norm1(x)))
        return x + self.output(tf.nn.gelu(self.hidden(self.norm2(x))))

    def _attended(self, x):
        batch, tokens, width = x.shape
        size = width // self.heads
        qkv = tf.reshape(self.qkv(x), (batch, tokens, 3, self.heads, size))
        query, key, value = tf.unstack(tf.transpose(qkv, (2, 0, 3, 1, 4)))
        # (batch, heads, tokens, tokens)
        shares = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * size**-0.5)
        attended = tf.transpose(tf.matmul(shares, value), (0, 2, 1, 3))
        return tf.reshape(attended, (batch, tokens, width))


class ViT(tf.Module):
    """Patches of 7x7 and a class token, width 32, blocks of 4 heads."""

    def __init__(self, side=28, depth=2):
        super().__init__()
        self.patches = Dense(7 * 7, 32)
        self.token = tf.Variable(tf.random.normal((1, 1, 32), stddev=0.02))
        self.positions = tf.Variable(tf.random.normal((1, (side // 7) ** 2 + 1, 32), stddev=0.02))
        self.blocks = [EncoderBlock(32, heads=4) for _ in range(depth)]
        self.norm, self.logits = LayerNorm(32), Dense(32, 10)

    def __call__(self, x):
        batch, side = x.shape[0], x.shape[1] // 7
        # (batch, rows, 7, columns, 7) -> (batch, rows * columns, 7 * 7)
        x = tf.reshape(x[:, : side * 7, : side * 7], (batch, side, 7, side, 7))
        x = tf.transpose(x, (0, 1, 3, 2, 4))
        x = self.patches(tf.reshape(x, (batch, side * side, 49)))
        token = tf.tile(tf.cast(self.token, x.dtype), (batch, 1, 1))
        x = tf.concat([token, x], 1) + tf.cast(self.positions, x.dtype)
        for block in self.blocks:
            x = block(x)
        return self.logits(self.norm(x[:, 0]))


class ResidualBlock(tf.Module):
    """Two 3x3 convolutions and a shortcut, a 1x1 convolution where the shape changes."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.conv2 = ConvNorm(3, inputs, width, stride), ConvNorm(3, width, width)
        same = stride == 1 and inputs == width
        self.shortcut = tf.identity if same else ConvNorm(1, inputs, width, stride)

    def __call__(self, x):
        return tf.nn.relu(self.conv2(tf.nn.relu(self.conv1(x))) + self.shortcut(x))


class ResNet18(tf.Module):
    """ResNet-18 with a 3x3 stem and no pool after it."""

    def __init__(self):
        super().__init__()
        self.stem, self.blocks = ConvNorm(3, 3, 64), []
        widths = (64, 64, 128, 256, 512)
        for inputs, width in itertools.pairwise(widths):
            stride = 1 if inputs == width else 2
            self.blocks += [ResidualBlock(inputs, width, stride), ResidualBlock(width, width, 1)]
        self.logits = Dense(512, 100)

    def __call__(self, x):
        x = tf.nn.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.logits(tf.reduce_mean(x, (1, 2)))


class Digits(tf.Module):
    """Three 3x3 convolutions of 20 channels with ReLU, a max-pool between them, a linear layer."""

    def __init__(self, side=28):
        super().__init__()
        self.convs = [Conv(3, 1, 20), Conv(3, 20, 20), Conv(3, 20, 20)]
        self.logits = Dense((side // 4) ** 2 * 20, 10)

    def __call__(self, x):
        for conv in self.convs[:2]:
            x = tf.nn.max_pool2d(tf.nn.relu(conv(x)), 2, 2, "VALID")
        x = tf.nn.relu(self.convs[2](x))
        return self.logits(tf.reshape(x, (x.shape[0], -1)))


MODELS = {
    "regularization": Regularization,
    "dropout": Dropout,
    "mlp": MLP,
    "vit": ViT,
    "resnet18": ResNet18,
    "digits": Digits,
    "fast": CifarNet,
}
