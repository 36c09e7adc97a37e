"""Which layers of a network with given weights are trained on, and at which rate."""

HEAD = "logits"  # name of the output layer; `<output>_logits` where there are several


def freeze(model):
    """Freeze everything but the output layers (`logits`, or `<output>_logits`).

    A frozen batch normalization runs in inference mode: it neither uses nor updates the
    statistics of the batch. Call it before `compile`.

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
    """Discriminative learning rates: a factor of the learning rate for each weight.

    Output layers have the optimizer's rate; each group of layers before them has `decay` times the
    rate of the group after it. Layers are a group if their names begin with the same word:
    `embedding`, `block1`, `stage2`. In a network with several outputs that is the word after the
    output's: `digit_conv2` and `colour_conv2` have one rate.

    Args:
        model: a functional model of `kerasdl.models`.
        decay: above 0, at most 1.

    Returns:
        Dictionary of weight path to factor.

    Raises:
        ValueError: `decay` is out of range.

    Source: J. Howard and S. Ruder, "Universal language model fine-tuning for text
    classification", ACL 2018, section 3.2.

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
