"""Dropout that drops the same elements on every backend."""

import keras
from keras import ops

from kerasdl.random import Generator


@keras.saving.register_keras_serializable("kerasdl")
class Dropout(keras.layers.Layer):
    """As `keras.layers.Dropout`, drawn from a `kerasdl.random.Generator`.

    Seed, name, epoch and step of a layer decide what it drops: the same on TensorFlow,
    PyTorch and JAX. It is no slower than the backend's own (`kerasdl bench draws`).

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting"
    (2014), https://jmlr.org/papers/v15/srivastava14a.html; what is kept is divided by the
    probability of being kept. A rate that is no multiple of 2^-8 is rounded to one of 2^-16.

    Args:
        rate: the probability of being dropped, 0 to 1.
        noise_shape: shape of the mask, which broadcasts against the inputs; `None` in it
            stands for their size. `(None, 1, 1)` drops whole images: stochastic depth.
        seed: integer, or `None` for a seed from Python's generator.
        **kwargs: `name` and `dtype`.

    Raises:
        ValueError: `rate` outside 0 to 1; at the call, a `noise_shape` of another rank.

    Example:
    >>> x = Dropout(0.5, seed=0, name="dropout")(keras.ops.ones((1, 8)), training=True)
    >>> keras.ops.convert_to_numpy(x).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0]]
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(f"Expected `rate` within [0, 1]. Received: rate={rate!r}")
        self.rate = rate
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.generator = Generator(seed, self.name)
        self.seed = None if seed is None else self.generator.seed
        self.supports_masking = True

    def call(self, inputs, training=False):
        """The inputs with elements dropped in training, else as they are."""
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:
            return ops.zeros_like(inputs)
        sizes = ops.shape(inputs)
        wanted = self.noise_shape or (None,) * len(sizes)
        shape = tuple(n or size for n, size in zip(wanted, sizes, strict=True))
        kept, probability = self.generator.next_step().keep(shape, self.rate)
        return inputs * (ops.cast(kept, inputs.dtype) * (1 / probability))

    def compute_output_shape(self, input_shape):
        """The shape of the input."""
        return input_shape

    def get_config(self):
        """The arguments of `__init__`."""
        config = {"rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("kerasdl")
class MultiHeadAttention(keras.layers.MultiHeadAttention):
    """As `keras.layers.MultiHeadAttention`, with attention weights dropped by `Dropout`.

    Keras makes its dropout where `_build_attention` is called, and has no public name for it.

    Args:
        *args: those of `keras.layers.MultiHeadAttention`.
        **kwargs: likewise; `seed` is the dropout's.

    Example:
    >>> layer = MultiHeadAttention(2, key_dim=4, dropout=0.5, seed=0)
    >>> tokens = keras.ops.ones((1, 3, 8))
    >>> layer(tokens, tokens, training=True).shape == (1, 3, 8)
    True
    """

    def _build_attention(self, rank):
        super()._build_attention(rank)
        self._dropout_layer = Dropout(
            self.dropout, seed=self.seed, name=f"{self.name}_dropout", dtype=self.dtype_policy
        )


def with_portable_dropout(model, seed):
    """A functional model whose dropout is drawn by `Dropout`; all else is the model's own.

    Args:
        model: a functional `keras.Model`. Its other layers, and so its weights, are shared.
        seed: of every dropout, that of a `MultiHeadAttention` too; their names make them differ.

    Returns:
        A `keras.Model`; `model` itself, where it has no `keras.layers.Dropout`.

    Example:
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5, name="drop")])
    >>> [type(layer).__module__ for layer in with_portable_dropout(model, seed=0).layers]
    ['kerasdl.layers.dropout']
    """

    def is_to_be_replaced(layer):
        return type(layer) is keras.layers.Dropout

    def portable(layer):
        if not is_to_be_replaced(layer):
            return layer
        return Dropout.from_config(layer.get_config() | {"seed": seed})

    for layer in model.layers:
        if isinstance(layer, MultiHeadAttention):
            layer._dropout_layer.generator.seed = seed
    if not any(map(is_to_be_replaced, model.layers)):
        return model
    return keras.models.clone_model(model, clone_function=portable)
