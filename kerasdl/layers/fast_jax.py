"""Forms of Keras' layers that are faster on JAX.

XLA computes the gradient of `reduce_window`, which is Keras' max-pool, element by element on a CPU,
and a convolution of four channels faster than one of three. It compares in bfloat16 and float16 more
slowly than in float32 with both conversions.
"""

import keras
from keras import ops

from kerasdl.layers.fast_forms import (
    has_channels_last,
    has_windows_side_by_side,
    named_as_keras,
)
from kerasdl.layers.whitening import Whitening


class JaxConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` of images of three channels, with a fourth of zeros."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does, faster."""
        return has_channels_last(layer) and layer.groups == 1 and layer.input.shape[-1] == 3

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
        return has_windows_side_by_side(layer)

    def call(self, inputs):
        dtype = inputs.dtype
        if keras.backend.standardize_dtype(dtype) in ("bfloat16", "float16"):
            inputs = ops.cast(inputs, "float32")  # exact, and so is the way back
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
        return ops.cast(largest, dtype)


FORMS = named_as_keras(
    {
        keras.layers.Conv2D: JaxConv2D,
        keras.layers.MaxPooling2D: JaxMaxPooling2D,
        Whitening: JaxWhitening,
    }
)
