"""The state of callbacks that keep it in plain attributes, as Keras' own do."""

import contextlib
import hashlib
import inspect

import numpy as np

_PLAIN = (bool, int, float, str, type(None))


class Attributes:
    """The attributes of `target` that have changed since this was made.

    They are numbers, texts, `None`, NumPy arrays, and lists, tuples and dictionaries of these.
    All else (models, functions, open files) is left alone, and so are the settings of Keras'
    own callbacks: those change their sign, as `min_delta` does, without being a state.

    Args:
        target: an object, such as a Keras callback.

    Example:
    >>> stop, again = (keras.callbacks.EarlyStopping(patience=5) for _ in range(2))
    >>> changes = Attributes(stop)
    >>> stop.wait, stop.best = 3, np.float32(0.5)
    >>> Attributes(again).set_state(changes.get_state())
    >>> again.wait, again.best
    (3, np.float32(0.5))
    """

    def __init__(self, target):
        self.target = target
        self._before = {name: _digest(*written) for name, written in _written(target).items()}

    def get_state(self):
        """Dictionary of NumPy arrays, and of values that JSON can hold."""
        state, trees = {}, {}
        for name, (tree, arrays) in _written(self.target).items():
            if _digest(tree, arrays) != self._before.get(name):
                trees[name] = tree
                state |= {f"{name}/{i}": array for i, array in enumerate(arrays)}
        return state | {"attributes": trees}

    def set_state(self, state):
        """Give them the values that `get_state` found."""
        for name, tree in state["attributes"].items():
            arrays = [value for key, value in state.items() if key.rpartition("/")[0] == name]
            setattr(self.target, name, _read(tree, iter(arrays)))
            self._before.pop(name, None)  # from now on it is saved, also where it is as before


def _written(target):
    """Dictionary of attribute to its value as `_write` writes it."""
    found = {}
    for name in vars(target).keys() - _settings(type(target)):
        arrays = []
        with contextlib.suppress(TypeError):
            found[name] = _write(getattr(target, name), arrays), arrays
    return found


def _settings(kind):
    """What Keras' own constructors take, and what `fit` gives to every callback."""
    ours = (each for each in kind.__mro__ if each.__module__.startswith("keras."))
    return {"params"}.union(*(inspect.signature(each).parameters for each in ours))


def _write(value, arrays):
    """`value` as JSON can hold it; arrays, which it cannot, are appended to `arrays`.

    Raises:
        TypeError: it is, or holds, something else.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        arrays.append(np.copy(value))
        return {"array" if isinstance(value, np.ndarray) else "number": len(arrays) - 1}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_write(each, arrays) for each in value]}
    if type(value) is dict and all(type(key) in _PLAIN for key in value):
        return {"dict": [[key, _write(each, arrays)] for key, each in value.items()]}
    raise TypeError(type(value))


def _read(tree, arrays):
    """The value that `_write` wrote; `arrays` gives its arrays in their order."""
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind == "array":
        return next(arrays)
    if kind == "number":
        return next(arrays)[()]
    if kind == "dict":
        return {key: _read(each, arrays) for key, each in content}
    values = [_read(each, arrays) for each in content]
    return tuple(values) if kind == "tuple" else values


def _digest(tree, arrays):
    """What is equal for equal values; arrays may be large, and are not kept."""
    digest = hashlib.sha256(repr(tree).encode())
    for array in arrays:
        digest.update(repr((array.dtype, array.shape)).encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()
