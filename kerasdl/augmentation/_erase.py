"""The base class of layers that paint over a rectangle."""

import numpy as np
from keras import ops

from kerasdl.augmentation import _arguments, _boxes, _native, _range
from kerasdl.augmentation._layer import RandomImageLayer


class Erase(RandomImageLayer):
    """Paints a box of each image with `value`, or with the `noise` of the draw.

    Subclasses write `draw_batch`.
    """

    on_levels = False

    def __init__(self, value=0, **kwargs):
        super().__init__(**kwargs)
        self.value = value if isinstance(value, str) else _arguments.levels("value", value)

    def apply_batch(self, images, draw):
        """`value` inside the box, the image outside."""
        channels = images.shape[-1]
        if isinstance(self.value, tuple) and len(self.value) not in (1, channels):
            raise ValueError(
                f"{type(self).__name__} expects one level, or one for each of the {channels} "
                f"channels of the images. Received: value={self.value!r}"
            )
        images = ops.cast(images, "float32")
        height, width = images.shape[1:3]
        value = _range.from_levels(draw.get("noise", self.value), self.value_range)
        out = _native.paint(images, draw["box"], value)
        if out is not None:
            return out
        inside = _boxes.mask(draw["box"], height, width, channels)
        out = ops.reshape(images, (-1, height, width * channels)) * (1 - inside)
        if "noise" in draw:
            out = out + ops.reshape(value, (-1, height, width * channels)) * inside
        elif np.any(value):
            row = np.tile(np.broadcast_to(value, (channels,)), width)
            out = out + ops.convert_to_tensor(row, "float32") * inside
        return ops.reshape(out, (-1, height, width, channels))

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "value": self.value}
