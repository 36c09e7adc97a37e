"""Where a vision transformer looks: attention rollout, as numbers and as a picture."""

import numpy as np

from kerasdl.files import written_whole
from kerasdl.layers import ClassToken
from kerasdl.models.attention import attention_model


def attention_rollout(attention):
    """Attention followed through all layers (Abnar and Zuidema, 2020, section 3).

        A = (W_n + I) / 2 ... (W_1 + I) / 2

    where W_i is the mean of layer i's heads and the identity stands for the
    residual connection.

    Args:
        attention: `(batch, layers, heads, tokens, tokens)`.

    Returns:
        `(batch, tokens, tokens)`: row the last layer's token, column how much of
        each input token is in it; rows sum to 1.

    Example:
    >>> attention_rollout(np.full((1, 3, 4, 2, 2), 0.5))[0].tolist()
    [[0.5625, 0.4375], [0.4375, 0.5625]]
    """
    weights = np.asarray(attention, "float64").mean(axis=2)  # (batch, layers, tokens, tokens)
    weights = (weights + np.eye(weights.shape[-1])) / 2
    rolled = weights[:, 0]
    for i in range(1, weights.shape[1]):
        rolled = weights[:, i] @ rolled
    return rolled


def attention_maps(model, images):
    """How much of each patch is in the representation that a `ViT` classifies.

    Args:
        model: a `ViT`.
        images: `(batch, height, width, channels)`, as the model takes them.

    Returns:
        Float array `(batch, rows, columns)` over the grid of patches: the
        rollout from the class token, or its mean over all tokens where the model
        has none.

    Raises:
        ValueError: `model` is not a `ViT`.

    Example:
    >>> from kerasdl.models import ViT
    >>> vit = ViT((28, 28, 1), 10, patch_size=7, embed_dim=32, depth=2, num_heads=4)
    >>> attention_maps(vit, np.zeros((5, 28, 28, 1))).shape
    (5, 4, 4)
    """
    rows, columns = _patches(model).output.shape[1:3]
    attention = attention_model(model).predict(images, verbose=0)["attention"]
    rolled = attention_rollout(attention)  # (batch, tokens, tokens)
    if any(isinstance(layer, ClassToken) for layer in model.layers):
        maps = rolled[:, 0, 1:]
    else:
        maps = rolled.mean(axis=1)
    return maps.reshape(len(rolled), rows, columns)


def draw_attention(model, images, path, titles=None):
    """Draw images, and their attention rollout over them, as a PNG.

    A map is drawn over the part of the image that its patches cover.

    Args:
        model: a `ViT`.
        images: `(batch, height, width, channels)`, pixels 0 to 255.
        path: of the PNG.
        titles: a string an image.

    Raises:
        ValueError: `model` is not a `ViT`.

    Example:
    >>> from kerasdl.models import ViT
    >>> vit = ViT((28, 28, 1), 10, patch_size=11, embed_dim=32, depth=2, num_heads=4)
    >>> draw_attention(vit, np.zeros((2, 28, 28, 1)), tmp / "rollout.png")
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    images = np.asarray(images)
    maps = attention_maps(model, images)
    height, width = images.shape[1:3]
    covered_height, covered_width = covered_part(model, maps.shape[1:], (height, width))
    figure = Figure(figsize=(1 + 2 * len(images), 4.4), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(images), squeeze=False)
    for i, image in enumerate(images):
        shown = np.clip(np.rint(image), 0, 255).astype("uint8").squeeze()
        for row in axes[:, i]:
            row.imshow(shown, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
            row.set_axis_off()
        drawn = axes[1, i].imshow(
            maps[i] / maps[i].max(),
            cmap="inferno",
            vmin=0,
            vmax=1,
            alpha=0.6,
            interpolation="bilinear",
            extent=(0, covered_width, covered_height, 0),
        )
        axes[1, i].set(xlim=(0, width), ylim=(height, 0))
        if titles is not None:
            axes[0, i].set_title(titles[i], fontsize=9)
    figure.colorbar(drawn, ax=axes[1].tolist(), label="rollout, of its maximum")
    with written_whole(path) as temporary:
        figure.savefig(temporary, format="png")


def covered_part(model, cells, shape):
    """The part of an image, from its upper left, that the patches of a `ViT` cover.

    Args:
        model: a `ViT`.
        cells: (rows, columns) of the patches.
        shape: (height, width) of the image.

    Returns:
        (height, width) in pixels.

    Example:
    >>> from kerasdl.models import ViT
    >>> vit = ViT((28, 28, 1), 10, patch_size=11, embed_dim=32, depth=2, num_heads=4)
    >>> covered_part(vit, (2, 2), (28, 28))
    (22.0, 22.0)
    """
    patches = _patches(model)
    sizes = zip(shape, cells, patches.strides, patches.input.shape[1:3], strict=True)
    return tuple(size * count * stride / whole for size, count, stride, whole in sizes)


def _patches(model):
    """The layer that cuts images into patches."""
    patches = next((layer for layer in model.layers if layer.name == "embedding_patches"), None)
    if patches is None:
        raise ValueError(f"Expected a ViT. Received: {model.name}")
    return patches
