"""The fast paths of PyTorch, which `_native` names and describes; imported by it alone."""

import numpy as np
import torch


def mirror(images, chosen):
    """Of images and bool `(batch,)`."""
    index = chosen.nonzero()[:, 0]
    return images.index_copy(0, index, images.index_select(0, index).flip(2))


def paint(images, box, value):
    """Of images, int32 `(batch, 4)` and what broadcasts against the images; `None` off a processor."""
    if images.device.type != "cpu" or images.requires_grad or torch.compiler.is_compiling():
        return None
    out = torch.clone(images, memory_format=torch.contiguous_format)
    pixels, value = out.numpy(), np.broadcast_to(value, images.shape)
    for i, (top, left, height, width) in enumerate(box.tolist()):
        inside = (i, slice(top, top + height), slice(left, left + width))
        if height and width:
            pixels[inside] = value[inside]
    return out


def affine(images, along, down, fill_value):
    """Of images, `(batch, 2, width)`, `(batch, 2, height)` and a number or `None`."""
    _, height, width, _ = images.shape
    at = along.transpose(0, 1)[:, :, None, :] + down.transpose(0, 1)[:, :, :, None]
    if fill_value is None:
        return sample(images, at)
    least = -0.5  # and the greatest number below half a pixel beyond the last centre
    most = [float(np.nextafter(np.float32(size - 0.5), np.float32(0))) for size in (width, height)]
    near = [at[axis].clamp(least, most[axis]) == at[axis] for axis in (0, 1)]
    within = torch.logical_and(*near).to(torch.float32)[:, None]
    out = sample(images, at).permute(0, 3, 1, 2).mul_(within)
    if fill_value != 0:
        out.add_(1 - within, alpha=fill_value)
    return out.permute(0, 2, 3, 1)


def sample(images, grid):
    """At positions `(2, batch, rows, columns)` of columns and rows, which are overwritten."""
    _, height, width, _ = images.shape
    for axis, size in enumerate((width, height)):
        grid[axis].mul_(2 / max(size - 1, 1))
    out = torch.nn.functional.grid_sample(
        images.permute(0, 3, 1, 2),
        grid.sub_(1).permute(1, 2, 3, 0),
        mode="bilinear",
        padding_mode="border",
        align_corners=True,
    )
    return out.permute(0, 2, 3, 1)
