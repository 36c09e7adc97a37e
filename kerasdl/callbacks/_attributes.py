"""The state of callbacks that keep it in attributes, as Keras' own do, and its form in a file."""

import collections
import hashlib
import inspect
import types
import weakref

import keras
import numpy as np

_PLAIN = (bool, int, float, str, type(None))
_SERIES = (list, tuple, set, collections.deque)
_TABLES = (dict, collections.OrderedDict, collections.Counter)
# What a callback may hold that is no state of its own.
_NO_STATE = (
    keras.Layer,
    keras.Variable,
    keras.optimizers.Optimizer,
    keras.callbacks.Callback,
    types.ModuleType,
)
# Objects whose attributes were taken before in this process, by `id`: not all can be hashed.
_used = weakref.WeakValueDictionary()


class Attributes:
    """The attributes of `target`, as far as `encoded` knows them.

    Those that change after this was made are a state. The others are settings: another object may
    have others, which are left to it.

    Args:
        target: an object, such as a Keras callback.

    Example:
    >>> stop, again = (keras.callbacks.EarlyStopping(patience=n) for n in (5, 9))
    >>> attributes = Attributes(stop)
    >>> stop.wait, stop.best = 3, np.float32(0.5)
    >>> Attributes(again).set_state(attributes.get_state())
    >>> again.wait, again.best, again.patience
    (3, np.float32(0.5), 9)
    """

    def __init__(self, target):
        self.target = target
        self._before = self._digests()
        self._states = set()
        # Then what differs from a saved value is no setting, but left from another training.
        self._is_used = _used.get(id(target)) is target
        _used[id(target)] = target

    def observe(self):
        """Find out what has changed; what changes back later is a state all the same.

        Returns:
            Dictionary of attribute to what is equal for equal values.
        """
        now = self._digests()
        self._states |= {name for name in now if now[name] != self._before.get(name)}
        return now

    def get_state(self):
        """Dictionary of `values` by attribute, and of the names of those that are `states`."""
        values = vars(self.target)
        values = {name: values[name] for name, digest in self.observe().items() if digest}
        return {"values": values, "states": sorted(self._states & values.keys())}

    def set_state(self, state):
        """Give the attributes the values that `get_state` found."""
        self._states |= set(state["states"])
        for name, value in state["values"].items():
            if name in state["states"] or self._is_used:
                setattr(self.target, name, value)

    def unknown(self):
        """Attributes that may be a state, and that `encoded` does not know: name to class."""
        found = {}
        for name, value in vars(self.target).items():
            is_state = not (callable(value) or isinstance(value, _NO_STATE))
            if is_state and _digest(value) is None:
                found[name] = type(value).__name__
        return found

    def _digests(self):
        """Attribute to what is equal for equal values."""
        # `fit` gives `params` to every callback. Keras' own change the sign alone of a setting,
        # `min_delta`, before they compare with it.
        settings = _settings_of_keras(type(self.target))
        return {
            name: _digest(value, with_sign=name not in settings)
            for name, value in vars(self.target).items()
            if name != "params"
        }


def encoded(value, arrays):
    """A value as JSON can hold it; its NumPy arrays are appended to `arrays`.

    Numbers, texts, bytes, `None`, arrays, and lists, tuples, sets, deques and dictionaries of them.

    Raises:
        TypeError: it is, or holds, something else.
    """
    try:
        return _encoded(value, arrays)
    except RecursionError:
        raise TypeError("a value that holds itself, or is nested too deeply") from None


def _encoded(value, arrays):
    if type(value) is int and value.bit_length() > 4096:  # Python writes no longer ones
        raise TypeError("a number of thousands of digits")
    if type(value) in _PLAIN:
        return value
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        arrays.append(np.copy(value))
        return {"array" if isinstance(value, np.ndarray) else "number": len(arrays) - 1}
    if type(value) is bytes:
        return {"bytes": value.hex()}
    kind = type(value).__name__
    if type(value) in _SERIES:
        values = sorted(value, key=repr) if type(value) is set else value
        more = {"most": value.maxlen} if type(value) is collections.deque else {}
        return {kind: [_encoded(each, arrays) for each in values], **more}
    if type(value) in _TABLES:
        items = [[_encoded(key, arrays), _encoded(each, arrays)] for key, each in value.items()]
        return {kind: items}
    raise TypeError(f"a {kind}")


def decoded(tree, arrays):
    """The value that `encoded` was given."""
    if not isinstance(tree, dict):
        return tree
    kind, content = next(iter(tree.items()))
    if kind in ("array", "number"):
        return arrays[content] if kind == "array" else arrays[content][()]
    if kind == "bytes":
        return bytes.fromhex(content)
    for table in _TABLES:
        if kind == table.__name__:
            return table({decoded(key, arrays): decoded(each, arrays) for key, each in content})
    values = [decoded(each, arrays) for each in content]
    if kind == "deque":
        return collections.deque(values, tree["most"])
    return next(series for series in _SERIES if kind == series.__name__)(values)


def _settings_of_keras(kind):
    """What the constructors of Keras' own classes take, of which `kind` is one."""
    ours = (each for each in kind.__mro__ if each.__module__.startswith("keras."))
    return set().union(*(inspect.signature(each).parameters for each in ours))


def _digest(value, with_sign=True):
    """What is equal for equal values; `None` for those that `encoded` does not know."""
    arrays = []
    if not with_sign and type(value) in (int, float):
        value = abs(value)
    try:
        digest = hashlib.sha256(repr(encoded(value, arrays)).encode())
    except TypeError:
        return None
    for array in arrays:
        digest.update(repr((array.dtype, array.shape)).encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()
