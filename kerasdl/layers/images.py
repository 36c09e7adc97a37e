"""Images made to fit a network of another image size, or of three channels."""

import keras
from keras import ops

from kerasdl.layers.initialized import height_and_width


@keras.saving.register_keras_serializable("kerasdl")
class AdaptImages(keras.layers.Layer):
    """Resizes images, and repeats a single channel to three.

    As the first layer of a network with pretrained weights it lets the network take small or grey
    images as they are.

    Args:
        size: side of the square, or `(height, width)`, in pixels; `None` leaves
            the size. Bilinear, pixel centres half a pixel inside; no filter
            against aliasing where images shrink.
        rgb: whether images of one channel are repeated to three; those of three
            pass unchanged.

    Call arguments:
        images: `(batch, height, width, channels)`, of any dtype; what comes out is
            floating point, of the layer's dtype.

    Raises:
        ValueError: `size` is not positive whole numbers, or with `rgb` images have neither one
            nor three channels.

    Example:
    >>> AdaptImages(224, rgb=True).compute_output_shape((None, 28, 28, 1))
    (None, 224, 224, 3)
    """

    def __init__(self, size=None, rgb=False, **kwargs):
        super().__init__(**kwargs)
        self.size = None if size is None else height_and_width(size)
        self.rgb = rgb

    def build(self, input_shape):
        if self.rgb and input_shape[-1] not in (1, 3):
            raise ValueError(
                f"Expected images of one channel or three. Received: {input_shape[-1]} channels"
            )

    def call(self, images):
        images = ops.cast(images, self.compute_dtype)
        if self.size is not None:
            images = ops.image.resize(
                images, self.size, interpolation="bilinear", data_format="channels_last"
            )
        if self.rgb and images.shape[-1] == 1:
            images = ops.repeat(images, 3, axis=-1)
        return images

    def compute_output_shape(self, input_shape):
        batch, *size, channels = input_shape
        return (batch, *(self.size or size), 3 if self.rgb else channels)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "rgb": self.rgb}
