"""What a vision transformer adds to its patches: a class token and positions."""

import keras
import numpy as np
from keras import ops

TRUNCATED_NORMAL = {"class_name": "TruncatedNormal", "config": {"stddev": 0.02}}


@keras.saving.register_keras_serializable("kerasdl")
class ClassToken(keras.layers.Layer):
    """Puts one learned token before all others.

    It has no image content of its own; what the encoder writes into it is the
    representation of the whole image (Dosovitskiy et al., 2021, equation 1).

    Args:
        token_initializer: of the token, `(1, 1, width)`; a truncated normal of
            deviation 0.02 unless said.

    Call arguments:
        tokens: `(batch, tokens, width)`.

    Returns:
        `(batch, 1 + tokens, width)`.

    Example:
    >>> ClassToken()(keras.ops.ones((2, 49, 32))).shape[1]
    50
    """

    def __init__(self, token_initializer=TRUNCATED_NORMAL, **kwargs):
        super().__init__(**kwargs)
        self.token_initializer = keras.initializers.get(token_initializer)

    def build(self, input_shape):
        self.token = self.add_weight(
            name="token", shape=(1, 1, input_shape[-1]), initializer=self.token_initializer
        )

    def call(self, tokens):
        token = self.token + ops.zeros_like(tokens[:, :1])  # one for each image
        return ops.concatenate([token, tokens], axis=1)

    def compute_output_shape(self, input_shape):
        batch, tokens, width = input_shape
        return (batch, tokens + 1, width)

    def get_config(self):
        initializer = keras.initializers.serialize(self.token_initializer)
        return {**super().get_config(), "token_initializer": initializer}


@keras.saving.register_keras_serializable("kerasdl")
class PositionalEmbedding(keras.layers.Layer):
    """Adds a learned vector to each token, by its position.

    Args:
        positions_initializer: of the vectors, `(1, tokens, width)`; a truncated
            normal of deviation 0.02 unless said.

    Call arguments:
        tokens: `(batch, tokens, width)`.

    Returns:
        The same shape.

    Example:
    >>> PositionalEmbedding()(keras.ops.ones((2, 50, 32))).shape[1]
    50
    """

    def __init__(self, positions_initializer=TRUNCATED_NORMAL, **kwargs):
        super().__init__(**kwargs)
        self.positions_initializer = keras.initializers.get(positions_initializer)

    def build(self, input_shape):
        self.positions = self.add_weight(
            name="positions",
            shape=(1, *input_shape[1:]),
            initializer=self.positions_initializer,
        )

    def call(self, tokens):
        return tokens + self.positions

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        initializer = keras.initializers.serialize(self.positions_initializer)
        return {**super().get_config(), "positions_initializer": initializer}


@keras.saving.register_keras_serializable("kerasdl")
class SinusoidalPositions(keras.layers.Layer):
    """Adds a fixed vector to each token, by its position: sines and cosines of many wavelengths.

        p[i, 2j] = sin(i / 10000^(2j / width)),  p[i, 2j + 1] = cos(i / 10000^(2j / width))

    Vaswani et al., "Attention Is All You Need" (2017), section 3.5.

    Call arguments:
        tokens: `(batch, tokens, width)`.

    Returns:
        The same shape.

    Example:
    >>> tokens = SinusoidalPositions()(keras.ops.zeros((1, 2, 4)))
    >>> keras.ops.convert_to_numpy(tokens)[0, 0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """

    def call(self, tokens):
        _, count, width = tokens.shape
        column = np.arange(width)
        angles = np.arange(count)[:, None] / 10000 ** (column // 2 * 2 / width)
        positions = np.where(column % 2, np.cos(angles), np.sin(angles))
        return tokens + ops.convert_to_tensor(positions[None], dtype=tokens.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable("kerasdl")
class TakeToken(keras.layers.Layer):
    """Keeps one token of each image: `(batch, tokens, width)` to `(batch, width)`.

    Args:
        index: which; 0 is the class token.

    Example:
    >>> TakeToken()(keras.ops.ones((2, 50, 32))).shape[-1]
    32
    """

    def __init__(self, index=0, **kwargs):
        super().__init__(**kwargs)
        self.index = index

    def call(self, tokens):
        return tokens[:, self.index]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])

    def get_config(self):
        return {**super().get_config(), "index": self.index}
