"""Forms of Keras' layers that compute the same faster on one backend.

- PyTorch: convolutions, pools, batch normalization and dense layers in PyTorch's memory format,
  without copies to channels-first order and back (`kerasdl.layers.kernels_torch`).
- JAX: max-pools as comparisons of slices, in place of `reduce_window`, whose gradient XLA computes
  element by element on a CPU; and images of three channels with a fourth of zeros, for which XLA's
  convolution on a CPU is the faster.
- All: a ReLU in front of a max-pool moves behind it, where it has a quarter of the work. Values
  and gradients are the same in either order.

`reports/bench/training-*.json`, by `kerasdl bench training`, has what they bring. Each form takes only
layers whose arguments it has a faster way for; TensorFlow has none.
"""

import keras
from keras import ops

from kerasdl.layers.whitening import Whitening


def with_fast_layers(model):
    """A functional model that computes as `model` does, up to rounding, and faster.

    Its layers stand in for Keras' own, carry their names and are saved as them; weights have the
    same names, shapes and order.

    Args:
        model: a functional `keras.Model`. Layers that have no faster form are shared, as are
            models inside it.

    Returns:
        A functional `keras.Model`, not compiled. The weights of the layers that were replaced are new.

    Example:
    >>> from kerasdl.models import CNN
    >>> plain = CNN()
    >>> fast = with_fast_layers(plain)
    >>> fast.set_weights(plain.get_weights())
    >>> sorted(layer.name for layer in fast.layers) == sorted(layer.name for layer in plain.layers)
    True
    """
    forms = _FORMS[keras.backend.backend()]
    before_relu = {}  # id of the output of a ReLU -> its input, its layer, and that output

    def fast(layer):
        form = forms.get(type(layer))
        if form is None or not form.applies_to(layer):
            return layer
        return form.from_config(layer.get_config())

    def call(layer, *args, **kwargs):
        first = [*args, *kwargs.values()][0]
        if isinstance(layer, keras.layers.MaxPooling2D) and id(first) in before_relu:
            x, relu, _ = before_relu[id(first)]
            if relu.dtype_policy == layer.dtype_policy:
                return relu(layer(x))
        output = layer(*args, **kwargs)
        if _is_relu(layer):  # where a pool alone takes this output, it is in no path to the model's
            before_relu[id(output)] = first, layer, output
        return output

    return keras.models.clone_model(model, clone_function=fast, call_function=call)


def _is_relu(layer):
    return (
        isinstance(layer, keras.layers.Activation)
        and layer.activation is keras.activations.relu
        and layer.activity_regularizer is None
    )


class TorchConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` in PyTorch's `channels_last` memory format, its bias added inside."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return (
            _has_channels_last(layer)
            and layer.groups == 1
            and set(layer.dilation_rate) == {1}
            and layer.padding in ("same", "valid")
        )

    def call(self, inputs):
        from kerasdl.layers import kernels_torch

        padding = ((0, 0), (0, 0))
        if self.padding == "same":
            sizes = inputs.shape[1:3]
            padding = tuple(map(_same_padding, sizes, self.kernel_size, self.strides))
        kernel, bias = _tensors(self.kernel, self.bias)
        return self.activation(kernels_torch.conv2d(inputs, kernel, bias, self.strides, padding))


class TorchWhitening(TorchConv2D, Whitening):
    """`kerasdl.layers.Whitening` in PyTorch's `channels_last` memory format."""


class TorchMaxPooling2D(keras.layers.MaxPooling2D):
    """`keras.layers.MaxPooling2D` in PyTorch's `channels_last` memory format."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return _has_windows_side_by_side(layer)

    def call(self, inputs):
        from kerasdl.layers import kernels_torch

        return kernels_torch.max_pool2d(inputs, self.pool_size)


class TorchBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` by PyTorch's own operation."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        is_last = layer.axis == -1 or layer.axis == len(layer.input.shape) - 1
        return is_last and not layer.renorm

    def call(self, inputs, training=None, mask=None):
        from kerasdl.layers import kernels_torch

        examples = inputs.numel() // inputs.shape[-1]
        if mask is not None or not (training and self.trainable) or examples < 2:
            return super().call(inputs, training=training, mask=mask)
        gamma, beta = _tensors(self.gamma, self.beta)
        outputs, mean, variance = kernels_torch.batch_norm(inputs, gamma, beta, self.epsilon)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            before = ops.cast(average, value.dtype)
            average.assign(before * self.momentum + value.detach() * (1 - self.momentum))
        return outputs


class TorchDense(keras.layers.Dense):
    """`keras.layers.Dense` with its bias added inside the matrix product."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return True

    def call(self, inputs, training=None):
        from kerasdl.layers import kernels_torch

        kernel, bias = _tensors(self.kernel, self.bias)
        return self.activation(kernels_torch.dense(inputs, kernel, bias))


class JaxConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` of images of three channels, with a fourth of zeros."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does, faster."""
        return _has_channels_last(layer) and layer.groups == 1 and layer.input.shape[-1] == 3

    def convolution_op(self, inputs, kernel):
        """Keras' convolution of four channels."""
        inputs = ops.pad(inputs, ((0, 0), (0, 0), (0, 0), (0, 1)))
        kernel = ops.pad(kernel, ((0, 0), (0, 0), (0, 1), (0, 0)))
        return super().convolution_op(inputs, kernel)


class JaxWhitening(JaxConv2D, Whitening):
    """`kerasdl.layers.Whitening` of images of three channels, with a fourth of zeros."""


class JaxMaxPooling2D(keras.layers.MaxPooling2D):
    """`keras.layers.MaxPooling2D` by comparing slices, each one place of all windows."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return _has_windows_side_by_side(layer)

    def call(self, inputs):
        height, width = self.pool_size
        rows = inputs.shape[1] // height * height
        columns = inputs.shape[2] // width * width
        places = [
            inputs[:, i:rows:height, j:columns:width] for i in range(height) for j in range(width)
        ]
        largest = places[0]
        for place in places[1:]:
            # Of equal values the first has the gradient, as in Keras' own; a NaN stays.
            largest = ops.where((place > largest) | ops.isnan(place), place, largest)
        return largest


def _has_channels_last(layer):
    return layer.data_format == "channels_last"


def _has_windows_side_by_side(layer):
    return (
        _has_channels_last(layer)
        and layer.padding == "valid"
        and tuple(layer.strides) == tuple(layer.pool_size)
    )


def _same_padding(size, kernel, stride):
    """Rows or columns of zeros before and after, as `"same"` means it: the odd one after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _tensors(*variables):
    """The tensors of variables, in the precision that the layer computes in."""
    return [None if each is None else ops.convert_to_tensor(each) for each in variables]


_FORMS = {
    "tensorflow": {},
    "torch": {
        keras.layers.BatchNormalization: TorchBatchNormalization,
        keras.layers.Conv2D: TorchConv2D,
        keras.layers.Dense: TorchDense,
        keras.layers.MaxPooling2D: TorchMaxPooling2D,
        Whitening: TorchWhitening,
    },
    "jax": {
        keras.layers.Conv2D: JaxConv2D,
        keras.layers.MaxPooling2D: JaxMaxPooling2D,
        Whitening: JaxWhitening,
    },
}

for _forms in _FORMS.values():
    for _kind, _form in _forms.items():
        # A file names the class of a layer: Keras' own, which loads without this package.
        _room = _kind.__module__ if _kind is Whitening else "keras.layers"
        _form.__module__, _form.__name__ = _room, _kind.__name__
