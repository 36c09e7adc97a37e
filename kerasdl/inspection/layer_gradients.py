"""Gradients of a network's outputs with respect to what one of its layers gives, on every backend.

Keras has no function for that, and each backend has another one. But Keras trains on every backend:
so zeros are added to what the layer gives, as weights, the only ones; one step of gradient descent
at a rate of 1 leaves the gradient in them.
"""

import keras
import numpy as np
from keras import ops


class LayerGradients:
    """Computes what a layer gives, and the gradients of scores with respect to it, batch by batch.

    It works on a copy of the network, in inference: no weight of the network changes.

    Args:
        network: a functional `keras.Model` without nested models.
        layer: name of one of its layers, whose output in the last of its calls is meant.
        batch_size: images at a time.

    Example:
    >>> x = keras.Input((3,))
    >>> y = keras.layers.Dense(2, name="twice")(keras.layers.Identity(name="same")(x))
    >>> gradients = LayerGradients(keras.Model(x, y), "same")
    >>> values, found = gradients(np.ones((5, 3)), np.tile([1, 0], (5, 1)))
    >>> found.shape
    (5, 3)
    """

    def __init__(self, network, layer, batch_size=32):
        self.batch_size = batch_size
        perturbations, given = [], []

        def call(each, *args, **kwargs):
            output = each(*args, **kwargs)
            if each.name != layer:
                return output
            given.append(output)
            shape = (batch_size, *output.shape[1:])
            perturbations.append(_Perturbation(shape, name=f"perturbation{len(given)}"))
            return perturbations[-1](output)

        copy = keras.models.clone_model(network, call_function=call)
        for each in network.layers:
            if not each.weights:  # an input among them, which has another name
                continue
            copy.get_layer(each.name).set_weights(each.get_weights())
        copy.trainable = False
        self._given = keras.Model(copy.input, given[-1])
        self._perturbation = perturbations[-1]
        self._perturbation.trainable = True
        self._descent = _Descent(copy)
        self._descent.compile(keras.optimizers.SGD(1.0))

    def __call__(self, x, weights):
        """What the layer gives, and the gradients of weighted sums of the network's outputs.

        Args:
            x: `(n, ...)`, as the network takes it.
            weights: `(n, units)`: what each unit counts in the sum that is differentiated.

        Returns:
            Two float32 arrays `(n, ...)` of the shape that the layer gives.
        """
        found = []
        for start in range(0, len(x), self.batch_size):
            part = slice(start, start + self.batch_size)
            inputs, units = (
                self._filled(x[part]),
                self._filled(np.asarray(weights[part], "float32")),
            )
            zeros = np.zeros(self._perturbation.added.shape, "float32")
            self._perturbation.added.assign(zeros)
            self._descent.train_on_batch(inputs, units)
            # One step at a rate of 1 is the gradient with its sign changed.
            gradients = -ops.convert_to_numpy(self._perturbation.added)
            values = self._given.predict_on_batch(inputs).astype("float32")
            count = len(x[part])
            found.append((values[:count], gradients[:count]))
        values, gradients = zip(*found, strict=True)
        return np.concatenate(values), np.concatenate(gradients)

    def _filled(self, batch):
        """A batch with as many rows as there are perturbations: the first one is repeated."""
        missing = self.batch_size - len(batch)
        return np.concatenate([batch, np.repeat(batch[:1], missing, axis=0)])


class _Perturbation(keras.layers.Layer):
    """Adds weights that are zeros to what it is given: one weight a value of a batch."""

    def __init__(self, shape, name):
        super().__init__(name=name, dtype="float32", autocast=False)
        self.added = self.add_weight(shape, initializer="zeros", name="added")

    def call(self, values):
        return values + ops.cast(self.added, values.dtype)

    def compute_output_spec(self, values):
        return keras.KerasTensor(values.shape, values.dtype)


class _Descent(keras.Model):
    """A network in inference whose loss is the weighted sum of its outputs."""

    def __init__(self, network):
        super().__init__(name="descent", dtype="float32")
        self.network = network

    def call(self, x):
        return self.network(x, training=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.sum(ops.convert_to_tensor(y) * ops.cast(y_pred, "float32"))
