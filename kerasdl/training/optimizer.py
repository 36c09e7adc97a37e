"""The optimizer of a recipe, and what is inside it: its schedule and the rates of layers."""

import importlib

import keras

import kerasdl.optimizers  # registers ours
from kerasdl import backend, pretrained, schedules
from kerasdl.errors import UsageError
from kerasdl.recipes.rules import NOT_NEGATIVE, PLATEAU
from kerasdl.training.optimizer_arguments import checked_arguments
from kerasdl.training.precision import with_loss_scale
from kerasdl.training.weight_groups import group_arguments

OWN_OPTIMIZERS = {"muon": "kerasdl>Muon"}  # Keras has another of that name
FUSED = {"adam": "kerasdl>FusedAdam", "adamw": "kerasdl>FusedAdamW"}


def build_optimizer(recipe, network, steps_per_epoch):
    """The recipe's optimizer, the schedule and the rates of its layers inside it.

    In float16 it is inside a `keras.optimizers.LossScaleOptimizer`. Weight decay concerns kernels:
    biases and normalization are left alone.

    Raises:
        UsageError: an argument is unknown to the optimizer or the schedule, or has a value that
            does not fit, AdamW has no weight decay, or a weight of the network is in no group of
            Muon's.
    """
    setting = recipe.optimizer
    if (
        setting.name == "adamw"
        and (setting.weight_decay or setting.arguments.get("weight_decay")) is None
    ):
        raise UsageError(
            "optimizer.name=adamw should come with a positive number for optimizer.weight_decay, as "
            "in --set optimizer.weight_decay=0.004 (Keras' default); received None: set it, or take "
            "adam, which has none."
        )
    try:
        optimizer = keras.optimizers.get(
            {
                "class_name": _class_name(setting),
                "config": {
                    "learning_rate": _rate(recipe, steps_per_epoch),
                    "global_clipnorm": setting.clip_norm,
                    "weight_decay": setting.weight_decay,
                    **_with_field_arguments(recipe),
                    **group_arguments(recipe, lambda each: _rate(each, steps_per_epoch)),
                },
            }
        )
        if isinstance(optimizer, kerasdl.optimizers.Muon):
            optimizer.find_groups(network.trainable_variables)
    except UsageError:
        raise
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


def _class_name(setting):
    """The name by which Keras finds the optimizer of a recipe, in its fastest form."""
    is_fused = setting.name in FUSED and not setting.arguments.get("amsgrad")
    name = backend.require()
    if is_fused and name in ("tensorflow", "torch") and not backend.accelerators():
        importlib.import_module(f"kerasdl.optimizers.fused_{name}")  # registers them
        return FUSED[setting.name]
    return OWN_OPTIMIZERS.get(setting.name, setting.name)


def _rate(recipe, steps_per_epoch):
    """The learning rate of a recipe's optimizer: a number, or a schedule of the step."""
    if recipe.schedule is None or recipe.schedule.name == PLATEAU:
        return float(recipe.optimizer.learning_rate)  # Keras refuses a whole number
    rate = schedules.PerEpoch(build_schedule(recipe), steps_per_epoch, recipe.schedule.by)
    return FirstBatchOfUpdate(rate, recipe.accumulation) if recipe.accumulation > 1 else rate


def _with_field_arguments(recipe):
    """The optimizer's arguments, and those that fields of the recipe stand for."""
    given, found, every = checked_arguments(recipe.optimizer), {}, recipe.accumulation
    if recipe.ema_momentum is not None:
        # Keras averages after each batch: so many together weigh as the one update in them.
        found |= {"use_ema": True, "ema_momentum": recipe.ema_momentum ** (1 / every)}
    if every > 1:
        found["gradient_accumulation_steps"] = every
    if twice := sorted(found.keys() & given.keys()):
        raise UsageError(
            f"optimizer.arguments should not hold {', '.join(twice)} beside the recipe's "
            "ema_momentum or accumulation, which stand for the same."
        )
    averaged = "use_ema" in found or given.get("use_ema")
    accumulated = every > 1 or given.get("gradient_accumulation_steps") is not None
    named = sorted(given.keys() & {"use_ema", "gradient_accumulation_steps"})
    if averaged and accumulated and named:
        raise UsageError(
            f"optimizer.arguments should not hold {', '.join(named)} where weights are averaged and "
            "batches accumulated, since Keras averages after each batch: take the recipe's "
            "ema_momentum and accumulation, which weigh each update once."
        )
    return {**given, **found}


def build_schedule(recipe):
    """The recipe's schedule, a function of the epoch.

    Unless its arguments say otherwise, its `learning_rate` is the optimizer's and
    its `duration` lasts until the run's last epoch.
    """
    name, arguments = recipe.schedule.name, dict(recipe.schedule.arguments)
    arguments.setdefault("learning_rate", recipe.optimizer.learning_rate)
    if not NOT_NEGATIVE.holds(warmup := arguments.get("warmup", 0)):
        raise UsageError(
            f"schedule.arguments.warmup should be {NOT_NEGATIVE.expected}; received {warmup!r:.200}."
        )
    try:
        if "duration" in schedules.takes(name):
            arguments.setdefault("duration", recipe.epochs - warmup)
        return schedules.get(name, **arguments)
    except (TypeError, UsageError) as error:
        raise UsageError(f"schedule.arguments: {error}") from error


@keras.saving.register_keras_serializable("kerasdl")
class FirstBatchOfUpdate(keras.optimizers.schedules.LearningRateSchedule):
    """The rate of a schedule at the first of the batches whose gradients make an update.

    Keras counts batches and updates after the last one. So the rate is that which one batch, as
    large as those together, would have in its place.

    Args:
        schedule: function of the number of batches before.
        batches: in an update.

    Example:
    >>> rate = FirstBatchOfUpdate(schedules.PerEpoch(schedules.Exponential(1.0, 0.5), 4), batches=2)
    >>> float(rate(3)) == float(rate.schedule(2))
    True
    """

    def __init__(self, schedule, batches):
        super().__init__()
        self.schedule, self.batches = schedule, batches

    def __call__(self, step):
        """The rate at a step, counted in batches from 0."""
        return self.schedule(step // self.batches * self.batches)

    def get_config(self):
        """What the constructor takes."""
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "batches": self.batches}

    @classmethod
    def from_config(cls, config):
        """The schedule that `get_config` described."""
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(schedule, config["batches"])
