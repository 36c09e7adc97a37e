"""Gradients by the backend's own automatic differentiation, for tests on all three."""

import keras
import numpy as np


def value_and_gradients(function, *arrays):
    """A function's value at float32 `arrays`, and its gradients with respect to each.

    `function` takes tensors and gives a scalar; the value is a float, the gradients
    are a list of arrays.
    """
    arrays = [np.asarray(array, "float32") for array in arrays]
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            variables = [tf.Variable(array) for array in arrays]
            with tf.GradientTape() as tape:
                value = function(*variables)
            return float(value), [g.numpy() for g in tape.gradient(value, variables)]
        case "torch":
            import torch

            tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
            value = function(*tensors)
            value.backward()
            return value.item(), [tensor.grad.numpy() for tensor in tensors]
        case "jax":
            import jax

            both = jax.value_and_grad(function, argnums=tuple(range(len(arrays))))
            value, gradients = both(*arrays)
            return float(value), [np.asarray(g) for g in gradients]
