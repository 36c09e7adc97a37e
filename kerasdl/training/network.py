"""From the names in a recipe to Keras objects: data, network, optimizer."""

import keras

from kerasdl import datasets, models, pretrained, schedules
from kerasdl.errors import UsageError
from kerasdl.layers import AdaptImages
from kerasdl.training.batches import Batches
from kerasdl.training.joint import JointAccuracyModel
from kerasdl.training.outputs import objectives

# What torchvision, timm and Hugging Face normalize by, times 255.
IMAGENET = ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])


def load_data(recipe, data_dir=None):
    """The recipe's data set, with the validation part that the recipe carves.

    Raises:
        UsageError: it cannot be had, or it brings a validation part of its own.
    """
    data = recipe.data
    dataset = datasets.load(data.name, data_dir=data_dir, **data.options)
    return dataset if data.validation is None else _carved(dataset, recipe)


def _carved(dataset, recipe):
    data = recipe.data
    size = "fraction" if isinstance(data.validation, float) else "count"
    return dataset.with_validation(
        **{size: data.validation}, rule=data.validation_rule, seed=recipe.seed
    )


def prepare_data(recipe, dataset=None, data_dir=None):
    """The recipe's data set with its parts carved and limited, or `dataset` in its place.

    A validation part that `dataset` brings is taken as it is.

    Raises:
        UsageError: the data set cannot be had, or it holds less than one batch.
    """
    data = recipe.data
    if dataset is None:
        dataset = load_data(recipe, data_dir)
    elif data.validation is not None and dataset.validation is None:
        dataset = _carved(dataset, recipe)
    dataset = dataset.limited(train=data.limit_train, test=data.limit_test)
    if recipe.batch_size > len(dataset.train):
        raise UsageError(
            f"batch_size should be at most the {len(dataset.train)} training examples of "
            f"{dataset.name}; received {recipe.batch_size}."
        )
    return dataset


def build_network(recipe, dataset, *, training):
    """The recipe's network for `dataset`.

    Args:
        recipe: the recipe.
        dataset: decides the input shape, the number of classes and, where inputs
            are standardized, the statistics.
        training: with `True` the model begins with the augmentation, and gives
            logits where the loss is computed from them; with `False` it is what
            is saved: no augmentation, and activated outputs.

    Raises:
        UsageError: builder, arguments and data do not fit.
    """
    objective = objectives(recipe.loss, dataset)
    if recipe.model.builder not in models.__all__:
        raise UsageError(
            f"model.builder should be one of {', '.join(models.__all__)}; "
            f"received {recipe.model.builder!r}."
        )
    each = keras.tree.flatten(objective)
    classes = [one for one in each if one.classes]

    def activation(one):
        """Of one output of the saved model: a regression target beside classes has none."""
        return recipe.model.activation if one.classes or not classes else None

    expect_no_lone_softmax(one for one in each if activation(one) == "softmax")
    try:
        network = getattr(models, recipe.model.builder)(
            input_shape=dataset.train.x.shape[1:],
            classes=keras.tree.map_structure(lambda one: one.units, objective),
            classifier_activation=keras.tree.map_structure(
                lambda one: None if training and one.from_logits else activation(one), objective
            ),
            preprocessing=_preprocessing(recipe, dataset, training),
            **recipe.model.arguments,
        )
    except (TypeError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(
            f"{recipe.model.builder} cannot be built with these arguments for {dataset.name}: "
            f"{str(error).strip()}"
        ) from error
    if training and isinstance(objective, dict) and classes and "accuracy" in recipe.metrics:
        return JointAccuracyModel(network.inputs, network.output, name=network.name)
    return network


def expect_no_lone_softmax(objectives):
    """Refuse a softmax where one of the `objectives` has one unit."""
    if any(one.units == 1 for one in objectives):
        raise UsageError(
            "The softmax of one output is always 1: set model.activation to sigmoid for two "
            "classes, or to None for regression."
        )


def quantities(recipe, dataset, own=False):
    """What is logged of each part of `dataset`, and may select an epoch as `val_<name>`.

    Args:
        recipe: the recipe.
        dataset: decides the outputs.
        own: whether the network is the user's, which has no accuracy of all outputs together.

    Returns:
        List of names: the loss, and the metrics that the losses have of the recipe's.
    """
    objective = objectives(recipe.loss, dataset)
    each = objective if isinstance(objective, dict) else {"": objective}
    metrics = {
        name: [metric.name for metric in one.metrics(recipe.metrics)] for name, one in each.items()
    }
    if len(each) == 1:  # Keras leaves out the name of a single output
        return ["loss", *next(iter(metrics.values()))]
    found = [f"{name}_{key}" for name in each for key in ("loss", *metrics[name])]
    together = not own and any("accuracy" in names for names in metrics.values())
    return ["loss", *found, *(["accuracy"] if together else [])]


def compile_network(network, recipe, dataset):
    """Give `network` the recipe's loss, metrics and optimizer."""
    objective = objectives(recipe.loss, dataset)
    if isinstance(network, JointAccuracyModel):
        network.rights = {name: one.right for name, one in objective.items() if one.classes}
    if recipe.freeze:
        pretrained.freeze(network)
    steps = -(-len(dataset.train) // recipe.batch_size)
    each = objective if isinstance(objective, dict) else {"": objective}
    losses = {name: one.keras_loss() for name, one in each.items()}
    metrics = {name: one.metrics(recipe.metrics) for name, one in each.items()}
    network.compile(
        optimizer=build_optimizer(recipe, network, steps),
        loss=losses if isinstance(objective, dict) else losses[""],
        metrics=metrics if isinstance(objective, dict) else metrics[""],
    )


def build_optimizer(recipe, network, steps_per_epoch):
    """The recipe's optimizer, the schedule and the rates of its layers inside it.

    Weight decay concerns kernels: biases and normalization are left alone.

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
    except (TypeError, ValueError) as error:
        raise UsageError(f"optimizer {setting.name}: {str(error).strip()}") from error
    if setting.weight_decay:
        optimizer.exclude_from_weight_decay(
            var_list=[v for v in network.trainable_variables if "kernel" not in v.name]
        )
    if recipe.layer_decay is not None:
        rates = pretrained.layer_rates(network, recipe.layer_decay)
        optimizer = pretrained.with_rates(optimizer, rates)
    return optimizer


def build_schedule(recipe):
    """The recipe's schedule, a function of the epoch.

    Unless its arguments say otherwise, its `learning_rate` is the optimizer's and
    its `duration` lasts until the run's last epoch.
    """
    name, arguments = recipe.schedule.name, dict(recipe.schedule.arguments)
    arguments.setdefault("learning_rate", recipe.optimizer.learning_rate)
    if "duration" in schedules.takes(name):
        arguments.setdefault("duration", recipe.epochs - arguments.get("warmup", 0))
    return schedules.get(name, **arguments)


def make_batches(split, recipe, dataset, *, batch_size, shuffled):
    """`split` in batches with the targets that the recipe's loss wants."""
    objective = objectives(recipe.loss, dataset)
    targets = (
        {name: one.targets(split.y[name]) for name, one in objective.items()}
        if isinstance(objective, dict)
        else objective.targets(split.y)
    )
    return Batches(split.x, targets, batch_size, seed=recipe.seed if shuffled else None)


def _preprocessing(recipe, dataset, training):
    layers = []
    if training and recipe.augmentation is not None:
        from kerasdl import augmentation

        layers += augmentation.pipeline(recipe.augmentation, seed=recipe.seed)
    match recipe.inputs:
        case "unit":
            layers.append(keras.layers.Rescaling(1 / 255, name="unit"))
        case "signed":
            layers.append(keras.layers.Rescaling(1 / 127.5, offset=-1, name="signed"))
        case "standardize" | "imagenet":
            mean, std = dataset.statistics() if recipe.inputs == "standardize" else IMAGENET
            if recipe.inputs == "imagenet":
                layers.append(AdaptImages(rgb=True, name="rgb"))
            # a channel that never varies stays as it is
            variance = [float(s) ** 2 or 1.0 for s in std]
            layers.append(
                keras.layers.Normalization(
                    mean=[float(m) for m in mean], variance=variance, name=recipe.inputs
                )
            )
    return layers
