"""What a vision transformer adds to its patches: a class token and positions."""

import keras
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
