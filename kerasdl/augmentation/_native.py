"""Fast paths that a backend has and Keras does not reach, each beside the plain form.

The only module of this package that calls a backend by name (with `if`: AutoGraph cannot read a
`match`). XLA fuses what `keras.ops` does into few passes over the memory; PyTorch makes a pass for
every call, and `keras.ops.take` and `segment_sum` make several. What it comes to, `kerasdl bench
augmentation` measures.

TensorFlow, in the plain `tf.function` of Keras' `fit`, runs operation by operation. A whole layer
compiled by XLA within it takes less time, but XLA compiles anew for every size of batch, the last
one's too: half a second for a flip, several for an affine layer or RandAugment. Hence it is left
to `jit_compile=True`, for those who ask for it; only the random words and what is elementwise are
compiled.
"""

import functools

import keras
from keras import ops


def take(values, index):
    """`values[index]` along the first axis; `index` is int32 and within bounds.

    On PyTorch `keras.ops.take` also looks for negative indices.
    """
    if keras.backend.backend() != "torch":
        return ops.take(values, index, axis=0)
    import torch

    out = torch.index_select(values, 0, index.reshape(-1))
    return out.reshape(*index.shape, *values.shape[1:])


def count(numbers, size):
    """How often each number below `size` occurs, float32 `(size,)`; `numbers` is int32 `(n,)`.

    PyTorch counts faster than it sums segments; the other backends cannot compile
    `keras.ops.bincount`.
    """
    if keras.backend.backend() == "torch":
        return ops.cast(ops.bincount(numbers, minlength=size), "float32")
    ones = ops.ones_like(numbers, dtype="float32")
    return ops.segment_sum(ones, numbers, num_segments=size)


def mirror(images, chosen):
    """Each image, mirrored left to right where `chosen`, bool `(batch,)`, says so.

    PyTorch: only those that are chosen are read twice. TensorFlow: whole images are chosen, where
    `keras.ops.where` asks for every value.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.compat.v1.where(chosen, tf.reverse(images, axis=(2,)), images)
    if keras.backend.backend() == "torch":
        from kerasdl.augmentation import _native_torch

        return _native_torch.mirror(images, chosen)
    return ops.where(ops.reshape(chosen, (-1, 1, 1, 1)), ops.flip(images, axis=2), images)


def on_drawn(drawn, step, images, draw):
    """`step(images, draw)` where `drawn`, bool `(batch,)`; the step is the identity elsewhere.

    Left out where no image has drawn it. That saves its time, and more with XLA: what a branch
    returns is held in memory, while the result of a step would be computed anew for every
    pixel of the next one that reads it, which makes RandAugment many times slower. PyTorch takes
    out the images that have.

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

    PyTorch's is one operation. JAX's is one that its XLA fuses better than the flat gathers of the
    plain form.

    Args:
        images: float32 `(batch, height, width, channels)`.
        x: `(batch, rows, columns)`, positions in pixels; beyond the outermost centres lie the edges.
        y: likewise.
    """
    if keras.backend.backend() == "torch":
        from kerasdl.augmentation import _native_torch

        return _native_torch.sample(images, ops.stack((x, y)))
    return _jax_bilinear(images, x, y) if keras.backend.backend() == "jax" else None


def affine(images, matrix, plain):
    """`plain(images, matrix)` by the backend; `None` where it has no such operation.

    TensorFlow, outside XLA: one operation in place of two dozen, among them four gathers. Gradients
    are those of `plain`: the operation's own are an approximation.

    Args:
        images: float32 `(batch, height, width, channels)`, whose edges go on outside.
        matrix: `(batch, 2, 3)`, from output to input, both measured from the centre.
        plain: a function of both that does the same.
    """
    if keras.backend.backend() != "tensorflow" or _in_xla():
        return None
    import tensorflow as tf

    _, height, width, _ = images.shape
    middle = tf.constant(((width - 1) / 2, (height - 1) / 2))

    @tf.custom_gradient
    def transformed(images, matrix):
        shift = matrix[:, :, 2] + middle - tf.linalg.matvec(matrix[:, :, :2], middle)
        rows = tf.reshape(tf.concat([matrix[:, :, :2], shift[:, :, None]], axis=2), (-1, 6))
        out = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.pad(rows, ((0, 0), (0, 2))),
            output_shape=(height, width),
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="NEAREST",
        )

        def gradients(upstream):
            with tf.GradientTape() as tape:
                tape.watch((images, matrix))
                again = plain(images, matrix)
            return tape.gradient(again, (images, matrix), upstream)

        return out, gradients

    return transformed(images, matrix)


def paint(images, box, value):
    """The images with `value` in their boxes; `None` where the caller blends them with a mask.

    PyTorch on a processor: one copy, into which NumPy writes the boxes, where a mask is written and
    read three times. Not where gradients are asked for.

    Args:
        images: float32 `(batch, height, width, channels)`.
        box: int32 `(batch, 4)`: top, left, height, width.
        value: an array that broadcasts against the images, or a tensor of their shape.
    """
    if keras.backend.backend() != "torch":
        return None
    from kerasdl.augmentation import _native_torch

    return _native_torch.paint(images, box, value)


def fused(function, constants, *tensors):
    """`function(*tensors, *constants)`, elementwise, in one pass over the memory.

    TensorFlow's graphs have it compiled by XLA: a tenth of a second once for each size of batch.

    Args:
        function: of a module, not a method or one within another: it is compiled once.
        constants: a tuple of numbers.
        *tensors: float32.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.executing_eagerly() and not _in_xla():
            return _compiled(function, constants)(*tensors)
    return function(*tensors, *constants)


@functools.cache
def _compiled(function, constants):
    import tensorflow as tf

    def call(*tensors):
        return function(*tensors, *constants)

    return tf.function(call, autograph=False, jit_compile=True, reduce_retracing=True)


def _in_xla():
    """Whether TensorFlow builds a graph that XLA will compile as a whole, which lacks operations.

    TensorFlow has no public function that says so; one that lacks these attributes is taken
    to be within XLA, where the plain forms run as anywhere.
    """
    import tensorflow as tf

    graph = tf.compat.v1.get_default_graph()
    while graph is not None:
        try:
            context = graph._get_control_flow_context()
            while context is not None:
                if context.IsXLAContext():
                    return True
                context = context.outer_context
        except AttributeError:
            return True
        graph = getattr(graph, "outer_graph", None)
    return False


def windows(images, offset, height, width):
    """A window of each image; `None` where the backend has no such copy and the caller gathers it.

    JAX copies slices. TensorFlow takes whole rows, then pixels of these.

    Args:
        images: `(batch, rows, columns, channels)`.
        offset: int32 `(batch, 2)`, the first row and column, so that the window lies within.
        height: of the window.
        width: likewise.
    """
    if keras.backend.backend() == "jax":
        return _jax_windows(images, offset, height, width)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        for axis, size in ((1, height), (2, width)):
            positions = offset[:, axis - 1, None] + tf.range(size)
            images = tf.gather(images, positions, axis=axis, batch_dims=1)
        return images
    return None


def _jax_windows(images, offset, height, width):
    import jax

    zero = jax.numpy.zeros((), offset.dtype)  # a Python 0 is an int64 where JAX computes in 64 bits

    def window(image, first):
        return jax.lax.dynamic_slice(image, (*first, zero), (height, width, image.shape[-1]))

    return jax.vmap(window)(images, offset)


def _jax_bilinear(images, x, y):
    import jax

    def of_plane(plane, x, y):
        return jax.scipy.ndimage.map_coordinates(plane, (y, x), order=1, mode="nearest")

    of_channels = jax.vmap(of_plane, in_axes=(-1, None, None), out_axes=-1)
    return jax.vmap(of_channels)(images, x, y)


def samples_in_place(images, matrix):
    """Whether `in_place_affine` can be used: on PyTorch, where no gradient to positions is asked for."""
    return keras.backend.backend() == "torch" and not matrix.requires_grad


def in_place_affine(images, along, down, fill_value):
    """Bilinear sampling at affine positions by PyTorch, with few arrays between.

    Args:
        images: float32 `(batch, height, width, channels)`.
        along: `(batch, 2, width)`, the part of `(x, y)` that goes with columns.
        down: `(batch, 2, height)`, the part that goes with rows.
        fill_value: of pixels that are read from outside; `None` for those of the edge.
    """
    from kerasdl.augmentation import _native_torch

    return _native_torch.affine(images, along, down, fill_value)
