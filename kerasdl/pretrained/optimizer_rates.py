"""An optimizer whose learning rate is multiplied by a factor for each weight."""


def with_rates(optimizer, rates):
    """Make `optimizer` multiply its learning rate by a factor for each weight.

    Weight decay is multiplied too, as it goes with the learning rate in Keras. A saved model does
    not keep the factors: it loads with the plain optimizer.

    Args:
        optimizer: a Keras optimizer that has not been built, with a schedule or without.
        rates: dictionary of weight path to factor, as `layer_rates` gives it; a weight that is
            missing has 1.

    Returns:
        The same optimizer.

    Example:
    >>> import keras
    >>> optimizer = with_rates(keras.optimizers.SGD(1.0), {"a": 0.1})
    >>> a, b = (keras.Variable(0.0, name=name) for name in "ab")
    >>> optimizer.apply([keras.ops.ones(()), keras.ops.ones(())], [a, b])
    >>> round(float(a.numpy()), 3), round(float(b.numpy()), 3)
    (-0.1, -1.0)
    """
    kind = type(optimizer)

    def grouped(variables):
        """Positions of the variables, by their factor."""
        groups = {}
        for i, variable in enumerate(variables):
            groups.setdefault(rates.get(variable.path, 1.0), []).append(i)
        return groups.items()

    # Keras has no public way to give each variable a rate. All its optimizers, on all backends, go
    # through these two methods with the whole list of variables.
    class LayerRates(kind):
        def _backend_update_step(self, grads, trainable_variables, learning_rate):
            for factor, chosen in grouped(trainable_variables):
                super()._backend_update_step(
                    [grads[i] for i in chosen],
                    [trainable_variables[i] for i in chosen],
                    learning_rate * factor,
                )

        def _apply_weight_decay(self, variables):
            decay = self.weight_decay
            if decay is None:
                return
            # Keras on PyTorch fails for a group in which no weight decays.
            variables = [v for v in variables if self._use_weight_decay(v)]
            try:
                for factor, chosen in grouped(variables):
                    self.weight_decay = decay * factor
                    super()._apply_weight_decay([variables[i] for i in chosen])
            finally:
                self.weight_decay = decay

    # A compiled model names the class of its optimizer when it is saved: that of the plain one.
    LayerRates.__name__, LayerRates.__module__ = kind.__name__, kind.__module__
    optimizer.__class__ = LayerRates
    return optimizer
