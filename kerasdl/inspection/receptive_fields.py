"""Receptive fields: which part of the input a value of a layer's output can depend on.

From layer to layer (Araujo, Norris and Sim, "Computing Receptive Fields of
Convolutional Neural Networks", Distill 2019, equations 1 and 2), with `r` the
receptive field and `j` the jump, the distance in input pixels between neighbours:

    r' = r + (k - 1) j        j' = j s

for a window of extent `k` and stride `s`; the report's II.Q7 is the first for two
layers. Where paths meet, the largest counts. The field may be larger than the
image: the rest of it lies in the padding. Statistics of a normalization, though
they are of the whole image or batch, are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from keras import layers

from kerasdl.inspection.windows import (
    CONVOLUTIONS,
    GLOBAL_POOLS,
    PADDINGS,
    POOLS,
    TRANSPOSED,
    positions,
    window,
)

POINTWISE = (
    layers.Activation,
    layers.ActivityRegularization,
    layers.AlphaDropout,
    layers.BatchNormalization,
    layers.Cropping1D,
    layers.Cropping2D,
    layers.Cropping3D,
    layers.Dropout,
    layers.ELU,
    layers.GaussianDropout,
    layers.GaussianNoise,
    layers.GroupNormalization,
    layers.Identity,
    layers.LayerNormalization,
    layers.LeakyReLU,
    layers.Masking,
    layers.Normalization,
    layers.PReLU,
    layers.RMSNormalization,
    layers.ReLU,
    layers.Rescaling,
    layers.Softmax,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.SpatialDropout3D,
    layers.UnitNormalization,
    *PADDINGS,
)
MERGING = (
    layers.Add,
    layers.Average,
    layers.Concatenate,
    layers.Maximum,
    layers.Minimum,
    layers.Multiply,
    layers.Subtract,
)
DENSE = (layers.Dense, layers.EinsumDense)
ATTENTION = (layers.MultiHeadAttention, layers.GroupQueryAttention, layers.Attention)
RESHAPING = (layers.Flatten, layers.Reshape)
UPSAMPLING = (layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D)
# By name: operations between tensors, and layers of kerasdl (imported by no one who has none).
POINTWISE_NAMES = ("PositionalEmbedding", "ClassToken", "TakeToken", "GetItem", "Relu", "Softmax")
MERGING_NAMES = ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Concatenate")
RESIZING_NAMES = ("AdaptImages", "Resizing")
REACH = {"nearest": 0, "bilinear": 1, "bicubic": 3}  # neighbours beside the nearest


@dataclass(frozen=True)
class View:
    """What the values of a tensor see of the input.

    Attributes:
        field: size of the receptive field in input pixels, an entry an axis; `None`
            where it is unknown.
        jump: distance in input pixels between neighbours; `None` where the
            tensor's axes are no longer the image's.
        everything: whether each value sees the whole input.
        mixed: where the last axis holds several positions, as after `Flatten`: the
            view of a dense layer, which takes them all; else `None`.
    """

    field: tuple | None
    jump: tuple | None
    everything: bool = False
    mixed: View | None = None


UNKNOWN = View(None, None)  # behind a layer without a rule


def first(shape):
    """The view of an input of `shape` (without the batch); `None` for plain features."""
    axes = len(shape) - 1
    return View((1,) * axes, (1,) * axes) if axes >= 1 else None


def known(layer):
    """Whether `after` has a rule for `layer`."""
    kinds = (
        *POINTWISE,
        *MERGING,
        *DENSE,
        *ATTENTION,
        *RESHAPING,
        *UPSAMPLING,
        *CONVOLUTIONS,
        *TRANSPOSED,
        *POOLS,
        *GLOBAL_POOLS,
    )
    names = POINTWISE_NAMES + MERGING_NAMES + RESIZING_NAMES
    return isinstance(layer, kinds) or type(layer).__name__ in names


def after(layer, views, shapes, output, image):
    """The view of a layer's output.

    Args:
        layer: a Keras layer, or an operation of a functional model.
        views: of its inputs; `None` among them has no spatial meaning.
        shapes: of its inputs, without the batch.
        output: shape of its output, without the batch.
        image: axes of the model's input, in pixels.

    Returns:
        A `View`; `UNKNOWN` behind a layer without a rule, `None` for plain features.

    Example:
    >>> after(layers.MaxPooling2D(2), [View((5, 5), (1, 1))], [(32, 32, 8)], (16, 16, 8), (32, 32))
    View(field=(6, 6), jump=(2, 2), everything=False, mixed=None)
    """
    view = _largest(views)
    if view in (None, UNKNOWN) or view.everything:
        return view
    name, shape = type(layer).__name__, shapes[0]
    sliding = window(layer, shape)
    if isinstance(layer, ATTENTION):
        return View(image, None, everything=True)
    if isinstance(layer, DENSE) and view.mixed:
        return view.mixed
    if isinstance(layer, GLOBAL_POOLS):
        return _whole(view, shape, layer, image)
    if isinstance(layer, TRANSPOSED):
        extents = zip(sliding.extent, sliding.stride, strict=True)
        return _moved(view, [-(-k // s) - 1 for k, s in extents], _inverse(sliding.stride))
    if isinstance(layer, CONVOLUTIONS + POOLS):
        return _moved(view, [k - 1 for k in sliding.extent], sliding.stride)
    if isinstance(layer, UPSAMPLING) or name in RESIZING_NAMES:
        return _resized(view, layer, shape, output)
    if isinstance(layer, RESHAPING):
        return _reshaped(view, layer, shape, output, image)
    if isinstance(layer, (*POINTWISE, *MERGING, *DENSE)) or known(layer):
        same = len(output) == len(shape) and name not in ("ClassToken", "TakeToken", "GetItem")
        return view if same else View(view.field, None, mixed=view.mixed)
    return UNKNOWN


def _largest(views):
    views = [view for view in views if view is not None]
    if not views:
        return None
    if any(view.everything for view in views):
        return next(view for view in views if view.everything)
    if UNKNOWN in views or len({len(view.field) for view in views}) > 1:
        return UNKNOWN
    jumps = [view.jump for view in views]
    return View(
        tuple(map(max, zip(*(view.field for view in views), strict=True))),
        None if None in jumps else tuple(map(max, zip(*jumps, strict=True))),
        mixed=next((view.mixed for view in views if view.mixed), None),
    )


def _moved(view, reach, stride):
    if view.jump is None or len(view.jump) != len(reach):
        return UNKNOWN  # slides over tokens, not over the image
    steps = list(zip(view.field, view.jump, reach, stride, strict=True))
    return View(
        tuple(_plain(r + n * j) for r, j, n, _ in steps),
        tuple(_plain(j * s) for _, j, _, s in steps),
    )


def _whole(view, shape, layer, image):
    """All positions at once: a window that covers its input, which sees all that they see."""
    size = positions(shape, layer)
    if view.jump is not None and len(size) == len(view.jump):
        field = _moved(view, [n - 1 for n in size], size).field
        if any(r < x for r, x in zip(field, image, strict=True)):
            return View(field, None)  # valid windows that leave a remainder at the edge
    return View(image, None, everything=True)


def _reshaped(view, layer, shape, output, image):
    if tuple(output) == tuple(shape):
        return view
    mixed = view.mixed
    if mixed is None and output[-1] != shape[-1] and any(n > 1 for n in positions(shape, layer)):
        mixed = _whole(view, shape, layer, image)
    return View(view.field, None, mixed=mixed)


def _resized(view, layer, shape, output):
    before, now = positions(shape, layer), positions(output, layer)
    if before == now:
        return view
    if getattr(layer, "antialias", False) or getattr(layer, "crop_to_aspect_ratio", False):
        return UNKNOWN
    reach = REACH.get(getattr(layer, "interpolation", "bilinear"))
    if reach is None:
        return UNKNOWN
    return _moved(
        view, [reach] * len(now), [Fraction(b, n) for b, n in zip(before, now, strict=True)]
    )


def _inverse(stride):
    return [Fraction(1, s) for s in stride]


def _plain(number):
    """An integer where it is one."""
    return int(number) if number == int(number) else number
