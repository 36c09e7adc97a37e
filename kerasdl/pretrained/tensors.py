"""The tensor of a file that belongs to one of our weights: its name, its shape, its values."""

import re
from dataclasses import dataclass

import numpy as np

from kerasdl.pretrained.naming import SUFFIXES


@dataclass(frozen=True)
class StoredTensor:
    """Where one of our weights is in a file.

    Attributes:
        name: of the tensor.
        shape: of the whole tensor.
        part: which third of the tensor the weight is, along its first axis, or `None` for all.
        weight_shape: shape of our weight.
    """

    name: str
    shape: tuple
    part: int | None
    weight_shape: tuple

    def to_weight(self, tensor):
        """The value of our weight.

        PyTorch's matrices have a row an output, ours a column; its kernels are `(out, in, height,
        width)`, ours `(height, width, in, out)`.
        """
        if self.part is not None:
            tensor = np.split(tensor, 3)[self.part]
        if tensor.ndim == 4:
            tensor = tensor.transpose(2, 3, 1, 0)
        elif tensor.ndim == 2:
            tensor = tensor.T
        return tensor.reshape(self.weight_shape)


def locate(naming, path, shape):
    """The `StoredTensor` of one of our weights, or `None` where the naming has none.

    Args:
        naming: one of `kerasdl.pretrained.naming.NAMINGS`.
        path: of the weight, as in `"block1_attention/query/kernel"`.
        shape: of the weight.
    """
    numbers = [int(number) for number in re.findall(r"(?:block|stage)(\d+)", path)]
    template = re.sub(r"^(block|stage)\d+", r"\1{n}", path)
    template = re.sub(r"_block\d+", "_block{m}", template)
    layer, _, weight = template.rpartition("/")
    prefix, suffix = naming.get(layer), SUFFIXES.get(weight)
    if prefix is not None and suffix is not None:
        prefix, _, part = prefix.partition("#")
        name = f"{prefix}.{suffix}"
    elif template in naming:
        name, part = naming[template], ""
    else:
        return None
    n, m = (*numbers, 0, 0)[:2]
    name = name.format(n=n, m=m, i=n - 1, j=m - 1)
    stored = _stored_shape(path, tuple(shape))
    if part:
        stored = (3 * stored[0], *stored[1:])
    return StoredTensor(name, stored, int(part) if part else None, tuple(shape))


def _stored_shape(path, shape):
    """The shape in PyTorch of our weight at `path`."""
    layer, _, weight = path.rpartition("/")
    if weight == "kernel" and len(shape) == 4:
        height, width, inputs, outputs = shape
        return (outputs, inputs, height, width)
    if weight == "kernel" and len(shape) == 3:  # of attention: an axis of heads, one of their size
        if layer.endswith("attention_output"):
            return (shape[2], shape[0] * shape[1])
        return (shape[1] * shape[2], shape[0])
    if weight == "kernel":
        return shape[::-1]
    if weight == "bias":
        return (int(np.prod(shape)),)
    return shape
