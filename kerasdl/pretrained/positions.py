"""Positional embeddings of one grid of patches, resized for another."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Grids:
    """The grids of patches that a file's positional embeddings and a model's belong to.

    Attributes:
        old: `(rows, columns)` of the file's.
        new: `(rows, columns)` of the model's.
        extra: tokens before the patches: 1 for a class token.
        assumed: whether nothing says that the file's grid is this one.
    """

    old: tuple
    new: tuple
    extra: int
    assumed: bool = False

    def resize(self, positions):
        """Positional embeddings of the file as the model needs them (see `resize_positions`)."""
        if self.old == self.new:
            return positions
        return resize_positions(positions, self.old, self.new, self.extra)

    def note(self, file):
        """What was assumed or done, in a sentence; `""` where there is nothing to say."""
        (rows, columns), (new_rows, new_columns) = self.old, self.new
        if self.assumed:
            return (
                f"Nothing says which grid the {rows * columns} positions of {file} belong to: it "
                f"is taken as the model's, {rows}x{columns}."
            )
        if self.old == self.new:
            return ""
        return (
            f"Positional embeddings were interpolated from {rows}x{columns} to "
            f"{new_rows}x{new_columns} patches."
        )


def find_grids(patches, new, extra, declared=None):
    """The grid of a file's positional embeddings beside the model's.

    Args:
        patches: how many positions the file has, without those of other tokens.
        new: `(rows, columns)` of the model's grid.
        extra: tokens before the patches.
        declared: `(rows, columns)` that the file's `config.json` gives, or `None`. It counts if
            it has as many patches; else a square does; else the model's grid.

    Returns:
        `Grids`; `None` if none of these has as many patches.

    Example:
    >>> find_grids(16, (2, 8), extra=1).old, find_grids(24, (4, 6), extra=1).assumed
    ((4, 4), True)
    """
    side = math.isqrt(max(0, patches))
    for old in (declared, (side, side)):
        if old is not None and patches > 0 and math.prod(old) == patches:
            return Grids(old, new, extra)
    return Grids(new, new, extra, assumed=True) if patches == math.prod(new) else None


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
