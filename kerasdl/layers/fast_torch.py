"""Forms of Keras' layers that are faster on PyTorch."""

import functools

import keras
import torch

from kerasdl.layers import kernels_torch
from kerasdl.layers.direct_call_torch import DirectCall
from kerasdl.layers.dropout import Dropout
from kerasdl.layers.fast_forms import (
    attends_to_tokens,
    has_channels_last,
    has_windows_side_by_side,
    named_as_keras,
    update_averages,
    variables_by_name,
)
from kerasdl.layers.tokens import ClassToken, PositionalEmbedding, TakeToken
from kerasdl.layers.whitening import Whitening


class TorchConv2D(DirectCall, keras.layers.Conv2D):
    """`keras.layers.Conv2D` in PyTorch's `channels_last` memory format, its bias added inside."""

    @property
    def can_rectify(self):
        """Whether no other activation is in between."""
        return self.activation is keras.activations.linear

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return (
            has_channels_last(layer)
            and layer.groups == 1
            and set(layer.dilation_rate) == {1}
            and layer.padding in ("same", "valid")
        )

    def call(self, inputs):
        padding = ((0, 0), (0, 0))
        if self.padding == "same":
            sizes = inputs.shape[1:3]
            padding = tuple(map(_same_padding, sizes, self.kernel_size, self.strides))
        kernel, bias = self.tensors(self.kernel, self.bias)
        outputs = kernels_torch.conv2d(
            inputs, kernel, bias, self.strides, padding, relu=self.rectifies
        )
        return self.activation(outputs)


class TorchWhitening(TorchConv2D, Whitening):
    """`kerasdl.layers.Whitening` in PyTorch's `channels_last` memory format."""


class TorchMaxPooling2D(DirectCall, keras.layers.MaxPooling2D):
    """`keras.layers.MaxPooling2D` in PyTorch's `channels_last` memory format."""

    can_rectify = True

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return has_windows_side_by_side(layer)

    def call(self, inputs):
        return kernels_torch.max_pool2d(inputs, self.pool_size, relu=self.rectifies)


class TorchBatchNormalization(DirectCall, keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` by PyTorch's own operation."""

    can_rectify = True
    takes_training = True

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        is_last = layer.axis == -1 or layer.axis == len(layer.input.shape) - 1
        return is_last and not layer.renorm

    def call(self, inputs, training=None, mask=None):
        can_take = inputs.is_floating_point() and inputs.numel() > inputs.shape[-1]
        if mask is not None or not (training and self.trainable and can_take):
            outputs = super().call(inputs, training=training, mask=mask)
            return outputs.relu() if self.rectifies else outputs
        gamma, beta = self.tensors(self.gamma, self.beta)
        outputs, mean, variance = kernels_torch.batch_norm(
            inputs, gamma, beta, self.epsilon, relu=self.rectifies
        )
        update_averages(self, mean.detach(), variance.detach())
        return outputs


class TorchDense(DirectCall, keras.layers.Dense):
    """`keras.layers.Dense` with its bias added inside the matrix product."""

    @property
    def can_rectify(self):
        """Whether no other activation is in between."""
        return self.activation is keras.activations.linear

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return True

    def call(self, inputs, training=None):
        if not inputs.is_floating_point():
            outputs = super().call(inputs, training=training)
            return outputs.relu() if self.rectifies else outputs
        kernel, bias = self.tensors(self.kernel, self.bias)
        outputs = kernels_torch.dense(inputs, kernel, bias)
        return self.activation(outputs.relu_() if self.rectifies else outputs)


class TorchLayerNormalization(DirectCall, keras.layers.LayerNormalization):
    """`keras.layers.LayerNormalization` by PyTorch's own operation, in bfloat16 too."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        is_last = layer.axis in (-1, [-1], [len(layer.input.shape) - 1])
        return is_last and not layer.rms_scaling

    def call(self, inputs):
        if inputs.dtype is not self._torch_dtype:  # Keras converts for all layers but this one
            return super().call(inputs)
        gamma, beta = self.tensors(self.gamma, self.beta)
        return torch.nn.functional.layer_norm(inputs, inputs.shape[-1:], gamma, beta, self.epsilon)


class TorchMultiHeadAttention(DirectCall, keras.layers.MultiHeadAttention):
    """`keras.layers.MultiHeadAttention` of tokens to themselves by three products in one."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return attends_to_tokens(layer)

    def __call__(self, *args, **kwargs):
        if len(args) == 2 and args[0] is args[1] and self._may_skip(args[:1], kwargs):
            return self._to_itself(args[0])
        return super().__call__(*args, **kwargs)

    def _to_itself(self, x):
        names = ("query", "key", "value", "attention_output")
        kernels = self.tensors(*(self._by_name[f"{name}/kernel"] for name in names))
        biases = self.tensors(*(self._by_name.get(f"{name}/bias") for name in names))
        return kernels_torch.self_attention(x, kernels, biases)

    @functools.cached_property
    def _by_name(self):
        return variables_by_name(self)


class TorchActivation(DirectCall, keras.layers.Activation):
    """`keras.layers.Activation`; nothing, where the layer before it has computed it.

    Half of the maps of a convolutional network are those before a ReLU, which no gradient needs.
    """

    is_joined = False
    """Whether the layer before it computes it; `with_fast_layers` says so."""

    def call(self, inputs):
        return inputs if self.is_joined else super().call(inputs)


class TorchAdd(DirectCall, keras.layers.Add):
    """`keras.layers.Add`."""

    can_rectify = True

    def call(self, inputs):
        if len(inputs) == 1 or len({x.ndim for x in inputs}) > 1:
            total = super().call(inputs)  # the first input itself, or with axes in between
            return total.relu() if self.rectifies else total
        total = functools.reduce(torch.add, inputs)
        return total.relu_() if self.rectifies else total


class TorchNormalization(DirectCall, keras.layers.Normalization):
    """`keras.layers.Normalization`."""

    @staticmethod
    def applies_to(layer):
        """Whether its statistics are its arguments, or its weights: not a copy in another precision."""
        return layer.input_mean is not None or layer.compute_dtype == layer.variable_dtype


class TorchRescaling(DirectCall, keras.layers.Rescaling):
    """`keras.layers.Rescaling` by two numbers, which Keras makes tensors at each call."""

    def call(self, inputs):
        are_numbers = all(isinstance(each, (int, float)) for each in (self.scale, self.offset))
        are_exact = inputs.dtype is torch.float32 and self._torch_dtype is torch.float32
        if not (are_numbers and are_exact):  # in half precision Keras rounds both numbers first
            return super().call(inputs)
        return inputs * self.scale + self.offset


class TorchClassToken(DirectCall, ClassToken):
    """`kerasdl.layers.ClassToken`."""

    def call(self, tokens):
        (token,) = self.tensors(self.token)
        return torch.cat([token.expand(len(tokens), -1, -1), tokens], 1)


class TorchPositionalEmbedding(DirectCall, PositionalEmbedding):
    """`kerasdl.layers.PositionalEmbedding`."""

    def call(self, tokens):
        (positions,) = self.tensors(self.positions)
        return tokens + positions


def _directly(kind, **attributes):
    """A kind of layer without weights, or of one precision, that is called directly."""
    return type(f"Torch{kind.__name__}", (DirectCall, kind), attributes)


def _same_padding(size, kernel, stride):
    """Rows or columns of zeros before and after, as `"same"` means it: the odd one after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


FORMS = named_as_keras(
    {
        keras.layers.BatchNormalization: TorchBatchNormalization,
        keras.layers.Conv2D: TorchConv2D,
        keras.layers.Dense: TorchDense,
        keras.layers.MaxPooling2D: TorchMaxPooling2D,
        keras.layers.LayerNormalization: TorchLayerNormalization,
        keras.layers.MultiHeadAttention: TorchMultiHeadAttention,
        keras.layers.Activation: TorchActivation,
        keras.layers.Add: TorchAdd,
        keras.layers.Normalization: TorchNormalization,
        keras.layers.Rescaling: TorchRescaling,
        Whitening: TorchWhitening,
        ClassToken: TorchClassToken,
        PositionalEmbedding: TorchPositionalEmbedding,
        Dropout: _directly(Dropout, takes_training=True),
        **{
            kind: _directly(kind)
            for kind in (
                TakeToken,
                keras.layers.Flatten,
                keras.layers.GlobalAveragePooling1D,
                keras.layers.GlobalAveragePooling2D,
                keras.layers.Reshape,
                keras.layers.ZeroPadding2D,
            )
        },
    }
)
