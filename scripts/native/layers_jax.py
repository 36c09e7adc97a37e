"""Layers of the networks in pure JAX, and the initial values of their weights."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


class Draw:
    """Initial values, float32, uniform in +-1/sqrt(inputs) as in PyTorch."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def dense(self, inputs, outputs):
        """Kernel and bias of a dense layer."""
        bound = inputs**-0.5
        return {
            "kernel": self._uniform(bound, (inputs, outputs)),
            "bias": self._uniform(bound, (outputs,)),
        }

    def conv(self, size, inputs, outputs):
        """Kernel of a convolution, `(height, width, inputs, outputs)`."""
        return self._uniform((size * size * inputs) ** -0.5, (size, size, inputs, outputs))

    def conv_and_bias(self, size, inputs, outputs):
        """Kernel and bias of a convolution."""
        bound = (size * size * inputs) ** -0.5
        return {
            "kernel": self.conv(size, inputs, outputs),
            "bias": self._uniform(bound, (outputs,)),
        }

    def normal(self, *shape):
        """Normal values of deviation 0.02."""
        return (0.02 * self.rng.standard_normal(shape)).astype("float32")

    def _uniform(self, bound, shape):
        return self.rng.uniform(-bound, bound, shape).astype("float32")


def norm(width):
    """Scale and shift of a normalization."""
    return {"scale": np.ones(width, "float32"), "shift": np.zeros(width, "float32")}


def dense(weights, x):
    """A dense layer."""
    return x @ weights["kernel"] + weights["bias"]


def conv(kernel, x, stride=1, padding="SAME"):
    """A convolution without bias."""
    dimensions = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=dimensions
    )


def max_pool(x):
    """The maximum of each 2x2 window: `reduce_window` is slow on a CPU, its gradient more so.

    The last row and column are left out where their number is odd.
    """
    batch, height, width, channels = x.shape
    if height % 2 or width % 2:
        x = x[:, : height // 2 * 2, : width // 2 * 2]
        _, height, width, _ = x.shape
    x = x.reshape(batch, height // 2, 2, width, channels)
    x = jnp.maximum(x[:, :, 0], x[:, :, 1]).reshape(batch, height // 2, width // 2, 2, channels)
    return jnp.maximum(x[:, :, :, 0], x[:, :, :, 1])


def dropout(x, key):
    """Zero for half of the elements, twice its value for the others."""
    kept = jax.random.bits(key, x.shape, "uint8") < 128
    return jnp.where(kept, 2 * x, 0)
