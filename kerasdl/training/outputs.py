"""The outputs of a network: always a mapping from name to output, of one or of several.

Keras, and a data set, have a plain value where there is one output and a dictionary where there
are several. `Outputs` stands between: everything inside works on mappings, and `for_keras` and
`from_keras` are where they turn into what Keras takes and gives.
"""

import math
from collections.abc import Mapping

import keras
from keras import ops

from kerasdl import losses
from kerasdl.errors import UsageError

ONLY = ""  # name of the one output that has none


class Outputs(Mapping):
    """What each output of a network is trained on, by its name.

    Args:
        outputs: name -> `kerasdl.losses.Output`; the name is `""` where the one output has none.

    Example:
    >>> outputs = Outputs({"": losses.output("mean_squared_error", classes=3)})
    >>> outputs.for_keras({name: output.units for name, output in outputs.items()})
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

    def for_keras(self, values):
        """A mapping of values by output, or its one value where the one output has no name."""
        return values[ONLY] if ONLY in self._outputs else dict(values)

    def from_keras(self, value):
        """The mapping that `for_keras` was given."""
        return {ONLY: value} if ONLY in self._outputs else dict(value)

    def map(self, function):
        """`function` of each output, as Keras takes it."""
        return self.for_keras({name: function(output) for name, output in self.items()})

    def targets(self, y):
        """Labels or values of a data set as the Keras losses want them."""
        y = self.from_keras(y)
        return self.for_keras({name: output.targets(y[name]) for name, output in self.items()})

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
        UsageError: losses and outputs do not have the same names, or a loss does not fit its
            targets.

    Example:
    >>> from kerasdl import studies
    >>> resolve_outputs(studies.get("cifar10/batchnorm"), classes=10, values=1)[""].units
    10
    """
    several = isinstance(values, Mapping)
    if isinstance(recipe.loss, Mapping) and not several:
        raise UsageError(
            f"{recipe.data.name} has one output; received losses for {', '.join(recipe.loss)}."
        )
    values = values if several else {ONLY: values}
    classes = (classes or dict.fromkeys(values)) if several else {ONLY: classes}
    loss = recipe.loss if isinstance(recipe.loss, Mapping) else dict.fromkeys(values, recipe.loss)
    if set(loss) != set(values):
        raise UsageError(
            f"The losses should be for {', '.join(values)}; received {', '.join(loss)}."
        )
    return Outputs(
        {name: losses.output(loss[name], classes.get(name), values[name]) for name in values}
    )


def outputs_of(recipe, dataset):
    """The outputs of a recipe's network for `dataset`, a `kerasdl.datasets.Dataset`.

    Raises:
        UsageError: as `resolve_outputs`.
    """
    several = isinstance(dataset.train.y, Mapping)

    def count(names):
        return None if names is None else len(names)

    def size(y):
        return math.prod(y.shape[1:])

    if not several:
        return resolve_outputs(recipe, count(dataset.classes), size(dataset.train.y))
    classes = dataset.classes and {name: count(names) for name, names in dataset.classes.items()}
    return resolve_outputs(recipe, classes, {n: size(y) for n, y in dataset.train.y.items()})


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
