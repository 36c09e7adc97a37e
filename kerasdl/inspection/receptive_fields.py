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

from kerasdl.inspection import layer_kinds as kinds
from kerasdl.inspection.windows import positions, window

SAME_FIELD = (
    *kinds.POSITIONWISE,
    *kinds.AUGMENTATION,
    *kinds.GROUP_NORMALIZATION,
    *kinds.MERGING,
    *kinds.PADDINGS,
    *kinds.CROPPINGS,
    *kinds.DENSE,
    *kinds.TOKENS,
)
KNOWN = (
    *SAME_FIELD,
    *kinds.CONVOLUTIONS,
    *kinds.TRANSPOSED,
    *kinds.POOLS,
    *kinds.GLOBAL_POOLS,
    *kinds.UPSAMPLING,
    *kinds.RESIZING,
    *kinds.RESHAPING,
    *kinds.ATTENTION,
)
NEIGHBOURS = {"nearest": 0, "bilinear": 1, "bicubic": 3}  # that are read beside the nearest


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


def input_view(shape):
    """The view of an input of `shape` (without the batch); `None` for plain features.

    Example:
    >>> input_view((32, 32, 3)).field
    (1, 1)
    """
    axes = len(shape) - 1
    return View((1,) * axes, (1,) * axes) if axes >= 1 else None


def has_rule(layer):
    """Whether `output_view` knows what the output of `layer` sees."""
    return isinstance(layer, KNOWN) or kinds.is_operation(layer, *kinds.OPERATIONS)


def output_view(layer, views, shapes, output, image):
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
    >>> seen = View((5, 5), (1, 1))
    >>> output_view(keras.layers.MaxPooling2D(2), [seen], [(32, 32, 8)], (16, 16, 8), (32, 32))
    View(field=(6, 6), jump=(2, 2), everything=False, mixed=None)
    """
    view = _largest(views)
    if view in (None, UNKNOWN) or view.everything:
        return view
    if not has_rule(layer):
        return UNKNOWN
    shape = shapes[0]
    sliding = window(layer, shape)
    if isinstance(layer, kinds.ATTENTION):
        return View(image, None, everything=True)
    if isinstance(layer, kinds.DENSE) and view.mixed:
        return view.mixed
    if isinstance(layer, kinds.GLOBAL_POOLS):
        return _whole(view, shape, layer, image)
    if isinstance(layer, kinds.TRANSPOSED):
        extents = zip(sliding.extent, sliding.stride, strict=True)
        return _slid(
            view, [-(-k // s) - 1 for k, s in extents], [Fraction(1, s) for s in sliding.stride]
        )
    if isinstance(layer, kinds.CONVOLUTIONS + kinds.POOLS):
        return _slid(view, [k - 1 for k in sliding.extent], sliding.stride)
    if isinstance(layer, kinds.UPSAMPLING + kinds.RESIZING):
        return _resized(view, layer, shape, output)
    if isinstance(layer, kinds.RESHAPING):
        return _reshaped(view, layer, shape, output, image)
    selects = isinstance(layer, kinds.SELECTING_TOKENS) or kinds.is_operation(layer, "GetItem")
    if len(output) == len(shape) and not selects:
        return view
    return View(view.field, None, mixed=view.mixed)


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


def _slid(view, reach, stride):
    """Behind a window that reaches over `reach` positions beside its first."""
    if view.jump is None or len(view.jump) != len(reach):
        return UNKNOWN  # slides over tokens, not over the image
    steps = list(zip(view.field, view.jump, reach, stride, strict=True))
    return View(
        tuple(_whole_number(r + n * j) for r, j, n, _ in steps),
        tuple(_whole_number(j * s) for _, j, _, s in steps),
    )


def _whole(view, shape, layer, image):
    """Behind a layer that takes all positions at once: a window that covers its input."""
    size = positions(shape, layer)
    if view.jump is not None and len(size) == len(view.jump):
        field = _slid(view, [n - 1 for n in size], size).field
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
    neighbours = NEIGHBOURS.get(getattr(layer, "interpolation", "bilinear"))
    if neighbours is None:
        return UNKNOWN
    steps = [Fraction(b, n) for b, n in zip(before, now, strict=True)]
    return _slid(view, [neighbours] * len(now), steps)


def _whole_number(number):
    """An integer where `number` is one, else the fraction."""
    return int(number) if number == int(number) else number
