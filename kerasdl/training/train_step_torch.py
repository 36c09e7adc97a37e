"""The training step on PyTorch without what Keras does around it.

A small network waits for that: `kerasdl bench training --workload digits` has it beside Keras' `fit`,
and `kerasdl bench step` the parts of a step. Here the loss is PyTorch's own where it is a crossentropy
of integer labels, running means are added up in place, what is to be trained is looked up once, and
the network is called without the scopes of `Layer.__call__`.
"""

import functools

import keras
import torch
from keras import ops

ACCURACIES = (keras.metrics.SparseCategoricalAccuracy, keras.metrics.CategoricalAccuracy)
"""Metrics that are added up here; a network with another one is trained as Keras does it."""


def shorten(network, metrics):
    """Train a network by a shorter step, if it has one output and no metric but accuracy.

    Its `train_step`, `compute_loss` and `compute_metrics` are replaced until it is compiled anew, as
    it has to be when other layers are to be trained. The loss is Keras' up to rounding, in evaluation
    to the bit; accuracies are the same.

    Args:
        network: functional, compiled, of layers that add no losses when they are called.
        metrics: those that it was compiled with: a list, or a dictionary of lists by output.
    """
    has_one_output = isinstance(network.loss, keras.losses.Loss) and isinstance(metrics, list)
    if has_one_output and all(type(each) in ACCURACIES for each in metrics):
        step = _Step(network, metrics)
        network.compile = step.compile
        network.train_step = step.train_step
        network.compute_loss = step.compute_loss
        network.compute_metrics = step.compute_metrics


class _Step:
    """Stands for the methods `train_step`, `compute_loss` and `compute_metrics` of a network."""

    def __init__(self, network, metrics):
        self._network, self._metrics = network, metrics
        self._plain_step, self._plain_loss = network.train_step, network.compute_loss
        self._plain_metrics, self._are_built = network.compute_metrics, False
        self._plain_compile, self._is_compiled_anew = network.compile, False

    def compile(self, *args, **kwargs):
        """With other metrics and another loss, all is Keras' own again."""
        self._is_compiled_anew = True
        self._plain_compile(*args, **kwargs)

    def train_step(self, data):
        """Update the weights once; returns the running means."""
        network = self._network
        if self._is_compiled_anew or self._adds_losses or not self._variables:
            return self._plain_step(data)
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        # Scopes matter where layers take weights in another precision.
        is_exact = network.compute_dtype == network.variable_dtype
        predicted = (network.call if is_exact else network)(x, training=True)
        loss = network.compute_loss(x, y, predicted, weights, training=True)
        with torch.no_grad():
            _add(self._mean_loss, loss * len(x), len(x))
        for weight in self._weights:
            weight.grad = None
        network.optimizer.scale_loss(loss).backward()
        with torch.no_grad():
            network.optimizer.apply([each.grad for each in self._weights], self._variables)
        return network.compute_metrics(x, y, predicted, weights)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The loss of a batch; in evaluation as Keras computes it."""
        if self._is_compiled_anew or not training or self._adds_losses:
            return self._plain_loss(x, y, y_pred, sample_weight, training=training)
        loss = self._network.loss
        is_sparse = type(loss) is keras.losses.SparseCategoricalCrossentropy and loss.from_logits
        labels = ops.convert_to_tensor(y)
        if not is_sparse or sample_weight is not None or (labels.ndim, y_pred.ndim) != (1, 2):
            return self._plain_loss(x, y, y_pred, sample_weight, training=training)
        logits = y_pred.to(getattr(torch, loss.dtype))
        return torch.nn.functional.cross_entropy(logits, labels.long())

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Add a batch to the accuracies; returns the running means."""
        # Keras builds what holds the metrics when it first has a batch.
        if self._is_compiled_anew or not self._are_built:
            self._are_built = True
            return self._plain_metrics(x, y, y_pred, sample_weight)
        labels, chosen = ops.convert_to_tensor(y), y_pred.argmax(-1)
        with torch.no_grad():
            for metric in self._metrics:
                is_sparse = type(metric) is keras.metrics.SparseCategoricalAccuracy
                right = chosen == (labels.reshape(-1) if is_sparse else labels.argmax(-1))
                _add(metric, right.sum(), len(right))
            means = [self._mean_loss, *self._metrics]
            return {mean.name: mean.total.value / mean.count.value for mean in means}

    # Keras walks through all layers for each of these.

    @functools.cached_property
    def _variables(self):
        return self._network.trainable_variables

    @functools.cached_property
    def _weights(self):
        return [each.value for each in self._variables]

    @functools.cached_property
    def _adds_losses(self):
        """Whether layers add losses: of their weights, since none does of what it computes."""
        return bool(self._network.losses)

    @functools.cached_property
    def _mean_loss(self):
        return next(each for each in self._network.metrics if each.name == "loss")


def _add(mean, total, count):
    """Add to a `keras.metrics.Mean`."""
    mean.total.value.add_(total)
    mean.count.value.add_(count)
