"""Orthogonalization of kernels by the Newton-Schulz iteration."""

import math

from keras import ops

# Chosen for a steep slope at 0, not for convergence: singular values end between about 0.7 and 1.2
# (https://kellerjordan.github.io/posts/muon/).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
EPSILON = 1e-7


class MatrixAxes:
    """How a kernel is read as a matrix, or as a batch of matrices, from inputs to outputs.

    Args:
        rank: number of axes of the kernel.
        output_axes: the axes along which its outputs lie; negative ones count from the end.
        reduction_axes: the axes that are summed over; `None` for all that are no output axes. An
            axis that is neither makes a batch: every matrix along it is treated by itself.

    Raises:
        ValueError: an axis is out of range or named twice, or there is none of a kind.

    Example: a convolution, and the kernel of queries `(features, heads, head size)`.
    >>> MatrixAxes(4).sizes((3, 3, 64, 256))
    (576, 256)
    >>> MatrixAxes(3, output_axes=(-2, -1)).sizes((64, 4, 16))
    (64, 64)
    """

    def __init__(self, rank, output_axes=(-1,), reduction_axes=None):
        named = [*output_axes, *(reduction_axes or ())]
        in_range = all(-rank <= axis < rank for axis in named)
        self.outputs = [axis % rank for axis in output_axes] if in_range else []
        self.inputs = [axis for axis in range(rank) if axis not in self.outputs]
        if reduction_axes is not None and in_range:
            self.inputs = [axis % rank for axis in reduction_axes]
        chosen = self.inputs + self.outputs
        if not (self.inputs and self.outputs) or len(set(chosen)) < len(chosen):
            raise ValueError(
                "Expected `output_axes` and `reduction_axes` to name different axes of a kernel of "
                f"{rank} axes, at least one each. Received: output_axes={tuple(output_axes)}, "
                f"reduction_axes={reduction_axes}"
            )
        batch = [axis for axis in range(rank) if axis not in chosen]
        self.order = batch + chosen
        self._batch_rank = len(batch)

    def sizes(self, shape):
        """Number of inputs and of outputs of a kernel of that shape."""
        return tuple(
            math.prod(shape[axis] for axis in axes) for axes in (self.inputs, self.outputs)
        )

    def to_matrix(self, kernel):
        """`(*batch, inputs, outputs)`."""
        batch = [kernel.shape[axis] for axis in self.order[: self._batch_rank]]
        moved = ops.transpose(kernel, self.order)
        return ops.reshape(moved, (*batch, *self.sizes(kernel.shape)))

    def from_matrix(self, matrix, shape):
        """The kernel of that shape again."""
        moved = ops.reshape(matrix, [shape[axis] for axis in self.order])
        return ops.transpose(moved, sorted(range(len(shape)), key=self.order.__getitem__))


def norm(matrix):
    """The Frobenius norm of each matrix, `(*batch, 1, 1)`."""
    return ops.sqrt(ops.sum(ops.square(matrix), axis=(-2, -1), keepdims=True))


def orthogonalize(matrix, steps, dtype=None):
    """Nearly the orthogonal factor `U V^T` of `matrix = U S V^T`.

    With `X = matrix / |matrix|`, whose singular values are at most 1, repeat `steps` times

        A = X X^T,  X = a X + (b A + c A A) X

    which is an odd polynomial of each singular value. The products are formed on the shorter side.

    Args:
        matrix: `(*batch, inputs, outputs)`.
        steps: how often; 5 is usual.
        dtype: of the iteration, such as `"bfloat16"`; `None` for that of `matrix`.

    Returns:
        Of the shape and dtype of `matrix`.

    Example:
    >>> matrix = keras.ops.convert_to_tensor([[3.0, 0.0], [0.0, 0.5]])
    >>> [round(float(x), 1) for x in keras.ops.diagonal(orthogonalize(matrix, steps=5))]
    [0.7, 1.0]
    """
    a, b, c = COEFFICIENTS
    x = matrix / (norm(matrix) + EPSILON)
    x = x if dtype is None else ops.cast(x, dtype)
    tall = x.shape[-2] > x.shape[-1]
    x = _transposed(x) if tall else x
    for _ in range(steps):
        gram = ops.matmul(x, _transposed(x))
        x = a * x + ops.matmul(b * gram + c * ops.matmul(gram, gram), x)
    return ops.cast(_transposed(x) if tall else x, matrix.dtype)


def _transposed(matrix):
    return ops.swapaxes(matrix, -2, -1)
