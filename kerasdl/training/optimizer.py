"""The optimizer of a recipe, and what is inside it: its schedule and the rates of layers."""

import keras

from kerasdl import pretrained, schedules
from kerasdl.errors import UsageError
from kerasdl.training.precision import with_loss_scale


def build_optimizer(recipe, network, steps_per_epoch):
    """The recipe's optimizer, the schedule and the rates of its layers inside it.

    In float16 it is inside a `keras.optimizers.LossScaleOptimizer`. Weight decay concerns kernels: biases and normalization are left alone.

    Raises:
        UsageError: an argument is unknown to the optimizer or the schedule.
    """
    setting = recipe.optimizer
    rate = setting.learning_rate
    if recipe.schedule is not None:
        rate = schedules.PerEpoch(build_schedule(recipe), steps_per_epoch, recipe.schedule.by)
    try:
        optimizer = keras.optimizers.get(
            {
                "class_name": setting.name,
                "config": {
                    "learning_rate": rate,
                    "global_clipnorm": setting.clip_norm,
                    "weight_decay": setting.weight_decay,
                    **setting.arguments,
                },
            }
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(f"optimizer {setting.name}: {str(error).strip()}") from error
    if setting.weight_decay:
        optimizer.exclude_from_weight_decay(
            var_list=[v for v in network.trainable_variables if "kernel" not in v.name]
        )
    if recipe.layer_decay is not None:
        rates = pretrained.layer_rates(network, recipe.layer_decay)
        optimizer = pretrained.with_rates(optimizer, rates)
    return with_loss_scale(optimizer, recipe.precision)


def build_schedule(recipe):
    """The recipe's schedule, a function of the epoch.

    Unless its arguments say otherwise, its `learning_rate` is the optimizer's and
    its `duration` lasts until the run's last epoch.
    """
    name, arguments = recipe.schedule.name, dict(recipe.schedule.arguments)
    arguments.setdefault("learning_rate", recipe.optimizer.learning_rate)
    try:
        if "duration" in schedules.takes(name):
            arguments.setdefault("duration", recipe.epochs - arguments.get("warmup", 0))
        return schedules.get(name, **arguments)
    except (TypeError, UsageError) as error:
        raise UsageError(f"schedule.arguments: {error}") from error
