"""Training on trial, which leaves a model as if it had not been trained."""

import contextlib

import keras
import numpy as np

from kerasdl import random_state
from kerasdl.callbacks._learning_rates import innermost
from kerasdl.schedules import Constant, Join


@contextlib.contextmanager
def trial(model, schedule):
    """Within it, `model` trains with the rates of `schedule`; after it, nothing has happened.

    Weights, metrics, optimizer, compiled training step, history and random state are put back.

    Args:
        model: compiled `keras.Model`.
        schedule: a schedule of `kerasdl.schedules` over the steps of the trial, from 0.
    """
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    optimizer = innermost(model.optimizer)
    variables = [
        # Copies: JAX gives the memory of these variables to the next step.
        (v, np.copy(keras.ops.convert_to_numpy(v)))
        for v in [*model.variables, *model.optimizer.variables]
    ]
    rate, history = optimizer._learning_rate, getattr(model, "history", None)
    train_function, model.train_function = model.train_function, None  # which has the old rate
    # No public name sets a schedule and takes it back.
    optimizer._learning_rate = _from_step(optimizer, schedule)
    try:
        with random_state.preserved():
            yield
    finally:
        optimizer._learning_rate = rate
        model.train_function = train_function
        model.stop_training = False
        model.history = history
        for variable, value in variables:
            variable.assign(value)


def _from_step(optimizer, schedule):
    """`schedule`, which begins at the next step of `optimizer`."""
    done = int(keras.ops.convert_to_numpy(optimizer._iterations))
    return Join([Constant(schedule(0)), schedule], [done]) if done else schedule
