"""The vision transformer: patches of an image as tokens of a transformer encoder."""

import keras
import numpy as np
from keras import layers

from kerasdl.layers import (
    ClassToken,
    PositionalEmbedding,
    SinusoidalPositions,
    TakeToken,
    encoder_block,
    patch_embedding,
)
from kerasdl.layers.initialized import height_and_width
from kerasdl.models import blocks
from kerasdl.models.attention import attention_model

# Arguments of `ViT` by name. Base: Dosovitskiy et al. 2021 (An Image is Worth 16x16 Words), table 1.
# Tiny and small: Touvron et al. 2021 (DeiT), table 1. ViT-Lite, for CIFAR: Hassani et al. 2021
# (Escaping the Big Data Paradigm with Compact Transformers), table 1; 3.19 and 3.72 million weights.
_BASE = {"input_shape": (224, 224, 3), "patch_size": 16, "depth": 12, "mlp_ratio": 4}
_LITE = {"input_shape": (32, 32, 3), "patch_size": 4, "embed_dim": 256, "num_heads": 4}
SIZES = {
    "vit_tiny_patch16_224": {**_BASE, "embed_dim": 192, "num_heads": 3},
    "vit_small_patch16_224": {**_BASE, "embed_dim": 384, "num_heads": 6},
    "vit_base_patch16_224": {**_BASE, "embed_dim": 768, "num_heads": 12},
    "vit_lite6_patch4_32": {**_LITE, "depth": 6, "mlp_ratio": 2},
    "vit_lite7_patch4_32": {**_LITE, "depth": 7, "mlp_ratio": 2},
}

POSITIONS = {"learned": PositionalEmbedding, "sinusoidal": SinusoidalPositions}


def ViT(
    input_shape=(224, 224, 3),
    classes=1000,
    classifier_activation="softmax",
    name="vit",
    *,
    patch_size=16,
    embed_dim=768,
    depth=12,
    num_heads=12,
    mlp_ratio=4,
    dropout=0.0,
    attention_dropout=0.0,
    stochastic_depth=0.0,
    pooling="token",
    positions="learned",
    epsilon=1e-6,
    return_attention=False,
    resize=None,
    rgb=False,
    kernel_initializer="glorot_uniform",
    bias_initializer="zeros",
    preprocessing=(),
):
    """Patches, a class token, positions, encoder blocks; the defaults are ViT-B/16.

    A patch size that does not divide the image drops the remainder at the lower
    and right edges, as a strided convolution without padding does: 28 pixels in
    patches of 11 are two patches, and the last 6 pixels are not seen.

    Args:
        input_shape: `(height, width, channels)`.
        classes: number of outputs.
        classifier_activation: activation of the output, or `None` for logits.
        name: name of the model.
        patch_size: side of a patch in pixels, or `(height, width)`.
        embed_dim: width of a token.
        depth: number of encoder blocks.
        num_heads: attention heads a block, a divisor of `embed_dim`.
        mlp_ratio: hidden units of a block's MLP, as a multiple of `embed_dim`.
        dropout: rate after the embedding, the attention's projection and each
            dense layer of an MLP.
        attention_dropout: rate on attention weights. Where it is 0 attention
            runs in the backend's fused kernel.
        stochastic_depth: probability that an image skips a branch of the last
            block; it grows linearly from 0 at the first.
        pooling: `"token"` classifies the class token; `"avg"` has none and
            classifies the mean of the patches' tokens.
        positions: `"learned"`, a vector for each token, or `"sinusoidal"`, fixed ones.
        epsilon: of the layer normalizations: 1e-6 in the original and in timm,
            1e-12 in Hugging Face's `ViTConfig`.
        return_attention: whether the outputs are a dictionary of `predictions`
            and `attention`, the weights `(batch, depth, heads, tokens, tokens)`;
            `kerasdl.models.attention.attention_model` makes such a model from one
            that was built without.
        resize: side or `(height, width)` to which images are resized inside the
            model, or `None`.
        rgb: whether grey images are repeated to three channels inside the model.
        kernel_initializer: a Keras initialiser, or `"fan_in_uniform"`
            (+-1/sqrt(fan_in), PyTorch's default). Class token and positions
            begin as a truncated normal of deviation 0.02.
        bias_initializer: likewise.
        preprocessing: layers between the input and the network.

    Returns:
        A functional `keras.Model` from `(batch, *input_shape)` to `(batch, classes)`.

    Raises:
        ValueError: a number is out of range, `num_heads` does not divide
            `embed_dim`, or the image is smaller than a patch.

    Example:
    >>> ViT((28, 28, 1), 10, patch_size=7, embed_dim=32, depth=2, num_heads=4).count_params()
    27978
    >>> ViT(**SIZES["vit_lite6_patch4_32"], classes=10).output_shape
    (None, 10)
    """
    if min(embed_dim, depth, num_heads) < 1:
        raise ValueError(
            "Expected positive `embed_dim`, `depth` and `num_heads`. "
            f"Received: embed_dim={embed_dim}, depth={depth}, num_heads={num_heads}"
        )
    if embed_dim % num_heads:
        raise ValueError(
            "Expected `num_heads` to divide `embed_dim`. "
            f"Received: num_heads={num_heads}, embed_dim={embed_dim}"
        )
    if pooling not in ("token", "avg"):
        raise ValueError(f"Expected `pooling` to be 'token' or 'avg'. Received: {pooling!r}")
    if positions not in POSITIONS:
        raise ValueError(
            f"Expected `positions` to be one of {', '.join(POSITIONS)}. Received: {positions!r}"
        )
    blocks.expect_not_negative(epsilon=epsilon)
    patch = height_and_width(patch_size)
    init = (kernel_initializer, bias_initializer)

    inputs, x = blocks.begin(input_shape, preprocessing)
    x = blocks.adapt(x, resize, rgb)
    if len(x.shape) != 4:
        raise ValueError(
            "Expected `input_shape` to be (height, width, channels). "
            f"Received: input_shape={tuple(input_shape)}"
        )
    if None in x.shape[1:]:
        raise ValueError(
            "Expected images of one size: each position has an embedding of its own (`resize` "
            f"makes them so). Received: input_shape={tuple(input_shape)}"
        )
    if x.shape[1] < patch[0] or x.shape[2] < patch[1]:
        raise ValueError(
            f"Expected a patch that fits into an image of {x.shape[1]}x{x.shape[2]}. "
            f"Received: patch_size={patch_size}"
        )

    x = patch_embedding(x, embed_dim, patch, init=init, name="embedding_patches")
    if pooling == "token":
        x = ClassToken(name="embedding_class_token")(x)
    x = POSITIONS[positions](name="embedding_positions")(x)
    if dropout:
        x = layers.Dropout(dropout, name="embedding_dropout")(x)

    for i, drop_path in enumerate(np.linspace(0, stochastic_depth, depth), start=1):
        x = encoder_block(
            x,
            num_heads,
            int(embed_dim * mlp_ratio),
            dropout=dropout,
            attention_dropout=attention_dropout,
            drop_path=float(drop_path),
            epsilon=epsilon,
            init=init,
            name=f"block{i}",
        )
    x = layers.LayerNormalization(epsilon=epsilon, name="encoder_norm")(x)

    if pooling == "token":
        x = TakeToken(name="class_token")(x)
    else:
        x = layers.GlobalAveragePooling1D(name="global_pool")(x)
    outputs = blocks.classify(x, classes, classifier_activation, init=init)
    model = keras.Model(inputs, outputs, name=name)
    return attention_model(model) if return_attention else model
