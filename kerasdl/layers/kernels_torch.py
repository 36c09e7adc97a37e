"""Convolution, pooling, batch normalization and matrix products in PyTorch's own forms.

Keras hands PyTorch every map, `(batch, height, width, channels)`, as a copy in channels-first
order: around each convolution and each pool, forward and backward. The same map as a view with
its axes permuted is what PyTorch calls `channels_last`, which its kernels take as it is.
"""

import torch
from torch.nn import functional


def conv2d(x, kernel, bias, strides, padding, *, relu=False):
    """A convolution.

    Args:
        x: `(batch, height, width, in)`.
        kernel: `(height, width, in, out)`.
        bias: `(out,)`, or `None`.
        strides: of rows and of columns.
        padding: rows of zeros above and below, columns of zeros left and right.
        relu: whether a ReLU follows, in the same memory. (In the view that is returned, autograd
            would copy.)

    Returns:
        `(batch, height, width, out)`.
    """
    (top, bottom), (left, right) = padding
    x = x.permute(0, 3, 1, 2)
    if (top, left) != (bottom, right):
        x, top, left = functional.pad(x, (left, right, top, bottom)), 0, 0
    kernel = kernel.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    y = functional.conv2d(x, kernel, bias, strides, (top, left))
    return (y.relu_() if relu else y).permute(0, 2, 3, 1)


def max_pool2d(x, size, *, relu=False):
    """The largest value of each window; windows lie side by side.

    Args:
        x: `(batch, height, width, channels)`.
        size: `(height, width)` of a window, and the step to the next.
        relu: whether a ReLU follows, in the same memory.
    """
    y = functional.max_pool2d(x.permute(0, 3, 1, 2), size)
    return (y.relu_() if relu else y).permute(0, 2, 3, 1)


def batch_norm(x, gamma, beta, epsilon, *, relu=False):
    """Normalization by the batch's own mean and variance, in one operation.

    Args:
        x: `(..., channels)`.
        gamma: `(channels,)`, scale, or `None`.
        beta: `(channels,)`, offset, or `None`.
        epsilon: added to the variance.
        relu: whether a ReLU follows, in the same memory.

    Returns:
        The normalized `x`, and the mean and variance of each channel, in float32 at least.
    """
    n = x.numel() // x.shape[-1]
    kind = torch.promote_types(x.dtype, torch.float32)
    mean, variance = (torch.zeros(x.shape[-1], dtype=kind, device=x.device) for _ in range(2))
    gamma, beta = (None if each is None else each.to(kind) for each in (gamma, beta))
    # With a momentum of 1 the running statistics become the batch's, the variance over n - 1. They
    # begin as zeros: what is not a number stays so when it is multiplied by 1 - momentum.
    y = functional.batch_norm(
        x.movedim(-1, 1), mean, variance, gamma, beta, training=True, momentum=1.0, eps=epsilon
    )
    return (y.relu_() if relu else y).movedim(1, -1), mean, variance * ((n - 1) / n)


def dense(x, kernel, bias):
    """`x @ kernel + bias` in one operation; `x` is `(..., in)`, `bias` may be `None`."""
    return functional.linear(x, kernel.T, bias)


FEW_TOKENS = {torch.float32: 32, torch.bfloat16: 256}
"""Up to so many, attention as two products is faster on a CPU than PyTorch's fused kernel."""


def self_attention(x, kernels, biases):
    """Attention of tokens to themselves, and the projection of what it gives.

    Args:
        x: `(batch, tokens, width)`.
        kernels: of queries, keys and values, `(width, heads, size)`, and of the projection,
            `(heads, size, width)`.
        biases: `(heads, size)` thrice, and `(width,)`; or `None` each.

    Returns:
        `(batch, tokens, width)`.
    """
    *inputs, output = kernels
    width, heads, size = inputs[0].shape
    kernel = torch.cat([each.reshape(width, -1) for each in inputs], 1)
    bias = None if biases[0] is None else torch.cat([each.flatten() for each in biases[:3]])
    # (batch, tokens, 3, heads, size) -> (3, batch, heads, tokens, size)
    projected = dense(x, kernel, bias).unflatten(-1, (3, heads, size)).permute(2, 0, 3, 1, 4)
    query, key, value = projected.unbind()
    if x.device.type == "cpu" and x.shape[1] <= FEW_TOKENS.get(x.dtype, 0):
        shares = torch.softmax((query * size**-0.5) @ key.transpose(-1, -2), -1)
        attended = shares @ value
    else:
        attended = functional.scaled_dot_product_attention(query, key, value)
    output = output.reshape(-1, output.shape[-1])
    return dense(attended.transpose(1, 2).flatten(2), output, biases[3])
