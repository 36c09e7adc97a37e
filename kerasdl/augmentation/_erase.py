"""The base class of layers that paint over a rectangle."""

from keras import ops

from kerasdl.augmentation import _boxes
from kerasdl.augmentation._layer import RandomImageLayer


class Erase(RandomImageLayer):
    """Paints a box of each image with `value`, or with the `noise` of the draw.

    Subclasses write `draw_batch`.
    """

    def __init__(self, value=0, **kwargs):
        super().__init__(**kwargs)
        self.value = value

    def apply_batch(self, images, draw):
        """`value` inside the box, the image outside."""
        inside = _boxes.mask(draw["box"], *images.shape[1:3])
        value = draw.get("noise", self._level())
        return ops.cast(images, "float32") * (1 - inside) + value * inside

    def _level(self):
        return ops.convert_to_tensor(0 if isinstance(self.value, str) else self.value, "float32")

    def get_config(self):
        """The arguments of `__init__`."""
        return {**super().get_config(), "value": self.value}
