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
    """A convolution without bias; of three channels with a fourth of zeros, which XLA does faster."""
    if x.shape[-1] == 3:
        x = jnp.pad(x, ((0, 0), (0, 0), (0, 0), (0, 1)))
        kernel = jnp.pad(kernel, ((0, 0), (0, 0), (0, 1), (0, 0)))
    dimensions = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=dimensions
    )


def max_pool(x):
    """The maximum of each 2x2 window: `reduce_window` is slow on a CPU, its gradient more so.

    The last row and column are left out where their number is odd. Compared in float32: that and
    both conversions take less time than to compare in bfloat16.
    """
    rows, columns = (size // 2 * 2 for size in x.shape[1:3])
    wide = x.astype("float32")
    largest, *others = [wide[:, i:rows:2, j:columns:2] for i in (0, 1) for j in (0, 1)]
    for other in others:
        largest = jnp.where(other > largest, other, largest)
    return largest.astype(x.dtype)


def dropout(x, key):
    """Zero for half of the elements, twice its value for the others."""
    kept = jax.random.bits(key, x.shape, "uint8") < 128
    return jnp.where(kept, 2 * x, 0)
