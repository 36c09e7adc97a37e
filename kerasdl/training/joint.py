"""Accuracy on several outputs together."""

import keras
from keras import ops


class JointAccuracyModel(keras.Model):
    """A functional model with several outputs that also measures all of them together.

    A Keras metric sees one output. This model's metric `accuracy` is the share of
    examples whose every output is right, in training and in evaluation. It shares
    the layers of the functional model it is made of, which is the one to save.

    Args:
        inputs: symbolic inputs.
        outputs: dictionary of symbolic outputs.
        name: of the model.

    Attributes:
        rights: function of target and output to whether each example is right,
            for each output; to be set before training.

    Example:
    >>> x = keras.Input((4,))
    >>> outputs = {name: keras.layers.Dense(3, name=name)(x) for name in ("shape", "colour")}
    >>> model = JointAccuracyModel(x, outputs)
    >>> model.rights = dict.fromkeys(outputs, lambda y, given: y == keras.ops.argmax(given, -1))
    >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> model.compile("sgd", dict.fromkeys(outputs, loss))
    >>> y = {"shape": np.zeros(8, "int32"), "colour": np.zeros(8, "int32")}
    >>> "accuracy" in model.evaluate(np.zeros((8, 4)), y, verbose=0, return_dict=True)
    True
    """

    def __init__(self, inputs, outputs, name=None):
        super().__init__(inputs, outputs, name=name)
        self.joint_accuracy = keras.metrics.Mean(name="accuracy")
        self.rights = {}

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Keras' metrics, and the joint one."""
        if self.rights:
            right = [
                ops.reshape(right(y[name], y_pred[name]), (-1,))
                for name, right in self.rights.items()
            ]
            self.joint_accuracy.update_state(ops.all(ops.stack(right), axis=0))
        return super().compute_metrics(x, y, y_pred, sample_weight)
