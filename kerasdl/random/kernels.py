"""Many words of Threefry at once, in the fastest form that each backend has.

The only module of this room that calls a backend by name:

- JAX fuses `threefry2x32` as it stands.
- TensorFlow, whose `fit` does not use XLA on a CPU, runs its 130 operations one by one; XLA makes
  one of them.
- PyTorch runs them one by one, faster in place. For few blocks NumPy's calls are shorter.

What is called in a graph of TensorFlow's has no `match`: AutoGraph cannot read it, and says so.

`kerasdl bench draws` measures a training step with these draws beside one with the backend's own.
"""

import functools
import math

import keras
import numpy as np
from keras import ops

from kerasdl.random.threefry import ROTATIONS, schedule, threefry2x32

FEW = 4096
"""Up to this many blocks NumPy takes PyTorch's place on a processor."""
SINE = (6.28318531, -41.34170212, 81.60522617, -76.70427987, 42.00977919, -14.39396572)
"""`sin(2 pi t)` over `t`, a polynomial in `t^2` for `t` up to 1/4, through its Chebyshev nodes."""


def blocks(key, step, count):
    """The two words at each of the counters `(0, step)`, `(1, step)`, ..., `(count - 1, step)`.

    Args:
        key: two int32 scalars, as `scalars` gives them.
        step: likewise one.
        count: a whole number, or a scalar tensor in a TensorFlow graph.

    Returns:
        Two int32 tensors `(count,)`.

    Example:
    >>> zero = keras.ops.zeros((), "int32")
    >>> [[int(word) for word in words] for words in blocks((zero, zero), zero, count=2)]
    [[1797259609, 1351547692], [-1715843330, -1059176654]]
    """
    if keras.backend.backend() == "tensorflow":
        # No fewer than 1,024, so that the small draws of a network share one program.
        first = ops.arange(ops.maximum(count, 1024), dtype="int32")
        return [words[:count] for words in _compiled(_blocks)(*key, first, step)]
    if keras.backend.backend() == "torch":
        if isinstance(step, int) and count <= FEW:
            return _by_numpy(*key, step, count)
        return _in_place(*key, ops.arange(count, dtype="int32"), step)
    return _blocks(*key, ops.arange(count, dtype="int32"), step)


def scalars(*values):
    """Whole numbers, or integer scalar tensors, as the int32 scalars that `blocks` takes.

    PyTorch's tensors on a processor become Python's numbers: each operation on a tensor of one
    element costs as much as a small draw.
    """
    if keras.backend.backend() == "torch" and not _traced():
        import torch

        tensors = [x for x in values if isinstance(x, torch.Tensor)]
        if tensors and all(x.device.type == "cpu" for x in tensors):
            return tuple(signed(int(x)) for x in values)
    return tuple(ops.cast(x, "int32") for x in values)


def add(first, second):
    """The sum of two words, each a number or a tensor of int32, modulo 2^32 with the sign of int32."""
    both = first + second
    return signed(both) if isinstance(both, int) else both


def signed(word):
    """The whole number of int32 with the 32 lowest bits of `word`."""
    return (word + 2**31) % 2**32 - 2**31


def normals(key, step, count):
    """Two normal numbers of each block: Box and Muller's cosines, then their sines.

    XLA, on JAX and TensorFlow, has no fast sine on a CPU: there a polynomial stands in its place. On
    PyTorch it is `keras.ops.sin` and `cos`.

    Args:
        key: two int32 scalars.
        step: an int32 scalar.
        count: of blocks, a whole number, or a scalar tensor in a TensorFlow graph.

    Returns:
        A float32 tensor `(2 * count,)`.

    Example:
    >>> zero = keras.ops.zeros((), "int32")
    >>> [round(float(x), 3) for x in normals((zero, zero), zero, count=1)]
    [-0.84, -0.615]
    """
    if keras.backend.backend() == "torch":
        return _torch_normals(*key, step, count)
    if keras.backend.backend() == "jax":
        return _jax_normals(*key, step, count)
    if keras.backend.backend() == "tensorflow":
        first = ops.arange(ops.maximum(count, 1024), dtype="int32")  # as in `blocks`
        both = [half[:count] for half in _compiled(_normals)(*key, first, step)]
    else:
        both = _normals(*key, ops.arange(count, dtype="int32"), step)
    return ops.concatenate(both)


def box_muller(first, second, of_turns):
    """Two normal numbers of two words, by `of_turns`: `cos_sin`, or the same by a polynomial."""
    radius = ops.sqrt(-2 * ops.log(1 - unit(first)))
    turns = ops.cast(ops.right_shift(second, 8), "float32") * 2.0**-24  # from -1/2 to 1/2
    cos, sin = of_turns(turns)
    return radius * cos, radius * sin


def cos_sin(turns):
    """Cosine and sine of an angle from -1/2 to 1/2 turns."""
    angle = 2 * math.pi * turns
    return ops.cos(angle), ops.sin(angle)


def cos_sin_by_polynomial(turns):
    """The same to 3e-7, of one polynomial for both."""
    size = ops.abs(turns)
    sin = _sine(ops.minimum(size, 0.5 - size))
    return _sine(0.25 - size), ops.where(turns < 0, -sin, sin)


def uniforms(key, step, count):
    """Numbers of [0, 1) of the first words of all blocks, then of the second: float32 `(count,)`."""
    if isinstance(step, int) and count <= 2 * FEW:
        import torch

        words = np.concatenate(_words_by_numpy(*key, step, (count + 1) // 2))[:count]
        return torch.from_numpy((words >> np.uint32(8)).astype("float32") * np.float32(2.0**-24))
    return unit(ops.concatenate(blocks(key, step, (count + 1) // 2))[:count])


def look_up(table, index):
    """`table[index]`; `index` is int32, of any shape, and within bounds.

    `keras.ops.take` looks for negative indices too, which takes several operations on PyTorch.
    """
    return table[index] if keras.backend.backend() == "torch" else ops.take(table, index, axis=0)


def unit(words):
    """The upper 24 bits as a fraction of [0, 1), exact in float32."""
    return ops.cast(ops.right_shift(words, 8) & 0xFFFFFF, "float32") * 2.0**-24


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


def _normals(k0, k1, first, second):
    return box_muller(*_blocks(k0, k1, first, second), cos_sin_by_polynomial)


def _jax_normals(k0, k1, step, count):
    """`_normals`, words and halves each held in memory.

    What reads them would else compute them anew for each of its numbers. A branch's results are
    held; this condition always holds, which the compiler cannot know, where it ignores a barrier.
    """
    import jax
    import jax.numpy as jnp

    first, always = jnp.arange(count, dtype="int32"), (step | 1) != 0
    zeros = jnp.zeros(count, "float32")
    words = jax.lax.cond(always, lambda: _blocks(k0, k1, first, step), lambda: (first, first))
    halves = jax.lax.cond(
        always, lambda: box_muller(*words, cos_sin_by_polynomial), lambda: (zeros, zeros)
    )
    return jnp.concatenate(halves)


def _sine(turns):
    """The sine of up to a quarter of a turn either way."""
    square = turns * turns
    value = SINE[-1]
    for coefficient in SINE[-2::-1]:
        value = value * square + coefficient
    return turns * value


@functools.cache
def _compiled(function):
    """`function` of a key, counters and a step, traced once, and compiled by XLA for every count."""
    import tensorflow as tf

    scalar, vector = tf.TensorSpec((), "int32"), tf.TensorSpec((None,), "int32")
    signature = (scalar, scalar, vector, scalar)
    return tf.function(function, input_signature=signature, autograph=False, jit_compile=True)


def _in_place(k0, k1, first, second, rounds=20):
    """`_blocks` in place; `x <<< r` is `x * 2^r` plus the r highest bits of `x`."""
    import torch

    keys = schedule((k0, k1))
    x0, highest = first.add_(k0), torch.empty_like(first)
    x1 = torch.empty_like(first)
    x1.copy_(add(second, k1)) if isinstance(second, torch.Tensor) else x1.fill_(add(second, k1))
    for r in range(rounds):
        by = ROTATIONS[r % 8]
        x0.add_(x1)
        torch.bitwise_right_shift(x1, 32 - by, out=highest)
        highest.bitwise_and_((1 << by) - 1).add_(x1, alpha=1 << by)
        torch.bitwise_xor(highest, x0, out=x1)
        if r % 4 == 3:
            i = r // 4 + 1
            x0.add_(keys[i % 3])
            x1.add_(add(keys[(i + 1) % 3], i))
    return x0, x1


def _torch_normals(k0, k1, step, count):
    """`box_muller` in place."""
    import torch

    counters = ops.arange(count, dtype="int32")
    out = torch.empty(2 * count, device=counters.device)
    cosines, sines = out[:count], out[count:]
    words, others = _in_place(k0, k1, counters, step)
    radius = cosines.copy_(words.bitwise_right_shift_(8).bitwise_and_(0xFFFFFF))
    radius.mul_(-(2.0**-24)).add_(1).log_().mul_(-2).sqrt_()
    angle = sines.copy_(others.bitwise_right_shift_(8)).mul_(2 * math.pi * 2.0**-24)
    cos = angle.cos()
    angle.sin_().mul_(radius)
    radius.mul_(cos)
    return out


def _traced():
    """Whether `torch.compile` or `torch.export` is reading this, which needs PyTorch's operations."""
    import torch

    return torch.compiler.is_compiling()


def _by_numpy(k0, k1, step, count):
    """`_in_place` by NumPy; the tensors share its memory."""
    import torch

    return [torch.from_numpy(x.view("int32")) for x in _words_by_numpy(k0, k1, step, count)]


def _words_by_numpy(k0, k1, step, count):
    """The two words at each counter as arrays of uint32."""
    keys = [np.uint32(word % 2**32) for word in schedule((k0, k1))]
    x0, x1 = np.arange(count, dtype="uint32") + keys[0], np.empty(count, "uint32")
    x1.fill((step + k1) % 2**32)
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
    return x0, x1
