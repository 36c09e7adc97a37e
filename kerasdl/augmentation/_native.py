"""Fast paths that a backend has and Keras does not reach, each beside the plain form.

The only module of this package that calls a backend by name. XLA fuses what
`keras.ops` does into few passes over the memory; PyTorch makes a pass for every
call, and `keras.ops.take` and `segment_sum` make several. Times are for
256x32x32x3, PyTorch's on one core.

TensorFlow, in the plain `tf.function` of Keras' `fit`, runs operation by operation. A whole layer
compiled by XLA within it takes far less time (rotation 2.8 ms for 23 ms), but XLA compiles
anew for every size of batch, the last one's too: half a second for a flip, 2 to 3 s for an affine
layer, 4 s for RandAugment. Hence it is left to `jit_compile=True`, for those who ask for it.
"""

import keras
from keras import ops


def take(values, index):
    """`values[index]` along the first axis; `index` is int32 and within bounds.

    PyTorch: 0.6 ms, where `keras.ops.take` also looks for negative indices: 2.7 ms.
    """
    if keras.backend.backend() != "torch":
        return ops.take(values, index, axis=0)
    import torch

    out = torch.index_select(values, 0, index.reshape(-1))
    return out.reshape(*index.shape, *values.shape[1:])


def count(numbers, size):
    """How often each number below `size` occurs, float32 `(size,)`; `numbers` is int32 `(n,)`.

    PyTorch: 0.8 ms, `keras.ops.segment_sum`: 7.3 ms. The other backends cannot
    compile `keras.ops.bincount`.
    """
    if keras.backend.backend() == "torch":
        return ops.cast(ops.bincount(numbers, minlength=size), "float32")
    ones = ops.ones_like(numbers, dtype="float32")
    return ops.segment_sum(ones, numbers, num_segments=size)


def mirror(images, chosen):
    """Each image, mirrored left to right where `chosen`, bool `(batch,)`, says so.

    PyTorch: only those that are chosen are read twice, 0.24 ms; the plain form 0.38 ms.
    """
    if keras.backend.backend() != "torch":
        return ops.where(ops.reshape(chosen, (-1, 1, 1, 1)), ops.flip(images, axis=2), images)
    index = chosen.nonzero()[:, 0]
    return images.index_copy(0, index, images.index_select(0, index).flip(2))


def on_drawn(drawn, step, images, draw):
    """`step(images, draw)` where `drawn`, bool `(batch,)`; the step is the identity elsewhere.

    Left out where no image has drawn it. That saves its time, and more with XLA: what a branch
    returns is held in memory, while the result of a step would be computed anew for every
    pixel of the next one that reads it, which makes RandAugment many times slower. PyTorch takes
    out the images that have: RandAugment 28 ms without, 10 ms with.

    Args:
        drawn: bool `(batch,)`.
        step: a function of images and draw that treats each image by itself.
        images: `(batch, ...)`.
        draw: a dictionary of tensors `(batch, ...)`.
    """
    if keras.backend.backend() != "torch":
        return ops.cond(ops.any(drawn), lambda: step(images, draw), lambda: images)
    index = drawn.nonzero()[:, 0]
    if not len(index):
        return images
    part = {key: values.index_select(0, index) for key, values in draw.items()}
    return images.index_copy(0, index, step(images.index_select(0, index), part))


def bilinear(images, x, y):
    """Bilinear interpolation by the backend; `None` where it has none and the caller computes it.

    Beyond the outermost centres lie the edges. PyTorch: 0.9 ms, the plain form 30 ms. JAX, whose
    XLA fuses batched gathers better than the flat ones of the plain form: 0.9 ms, 4.0 ms.

    Args:
        images: float32 `(batch, height, width, channels)`.
        x: `(batch, rows, columns)`, from 0 to `width - 1`.
        y: likewise, from 0 to `height - 1`.
    """
    match keras.backend.backend():
        case "torch":
            return _torch_bilinear(images, x, y)
        case "jax":
            return _jax_bilinear(images, x, y)
    return None


def windows(images, offset, height, width):
    """A window of each image; `None` where the backend has no such copy and the caller gathers it.

    JAX copies slices: 0.2 ms, where a gather of pixels takes 0.8 ms.

    Args:
        images: `(batch, rows, columns, channels)`.
        offset: int32 `(batch, 2)`, the first row and column, so that the window lies within.
        height: of the window.
        width: likewise.
    """
    if keras.backend.backend() != "jax":
        return None
    import jax

    def window(image, first):
        return jax.lax.dynamic_slice(image, (*first, 0), (height, width, image.shape[-1]))

    return jax.vmap(window)(images, offset)


def _jax_bilinear(images, x, y):
    import jax

    def of_plane(plane, x, y):
        return jax.scipy.ndimage.map_coordinates(plane, (y, x), order=1, mode="nearest")

    of_channels = jax.vmap(of_plane, in_axes=(-1, None, None), out_axes=-1)
    return jax.vmap(of_channels)(images, x, y)


def _torch_bilinear(images, x, y):
    import torch

    _, height, width, _ = images.shape
    grid = torch.empty((*x.shape, 2), dtype=x.dtype, device=x.device)
    for axis, position, size in ((0, x, width), (1, y, height)):
        torch.mul(position, 2 / max(size - 1, 1), out=grid[..., axis])
    out = torch.nn.functional.grid_sample(
        images.permute(0, 3, 1, 2),
        grid.sub_(1),
        mode="bilinear",
        padding_mode="border",
        align_corners=True,
    )
    return out.permute(0, 2, 3, 1)
