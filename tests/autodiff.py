"""Outputs, and gradients with respect to the input, on whichever backend runs."""

import keras
import numpy as np


def outputs(model, images):
    """What `model` gives in inference, as NumPy arrays."""
    if keras.backend.backend() == "jax":  # compiled as a whole, not operation by operation
        import jax

        given = jax.jit(lambda x: model(x, training=False))(images)
    else:
        given = model(images, training=False)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, given)


def input_gradient(model, images, labels):
    """Gradient of the mean cross-entropy of `model`'s logits with respect to `images`."""
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    labels = np.array(labels)
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            x = tf.convert_to_tensor(images)
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = loss_of(labels, model(x, training=False))
            gradient = tape.gradient(loss, x)
        case "torch":
            import torch

            x = torch.tensor(images, requires_grad=True)
            loss_of(labels, model(x, training=False)).backward()
            gradient = x.grad
        case "jax":
            import jax

            gradient_of = jax.jit(jax.grad(lambda x: loss_of(labels, model(x, training=False))))
            gradient = gradient_of(images)
    return keras.ops.convert_to_numpy(gradient)
