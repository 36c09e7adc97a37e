"""Training on from given weights: a frozen backbone, or smaller steps further down."""

HEAD = "logits"


def freeze(model):
    """Freeze everything but the output layers (`logits`, or `<output>_logits`).

    Frozen batch normalizations run in inference mode: they neither use nor update
    the statistics of the batch. Call it before `compile`.

    Args:
        model: a functional model of `kerasdl.models`.

    Example:
    >>> from kerasdl.models import ResNet18
    >>> model = ResNet18((32, 32, 3), 10, stem="cifar", filters=(8, 8, 8, 8))
    >>> freeze(model)
    >>> [weight.path for weight in model.trainable_weights]
    ['logits/kernel', 'logits/bias']
    """
    for layer in model.layers:
        layer.trainable = _is_head(layer)


def layer_rates(model, decay):
    """Discriminative learning rates: what each weight's steps are multiplied by.

    The head's rate is the optimizer's; each group of layers before it has `decay`
    times the rate of the one after (Howard and Ruder, 2018, section 3.2). A group
    is what shares the first word of its name: `embedding`, `block1`, `stage2`. In a
    network with several outputs that is the word after the output's: `digit_conv2`
    and `colour_conv2` have one rate, and every head has the optimizer's.

    Args:
        model: a functional model of `kerasdl.models`.
        decay: above 0, at most 1.

    Returns:
        Dictionary of weight path to factor.

    Raises:
        ValueError: `decay` is out of range.

    Example:
    >>> from kerasdl.models import MLP
    >>> rates = layer_rates(MLP((2,), classes=2, units=(3, 3)), decay=0.5)
    >>> rates["dense1/kernel"], rates["dense2/kernel"], rates["logits/kernel"]
    (0.25, 0.5, 1.0)
    """
    if not 0 < decay <= 1:
        raise ValueError(f"Expected `decay` above 0 and at most 1. Received: decay={decay}")
    layers = [layer for layer in model.layers if layer.weights]
    heads = [layer.name for layer in layers if _is_head(layer)]
    towers = tuple(name.removesuffix(HEAD) for name in heads)

    def group(layer):
        tower = max((t for t in towers if layer.name.startswith(t)), key=len, default="")
        return layer.name.removeprefix(tower).split("_")[0]

    groups = list(dict.fromkeys(map(group, layers)))
    return {
        weight.path: decay ** (len(groups) - 1 - groups.index(group(layer)))
        for layer in layers
        for weight in layer.weights
    }


def _is_head(layer):
    return layer.name == HEAD or layer.name.endswith(f"_{HEAD}")


def with_rates(optimizer, rates):
    """Make `optimizer` multiply the learning rate of each weight, by its path.

    Its own learning rate, with a schedule or without, stays what it was: that of a
    factor of 1. Weight decay goes with the learning rate, as it does in Keras. A
    saved model does not keep the factors: it loads with the plain optimizer.

    Args:
        optimizer: a Keras optimizer that has not been built.
        rates: factors by path; what is missing has 1.

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

    # Keras has no public place for a rate of each variable. All its optimizers, on all backends,
    # go through these two methods with the whole list of variables.
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
            # Keras on PyTorch fails for a group of which nothing decays
            variables = [v for v in variables if self._use_weight_decay(v)]
            try:
                for factor, chosen in grouped(variables):
                    self.weight_decay = decay * factor
                    super()._apply_weight_decay([variables[i] for i in chosen])
            finally:
                self.weight_decay = decay

    # a compiled model that is saved says it has the plain optimizer, and loads with that
    LayerRates.__name__, LayerRates.__module__ = kind.__name__, kind.__module__
    optimizer.__class__ = LayerRates
    return optimizer
