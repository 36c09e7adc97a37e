"""One training step that shows what each ReLU and each max-pool decides, and that takes such decisions.

Both choose the largest of some values: a ReLU of zero and what it is given, a max-pool of a window. The
gradient goes to the chosen one alone, so that of two values a rounding apart one has all of it.
"""

from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import ops

from kerasdl.inspection.graph import functional
from kerasdl.layers.fast import relus_apart
from kerasdl.parity.trace import record_gradients
from kerasdl.random import generators
from kerasdl.training.network import compile_losses


def decides(layer):
    """Whether a layer is a max-pool or a ReLU."""
    return isinstance(layer, keras.layers.MaxPooling2D) or (
        isinstance(layer, keras.layers.Activation) and layer.activation is keras.activations.relu
    )


def choices(layer, x):
    """What a deciding layer takes the largest of: a list of tensors of the shape of its output.

    Args:
        layer: for which `decides` is true.
        x: what it is given: `(batch, height, width, channels)`, for a ReLU of any shape.
    """
    if not isinstance(layer, keras.layers.MaxPooling2D):
        return [ops.zeros_like(x), x]
    rows, columns = layer.compute_output_shape(x.shape)[1:3]
    (height, width), (down, right) = layer.pool_size, layer.strides
    # Keras' "same": what is missing of the last window is added on both sides, the odd one behind.
    missing = [
        max((count - 1) * stride + size - there, 0) if layer.padding == "same" else 0
        for count, stride, size, there in zip(
            (rows, columns), layer.strides, layer.pool_size, x.shape[1:3], strict=True
        )
    ]
    before_and_after = [(each // 2, each - each // 2) for each in missing]
    x = ops.pad(x, [(0, 0), *before_and_after, (0, 0)], constant_values=float("-inf"))
    return [
        x[:, i : i + down * (rows - 1) + 1 : down, j : j + right * (columns - 1) + 1 : right]
        for i in range(height)
        for j in range(width)
    ]


class Tap(keras.layers.Layer):
    """Gives what it is given, and keeps that and the gradient with respect to it.

    Args:
        shape: of what it is given, with the batch.
        name: of the layer.

    The gradient is that of weights that are zeros and are added.
    """

    def __init__(self, shape, name):
        super().__init__(name=name, dtype="float32", autocast=False)
        self.added = self.add_weight(shape, initializer="zeros", name="added")
        self.seen = self.add_weight(shape, initializer="zeros", name="seen", trainable=False)

    def call(self, x):
        """The same values."""
        self.seen.assign(x)
        return x + self.added

    def compute_output_spec(self, x):
        """The same shape."""
        return keras.KerasTensor(x.shape, x.dtype)


class Decided(keras.layers.Layer):
    """A ReLU or a max-pool that takes not the largest value but the one that `decision` names.

    Args:
        layer: in whose place it stands.
        shape: of its output, with the batch.
    """

    def __init__(self, layer, shape):
        super().__init__(name=f"{layer.name}_decided", dtype="float32", autocast=False)
        self.layer = layer
        self.decision = self.add_weight(
            shape, initializer="zeros", dtype="int32", trainable=False, name="decision"
        )

    def call(self, x):
        """The named one of the choices, at each place."""
        found = 0.0
        for i, choice in enumerate(choices(self.layer, x)):
            found += ops.where(ops.equal(self.decision, i), choice, 0.0)
        return found

    def compute_output_spec(self, x):
        """That of the layer."""
        return self.layer.compute_output_spec(x)


@dataclass(frozen=True, eq=False)
class Moment:
    """Where in a training a step is made.

    Attributes:
        experiment: `kerasdl.training.Experiment`.
        network: its network, compiled.
        step: from 1.
        weights: what the network has before the step.
    """

    experiment: object
    network: keras.Model
    step: int
    weights: list

    @classmethod
    def after_training(cls, experiment, network, step):
        """The moment before a step of the experiment, whose earlier steps are made now."""
        moment = cls(experiment, network, step, [])
        for each in range(1, step):
            network.train_on_batch(*replace(moment, step=each).batch())
        return replace(moment, weights=network.get_weights())

    def batch(self):
        """Inputs and targets of the step; random layers go to its numbers."""
        batches = self.experiment.training_batches
        epoch, position = divmod(self.step - 1, len(batches))
        batches.begin_epoch(epoch)
        for generator in generators(self.network):
            generator.state.assign([epoch, position])
        return batches[position]

    def gradients(self, instrumented):
        """Path -> gradient of each trainable weight of a model that shares the network's layers."""
        self.network.set_weights(self.weights)
        with relus_apart(instrumented):
            instrumented.train_on_batch(*self.batch())
        weights = instrumented.trainable_variables
        kept = instrumented.optimizer.gradients
        return {
            weight.path: np.array(ops.convert_to_numpy(gradient))
            for weight, gradient in zip(weights, kept, strict=True)
        }

    def with_calls(self, call):
        """The network, compiled, with `call(layer, *args)` in the place of each call of a layer.

        It learns nothing, and keeps its gradients.
        """
        copy = keras.models.clone_model(
            functional(self.network), clone_function=lambda layer: layer, call_function=call
        )
        compile_losses(copy, self.experiment, optimizer=keras.optimizers.SGD(0.0))
        record_gradients(copy)
        return copy


def observe(moment):
    """Make the step as the backend makes it.

    Args:
        moment: a `Moment`.

    Returns:
        `<quantity>/<layer>` -> array, layers in the order of computation: `given` to the deciding
        layer, its `decision` as the place of the chosen one among `choices`, the gradients `behind`
        and `before` it; and `gradients/<path>` of the network's weights.
    """
    size = len(keras.tree.flatten(moment.batch()[1])[0])
    deciding, taps = [], {}

    def tapped(x, name):
        taps[name] = Tap((size, *x.shape[1:]), name.replace("/", "_"))
        return taps[name](x)

    def call(layer, *args, **kwargs):
        if not decides(layer):
            return layer(*args, **kwargs)
        deciding.append(layer)
        return tapped(layer(tapped(args[0], f"before/{layer.name}")), f"behind/{layer.name}")

    gradients = moment.gradients(moment.with_calls(call))
    arrays = {}
    for layer in deciding:
        given = ops.convert_to_numpy(taps[f"before/{layer.name}"].seen)
        arrays[f"given/{layer.name}"] = np.array(given)
        arrays[f"decision/{layer.name}"] = decision(layer, given)
        for side in ("behind", "before"):
            path = taps[f"{side}/{layer.name}"].added.path
            arrays[f"{side}/{layer.name}"] = gradients.pop(path)
    return arrays | {f"gradients/{path}": value for path, value in gradients.items()}


def decision(layer, given):
    """The place of the largest among `choices`, the first of equal ones; an integer array."""
    values = [ops.convert_to_numpy(choice) for choice in choices(layer, given)]
    return np.argmax(np.stack(values), axis=0).astype("int32")


class Decree:
    """Makes a step with decisions that are given.

    Args:
        moment: a `Moment`.
        shapes: name of each deciding layer -> shape of its output, with the batch.
    """

    def __init__(self, moment, shapes):
        self.moment, self._layers = moment, {}

        def call(layer, *args, **kwargs):
            if not decides(layer):
                return layer(*args, **kwargs)
            self._layers[layer.name] = Decided(layer, shapes[layer.name])
            return self._layers[layer.name](args[0])

        self._network = moment.with_calls(call)

    def __call__(self, decisions):
        """`gradients/<path>` -> array, for the decisions by name of the layer."""
        for name, values in decisions.items():
            self._layers[name].decision.assign(values)
        found = self.moment.gradients(self._network)
        return {f"gradients/{path}": value for path, value in found.items()}
