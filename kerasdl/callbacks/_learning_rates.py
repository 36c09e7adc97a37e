"""The learning rate inside an optimizer."""

import keras
import numpy as np


def last_learning_rate(optimizer):
    """The learning rate of the last update that `optimizer` has made; of its first, before that.

    With gradient accumulation an update is made on every n-th step only, and a schedule
    is read at that step; a loss-scale optimizer counts only the steps whose gradients
    were finite.
    """
    optimizer = innermost(optimizer)
    schedule = schedule_of(optimizer)
    if schedule is None:
        return shortest(number(optimizer.learning_rate))
    # `_iterations` counts every step; the public `iterations` divides by the
    # accumulation, while Keras gives the schedule the undivided number.
    steps = int(number(optimizer._iterations))
    every = optimizer.gradient_accumulation_steps or 1
    last = max(steps // every * every - 1, 0)
    return shortest(number(schedule(last)))


def innermost(optimizer):
    """The optimizer inside the loss-scale optimizers of mixed precision."""
    while hasattr(optimizer, "inner_optimizer"):  # LossScaleOptimizer
        optimizer = optimizer.inner_optimizer
    return optimizer


def schedule_of(optimizer):
    """The schedule that an optimizer has as its learning rate, or `None`."""
    # No public name gives the schedule itself: `optimizer.learning_rate` is its value.
    rate = innermost(optimizer)._learning_rate
    return rate if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) else None


def number(value):
    """A tensor as a Python float."""
    return float(keras.ops.convert_to_numpy(value))


def shortest(rate):
    """The shortest decimal that is the same float32: 0.1 there is 0.10000000149 in Python."""
    return float(str(np.float32(rate)))
