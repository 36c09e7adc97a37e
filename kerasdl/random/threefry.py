"""Threefry-2x32: random bits as a pure function of a key and a counter.

    Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
    SC 2011, https://doi.org/10.1145/2063384.2063405, section 4.2; the reference
    implementation and its known answers are DEShawResearch/random123.

Two words of 32 bits `x` are turned into two others under the two words of a key `k`:

    k2 = k0 ^ k1 ^ 0x1BD11BDA,  x0 = x0 + k0,  x1 = x1 + k1

then, in round r = 0, 1, ..., modulo 2^32, with <<< a rotation of the bits to the left,

    x0 = x0 + x1,  x1 = (x1 <<< R[r % 8]) ^ x0

and after every fourth round, the i-th time (i = 1, 2, ...),

    x0 = x0 + k[i % 3],  x1 = x1 + k[(i + 1) % 3] + i

There is no state to carry along: equal keys and counters give equal words, others give
words that no test tells from independent ones. 13 rounds pass all of TestU01's BigCrush;
20 are the authors' default, with a margin, and JAX's.

Words are int32, whose sums, products and shifts to the left have the bits of uint32's:
PyTorch neither adds nor shifts uint32.
"""

from keras import ops

ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
PARITY = 0x1BD11BDA


def threefry2x32(key, counter, rounds=20):
    """The two words at `counter` under `key`.

    Args:
        key: two int32 tensors.
        counter: two int32 tensors; all four shapes broadcast.
        rounds: 20, or another number of the paper's.

    Returns:
        Two int32 tensors.

    Example: Random123's known answer for a key and a counter of zeros.
    >>> zero = keras.ops.zeros((), "int32")
    >>> [hex(int(word) % 2**32) for word in threefry2x32((zero, zero), (zero, zero))]
    ['0x6b200159', '0x99ba4efe']
    """
    keys = schedule(key)
    x0, x1 = counter[0] + keys[0], counter[1] + keys[1]
    for r in range(rounds):
        x0 = x0 + x1
        x1 = _rotate(x1, ROTATIONS[r % 8]) ^ x0
        if r % 4 == 3:
            i = r // 4 + 1
            x0, x1 = x0 + keys[i % 3], x1 + (keys[(i + 1) % 3] + i)
    return x0, x1


def schedule(key):
    """The three words that a key of two is added from."""
    return *key, key[0] ^ key[1] ^ PARITY


def _rotate(x, by):
    """`x <<< by`; the shift to the right drags the sign along, which the mask removes."""
    return ops.left_shift(x, by) | (ops.right_shift(x, 32 - by) & ((1 << by) - 1))
