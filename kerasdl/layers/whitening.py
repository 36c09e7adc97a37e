"""A first convolution that whitens the patches of the training images, and is not trained."""

import keras
import numpy as np

from kerasdl.layers.initialized import height_and_width

ROUNDING = 1e-10  # of the largest eigenvalue: what smaller ones are is 0, but for rounding


@keras.saving.register_keras_serializable("kerasdl")
class Whitening(keras.layers.Conv2D):
    """A convolution whose filters are the eigenvectors of the images' patches, with both signs.

    Page, "How to train your ResNet 8: bag of tricks" (2019) and Jordan, "94% on CIFAR-10 in 3.29
    seconds on a single GPU" (https://arxiv.org/abs/2404.00498), section 3.2. With `v_i` and
    `s_i` the eigenvectors and eigenvalues of the second moments of all patches, the filters are

        v_i / sqrt(s_i + epsilon)  and  -v_i / sqrt(s_i + epsilon)

    so that the outputs are uncorrelated, of variance about 1, and a ReLU or GELU after them loses
    nothing. `adapt` finds the filters, which no optimizer changes; the bias is trained.

    Grey images in three channels do not vary in two thirds of the directions. An output that never
    varies would make batch normalization after it divide by the root of its epsilon, and gradients
    grow by as much at every such layer. So these filters repeat those of the other directions.

    Args:
        kernel_size: side of the patches, or `(height, width)`.
        epsilon: added to the eigenvalues, in the units of the squared input.
        **kwargs: as for `keras.layers.Conv2D`; the number of filters is twice that of the values
            of a patch.

    Example:
    >>> layer = Whitening(2)
    >>> layer.adapt(np.random.default_rng(0).normal(size=(100, 8, 8, 3)))
    >>> out = keras.ops.convert_to_numpy(layer(np.zeros((1, 8, 8, 3), "float32")))
    >>> out.shape, len(layer.trainable_variables)
    ((1, 7, 7, 24), 1)
    """

    def __init__(self, kernel_size, *, epsilon=5e-4, **kwargs):
        kwargs.pop("filters", None)  # which `get_config` of the base class has
        # How many there are is known once the channels are.
        super().__init__(filters=1, kernel_size=kernel_size, **kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        self._count_filters(input_shape)
        super().build(input_shape)

    def add_weight(self, *args, name=None, trainable=True, **kwargs):
        """As in every layer; the kernel is not trainable, also where the layer is."""
        trainable = trainable and name != "kernel"
        return super().add_weight(*args, name=name, trainable=trainable, **kwargs)

    def compute_output_shape(self, input_shape):
        self._count_filters(input_shape)
        return super().compute_output_shape(input_shape)

    def adapt(self, images):
        """Take the filters of `images`.

        Args:
            images: array `(n, height, width, channels)`, as they come to this layer.
        """
        if not self.built:
            self.build((None, *np.shape(images)[1:]))
        kernel_size = height_and_width(self.kernel_size)
        self.kernel.assign(whitening_filters(images, kernel_size, self.epsilon))

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "epsilon": self.epsilon}

    def _count_filters(self, input_shape):
        height, width = height_and_width(self.kernel_size)
        self.filters = 2 * height * width * input_shape[-1]


def whitening_filters(images, kernel_size, epsilon=5e-4):
    """The filters that whiten the patches of images, by NumPy in float64.

    Eigenvectors have the sign with which their largest component is positive. In place of those in
    whose directions the patches do not vary, up to rounding, stand the others once more, in turn.

    Args:
        images: array `(n, height, width, channels)`.
        kernel_size: `(height, width)` of a patch.
        epsilon: added to the eigenvalues.

    Returns:
        float32 `(height, width, channels, filters)`: an eigenvector a filter, the least eigenvalue
        first, and then their negatives.

    Example:
    >>> whitening_filters(np.ones((1, 4, 4, 3)), (2, 2)).shape
    (2, 2, 3, 24)
    """
    images = np.asarray(images)
    windows = np.lib.stride_tricks.sliding_window_view(images, kernel_size, axis=(1, 2))
    moments, count = 0.0, 0
    for image in windows:  # (rows, columns, channels, height, width), one image's at a time
        patches = np.moveaxis(image, 2, -1).astype("float64").reshape(-1, image[0, 0].size)
        moments, count = moments + patches.T @ patches, count + len(patches)
    values, vectors = np.linalg.eigh(moments / count)
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(len(values))]
    filters = vectors * np.sign(largest) / np.sqrt(np.maximum(values, 0) + epsilon)
    filters = filters[:, _varying(values)]
    filters = filters.reshape(*kernel_size, images.shape[-1], -1)
    return np.concatenate([filters, -filters], axis=-1).astype("float32")


def _varying(values):
    """For each of the ascending eigenvalues its own place, or where it is 0 that of another one."""
    places = np.arange(len(values))
    zeros = int((values <= ROUNDING * values[-1]).sum())
    if zeros < len(values):  # of black images all are
        places[:zeros] = zeros + places[:zeros] % (len(values) - zeros)
    return places
