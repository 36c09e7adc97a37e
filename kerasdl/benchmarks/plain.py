"""The networks of the workloads, as a script of plain Keras would write them.

Nothing here comes from kerasdl's builders and layers: these are what ours are measured beside.
"""

import keras
from keras import layers

SMOOTHING = {"fast": 0.2}
"""Label smoothing of the workloads that have it."""


def plain_network(workload, shape, classes, depth=None):
    """A network in Keras' own layers, compiled with Keras' own loss, metric and optimizer.

    Args:
        workload: one of `kerasdl.benchmarks.workload.WORKLOADS`.
        shape: of an image of 0 to 255: `(height, width, channels)`.
        classes: number of classes.
        depth: number of encoder blocks, for a vision transformer.

    Returns:
        A compiled `keras.Model` that gives logits.

    Example:
    >>> plain_network("regularization", (32, 32, 3), classes=10).count_params()
    1191170
    """
    begin, optimizer = _NETWORKS[workload]
    image = keras.Input(shape)
    features = begin(image) if depth is None else begin(image, depth)
    logits = layers.Dense(classes, use_bias=workload != "fast")(features)
    network = keras.Model(image, logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if workload in SMOOTHING:
        smoothing = SMOOTHING[workload]
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    network.compile(optimizer=optimizer(), loss=loss, metrics=["accuracy"])
    return network


def plain_labels(workload, labels, classes):
    """Whole numbers `labels` as the loss of the network takes them: with smoothing, one-hot."""
    return keras.utils.to_categorical(labels, classes) if workload in SMOOTHING else labels


def _regularization(image):
    x = layers.Rescaling(1 / 255)(image)
    for filters in (32, 64, 64):
        x = layers.Conv2D(filters, 5, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    return layers.Dense(1000, activation="relu")(x)


def _dropout(image):
    x = _standardize(image)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(0.5)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(512, activation="relu")(x)
    return layers.Dropout(0.5)(x)


def _mlp(image):
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = layers.Flatten()(x)
    x = layers.Dense(4096, activation="sigmoid")(x)
    return layers.Dense(4096, activation="sigmoid")(x)


def _vit(image, depth):
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(32, 7, strides=7)(x)
    x = layers.Reshape((-1, 32))(x)
    x = _ClassTokenAndPositions()(x)
    for _ in range(depth):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.MultiHeadAttention(num_heads=4, key_dim=8)(y, y)
        x = layers.Add()([x, y])
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.Dense(128, activation="gelu")(y)
        y = layers.Dense(32)(y)
        x = layers.Add()([x, y])
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    return x[:, 0]


def _resnet18(image):
    def conv_bn(x, filters, kernel_size, strides):
        if strides == 2 and kernel_size == 3:  # "same" would pad one side only
            x = layers.ZeroPadding2D(1)(x)
        padding = "valid" if strides == 2 else "same"
        x = layers.Conv2D(filters, kernel_size, strides, padding, use_bias=False)(x)
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)

    def block(x, filters, strides):
        y = layers.ReLU()(conv_bn(x, filters, 3, strides))
        y = conv_bn(y, filters, 3, 1)
        if strides == 2:
            x = conv_bn(x, filters, 1, 2)
        return layers.ReLU()(layers.Add()([x, y]))

    x = layers.ReLU()(conv_bn(_standardize(image), 64, 3, 1))
    for filters, strides in ((64, 1), (128, 2), (256, 2), (512, 2)):
        x = block(x, filters, strides)
        x = block(x, filters, 1)
    return layers.GlobalAveragePooling2D()(x)


def _digits(image):
    x = layers.Rescaling(1 / 255)(image)
    for _ in range(2):
        x = layers.Conv2D(20, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(20, 3, padding="same", activation="relu")(x)
    return layers.Flatten()(x)


def _fast(image):
    whitening = layers.Conv2D(24, 2)
    x = whitening(_standardize(image))
    whitening.kernel.trainable = False  # whatever it is: noise has nothing to whiten
    x = layers.Activation("gelu")(x)
    for filters in (64, 256, 256):
        for pools in (True, False):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            if pools:
                x = layers.MaxPooling2D()(x)
            x = layers.BatchNormalization(momentum=0.6, epsilon=1e-12, scale=False)(x)
            x = layers.Activation("gelu")(x)
    return layers.Flatten()(layers.MaxPooling2D(3)(x))


def _standardize(image):
    """By the mean and the variance of noise of 0 to 255."""
    channels = image.shape[-1]
    return layers.Normalization(mean=[127.5] * channels, variance=[5461.0] * channels)(image)


class _ClassTokenAndPositions(layers.Layer):
    """A learned token before those of the patches, and a learned position added to each."""

    def build(self, shape):
        _, patches, width = shape
        self.token = self.add_weight(shape=(1, 1, width), initializer="truncated_normal")
        self.positions = self.add_weight(
            shape=(1, patches + 1, width), initializer="truncated_normal"
        )

    def call(self, patches):
        token = keras.ops.tile(self.token, (keras.ops.shape(patches)[0], 1, 1))
        return keras.ops.concatenate([token, patches], axis=1) + self.positions


_NETWORKS = {
    "regularization": (_regularization, lambda: keras.optimizers.SGD(0.1)),
    "dropout": (_dropout, lambda: keras.optimizers.SGD(1e-3, momentum=0.9)),
    "mlp": (_mlp, lambda: keras.optimizers.Adam(1e-4)),
    "vit": (_vit, lambda: keras.optimizers.Adam(1e-3)),
    "resnet18": (_resnet18, lambda: keras.optimizers.Adam(1e-4)),
    "digits": (_digits, lambda: keras.optimizers.SGD(0.025)),
    # Keras' Muon leaves convolutions to AdamW, which is less work than ours.
    "fast": (_fast, lambda: keras.optimizers.Muon(0.24, adam_lr_ratio=0.004)),
}
