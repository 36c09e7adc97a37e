"""A training loop in plain TensorFlow, as fast as TensorFlow trains these networks on a CPU.

    python scripts/native/train_tensorflow.py regularization --precision bfloat16

Variants:
    function: the step as one `tf.function`, whose products oneDNN computes.
    xla: the same compiled by XLA (`jit_compile=True`).
    several: several steps in one `tf.function`, where a step is short.
"""

import tensorflow as tf
import workloads
from cifar_net_tensorflow import Muon
from models_tensorflow import MODELS

VARIANTS = ("function", "xla", "several")


class Trainer:
    """A network with the state of its optimizer, and the running sums of loss and correct images."""

    def __init__(self, setting):
        tf.random.set_seed(0)
        self.setting = setting
        self.dtype = tf.bfloat16 if setting.bfloat16 else tf.float32
        self.model = MODELS[setting.name](**setting.sizes)
        self.weights = self.model.trainable_variables
        self.parameters = sum(each.shape.num_elements() for each in self.weights)
        self.optimizer = {"adam": Adam, "sgd": SGD, "muon": Muon}[setting.workload.optimizer](
            setting.workload, self.weights
        )
        self.sums = tf.Variable(tf.zeros(2))
        self.update = tf.function(self._step, jit_compile=setting.variant == "xla")
        self.updates = tf.function(self._steps)

    def step(self, images, labels):
        """One update from uint8 images and their labels."""
        self.update(tf.constant(images), tf.constant(labels))

    def several(self, images, labels):
        """As many updates in one call."""
        self.updates(tf.constant(images), tf.constant(labels))

    def totals(self):
        """Sum of the losses and number of correct images since the last call."""
        loss, correct = self.sums.numpy().tolist()
        self.sums.assign([0.0, 0.0])
        return loss, correct

    def _steps(self, images, labels):
        for i in tf.range(images.shape[0]):
            self._step(images[i], labels[i])

    def _step(self, images, labels):
        images = tf.cast(images, tf.float32) * self.setting.scale + self.setting.shift
        with tf.GradientTape() as tape:
            logits = tf.cast(self.model(tf.cast(images, self.dtype)), tf.float32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            if smoothing := self.setting.workload.label_smoothing:
                shares = tf.reduce_mean(tf.nn.log_softmax(logits), 1)
                losses = (1 - smoothing) * losses - smoothing * shares
            # The rates of airbench94 are for the sum over the batch.
            summed = self.setting.workload.optimizer == "muon"
            loss = tf.reduce_sum(losses) if summed else tf.reduce_mean(losses)
        self.optimizer.update(tape.gradient(loss, self.weights))
        correct = tf.equal(tf.argmax(logits, 1, tf.int32), labels)
        correct = tf.reduce_sum(tf.cast(correct, tf.float32))
        self.sums.assign_add(tf.stack([tf.reduce_sum(losses), correct]))


class SGD:
    """SGD with or without momentum, one of TensorFlow's fused operations a weight."""

    def __init__(self, workload, weights):
        self.rate, self.momentum, self.weights = workload.learning_rate, workload.momentum, weights
        self.velocities = [tf.Variable(tf.zeros_like(each)) for each in weights if self.momentum]

    def update(self, gradients):
        """One step."""
        if not self.momentum:
            for weight, gradient in zip(self.weights, gradients, strict=True):
                tf.raw_ops.ResourceApplyGradientDescent(
                    var=weight.handle, alpha=self.rate, delta=gradient
                )
            return
        for weight, velocity, gradient in zip(
            self.weights, self.velocities, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyMomentum(
                var=weight.handle,
                accum=velocity.handle,
                lr=self.rate,
                grad=gradient,
                momentum=self.momentum,
            )


class Adam:
    """Adam, one of TensorFlow's fused operations a weight."""

    def __init__(self, workload, weights):
        self.rate, self.weights = workload.learning_rate, weights
        self.means = [tf.Variable(tf.zeros_like(each)) for each in weights]
        self.squares = [tf.Variable(tf.zeros_like(each)) for each in weights]
        self.powers = [tf.Variable(1.0), tf.Variable(1.0)]  # of the two betas, by the step

    def update(self, gradients):
        """One step."""
        betas = (0.9, 0.999)
        powers = [
            power.assign(power * beta) for power, beta in zip(self.powers, betas, strict=True)
        ]
        for weight, mean, square, gradient in zip(
            self.weights, self.means, self.squares, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                lr=self.rate,
                beta1=betas[0],
                beta2=betas[1],
                epsilon=1e-8,
                grad=gradient,
            )


if __name__ == "__main__":
    workloads.main(__doc__, VARIANTS, Trainer)
