"""Random crops of padded images: random translation by whole pixels."""

import keras
from keras import ops

from kerasdl.augmentation import _arguments, _range, _resample
from kerasdl.augmentation._layer import RandomImageLayer

MODES = ("zero", "reflect", "constant")


@keras.saving.register_keras_serializable("kerasdl")
class RandomPadCrop(RandomImageLayer):
    """Pads every side, then cuts out a window of the original size at random.

    The augmentation of the CIFAR papers since Lin et al. ("Network in Network",
    2013, https://arxiv.org/abs/1312.4400) and He et al. (2016, section 4.2): 4
    pixels of zeros on 32x32 images. Each image has its own window, of
    `(2 * padding + 1) ** 2` equally likely ones.

    Keras' `RandomCrop` is no substitute: it never pads, and draws one window for
    the whole batch. `RandomTranslation` moves by fractions of a pixel.

    Args:
        padding: pixels added to every side, 0 or more.
        mode: what the border is made of: `"zero"` (black), `"constant"` (`value`), or
            `"reflect"`, where `a b c d` continues as `c b` without repeating `d`.
        value: the border's level, 0 to 255, where `mode` is `"constant"`.
        seed, value_range, **kwargs: see `RandomImageLayer`.

    Draw: `offset`, int32 `(batch, 2)`, rows and columns from 0 to `2 * padding`;
    `padding` in both is the identity.

    Raises:
        ValueError: a negative or fractional `padding`, an unknown `mode`, a level outside 0 to
            255; at the call, `"reflect"` with `padding` not smaller than the image.

    Example:
    >>> import numpy as np
    >>> layer = RandomPadCrop(padding=4, seed=0)
    >>> tuple(layer(np.zeros((2, 32, 32, 3), "uint8"), training=True).shape)
    (2, 32, 32, 3)
    """

    on_levels = False

    def __init__(self, padding=4, mode="zero", value=0, **kwargs):
        super().__init__(**kwargs)
        if mode not in MODES:
            raise ValueError(
                f"Expected `mode` to be one of {', '.join(MODES)}. Received: mode={mode!r}"
            )
        self.padding = _arguments.whole_number("padding", padding, 0)
        self.mode, self.value = mode, _arguments.level("value", value)

    def draw_batch(self, shape, stream):
        """Two offsets for each image."""
        return {"offset": stream.integers((shape[0], 2), 2 * self.padding + 1)}

    def apply_batch(self, images, draw):
        """A window of each padded image; a reflected border is read from the image itself."""
        _, height, width, _ = images.shape
        if self.mode == "reflect":
            rows = self._reflected(draw["offset"][:, 0], height)
            columns = self._reflected(draw["offset"][:, 1], width)
            return _resample.gather(images, width * rows[:, :, None] + columns[:, None, :])
        border = (self.padding, self.padding)
        level = self.value if self.mode == "constant" else 0
        value = _range.from_levels(level, self.value_range)
        images = ops.pad(images, ((0, 0), border, border, (0, 0)), constant_values=value)
        return _resample.windows(images, draw["offset"], height, width)

    def _reflected(self, offset, size):
        """`(batch,)` offsets to `(batch, size)` positions in the image, folded back at its edges."""
        if self.padding >= size:
            raise ValueError(
                "RandomPadCrop with mode='reflect' expects a padding smaller than the image. "
                f"Received: padding={self.padding}, size={size}"
            )
        positions = offset[:, None] + ops.arange(size, dtype="int32")
        positions = ops.abs(positions - self.padding)
        return (size - 1) - ops.abs((size - 1) - positions)

    def get_config(self):
        """The arguments of `__init__`."""
        config = {"padding": self.padding, "mode": self.mode, "value": self.value}
        return {**super().get_config(), **config}
