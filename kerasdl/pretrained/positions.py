"""Positional embeddings of one grid of patches, resized for another."""

import numpy as np


def resize_positions(positions, old, new, extra):
    """Interpolate positional embeddings over the grid of patches.

    Bicubic, with a = -1/2 and the centre of a patch half a patch from its edge; smoothed where the
    grid shrinks. So does timm, by
    `torch.nn.functional.interpolate(mode="bicubic", antialias=True)`.

    Args:
        positions: `(1, extra + rows * columns, width)`.
        old: `(rows, columns)` of their grid.
        new: `(rows, columns)` of the grid that is wanted.
        extra: tokens before the patches, which are kept: 1 for a class token.

    Returns:
        Array `(1, extra + new_rows * new_columns, width)`.

    Source: R. Keys, "Cubic convolution interpolation for digital image processing", 1981.

    Example:
    >>> resize_positions(np.ones((1, 1 + 14 * 14, 8)), (14, 14), (24, 24), extra=1).shape
    (1, 577, 8)
    """
    first, patches = positions[0, :extra], positions[0, extra:]
    patches = patches.reshape(*old, -1).astype("float64")
    patches = np.einsum("ir,rcw->icw", _cubic(old[0], new[0]), patches)
    patches = np.einsum("jc,icw->ijw", _cubic(old[1], new[1]), patches)
    patches = patches.reshape(new[0] * new[1], -1)
    return np.concatenate([first, patches.astype(positions.dtype)])[None]


def _cubic(old, new):
    """The matrix `(new, old)` that resamples a line; each of its rows sums to 1."""
    scale = old / new
    centres = (np.arange(new)[:, None] + 0.5) * scale - 0.5
    x = np.abs(np.arange(old) - centres) / max(scale, 1)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    weights = np.where(x < 1, near, np.where(x < 2, far, 0))
    return weights / weights.sum(axis=1, keepdims=True)
