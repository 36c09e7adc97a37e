"""Initial convolutions that pass their inputs on."""

import keras
import numpy as np


@keras.saving.register_keras_serializable("kerasdl")
class Dirac(keras.initializers.Initializer):
    """The first filters are the identity of their inputs; the rest are as in PyTorch.

    Zagoruyko and Komodakis, "DiracNets" (2017), https://arxiv.org/abs/1706.00388, as in
    `torch.nn.init.dirac_`, of the first filters only, as in airbench: filter i, up to the number
    of inputs, is 1 at the centre of its input i and 0 elsewhere. The filters beyond it are uniform
    in +-1/sqrt(fan_in), PyTorch's default.

    Args:
        seed: of the filters beyond.

    Example:
    >>> kernel = keras.ops.convert_to_numpy(Dirac(seed=0)((3, 3, 2, 4)))
    >>> kernel[1, 1, :, :2].tolist(), float(np.abs(kernel[..., :2]).sum())
    ([[1.0, 0.0], [0.0, 1.0]], 2.0)
    """

    def __init__(self, seed=None):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        kernel = self.beyond(self.seed)(shape)
        return keras.ops.cast(with_identity(keras.ops.convert_to_numpy(kernel)), dtype or "float32")

    @staticmethod
    def beyond(seed=None):
        """The initialiser of the filters that pass nothing on."""
        return keras.initializers.VarianceScaling(
            1 / 3, mode="fan_in", distribution="uniform", seed=seed
        )

    def get_config(self):
        """The arguments of `__init__`."""
        return {"seed": self.seed}


def with_identity(kernel):
    """A copy of a kernel `(*window, in, out)` whose first filters pass their inputs on."""
    kernel = np.array(kernel)
    *window, inputs, outputs = kernel.shape
    passing = min(inputs, outputs)
    kernel[..., :passing] = 0
    # With padding "same" a window begins (side - 1) // 2 before its pixel.
    centre = tuple((side - 1) // 2 for side in window)
    kernel[(*centre, np.arange(passing), np.arange(passing))] = 1
    return kernel
