"""From the names in a recipe to Keras objects: layers, and the network that is trained."""

from dataclasses import dataclass

import keras
import numpy as np

from kerasdl import augmentation, models, pretrained, random_state
from kerasdl.errors import UsageError
from kerasdl.inspection.graph import functional
from kerasdl.layers import AdaptImages, with_fast_layers, with_portable_dropout
from kerasdl.structure import as_given, by_output
from kerasdl.training import compilation
from kerasdl.training.initialization import initialize
from kerasdl.training.optimizer import build_optimizer
from kerasdl.training.outputs import JointAccuracyModel
from kerasdl.training.precision import computing_in
from kerasdl.training.whitened_inputs import whiten

# Means of CIFAR-10's training images, and 255 times 0.202, 0.199 and 0.201: means of the deviations
# within each image, where those over all pixels are 0.247, 0.243 and 0.262.
CIFAR10 = ([125.205, 122.91, 113.985], [51.51, 50.745, 51.255])
# What torchvision, timm and Hugging Face normalize by, times 255.
IMAGENET = ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])


@dataclass(frozen=True, eq=False)
class Networks:
    """A network in the form that is trained and in the form that is saved.

    Attributes:
        trained: begins with the augmentation, gives logits where the loss is computed from
            them, is compiled, and has its initial weights.
        saved: raw inputs to activated outputs, no augmentation.
        one_set_of_weights: whether both consist of the same layers.
        pretrained: where the pretrained weights came from, and how they differ from the
            network's; `None` without any.
    """

    trained: keras.Model
    saved: keras.Model
    one_set_of_weights: bool = False
    pretrained: dict | None = None

    def finish(self):
        """The network that is saved, with the weights that were trained."""
        if not self.one_set_of_weights:
            self.saved.set_weights(self.trained.get_weights())
        return self.saved


def build(experiment):
    """The networks of an `Experiment`, compiled, with their initial weights.

    The random state of this process is set by the recipe's seed: random layers in a network of
    the user's own may draw from it.

    Raises:
        UsageError: builder, arguments, outputs, optimizer, pretrained weights and data do not
            fit each other.
    """
    random_state.seed(experiment.recipe.seed)
    if experiment.model is not None:
        return _networks_of_user(experiment)
    return _networks_of_recipe(experiment)


def build_network(recipe, outputs, input_shape, statistics=None, *, training):
    """The functional network of a recipe.

    Args:
        recipe: the recipe.
        outputs: `kerasdl.training.outputs.Outputs`.
        input_shape: of one example, `(height, width, channels)` or `(features,)`.
        statistics: mean and standard deviation for each channel, for inputs that are
            standardized.
        training: with `True` the model begins with the augmentation, and gives logits where the
            loss is computed from them; with `False` it is what is saved.

    Returns:
        A `keras.Model`, not compiled.

    Raises:
        UsageError: builder, arguments and shapes do not fit.
    """
    model = recipe.model
    if model.builder not in models.__all__:
        raise UsageError(
            f"model.builder should be one of {', '.join(models.__all__)}; "
            f"received {model.builder!r}."
        )
    activations = _activations(recipe, outputs)
    _refuse_lone_softmax(outputs[name] for name, each in activations.items() if each == "softmax")
    if training:
        logits = {name for name, output in outputs.items() if output.trained_on_logits}
        activations = {name: None if name in logits else activations[name] for name in outputs}
    preprocessing = _preprocessing(recipe, statistics, training)  # of float32, in every precision
    try:
        with computing_in(recipe.precision):
            return getattr(models, model.builder)(
                input_shape=input_shape,
                classes=outputs.map(lambda output: output.units),
                classifier_activation=as_given(activations),
                preprocessing=preprocessing,
                **model.arguments,
            )
    except (TypeError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(
            f"{model.builder} cannot be built with these arguments for {recipe.data.name}: "
            f"{str(error).strip()}"
        ) from error


def _networks_of_recipe(experiment):
    recipe, outputs = experiment.recipe, experiment.outputs
    shape, statistics = experiment.input_shape, experiment.statistics
    trained = build_network(recipe, outputs, shape, statistics, training=True)
    trained = with_fast_layers(with_portable_dropout(trained, recipe.seed))
    if len(outputs) > 1 and outputs.classifies(recipe.metrics):
        correct = {name: output.correct for name, output in outputs.items() if output.classes}
        trained = JointAccuracyModel(trained.inputs, trained.output, correct, name=trained.name)
    _expect_units(trained, experiment)
    _compile(trained, experiment)
    initialize(trained, recipe.seed)
    whiten(trained, experiment.dataset.train.x)
    loaded = _load_pretrained(trained, experiment)
    # What is saved is built now: a mistake in it shows before the training, not after.
    saved = build_network(recipe, outputs, shape, statistics, training=False)
    return Networks(trained, saved, pretrained=loaded)


def _networks_of_user(experiment):
    """A user's own network, with the weights it has; for a crossentropy it gives logits."""
    recipe, trained = experiment.recipe, experiment.model
    compilation.refuse_own_network(recipe)
    if not isinstance(trained, keras.Function):
        trained = functional(trained)  # of a sequential model
    if trained is None:
        raise UsageError(
            "model should be a functional keras.Model, or a sequential one that begins with "
            f"keras.Input; received {type(experiment.model).__name__}. (A model of a class of your "
            "own: x = keras.Input(shape); keras.Model(x, model(x)).)"
        )
    _expect_input(trained, experiment)
    _expect_units(trained, experiment)
    if recipe.model.activation == "softmax":
        outputs = experiment.outputs.values()
        _refuse_lone_softmax(output for output in outputs if output.trained_on_logits)
    _compile(trained, experiment)
    loaded = _load_pretrained(trained, experiment)
    saved = _activated(trained, experiment)
    return Networks(trained, saved, one_set_of_weights=True, pretrained=loaded)


def _load_pretrained(network, experiment):
    if experiment.weights is None:
        return None
    weights = experiment.weights
    differs = pretrained.load_pretrained(network, weights.path)
    origin = {"from": experiment.recipe.pretrained, "differs": list(differs)}
    return origin | ({"revision": weights.revision} if weights.revision else {})


def _compile(network, experiment):
    """Give `network` the recipe's loss, metrics and optimizer."""
    if experiment.recipe.freeze:
        pretrained.freeze(network)
    optimizer = build_optimizer(experiment.recipe, network, experiment.steps_per_epoch)
    compiled = compilation.compile_arguments(experiment.recipe)
    metrics = compile_losses(network, experiment, optimizer=optimizer, **compiled)
    if experiment.model is None:
        compilation.shorten_step(network, metrics)
    compilation.compile_call(network, experiment.recipe)


def compile_losses(network, experiment, **arguments):
    """Give `network` the recipe's loss and metrics, and further arguments of `compile`.

    Returns:
        The metrics: a list, or a dictionary of lists by output.
    """
    outputs = experiment.outputs
    metrics = outputs.map(lambda output: output.metrics(experiment.recipe.metrics))
    loss = outputs.map(lambda output: output.keras_loss())
    network.compile(loss=loss, metrics=metrics, **arguments)
    return metrics


def _activations(recipe, outputs):
    """The activation of each output that is saved: a regression beside classes has none."""
    classified = any(output.classes for output in outputs.values())
    return {
        name: recipe.model.activation if output.classes or not classified else None
        for name, output in outputs.items()
    }


def _activated(network, experiment):
    """The network with the activation that its losses took into account."""
    activation, outputs = experiment.recipe.model.activation, experiment.outputs
    given = by_output(network.output)
    for name, output in outputs.items():
        if activation is not None and output.trained_on_logits:
            layer_name = f"{name}_predictions" if name else "predictions"
            given[name] = keras.layers.Activation(activation, name=layer_name)(given[name])
    return keras.Model(network.input, as_given(given), name=network.name)


def _expect_input(network, experiment):
    expected, shapes = experiment.input_shape, [tuple(x.shape[1:]) for x in network.inputs]
    if len(shapes) != 1 or [
        a for a, b in zip(shapes[0], expected, strict=False) if a not in (None, b)
    ]:
        raise UsageError(
            f"The examples of {experiment.dataset.name} have the shape {expected}; this model "
            f"takes {', '.join(map(str, shapes))}."
        )


def _expect_units(network, experiment):
    expected = experiment.outputs.map(lambda output: output.units)
    found = keras.tree.map_structure(lambda output: output.shape[-1], network.output)
    if found != expected:
        raise UsageError(
            f"The labels of {experiment.dataset.name} need a model with {expected} outputs; "
            f"this one has {found}."
        )


def _refuse_lone_softmax(outputs):
    if any(output.units == 1 for output in outputs):
        raise UsageError(
            "The softmax of one output is always 1: set model.activation to sigmoid for two "
            "classes, or to None for regression."
        )


def _preprocessing(recipe, statistics, training):
    layers = []
    if training and recipe.augmentation is not None:
        layers += augmentation.pipeline(recipe.augmentation, seed=recipe.seed)
    match recipe.inputs:
        case "unit":
            layers.append(keras.layers.Rescaling(1 / 255, name="unit"))
        case "signed":
            layers.append(keras.layers.Rescaling(1 / 127.5, offset=-1, name="signed"))
        case "standardize":
            layers.append(_normalization(*statistics, name="standardize"))
        case "cifar10":
            layers.append(_normalization(*CIFAR10, name="cifar10"))
        case "imagenet":
            layers.append(AdaptImages(rgb=True, name="rgb"))
            layers.append(_normalization(*IMAGENET, name="imagenet"))
    return layers


def _normalization(mean, deviation, name):
    """`(x - mean) / deviation` for each channel; one that never varies keeps its scale."""
    # Arrays: of Python's numbers Keras would make float32, also where the layer is in float64.
    variance = [float(each) ** 2 or 1.0 for each in deviation]
    return keras.layers.Normalization(
        mean=np.array(mean, "float64"), variance=np.array(variance, "float64"), name=name
    )
