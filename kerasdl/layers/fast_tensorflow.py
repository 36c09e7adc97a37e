"""Forms of Keras' layers that are faster on TensorFlow's CPU.

TensorFlow has its fastest product of matrices for two axes. Keras multiplies tokens by a kernel over
three axes, and cuts patches by a convolution, which with its gradient takes longer where the windows
lie side by side. Batch normalization it has as one operation, where Keras uses many.
"""

import functools
import math

import keras
from keras import ops

from kerasdl.layers import kernels_tensorflow
from kerasdl.layers.fast_forms import (
    attends_to_tokens,
    has_channels_last,
    named_as_keras,
    update_averages,
    variables_by_name,
)


class TensorflowBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` of images by TensorFlow's own operation."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does, faster."""
        return (
            len(layer.input.shape) == 4
            and layer.axis in (-1, 3)
            and not (layer.renorm or layer.synchronized)
            and layer.compute_dtype != "float64"
        )

    def call(self, inputs, training=None, mask=None):
        can_take = inputs.dtype.is_floating and inputs.shape[-1] is not None
        if mask is not None or not (training and self.trainable and can_take):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = kernels_tensorflow.batch_norm(
            inputs, self.gamma, self.beta, self.epsilon
        )
        update_averages(self, mean, variance)
        return outputs


class TensorflowDense(keras.layers.Dense):
    """`keras.layers.Dense` of tokens, as a product of two matrices."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does, faster."""
        return (
            len(layer.input.shape) > 2
            and None not in layer.input.shape[1:]
            and layer.activation is keras.activations.linear
        )

    def call(self, inputs, training=None):
        if None in inputs.shape[1:]:
            return super().call(inputs, training=training)
        outputs = super().call(ops.reshape(inputs, (-1, inputs.shape[-1])), training=training)
        return ops.reshape(outputs, (-1, *inputs.shape[1:-1], self.units))


class TensorflowConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` whose windows lie side by side, as a product of two matrices."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does, faster."""
        return (
            has_channels_last(layer)
            and layer.padding == "valid"
            and tuple(layer.strides) == tuple(layer.kernel_size) != (1, 1)
            and tuple(layer.dilation_rate) == (1, 1)
            and layer.groups == 1
            and None not in layer.input.shape[1:]
        )

    def convolution_op(self, inputs, kernel):
        """Each window in a row, times the kernel; what lies beyond the last window is dropped."""
        if None in inputs.shape[1:]:
            return super().convolution_op(inputs, kernel)
        height, width, channels, filters = kernel.shape
        rows, columns = inputs.shape[1] // height, inputs.shape[2] // width
        windows = ops.reshape(
            inputs[:, : rows * height, : columns * width],
            (-1, rows, height, columns, width * channels),
        )
        windows = ops.reshape(
            ops.transpose(windows, (0, 1, 3, 2, 4)), (-1, height * width * channels)
        )
        outputs = ops.matmul(windows, ops.reshape(kernel, (-1, filters)))
        return ops.reshape(outputs, (-1, rows, columns, filters))


class TensorflowMultiHeadAttention(keras.layers.MultiHeadAttention):
    """`keras.layers.MultiHeadAttention` without masks, by products of two matrices.

    It takes the kernels of the layers inside it: what LoRA or quantization adds to those is left out.
    """

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does, faster."""
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        return attends_to_tokens(layer) and None not in {each.shape[1] for each in inputs}

    @functools.wraps(keras.layers.MultiHeadAttention.call)  # Keras passes masks by its signature
    def call(self, query, value, key=None, *args, **kwargs):
        tokens = [query, value] if key is None else [query, value, key]
        others = [*args, *(given for name, given in kwargs.items() if name != "training")]
        if any(each is not None and each is not False for each in others) or any(
            None in each.shape[1:] for each in tokens
        ):
            return super().call(query, value, key, *args, **kwargs)
        queries = self._heads("query", query, (0, 2, 1, 3))  # (batch, heads, queries, key_dim)
        keys = self._heads("key", tokens[-1], (0, 2, 3, 1))
        values = self._heads("value", value, (0, 2, 1, 3))
        # (batch, heads, queries, keys), in float32 at least, as Keras has it
        exact = keras.backend.result_type(queries.dtype, "float32")
        scores = ops.cast(ops.matmul(queries, keys), exact) / math.sqrt(queries.shape[-1])
        attended = ops.matmul(ops.cast(ops.softmax(scores), values.dtype), values)
        attended = ops.transpose(attended, (0, 2, 1, 3))
        return self._projected("attention_output", attended, inputs=2)

    def _heads(self, name, tokens, order):
        """Tokens mapped to each head's width; `(batch, tokens, heads, width)` in another order."""
        return ops.transpose(self._projected(name, tokens, inputs=1), order)

    def _projected(self, name, tokens, inputs):
        """`(batch, tokens, ...)`, whose last axes, so many as `inputs` says, a kernel maps."""
        kernel, bias = self._by_name[f"{name}/kernel"], self._by_name.get(f"{name}/bias")
        size, shape = math.prod(kernel.shape[:inputs]), kernel.shape[inputs:]
        outputs = ops.matmul(ops.reshape(tokens, (-1, size)), ops.reshape(kernel, (size, -1)))
        if bias is not None:
            outputs = ops.add(outputs, ops.reshape(bias, (-1,)))
        return ops.reshape(outputs, (-1, tokens.shape[1], *shape))

    @functools.cached_property
    def _by_name(self):
        return variables_by_name(self)


class TensorflowActivation(keras.layers.Activation):
    """`keras.layers.Activation` of the exact GELU, whose gradient reuses its error function."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does, faster."""
        return layer.activation is keras.activations.gelu and layer.compute_dtype == "float32"

    def call(self, inputs):
        return _gelu(inputs)


@ops.custom_gradient
def _gelu(x):
    """`x P(X <= x)` of a standard normal X (Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415)."""
    below = 0.5 * (1 + ops.erf(x * math.sqrt(0.5)))

    def gradient(upstream):
        density = ops.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
        return upstream * (below + x * density)

    return x * below, gradient


FORMS = named_as_keras(
    {
        keras.layers.Activation: TensorflowActivation,
        keras.layers.BatchNormalization: TensorflowBatchNormalization,
        keras.layers.Conv2D: TensorflowConv2D,
        keras.layers.Dense: TensorflowDense,
        keras.layers.MultiHeadAttention: TensorflowMultiHeadAttention,
    }
)
