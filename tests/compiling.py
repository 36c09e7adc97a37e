"""Functions compiled as users of each backend compile them, for tests on all three."""

import functools

import keras


@functools.cache
def compiled(function):
    """`function` of tensors under XLA on JAX and TensorFlow, as it is on PyTorch."""
    match keras.backend.backend():
        case "jax":
            import jax

            return jax.jit(function)
        case "tensorflow":
            import tensorflow as tf

            return tf.function(function, jit_compile=True)
    return function
