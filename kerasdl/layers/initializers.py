"""Initialisers of kernels and biases, and the one that Keras has no name for.

`"fan_in_uniform"` is uniform in +-1/sqrt(fan_in), which is what `torch.nn.Linear`
and `torch.nn.Conv2d` draw both weights and biases from.
"""

import math

import keras

FAN_IN_UNIFORM = "fan_in_uniform"


def resolve(init, fan_in):
    """Keras' initialisers for `init = (kernel, bias)` of a layer with `fan_in` inputs a unit.

    Example:
    >>> resolve(("fan_in_uniform", "fan_in_uniform"), fan_in=100)[1].maxval
    0.1
    """
    kernel, bias = init
    if kernel == FAN_IN_UNIFORM:
        # variance of uniform(+-1/sqrt(n)) is 1/(3n)
        kernel = keras.initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform")
    if bias == FAN_IN_UNIFORM:
        bound = 1 / math.sqrt(fan_in)
        bias = keras.initializers.RandomUniform(-bound, bound)
    return kernel, bias
