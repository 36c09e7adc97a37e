"""Training metrics over part of an epoch."""

import keras
import numpy as np


class StepMeans:
    """Reads a model's training metrics over the steps since the last reading.

    Keras has only running values since the start of the epoch. The state of a metric
    is a sum over examples (total and count of a mean, the cells of a confusion
    matrix), so the difference of two states is the state of the steps between them,
    and the metric itself turns that into its value. That is right for batches of
    unequal size, for sample weights, and for metrics that are no means.
    """

    def __init__(self):
        self._before = {}

    def restart(self, model):
        """Start from the metrics as they are now."""
        self._before = _state(model)

    def state(self, model):
        """The metrics at the last reading or restart, one array a variable."""
        # TensorFlow creates a metric's variables at its first step, from zero.
        return [
            self._before.get(id(v), np.zeros(v.shape, v.dtype)) for v in model.metrics_variables
        ]

    def set_state(self, model, arrays):
        """Go on from that reading."""
        self._before = {
            id(v): array for v, array in zip(model.metrics_variables, arrays, strict=True)
        }

    def read(self, model):
        """Dictionary of metric to value over the steps since the last reading or restart."""
        now = _state(model)
        difference = [
            # TensorFlow creates a metric's variables at its first step, from zero.
            (v, keras.ops.convert_to_tensor(now[id(v)] - self._before.get(id(v), 0), v.dtype))
            for v in model.metrics_variables
        ]
        with keras.StatelessScope(state_mapping=difference):
            values = running_values(model)
        self._before = now
        return values


def running_values(model):
    """Dictionary of metric to value since the start of the epoch."""
    values = model.get_metrics_result()
    return {name: float(keras.ops.convert_to_numpy(value)) for name, value in values.items()}


def _state(model):
    # Copies: JAX gives the memory of these variables to the next step.
    return {id(v): np.copy(keras.ops.convert_to_numpy(v)) for v in model.metrics_variables}
