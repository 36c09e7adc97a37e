"""The parts of a vision transformer that are compositions of Keras' own layers."""

from keras import layers

from kerasdl.layers.dropout import MultiHeadAttention
from kerasdl.layers.initialized import conv, dense, resolve_initializers


def patch_embedding(x, width, patch_size, *, init, name):
    """Images cut into patches, each mapped to a vector.

    A convolution without padding whose stride is its kernel, then a row of
    tokens, line by line. A patch size that does not divide the image drops the
    remainder at the lower and right edges, as such a convolution does.

    Args:
        x: images, `(batch, height, width, channels)`.
        width: size of a token.
        patch_size: `(height, width)` of a patch, in pixels.
        init: kernel and bias initialiser (see `kerasdl.layers.initialized`).
        name: of the convolution; `{name}_tokens` flattens its map.

    Returns:
        `(batch, (height // patch_height) * (width // patch_width), width)`.

    Example:
    >>> image = layers.Input((28, 28, 1))
    >>> patch_embedding(image, 32, (11, 11), init=("glorot_uniform", "zeros"), name="p").shape
    (None, 4, 32)
    """
    # (batch, rows, columns, width)
    x = conv(x, width, patch_size, strides=patch_size, padding="valid", init=init, name=name)
    return layers.Reshape((-1, width), name=f"{name}_tokens")(x)


def encoder_block(
    x,
    heads,
    mlp_units,
    *,
    dropout=0.0,
    attention_dropout=0.0,
    drop_path=0.0,
    epsilon=1e-6,
    init,
    name,
):
    """A pre-norm transformer encoder block (Dosovitskiy et al., 2021, equations 2 and 3).

        x + Attention(Norm(x)),  then  x + MLP(Norm(x)),  MLP = dense, GELU, dense

    Attention is Keras' own layer, which takes the backend's fused kernel; with attention
    dropout it is `kerasdl.layers.MultiHeadAttention`, which drops the same on every backend.
    Stochastic depth (Huang et al., 2016) leaves out a branch for an image as a whole and divides
    by the probability of keeping it.

    Args:
        x: tokens, `(batch, tokens, width)`.
        heads: number of attention heads, a divisor of the width.
        mlp_units: width of the hidden layer of the MLP.
        dropout: after the attention's projection and each dense layer.
        attention_dropout: of the attention weights.
        drop_path: probability that an image skips a branch.
        epsilon: of the layer normalizations.
        init: kernel and bias initialiser (see `kerasdl.layers.initialized`).
        name: prefix of the names of the layers.

    Returns:
        Tokens of the same shape.

    Example:
    >>> tokens = layers.Input((17, 32))
    >>> encoder_block(tokens, 4, 128, init=("glorot_uniform", "zeros"), name="block1").shape
    (None, 17, 32)
    """
    width = x.shape[-1]

    def drop(x, name):
        return layers.Dropout(dropout, name=f"{name}_dropout")(x) if dropout else x

    def norm(x, name):
        return layers.LayerNormalization(epsilon=epsilon, name=f"{name}_norm")(x)

    def join(x, branch, name):
        if drop_path:
            one_draw_an_image = (None, 1, 1)
            branch = layers.Dropout(
                drop_path, noise_shape=one_draw_an_image, name=f"{name}_drop_path"
            )(branch)
        return layers.Add(name=f"{name}_add")([x, branch])

    attention = f"{name}_attention"
    kernel, bias = resolve_initializers(init, fan_in=width)
    y = norm(x, attention)
    y = (MultiHeadAttention if attention_dropout else layers.MultiHeadAttention)(
        heads,
        key_dim=width // heads,
        dropout=attention_dropout,
        kernel_initializer=kernel,
        bias_initializer=bias,
        name=attention,
    )(y, y)
    x = join(x, drop(y, attention), attention)

    mlp = f"{name}_mlp"
    y = norm(x, mlp)
    y = dense(y, mlp_units, init=init, name=f"{mlp}_hidden")
    y = layers.Activation("gelu", name=f"{mlp}_gelu")(y)  # exact, not its approximation by tanh
    y = drop(y, f"{mlp}_hidden")
    y = dense(y, width, init=init, name=f"{mlp}_output")
    return join(x, drop(y, f"{mlp}_output"), mlp)
