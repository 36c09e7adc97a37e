"""The outputs of a network: always a mapping from name to output, of one or of several."""

from collections.abc import Mapping

import keras
from keras import ops

from kerasdl import losses
from kerasdl.errors import UsageError
from kerasdl.structure import ONLY, as_given, by_output


class Outputs(Mapping):
    """What each output of a network is trained on, by its name.

    Args:
        outputs: name -> `kerasdl.losses.Output`; the name is `kerasdl.structure.ONLY` where the
            one output has none.

    Example:
    >>> outputs = Outputs({"": losses.output("mean_squared_error", classes=3)})
    >>> outputs.map(lambda output: output.units)
    3
    """

    def __init__(self, outputs):
        self._outputs = dict(outputs)

    def __getitem__(self, name):
        return self._outputs[name]

    def __iter__(self):
        return iter(self._outputs)

    def __len__(self):
        return len(self._outputs)

    def map(self, function):
        """`function` of each output, as Keras takes it."""
        return as_given({name: function(output) for name, output in self.items()})

    def targets(self, y):
        """Labels or values of a data set as the Keras losses want them."""
        y = by_output(y)
        return as_given({name: output.targets(y[name]) for name, output in self.items()})

    def quantities(self, metrics, joint):
        """What Keras logs of each part of the data, and what may select an epoch as `val_<name>`.

        Args:
            metrics: names of the recipe's metrics.
            joint: whether the network is a `JointAccuracyModel`, if there are several outputs.
        """
        named = {
            name: [metric.name for metric in output.metrics(metrics)]
            for name, output in self.items()
        }
        if len(named) == 1:  # Keras leaves out the name of a single output
            return ["loss", *next(iter(named.values()))]
        logged = [f"{name}_{key}" for name in named for key in ("loss", *named[name])]
        return ["loss", *logged, *(["accuracy"] if joint and self.classifies(metrics) else [])]

    def classifies(self, metrics):
        """Whether any output has classes, and `metrics` asks for their accuracy."""
        return "accuracy" in metrics and any(output.classes for output in self.values())


def resolve_outputs(recipe, classes, values):
    """The outputs of a recipe's network.

    Args:
        recipe: the recipe; its loss is for all outputs, or a mapping of one each.
        classes: number of classes, or `None` for regression; a dictionary of these by output
            where there are several.
        values: number of target values of an example, or a dictionary of these likewise.

    Returns:
        `Outputs`.

    Raises:
        UsageError: losses and outputs do not have the same names, a loss does not fit its
            targets, or labels are to be smoothed of which no loss is a crossentropy.

    Example:
    >>> from kerasdl import studies
    >>> resolve_outputs(studies.get("cifar10/batchnorm"), classes=10, values=1)[""].units
    10
    """
    values, classes, loss = map(by_output, (values, classes, recipe.loss))
    if ONLY in values and ONLY not in loss:
        raise UsageError(
            f"{recipe.data.name} has one output; received losses for {', '.join(loss)}."
        )
    if ONLY in loss:  # the same for every output
        loss = dict.fromkeys(values, loss[ONLY])
    if set(loss) != set(values):
        raise UsageError(
            f"The losses should be for {', '.join(values)}; received {', '.join(loss)}."
        )
    outputs = {name: losses.output(loss[name], classes.get(name), values[name]) for name in values}
    smoothed = any(output.is_crossentropy for output in outputs.values())
    if recipe.label_smoothing and not smoothed:
        raise UsageError(
            "label_smoothing is for crossentropies, and should be 0 with "
            f"{', '.join(dict.fromkeys(loss.values()))}; received {recipe.label_smoothing}."
        )
    if recipe.label_smoothing or recipe.mix is not None:
        smoothing = recipe.label_smoothing
        outputs = {name: output.with_soft_labels(smoothing) for name, output in outputs.items()}
    return Outputs(outputs)


def outputs_of(recipe, dataset):
    """The outputs of a recipe's network for `dataset`, a `kerasdl.datasets.Dataset`.

    Raises:
        UsageError: as `resolve_outputs`.
    """
    return resolve_outputs(recipe, dataset.info.class_counts, dataset.info.values)


class JointAccuracyModel(keras.Model):
    """A functional model with several outputs that also measures all of them together.

    A Keras metric sees one output. This model's metric `accuracy` is the share of examples whose
    every output with classes is right, in training and in evaluation. It shares the layers of the
    functional model it is made of, which is the one to save.

    Args:
        inputs: symbolic inputs.
        outputs: dictionary of symbolic outputs.
        correct: name of an output -> function of target and output to whether each example is
            right.
        name: of the model.

    Example:
    >>> x = keras.Input((4,))
    >>> outputs = {name: keras.layers.Dense(3, name=name)(x) for name in ("shape", "colour")}
    >>> correct = dict.fromkeys(outputs, lambda y, given: y == keras.ops.argmax(given, -1))
    >>> model = JointAccuracyModel(x, outputs, correct)
    >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> model.compile("sgd", dict.fromkeys(outputs, loss))
    >>> y = {"shape": np.zeros(8, "int32"), "colour": np.zeros(8, "int32")}
    >>> "accuracy" in model.evaluate(np.zeros((8, 4)), y, verbose=0, return_dict=True)
    True
    """

    def __init__(self, inputs, outputs, correct, name=None):
        super().__init__(inputs, outputs, name=name)
        self.joint_accuracy = keras.metrics.Mean(name="accuracy")
        self.correct = correct

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Keras' metrics, and the joint one."""
        correct = [
            ops.reshape(function(y[name], y_pred[name]), (-1,))
            for name, function in self.correct.items()
        ]
        self.joint_accuracy.update_state(ops.all(ops.stack(correct), axis=0))
        return super().compute_metrics(x, y, y_pred, sample_weight)
