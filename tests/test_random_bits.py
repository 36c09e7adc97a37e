"""Threefry's bits: Random123's known answers, and NumPy's of the same formula at any place."""

import hashlib

import keras
import numpy as np
import pytest
from keras import ops
from threefry import known_answers
from threefry import threefry2x32 as expected

from kerasdl.random import Generator, Stream, kernels
from kerasdl.random.threefry import threefry2x32

pytestmark = pytest.mark.optimized

ANSWERS = [pytest.param(*answer, id=f"{answer[0]}-{answer[1][0]:x}") for answer in known_answers()]


def tensor(word, shape=()):
    """A word of 32 bits as the int32 that has its bits."""
    return ops.full(shape, (word + 2**31) % 2**32 - 2**31, dtype="int32")


def words(*tensors):
    """The same, back again."""
    return [ops.convert_to_numpy(each).view("uint32") for each in tensors]


@pytest.mark.parametrize(("rounds", "counter", "key", "answer"), ANSWERS)
def test_known_answers(rounds, counter, key, answer):
    """Of the formula here, and of the one that the other tests expect."""
    found = threefry2x32([tensor(k) for k in key], [tensor(c, (3,)) for c in counter], rounds)
    for word, array, other in zip(
        answer, words(*found), expected(key, counter, rounds), strict=True
    ):
        assert array.tolist() == [word] * 3
        assert int(other) == word


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="of PyTorch alone")
@pytest.mark.parametrize(("rounds", "counter", "key", "answer"), ANSWERS)
def test_known_answers_in_place(rounds, counter, key, answer):
    k0, k1 = map(tensor, key)
    found = kernels._in_place(k0, k1, tensor(counter[0], (3,)), tensor(counter[1]), rounds)
    assert [array.tolist() for array in words(*found)] == [[word] * 3 for word in answer]


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="of JAX alone")
def test_jax_has_the_same():
    """Its own implementation, at random keys and counters."""
    from jax.extend.random import threefry_2x32

    rng = np.random.default_rng(0)
    key, first, second = (rng.integers(0, 2**32, n, "uint32") for n in (2, 100, 100))
    theirs = threefry_2x32(key, np.concatenate([first, second]))
    ours = threefry2x32(
        [tensor(int(k)) for k in key],
        [ops.convert_to_tensor(each.view("int32")) for each in (first, second)],
    )
    np.testing.assert_array_equal(np.concatenate(words(*ours)), theirs)


@pytest.mark.parametrize("count", [0, 1, 2, 1023, 1024, 1025, 50176])
def test_blocks(count):
    key, step = (0xDEADBEEF, 0x12345678), 0xFEDCBA98
    found = kernels.blocks([tensor(k) for k in key], tensor(step), count)
    for array, other in zip(words(*found), expected(key, (np.arange(count), step)), strict=True):
        np.testing.assert_array_equal(array, other)


def key_of(seed, name):
    return [
        int(n) for n in np.frombuffer(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "<u4")
    ]


@pytest.mark.parametrize("count", [1, 6, 7])
def test_the_words_of_a_stream(count):
    """Key and counter as documented: `(hash + draw, hash' + epoch)`, `(block, step)`."""
    k0, k1 = key_of(3, "conv1_dropout")
    stream = Generator(3, "conv1_dropout").at(epoch=5, step=7)
    for draw in range(3):
        key = ((k0 + draw) % 2**32, (k1 + 5) % 2**32)
        blocks = np.concatenate(expected(key, (np.arange((count + 1) // 2), 7)))
        np.testing.assert_array_equal(words(stream.words(count))[0], blocks[:count])


def test_sums_of_key_and_epoch_wrap_around():
    stream = Stream((2**32 - 1, 2**32 - 2), epoch=3, step=0)
    stream.words(1)
    np.testing.assert_array_equal(words(stream.words(2))[0], np.ravel(expected((0, 1), ([0], 0))))
