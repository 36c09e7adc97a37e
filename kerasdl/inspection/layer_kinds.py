"""The kinds of layers whose arithmetic is known.

They are what the builders of `kerasdl.models` emit, and what plain Keras networks for images
commonly have beside it. A layer of any other kind is described by its output and its weights
only, and cannot be made convolutional.
"""

from keras import layers

from kerasdl.layers import (
    AdaptImages,
    ClassToken,
    PositionalEmbedding,
    SinusoidalPositions,
    TakeToken,
)

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
TRANSPOSED = (layers.Conv2DTranspose,)
POOLS = (layers.MaxPooling2D, layers.AveragePooling2D)
GLOBAL_POOLS = (
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D,
    layers.GlobalAveragePooling1D,  # over the tokens of a vision transformer
)
PADDINGS = (layers.ZeroPadding2D,)
CROPPINGS = (layers.Cropping2D,)
UPSAMPLING = (layers.UpSampling2D,)
RESIZING = (layers.Resizing, AdaptImages)
RESHAPING = (layers.Flatten, layers.Reshape)
DENSE = (layers.Dense,)
ATTENTION = (layers.MultiHeadAttention,)
MERGING = (layers.Add, layers.Concatenate, layers.Multiply)

# Without weights, and the same function of every single value.
ELEMENTWISE = (layers.Activation, layers.Dropout, layers.Identity, layers.LeakyReLU, layers.ReLU)
# The same function of the channels at every position.
POSITIONWISE = (
    *ELEMENTWISE,
    layers.BatchNormalization,
    layers.LayerNormalization,
    layers.Normalization,
    layers.Rescaling,
    layers.Softmax,
    layers.SpatialDropout2D,
)
# Keras' augmentation layers that keep the size of images: they do nothing in inference.
AUGMENTATION = (
    layers.RandomContrast,
    layers.RandomFlip,
    layers.RandomRotation,
    layers.RandomTranslation,
    layers.RandomZoom,
)
# Its statistics are of all positions.
GROUP_NORMALIZATION = (layers.GroupNormalization,)
TOKENS = (ClassToken, PositionalEmbedding, SinusoidalPositions, TakeToken)
SELECTING_TOKENS = (ClassToken, TakeToken)

# Operations between tensors, such as `x * 2.0`, have no public classes: these are their names.
OPERATIONS = ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Relu", "Softmax", "GetItem")


def is_operation(layer, *names):
    """Whether `layer` is no layer but an operation between tensors, of one of these names.

    Example:
    >>> import keras
    >>> x = keras.Input((4,))
    >>> is_operation(keras.Model(x, x * 2.0).operations[-1], *OPERATIONS)
    True
    """
    return not isinstance(layer, layers.Layer) and type(layer).__name__ in names
