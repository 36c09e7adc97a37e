"""Many words of Threefry at once, in the fastest form that each backend has.

The only module of this room that calls a backend by name. CPU time on one core of an AMD
EPYC, for the 50,176 blocks of one of the dropouts of `dropout/model2`, and for 128 blocks:

- JAX fuses `threefry2x32` as it stands: 0.07 ms, 0.02 ms.
- TensorFlow, whose `fit` does not use XLA on a CPU, runs its 130 operations one by one:
  3 ms, 0.3 ms. XLA makes one of them: 0.3 ms, 0.15 ms, after 0.2 s of compiling.
- PyTorch runs them one by one: 1.6 ms, 0.8 ms; in place 0.7 ms, 0.3 ms. NumPy's calls are
  shorter: 0.07 ms for 128 blocks, as fast as PyTorch's for 4,096.
"""

import functools

import keras
import numpy as np
from keras import ops

from kerasdl.random.threefry import ROTATIONS, schedule, threefry2x32

FEW = 4096
"""Up to this many blocks NumPy takes PyTorch's place on a processor."""


def blocks(key, step, count):
    """The two words at each of the counters `(0, step)`, `(1, step)`, ..., `(count - 1, step)`.

    Args:
        key: two int32 scalars.
        step: an int32 scalar.
        count: a whole number, or a scalar tensor in a TensorFlow graph.

    Returns:
        Two int32 tensors `(count,)`.

    Example:
    >>> zero = keras.ops.zeros((), "int32")
    >>> [[int(word) for word in words] for words in blocks((zero, zero), zero, count=2)]
    [[1797259609, 1351547692], [-1715843330, -1059176654]]
    """
    match keras.backend.backend():
        case "tensorflow":
            # No fewer than 1,024, so that the small draws of a network share one program.
            first = ops.arange(ops.maximum(count, 1024), dtype="int32")
            return [words[:count] for words in _compiled()(*key, first, step)]
        case "torch":
            if count <= FEW and step.device.type == "cpu" and not _traced():
                return _by_numpy(*key, step, count)
            return _in_place(*key, ops.arange(count, dtype="int32"), step)
        case _:
            return _blocks(*key, ops.arange(count, dtype="int32"), step)


def parts(words, bits):
    """Words cut into numbers of fewer bits, the lowest first: signed integers `(count * 32 / bits,)`.

    TensorFlow: `keras.ops.view` wants to know how many words there are.

    Args:
        words: an int32 tensor `(count,)`.
        bits: 8 or 16.

    Example:
    >>> parts(keras.ops.convert_to_tensor([0x04030201], "int32"), 8).shape[0]
    4
    """
    if keras.backend.backend() != "tensorflow":
        return ops.view(words, f"int{bits}")
    import tensorflow as tf

    return tf.reshape(tf.bitcast(words, f"int{bits}"), (-1,))


def _blocks(k0, k1, first, second):
    return threefry2x32((k0, k1), (first, second))


@functools.cache
def _compiled():
    """`_blocks`, traced once, and compiled by XLA for every number of blocks."""
    import tensorflow as tf

    scalar, vector = tf.TensorSpec((), "int32"), tf.TensorSpec((None,), "int32")
    signature = (scalar, scalar, vector, scalar)
    return tf.function(_blocks, input_signature=signature, autograph=False, jit_compile=True)


def _in_place(k0, k1, first, second, rounds=20):
    """`_blocks` in place; `x <<< r` is `x * 2^r` plus the r highest bits of `x`."""
    import torch

    keys = schedule((k0, k1))
    x0, highest = first.add_(k0), torch.empty_like(first)
    x1 = torch.empty_like(first).copy_(second + k1)
    for r in range(rounds):
        by = ROTATIONS[r % 8]
        x0.add_(x1)
        torch.bitwise_right_shift(x1, 32 - by, out=highest)
        highest.bitwise_and_((1 << by) - 1).add_(x1, alpha=1 << by)
        torch.bitwise_xor(highest, x0, out=x1)
        if r % 4 == 3:
            i = r // 4 + 1
            x0.add_(keys[i % 3])
            x1.add_(keys[(i + 1) % 3] + i)
    return x0, x1


def _traced():
    """Whether `torch.compile` or `torch.export` is reading this, which needs PyTorch's operations."""
    import torch

    return torch.compiler.is_compiling()


def _by_numpy(k0, k1, step, count):
    """`_in_place` by NumPy, whose words have no sign; the tensors share its memory."""
    import torch

    keys = [np.uint32(word % 2**32) for word in schedule((int(k0), int(k1)))]
    x0, x1 = np.arange(count, dtype="uint32") + keys[0], np.empty(count, "uint32")
    x1.fill((int(step) + int(k1)) % 2**32)
    highest = np.empty_like(x1)
    for r in range(20):
        by = ROTATIONS[r % 8]
        np.add(x0, x1, out=x0)
        np.right_shift(x1, np.uint32(32 - by), out=highest)
        np.left_shift(x1, np.uint32(by), out=x1)
        np.bitwise_or(x1, highest, out=x1)
        np.bitwise_xor(x1, x0, out=x1)
        if r % 4 == 3:
            i = r // 4 + 1
            x0 += keys[i % 3]
            x1 += np.uint32((int(keys[(i + 1) % 3]) + i) % 2**32)
    return torch.from_numpy(x0.view("int32")), torch.from_numpy(x1.view("int32"))
