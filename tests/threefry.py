"""Threefry-2x32 in NumPy's uint32, as in the paper, and what Random123 says that it gives."""

import numpy as np

# random123/tests/kat_vectors: rounds, counter, key, expected.
KNOWN_ANSWERS = """
threefry2x32 13 00000000 00000000 00000000 00000000 9d1c5ec6 8bd50731
threefry2x32 13 ffffffff ffffffff ffffffff ffffffff fd36d048 2d17272c
threefry2x32 13 243f6a88 85a308d3 13198a2e 03707344 ba3e4725 f27d669e
threefry2x32 20 00000000 00000000 00000000 00000000 6b200159 99ba4efe
threefry2x32 20 ffffffff ffffffff ffffffff ffffffff 1cb996fc bb002be7
threefry2x32 20 243f6a88 85a308d3 13198a2e 03707344 c4923a9c 483df7a0
threefry2x32 32 00000000 00000000 00000000 00000000 cee3d47e a23dfd5c
threefry2x32 32 ffffffff ffffffff ffffffff ffffffff 6e2fe0d0 b1b76f82
threefry2x32 32 243f6a88 85a308d3 13198a2e 03707344 e2827716 c3c05cdf
"""


def known_answers():
    """Rounds, counter, key and words of each line."""
    for line in KNOWN_ANSWERS.strip().splitlines():
        _, rounds, *words = line.split()
        c0, c1, k0, k1, *expected = (int(word, 16) for word in words)
        yield int(rounds), (c0, c1), (k0, k1), tuple(expected)


def threefry2x32(key, counter, rounds=20):
    """The two words at each counter, uint32; in uint64, taken modulo 2^32 by hand."""
    modulus = np.uint64(2**32)  # not a Python number, with which NumPy 1 computes in float64
    keys = [np.uint64(word) for word in (*key, key[0] ^ key[1] ^ 0x1BD11BDA)]
    x0, x1 = (np.asarray(word, "uint64") + k for word, k in zip(counter, keys[:2], strict=True))
    for r in range(rounds):
        x0 = (x0 + x1) % modulus
        turned = x1 % modulus * np.uint64(2 ** (13, 15, 26, 6, 17, 29, 16, 24)[r % 8])
        x1 = (turned % modulus + turned // modulus) ^ x0
        if r % 4 == 3:
            i = r // 4 + 1
            x0, x1 = x0 + keys[i % 3], x1 + keys[(i + 1) % 3] + np.uint64(i)
    return [(word % modulus).astype("uint32") for word in (x0, x1)]
