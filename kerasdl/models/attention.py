"""The attention weights of a transformer, for inspection."""

import keras
from keras import layers, ops


def attention_model(model):
    """A copy of `model` that gives its attention weights beside its output.

    It computes attention without the fused kernel, which does not give them.

    Args:
        model: a functional model with `keras.layers.MultiHeadAttention` layers,
            such as a `ViT`.

    Returns:
        A functional model with the outputs `predictions`, as before, and
        `attention`: `(batch, layers, heads, tokens, tokens)`, whose rows (which
        token looks) sum to 1.

    Raises:
        ValueError: `model` has no such layer.

    Example:
    >>> from kerasdl.models import ViT
    >>> vit = ViT((28, 28, 1), 10, patch_size=7, embed_dim=32, depth=2, num_heads=4)
    >>> attention_model(vit).output["attention"].shape
    (None, 2, 4, 17, 17)
    """
    if not any(isinstance(layer, layers.MultiHeadAttention) for layer in model.layers):
        raise ValueError(f"Expected a model with attention layers. Received: {model.name}")
    weights = []

    def call(layer, *args, **kwargs):
        if not isinstance(layer, layers.MultiHeadAttention):
            return layer(*args, **kwargs)
        output, scores = layer(*args, **{**kwargs, "return_attention_scores": True})
        weights.append(scores)
        return output

    copy = keras.models.clone_model(model, call_function=call)
    outputs = {"predictions": copy.output, "attention": ops.stack(weights, axis=1)}
    copy = keras.Model(copy.input, outputs, name=model.name)
    copy.set_weights(model.get_weights())
    return copy
